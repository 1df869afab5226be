"""CORS policies as start-up code builds them, which of them are in force, and which let every origin in.

Invariant: a policy that no UseCors, RequireCors or [EnableCors] names is not in force. A predicate is tried with origins that only an
attacker has; what it answers decides, not how it is written. https://learn.microsoft.com/aspnet/core/security/cors, the builder's source:
https://github.com/dotnet/aspnetcore/blob/main/src/Middleware/CORS/src/Infrastructure/CorsPolicyBuilder.cs
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.facts.syntax_nodes import nodes
from routewarden.model import attributes as at
from routewarden.model.app_draft import DEFAULT_CORS
from routewarden.model.policies import strings
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    Convention,
    CorsPolicyValue,
    Frame,
    Instance,
    ListValue,
    MethodGroup,
    TypeValue,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from routewarden.model.controllers import Controller
    from routewarden.model.evaluator import CallSite, Evaluator, Passed
    from routewarden.model.values import Group

_SPACE = "Microsoft.AspNetCore.Cors.Infrastructure."
OPTIONS = _SPACE + "CorsOptions"
OPTIONS_CALLS = frozenset({"AddPolicy", "AddDefaultPolicy", "GetPolicy"})
_BUILDER = _SPACE + "CorsPolicyBuilder"
_POLICY = _SPACE + "CorsPolicy"
_ENABLE = _SPACE + "IEnableCorsAttribute"
_MOST_TEXTS = 40  # of a predicate's code, that origins are made from


@dataclass(frozen=True, slots=True)
class Opening:
    """What lets every origin in. kind: "any" "star" "predicate" "sloppy"; `example`: an origin of an attacker that passes."""

    kind: str
    site: Site
    text: str
    credentials: bool
    conditions: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A policy in force, and what puts it in force."""

    policy: CorsPolicyValue
    site: Site | None
    text: str


# --- building ------------------------------------------------------------------------------------------------------------


def new_object(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], site: Site | None) -> Value | None:
    if of.name not in (_BUILDER, _POLICY):
        return None
    policy = _new(ev, of)
    if of.name == _BUILDER and passed and site is not None:
        policy.said.append(Convention("WithOrigins", site, "new CorsPolicyBuilder(…)", tuple(p.value for p in passed), tuple(ev.conditions)))
    return policy


def _new(ev: Evaluator, of: TypeValue | None = None) -> CorsPolicyValue:
    of = of or TypeValue(_BUILDER, ev.world.symbol(_BUILDER))
    return CorsPolicyValue(of, {"Origins": ListValue([]), "Headers": ListValue([]), "Methods": ListValue([])})


def builder_call(ev: Evaluator, policy: CorsPolicyValue, passed: Sequence[Passed], where: CallSite) -> Value:
    """A call on a CorsPolicyBuilder."""
    policy.said.append(Convention(where.name, where.site, where.text, tuple(p.value for p in passed), tuple(ev.conditions)))
    return policy


def policy_of(ev: Evaluator, value: Value, site: Site) -> Value:
    """The policy that a lambda builds; other values (a name, a policy) as they are."""
    if not isinstance(value, (Closure, MethodGroup)):
        return value
    policy = _new(ev)
    ev.apply(value, [policy])
    return policy


def options_call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value:
    """`AddPolicy("x", ...)`, `AddDefaultPolicy(...)` and `GetPolicy("x")` on CorsOptions."""
    values = [p.value for p in passed]
    named = strings(values[0]) if values and where.name != "AddDefaultPolicy" else []
    if where.name == "GetPolicy":
        return ev.app.cors.get(named[0], NULL) if named else Unknown(None, "a policy that is not known")
    name = _default_name(ev) if where.name == "AddDefaultPolicy" else next(iter(named), None)
    policy = policy_of(ev, values[-1], where.site) if values else NULL
    if name is not None and isinstance(policy, CorsPolicyValue):
        policy.name = "" if where.name == "AddDefaultPolicy" else name
        ev.app.cors[name] = policy
    return target


def _default_name(ev: Evaluator) -> str:
    options = ev.app.singletons.get(OPTIONS)
    given = options.fields.get("DefaultPolicyName") if options is not None else None
    return given.value if isinstance(given, Const) and isinstance(given.value, str) else DEFAULT_CORS


# --- in force ------------------------------------------------------------------------------------------------------------


def in_force(ev: Evaluator, controllers: Iterable[Controller]) -> list[Use]:
    """Every policy that answers some request, each once for each policy object."""
    found: dict[int, Use] = {}
    for site, text, given in applied(ev, controllers):
        policy: Value | None = given
        if given is None or isinstance(given, Const):
            name = given.value if given is not None else None
            policy = ev.app.cors.get(name if isinstance(name, str) else _default_name(ev))
        if isinstance(policy, CorsPolicyValue):
            found.setdefault(id(policy), Use(policy, site, text))
    return list(found.values())


def applied(ev: Evaluator, controllers: Iterable[Controller]) -> Iterator[tuple[Site, str, Value | None]]:
    """(place, text, name or policy; None = the default) of everything that applies CORS."""
    for step in ev.app.pipeline:
        if step.name == "UseCors":
            yield step.site, ".UseCors", step.values[0] if step.values else None
    groups: dict[int, Group] = {}
    for draft in ev.app.endpoints:
        at_group: Group | None = draft.group
        while at_group is not None and id(at_group) not in groups:
            groups[id(at_group)] = at_group
            at_group = at_group.parent
        if isinstance(draft.handler, Closure):
            code, frame = draft.handler.code, draft.handler.frame
            yield from _by_attributes(ev, at.uses(ev, code.attributes, ev.world.scope(frame), frame.path, code.body, "lambda"))
    for conventions in (*(g.conventions for g in groups.values()), *(d.conventions for d in ev.app.endpoints)):
        for convention in conventions:
            if convention.kind == "cors":
                yield convention.site, convention.text, convention.values[0] if convention.values else None
            elif convention.kind == "metadata":
                for value in convention.values:
                    if isinstance(value, Instance) and at.is_a(ev, value, _ENABLE):
                        yield convention.site, convention.text, at.property_of(ev, value, "PolicyName")
    for controller in controllers:
        yield from _by_attributes(ev, controller.uses)
        for action in controller.actions:
            yield from _by_attributes(ev, action.uses)


def _by_attributes(ev: Evaluator, uses: Iterable[at.Use]) -> Iterator[tuple[Site, str, Value | None]]:
    for use in uses:
        if use.value is not None and at.is_a(ev, use, _ENABLE):
            yield use.site, use.text, at.property_of(ev, use.value, "PolicyName")


# --- open ----------------------------------------------------------------------------------------------------------------


def opening(ev: Evaluator, policy: CorsPolicyValue) -> Opening | None:
    """What lets every origin in; the last word on origins counts."""
    credentials = any(s.kind == "AllowCredentials" for s in policy.said) or _is_true(policy.fields.get("SupportsCredentials"))
    found: Opening | None = None
    for said in policy.said:
        if said.kind == "AllowAnyOrigin":
            found = Opening("any", said.site, said.text, credentials, said.conditions)
        elif said.kind == "WithOrigins":
            if any(text.strip() == "*" for value in said.values for text in strings(value)):
                found = Opening("star", said.site, said.text, credentials, said.conditions)
        elif said.kind == "SetIsOriginAllowed" and said.values:
            found = _of_predicate(ev, said.values[0], said.site, said.text, credentials, said.conditions)
    if found is None and policy.said and "*" in strings(policy.fields.get("Origins") or NULL):
        found = Opening("star", policy.said[0].site, policy.said[0].text, credentials)
    return found


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Const) and value.value is True


def _of_predicate(
    ev: Evaluator, predicate: Value, site: Site, text: str, credentials: bool, conditions: tuple[str, ...]
) -> Opening | None:
    if not isinstance(predicate, (Closure, MethodGroup)):
        return None
    if _admits(ev, predicate, "https://evil.example"):
        return Opening("predicate", site, text, credentials, conditions, "https://evil.example")
    for origin in _origins_of_attackers(_texts(ev, predicate)):
        if _admits(ev, predicate, origin):
            return Opening("sloppy", site, text, credentials, conditions, origin)
    return None


def _admits(ev: Evaluator, predicate: Value, origin: str) -> bool:
    with ev.question():
        before, ev.conditions = ev.conditions, []
        try:
            return ev.truth(ev.apply(predicate, [Const(origin)])) is True
        finally:
            ev.conditions = before


def _origins_of_attackers(texts: Iterable[str]) -> Iterator[str]:
    """For each text that the predicate knows, origins that hold it and are not of that domain."""
    for text in texts:
        bare = text.split("://", 1)[-1].lstrip("*").rstrip("/")
        if not bare or any(c.isspace() for c in bare) or len(bare) > 200:
            continue
        candidates = [f"https://{bare.strip('.')}.evil.example", f"https://evil-{bare.strip('.')}.example"]
        if not bare.startswith("."):
            candidates.append(f"https://evil{bare}")
        for scheme in ("https", "http"):
            if text.startswith(scheme + "://"):
                candidates.append(f"{text.rstrip('/')}.evil.example")
        yield from candidates


def _texts(ev: Evaluator, predicate: Value) -> list[str]:
    """The texts in a predicate's code and in the workspace methods that it calls, constants and fields too."""
    found: dict[str, None] = {}
    todo: list[tuple[str, str, Frame]] = []
    if isinstance(predicate, Closure):
        todo.append((predicate.frame.path, predicate.code.body, predicate.frame))
    elif isinstance(predicate, MethodGroup):
        todo += [(m.path, m.facts.body, Frame(m.path, m.facts.body, {}, None, None, m.type)) for m in predicate.methods if m.facts.body]
    seen: set[tuple[str, str]] = set()
    while todo and len(found) < _MOST_TEXTS:
        path, body, frame = todo.pop()
        if (path, body) in seen or len(seen) > 20:
            continue
        seen.add((path, body))
        for node in nodes(ev.body(path, body) or ()):
            if isinstance(node, ir.Literal) and isinstance(node.value, str):
                found[node.value] = None
            elif isinstance(node, (ir.Name, ir.Member)):
                value = ev.evaluate(node, frame)
                found.update(dict.fromkeys(strings(value)))
                if isinstance(value, MethodGroup):
                    todo += [
                        (m.path, m.facts.body, Frame(m.path, m.facts.body, {}, None, None, m.type)) for m in value.methods if m.facts.body
                    ]
            elif isinstance(node, ir.Lambda):
                todo.append((path, node.body, frame))
    return list(found)[:_MOST_TEXTS]


def named(ev: Evaluator, name: str) -> CorsPolicyValue:
    """A policy of which only the name is known here."""
    policy = _new(ev)
    policy.name = "" if name == DEFAULT_CORS else name
    return policy


def name_site(site: Site) -> Site:
    """The called name of a call: a chain goes on over many lines."""
    kind, _, number = site.part.partition(":")
    return replace(site, part=f"node:{number}:name") if kind == "node" and number.isdigit() else site

"""The actions of a controller and the selectors (template and verbs) that lead to each.

Invariant: what is an action follows DefaultApplicationModelProvider.IsAction, which attributes make which selector its CreateSelectors:
https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/ApplicationModels/DefaultApplicationModelProvider.cs.
A `new` method does not replace the hidden one: both are served (measured on .NET 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.model import attributes as at
from routewarden.model import signatures
from routewarden.model.attributes import Use
from routewarden.model.members import MethodRef
from routewarden.model.said import of_method
from routewarden.model.values import Const, TypeValue, Value
from routewarden.model.world import part_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routewarden.facts.declarations import MemberFacts
    from routewarden.model.evaluator import Evaluator
    from routewarden.model.scope import Scope
    from routewarden.model.workspace_types import WorkspaceType

_NEVER_ACTIONS = frozenset({"static", "abstract"})
_NOT_ACTIONS = ("Microsoft.AspNetCore.Mvc.Controller", "Microsoft.AspNetCore.Mvc.ControllerBase", "System.Object")


@dataclass(frozen=True, slots=True, eq=False)
class Selector:
    """One way to reach an action: a template (None: conventional routing) and HTTP methods (empty = any).

    `metadata`: what a convention left as endpoint metadata; None = the attributes as they are written.
    """

    template: Value | None
    methods: tuple[str, ...]
    metadata: tuple[Use, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    method: MethodRef
    controller: WorkspaceType
    name: str  # the value of {action}
    selectors: tuple[Selector, ...]
    uses: tuple[Use, ...]  # own, inherited from overridden methods
    route_values: tuple[tuple[str, str], ...] = ()
    filters: tuple[Use, ...] = ()  # added by conventions
    transformer: Value | None = None  # IOutboundParameterTransformer for its route tokens
    visible: bool = True


def actions_of(ev: Evaluator, symbol: WorkspaceType) -> Iterator[Action]:
    """The actions of a controller class, those of its bases too."""
    of = TypeValue(symbol.full_name, symbol)
    disposable = bool(ev.world.is_assignable(of, TypeValue("System.IDisposable")))
    overridden: dict[str, list[tuple[str | None, ...]]] = {}  # by name, the parameters' types
    actions = ev.memo("actions")
    chain = ev.world.chain(of)
    generic = any(link.type_parameters for link in chain)
    for link in chain:
        for path, member in link.members:
            if member.kind != "method" or "public" not in member.modifiers or member.explicit_interface is not None:
                continue
            if member.type_parameters or member.modifiers & _NEVER_ACTIONS:
                continue
            others = _other_parts(link, member)
            if member.body is None and any(m.body is not None for _, m in others):
                continue  # the defining part of a partial method; its attributes go to the implementing one
            method = MethodRef(link, path, member)
            if member.name in overridden and any(_alike(o, _parameters(ev, of, method, generic)) for o in overridden[member.name]):
                continue
            if disposable and member.name == "Dispose" and not member.parameters:
                continue
            if "override" in member.modifiers:
                overridden.setdefault(member.name, []).append(_parameters(ev, of, method, generic))
            # Kept by the member itself, so that an edit of one action leaves the others alone.
            kept = actions.of(
                (symbol, link, id(member), *(id(m) for _, m in others)),
                lambda method=method, others=others: ((method, others), _action(ev, symbol, method)),  # type: ignore[misc]
            )
            if kept[1] is not None:
                yield kept[1]


def method_uses(ev: Evaluator, method: MethodRef, of: TypeValue | None) -> list[Use]:
    """The attributes of a method, those of the methods it overrides with them (GetCustomAttributes with inherit: true)."""
    levels = [method]
    if "override" in method.facts.modifiers:
        levels += _overridden(ev, of if of is not None and of.symbol is not None else TypeValue(method.type_name, method.type), method.type, method)
    return _method_uses(ev, of, levels)


def _action(ev: Evaluator, symbol: WorkspaceType, method: MethodRef) -> Action | None:
    """The action that a public method is; None if it is none."""
    member, link, of = method.facts, method.type, TypeValue(symbol.full_name, symbol)
    levels = [method]
    if "override" in member.modifiers:
        levels += _overridden(ev, of, link, method)
        if len(levels) == 1 and _is_framework_member(ev, link, member.name):
            return None
    uses = _method_uses(ev, of, levels)
    if any(at.is_a(ev, u, at.NON_ACTION) for u in uses):
        return None
    selectors = tuple(_selectors(ev, _routing_uses(ev, levels, uses)))
    return Action(method, symbol, _action_name(ev, member.name, uses), selectors, tuple(uses), route_values(ev, uses))


def _overridden(ev: Evaluator, of: TypeValue, link: WorkspaceType, method: MethodRef) -> list[MethodRef]:
    """The methods that an override replaces, nearest first."""
    above = ev.world.methods_above(of, method.facts.name, link)
    generic = any(m.type.type_parameters for m in (method, *above))
    parameters = _parameters(ev, of, method, generic)
    return [m for m in above if _alike(_parameters(ev, of, m, generic), parameters)]


def _parameters(ev: Evaluator, of: TypeValue, method: MethodRef, generic: bool) -> tuple[str | None, ...]:
    """The types of the parameters, those of a generic base with the arguments that `of` gives it; None where that is not known."""
    if not generic:
        return tuple(str(p.type) for p in method.facts.parameters)
    bound = ev.world.type_arguments(of, method.type)
    scope = member_scope(ev, method)
    found: list[str | None] = []
    for parameter in method.facts.parameters:
        resolved = ev.world.to_value(ev.world.resolver.resolve_type(parameter.type, scope), bound) if parameter.type is not None else None
        found.append(None if resolved is None else _spelled(resolved))
    return tuple(found)


def _alike(one: tuple[str | None, ...], other: tuple[str | None, ...]) -> bool:
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def _spelled(of: TypeValue) -> str:
    return of.name + (f"<{','.join(_spelled(a) for a in of.arguments)}>" if of.arguments else "")


def _other_parts(link: WorkspaceType, member: MemberFacts) -> list[tuple[str, MemberFacts]]:
    """The other declaration of a partial method; attributes of both count.

    https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/classes#1569-partial-methods
    """
    if "partial" not in member.modifiers:
        return []
    types = [str(p.type) for p in member.parameters]
    return [
        (path, m) for path, m in link.members_named(member.name)
        if m is not member and m.kind == "method" and "partial" in m.modifiers and [str(p.type) for p in m.parameters] == types
    ]


def _is_framework_member(ev: Evaluator, link: WorkspaceType, name: str) -> bool:
    """The overridden method is one of object, or of Controller and ControllerBase, where every method is [NonAction]."""
    of = TypeValue(link.full_name, link)
    inherited = [n for n in _NOT_ACTIONS if ev.world.is_assignable(of, TypeValue(n))]
    return any(m.is_virtual for n in inherited for m in signatures.methods_of(ev.world, TypeValue(n), name))


def _method_uses(ev: Evaluator, of: TypeValue | None, levels: list[MethodRef]) -> list[Use]:
    written = []
    chain = ev.world.chain(of) if of is not None else []
    for index, level in enumerate(levels):
        word = "action" if index == 0 else "base"
        distance = of_method(chain.index(level.type) if level.type in chain else index)
        own = at.uses(ev, level.facts.attributes, member_scope(ev, level), level.path, level.facts.id, word, distance)
        for path, member in _other_parts(level.type, level.facts):
            own += at.uses(ev, member.attributes, member_scope(ev, MethodRef(level.type, path, member)), path, member.id, word, distance)
        written.append(own)
    return at.inherited(ev, written)


def member_scope(ev: Evaluator, method: MethodRef) -> Scope:
    return ev.world.resolver.scope(method.path, part_in(method.type, method.path), method.facts)


def _routing_uses(ev: Evaluator, levels: list[MethodRef], uses: list[Use]) -> list[Use]:
    """Route attributes of an override: its own if it has any, else the root declaration's (measured on .NET 10)."""
    def routed(level: MethodRef) -> list[Use]:
        declared = {(level.path, level.facts.id), *((path, m.id) for path, m in _other_parts(level.type, level.facts))}
        return [u for u in uses if (u.site.path, u.site.declaration) in declared and _routes(ev, u)]

    own = routed(levels[0])
    others = [u for u in uses if not _routes(ev, u)]
    if own or len(levels) == 1:
        return own + others
    return routed(levels[-1]) + others


def _routes(ev: Evaluator, use: Use) -> bool:
    return at.is_a(ev, use, at.ROUTE_TEMPLATE) or at.is_a(ev, use, at.HTTP_METHODS)


def _action_name(ev: Evaluator, name: str, uses: list[Use]) -> str:
    for use in uses:
        if use.value is not None and at.is_a(ev, use, at.ACTION_NAME):
            given = at.text_of(ev, use.value, "Name")
            if given is not None:
                return given
    # MvcOptions.SuppressAsyncSuffixInActionNames is on by default.
    if ev.truth(ev.app.mvc_option("SuppressAsyncSuffixInActionNames")) is False:
        return name
    return name[: -len("Async")] if name.endswith("Async") and len(name) > len("Async") else name


def _selectors(ev: Evaluator, uses: list[Use]) -> Iterator[Selector]:
    """CreateSelectors: each template makes one; verbs without a template go to templates without a verb."""
    providers: list[tuple[Use, Value | None]] = []
    silent = False
    for use in uses:
        if at.is_a(ev, use, at.ROUTE_TEMPLATE):
            template = at.template_of(ev, use)
            if template is None and not at.orders_or_names(ev, use):
                silent = True
            else:
                providers.append((use, template))
    if any(not at.is_a(ev, use, at.HTTP_METHODS) for use, _ in providers):
        silent = False
    verbs = [u for u in uses if at.is_a(ev, u, at.HTTP_METHODS)]
    defining = [use for use, _ in providers]
    if not providers and not silent:
        yield Selector(None, _verbs(ev, verbs))
        return
    for provider, template in providers:
        if at.is_a(ev, provider, at.HTTP_METHODS):
            yield Selector(template, _verbs(ev, [provider]))
        else:
            yield Selector(template, _verbs(ev, [v for v in verbs if v not in defining]))
    if silent:
        yield Selector(None, _verbs(ev, [v for v in verbs if v not in defining]))


def _verbs(ev: Evaluator, uses: list[Use]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m for u in uses for m in at.methods_of(ev, u)))


def route_values(ev: Evaluator, uses: Sequence[Use]) -> tuple[tuple[str, str], ...]:
    """What IRouteValueProvider attributes say (`[Area("x")]`); the nearest one of a key wins."""
    found: dict[str, str] = {}
    for use in uses:
        if use.value is None or not at.is_a(ev, use, at.ROUTE_VALUE):
            continue
        is_area = ev.world.is_assignable(use.value.type, TypeValue(at.AREA))
        key = at.text_of(ev, use.value, "RouteKey") or ("area" if is_area else None)
        value = at.text_of(ev, use.value, "RouteValue") or (at.text_of(ev, use.value, "AreaName") if is_area else None)
        if value is None and use.value.arguments:
            last = use.value.arguments[-1]
            value = last.value if isinstance(last, Const) and isinstance(last.value, str) else None
        if key and value:
            found.setdefault(key, value)
    return tuple(found.items())

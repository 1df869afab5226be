"""FastEndpoints: one class an endpoint, whose `Configure` says routes and access; secure by default.

Invariant: an endpoint that neither allows anonymous callers nor requires anything more is for signed-in users; what a group says is said
of each of its endpoints; AllowAnonymous wins. All measured with version 8 on .NET 10.
https://fast-endpoints.com/docs/security, https://fast-endpoints.com/docs/configuration-settings
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model import attributes as at
from routewarden.model import reflection
from routewarden.model.evaluator import Passed
from routewarden.model.policies import new_policy, policy_from, strings
from routewarden.model.symbols import own_type
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    Convention,
    ConventionBuilder,
    EndpointDraft,
    Group,
    Instance,
    ListValue,
    MethodGroup,
    TypeValue,
    Unknown,
    Value,
)
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator
    from routewarden.model.members import MethodRef

CALLS = frozenset({"UseFastEndpoints", "MapFastEndpoints"})
ENDPOINT = "FastEndpoints.BaseEndpoint"
_GROUP = "FastEndpoints.Group"
_SUBGROUP = "FastEndpoints.SubGroup`1"
_DEFINITION = "FastEndpoints.EndpointDefinition"
_CONFIG = "FastEndpoints.Config"
_NOT_REGISTERED = "FastEndpoints.DontRegisterAttribute"
_HTTP_ATTRIBUTE = "FastEndpoints.HttpAttribute"
_BUILDER = "Microsoft.AspNetCore.Builder.RouteHandlerBuilder"
_REFRESH = "FastEndpoints.Security.RefreshTokenService`2"
_REFRESH_OPTIONS = "FastEndpoints.Security.RefreshServiceOptions"
_VERBS = frozenset({"Get", "Post", "Put", "Patch", "Delete", "Head", "Query"})
_OWN = "<definition>"
_SETUP = "<setup>"
_SECTIONS = ("Endpoints", "Versioning", "Security", "Serializer", "Errors", "Binding", "Validation", "Throttle")


@dataclass(slots=True, eq=False)
class Definition(Value):
    """EndpointDefinition: what `Configure`, groups and the global configurator say of one endpoint."""

    type: TypeValue
    endpoint: TypeValue
    site: Site
    verbs: list[str] = field(default_factory=list)
    routes: list[Value] = field(default_factory=list)
    said: list[Convention] = field(default_factory=list)
    anonymous_verbs: set[str] = field(default_factory=set)
    options: list[Value] = field(default_factory=list)  # lambdas on the RouteHandlerBuilder
    prefix: Value | None = None  # RoutePrefixOverride
    version: int = 0
    tags: list[Value] = field(default_factory=list)
    metadata: list[Value] = field(default_factory=list)


def mapped(ev: Evaluator, group: Group, passed: Sequence[Passed], where: CallSite) -> None:
    """`app.UseFastEndpoints(c => ...)`: adds a draft for each verb and route of each endpoint class of the app."""
    config = Instance(_typed(ev, _CONFIG), {name: Instance(_typed(ev, f"FastEndpoints.{name}Options")) for name in _SECTIONS})
    for argument in passed:
        if isinstance(argument.value, (Closure, MethodGroup)):
            ev.apply(argument.value, [config])
    for of in ev.world.implementations(TypeValue(ENDPOINT), ev.app.projects):
        definition = _defined(ev, of, config)
        if definition is not None and not _left_out(ev, definition, config):
            _add(ev, group, definition, config, tuple(ev.conditions))


def _left_out(ev: Evaluator, definition: Definition, config: Instance) -> bool:
    """`c.Endpoints.Filter`: endpoints for which it says no are not registered."""
    wanted = _section(config, "Endpoints").fields.get("Filter")
    return isinstance(wanted, (Closure, MethodGroup)) and ev.truth(ev.apply(wanted, [definition])) is False


def property_value(ev: Evaluator, definition: Definition, name: str) -> Value | None:
    """What a filter or configurator asks of an EndpointDefinition."""
    if name == "EndpointTags":
        return ListValue(list(definition.tags)) if definition.tags else NULL
    if name == "EndpointMetadata":
        return ListValue(list(definition.metadata)) if definition.metadata else NULL
    if name == "EndpointType":
        return definition.endpoint
    if name == "Routes":
        return ListValue(list(definition.routes))
    if name == "Verbs":
        return ListValue([Const(v) for v in definition.verbs])
    return None


def _typed(ev: Evaluator, name: str) -> TypeValue:
    return ev.world.type_named(name) or TypeValue(name)


def _defined(ev: Evaluator, of: TypeValue, config: Instance) -> Definition | None:
    symbol = of.symbol
    if not isinstance(symbol, WorkspaceType) or reflection.attributes_of_type(ev, of, TypeValue(_NOT_REGISTERED)):
        return None
    definition = Definition(_typed(ev, _DEFINITION), of, symbol.site)
    instance = Instance(of, {_OWN: definition, "Definition": definition})
    if ev.world.is_assignable(of, TypeValue(_REFRESH)):
        _by_refresh_service(ev, definition, of)
        return definition if definition.routes else None
    configure = next((m for m in ev.world.methods(of, "Configure") if not m.facts.parameters and not declares(ev, m)), None)
    if configure is not None:
        ev.invoke_method(configure, instance, ())
    else:
        _by_attributes(ev, definition, symbol)
    everywhere = _section(config, "Endpoints").fields.get("Configurator")
    if isinstance(everywhere, (Closure, MethodGroup)):
        ev.apply(everywhere, [definition])
    return definition if definition.verbs and definition.routes else None


def _by_refresh_service(ev: Evaluator, definition: Definition, of: TypeValue) -> None:
    """A refresh token endpoint, set up by its constructor: `Setup(o => o.Endpoint("/refresh", ep => ...))`; open to anyone.

    https://fast-endpoints.com/docs/security#refresh-tokens
    """
    made = ev.construct(of, ())
    setup = made.fields.get(_SETUP) if isinstance(made, Instance) else None
    options = Instance(_typed(ev, _REFRESH_OPTIONS))
    if isinstance(setup, (Closure, MethodGroup)):
        ev.apply(setup, [options])
    definition.verbs = ["POST"]
    definition.routes = [options.fields.get("<route>", Const("/api/refresh-token"))]
    definition.said.append(Convention("anonymous", definition.site, "RefreshTokenService"))
    more = options.fields.get("<configure>")
    if isinstance(more, (Closure, MethodGroup)):
        ev.apply(more, [definition])


def _by_attributes(ev: Evaluator, definition: Definition, symbol: WorkspaceType) -> None:
    """`[HttpGet("/x"), Authorize(Roles = "a")]` on a class without `Configure`."""
    for path, part in symbol.parts:
        scope = ev.world.resolver.header_scope(path, part)
        for index, attribute in enumerate(part.attributes):
            site = Site(path, part.id, f"attribute:{index}")
            made = at.instantiate(ev, attribute, scope, site, symbol)
            if made is None:
                continue
            if ev.world.is_assignable(made.type, TypeValue(_HTTP_ATTRIBUTE)):
                definition.verbs.append(made.type.name.rsplit(".", 1)[-1].removeprefix("Http").removesuffix("Attribute").upper())
                written = made.fields.get("Routes")  # where the library's source is in the workspace
                definition.routes.extend(_each([written] if isinstance(written, ListValue) else list(made.arguments)))
            elif at.is_a(ev, made, at.AUTHORIZE_DATA) or at.is_a(ev, made, at.ALLOW_ANONYMOUS):
                definition.said.append(Convention("metadata", site, at.written(attribute), (made,)))


def declares(ev: Evaluator, method: MethodRef) -> bool:
    """The method is FastEndpoints' own, from its source in the workspace."""
    if not method.type.namespace.startswith("FastEndpoints"):
        return False
    bases = ev.world.types.all(ENDPOINT)
    return bool(bases) and (method.type.full_name in (_REFRESH, _REFRESH_OPTIONS) or any(b.project == method.type.project for b in bases))


# --- Configure -----------------------------------------------------------------------------------------------------------


def receiver(target: Value | None) -> Value | None:
    """The definition, or group, that a call on the value or inside its class is about; None where it is none."""
    if isinstance(target, Definition):
        return target
    return target.fields.get(_OWN) if isinstance(target, Instance) else None


def call(ev: Evaluator, definition: Definition, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call inside `Configure`, or on an EndpointDefinition; None where FastEndpoints has no such method."""
    name, values = where.name, _each([p.value for p in passed])
    if name in _VERBS or name == "Verbs":
        definition.site = where.site
        if name == "Verbs":
            definition.verbs = [text.upper() for value in values for text in strings(value)]
        else:
            definition.verbs = [name.upper()]
            definition.routes = [r for r in _routes(ev, values) if not isinstance(r, Closure)]
    elif name == "Routes":
        definition.routes = list(values)
    elif name == "Group" and where.type_arguments:
        _apply_group(ev, definition, where.type_arguments[0])
    elif name == "AllowAnonymous":
        verbs = {text.upper() for value in values for text in strings(value)}
        definition.anonymous_verbs |= verbs
        if not verbs:
            _say(ev, definition, "anonymous", (), where)
    elif name in ("Roles", "Claims", "ClaimsAll", "Claim", "Permissions", "PermissionsAll", "Scopes", "ScopesAll"):
        policy = new_policy(ev, where.site)
        names = [text for value in values for text in strings(value)]
        kind = "role:" + "|".join(names) if name == "Roles" else f"claim:{names[0] if names else '?'}"
        policy.requirements += ["authenticated", kind]
        _say(ev, definition, "authorize", (policy,), where)
    elif name == "AccessControl":
        # (key, params groups) and (key, Apply.ToThisEndpoint, params groups) ask for the permission, any other `Apply` does not.
        second = values[1] if len(values) > 1 else None
        applied = not isinstance(second, Const) or (second.value == "ToThisEndpoint" if second.type is not None else second.value is not None)
        if applied:
            policy = new_policy(ev, where.site)
            policy.requirements += ["authenticated", "claim:permissions"]
            _say(ev, definition, "authorize", (policy,), where)
    elif name == "Policies":
        _say(ev, definition, "authorize", tuple(values), where)
    elif name == "Policy":
        for value in values:
            policy_of = policy_from(ev, value, where.site)
            if policy_of is not None:
                policy_of.requirements.insert(0, "authenticated")
                _say(ev, definition, "authorize", (policy_of,), where)
    elif name in ("Options", "Description"):
        definition.options.extend(v for v in values if isinstance(v, (Closure, MethodGroup)))
    elif name == "Tags":
        definition.tags.extend(values)
    elif name == "Metadata":
        definition.metadata.extend(values)
    elif name == "RoutePrefixOverride":
        definition.prefix = values[0] if values else Const("")
    elif name in ("Version", "EndpointVersion"):
        first = values[0].value if values and isinstance(values[0], Const) else 0
        definition.version = first if isinstance(first, int) else 0
    elif not ev.world.has_framework_member(definition.type, name):
        return None
    return NULL


def _say(ev: Evaluator, definition: Definition, kind: str, values: tuple[Value, ...], where: CallSite) -> None:
    definition.said.append(Convention(kind, where.site, where.text, values, tuple(ev.conditions)))


def _each(values: Sequence[Value]) -> list[Value]:
    """Arguments, arrays spread over a `params` parameter."""
    found: list[Value] = []
    for value in values:
        found.extend(value.items if isinstance(value, ListValue) and value.exact else [value])
    return found


def _routes(ev: Evaluator, values: Sequence[Value]) -> Iterator[Value]:
    """Routes as given; `Get("/x/{@id}", r => new { r.Id })` takes the names of the properties."""
    members = next((v for v in values if isinstance(v, Closure)), None)
    names = list(_property_names(ev, members)) if members is not None else []
    for value in values:
        text = value.value if isinstance(value, Const) else None
        if not isinstance(text, str) or not names:
            yield value
            continue
        for name in names:
            before, mark, after = text.partition("{@")
            if mark:
                text = f"{before}{{{name}}}{after.partition('}')[2]}"
        yield Const(text)


def _property_names(ev: Evaluator, closure: Closure) -> Iterator[str]:
    for statement in ev.body(closure.frame.path, closure.code.body) or ():
        made = statement.value if isinstance(statement, (ir.Return, ir.ExprStmt)) else None
        if isinstance(made, ir.New):
            for _, value in made.initializer:
                if isinstance(value, ir.Member):
                    yield value.name
        elif isinstance(made, ir.Member):
            yield made.name


# --- groups --------------------------------------------------------------------------------------------------------------


def group_call(ev: Evaluator, group: Instance, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`Configure("prefix", ep => ...)` in the constructor of a Group, and what sets up a refresh service; None for other calls."""
    if where.name == "Setup" and passed and ev.world.is_assignable(group.type, TypeValue(_REFRESH)):
        group.fields[_SETUP] = passed[0].value
        return NULL
    if where.name == "Endpoint" and passed and group.type.name == _REFRESH_OPTIONS:
        group.fields["<route>"] = passed[0].value
        group.fields["<configure>"] = passed[-1].value
        return NULL
    if where.name != "Configure" or not ev.world.is_assignable(group.type, TypeValue(_GROUP)):
        return None
    group.fields["<prefix>"] = passed[0].value if passed else Const("")
    if len(passed) > 1:
        group.fields["<configure>"] = passed[1].value
    return NULL


def _apply_group(ev: Evaluator, definition: Definition, of: TypeValue) -> None:
    """The group's prefix and settings, then its parent's."""
    made = ev.construct(of, ())
    if not isinstance(made, Instance) or ev.depth > 40:
        return
    prefix = made.fields.get("<prefix>", Const(""))
    definition.routes = [_joined(prefix, route) for route in definition.routes]
    configure = made.fields.get("<configure>")
    if isinstance(configure, (Closure, MethodGroup)):
        ev.apply(configure, [definition])
    if of.symbol is not None:
        above = next((t for t in ev.world.resolver.supertypes(own_type(of.symbol)).all if t.full_name == _SUBGROUP), None)
        parent = ev.world.to_value(above.arguments[0]) if above is not None and above.arguments else None
        if parent is not None and ev.world.is_workspace(parent) and parent.symbol is not of.symbol:
            ev.depth += 1
            _apply_group(ev, definition, parent)
            ev.depth -= 1


def _joined(prefix: Value, route: Value) -> Value:
    if not (isinstance(prefix, Const) and isinstance(route, Const)):
        return Unknown(TypeValue("System.String"), "a route that is decided at run time")
    first, second = str(prefix.value or ""), str(route.value or "")
    return Const(f"{first}{'' if second.startswith('/') or not first else '/'}{second}")


# --- drafts --------------------------------------------------------------------------------------------------------------


def _section(config: Instance, name: str) -> Instance:
    found = config.fields.get(name)
    return found if isinstance(found, Instance) else Instance(TypeValue("?"))


def _add(ev: Evaluator, group: Group, definition: Definition, config: Instance, conditions: tuple[str, ...]) -> None:
    decided = any(c.kind in ("authorize", "anonymous", "metadata") and not c.conditions for c in definition.said)
    handlers = tuple(
        m for n in ("HandleAsync", "ExecuteAsync") for m in ev.world.methods(definition.endpoint, n)
        if m.facts.body is not None and not declares(ev, m)
    )
    handler = MethodGroup(handlers[0].facts.name, handlers[:1], None, definition.endpoint) if handlers else None
    for route in definition.routes:
        for verb in definition.verbs:
            draft = EndpointDraft(
                "fastendpoint", (verb,), _full(definition, route, config), group, definition.site, handler, conditions,
                member=definition.endpoint.name,
            )
            draft.conventions.extend(definition.said)
            if verb in definition.anonymous_verbs:
                draft.conventions.append(Convention("anonymous", definition.site, f"AllowAnonymous({verb})"))
            elif not decided:
                draft.conventions.append(Convention("authorize", definition.site, "FastEndpoints' default"))
            ev.app.endpoints.append(draft)
            for option in definition.options:
                ev.apply(option, [ConventionBuilder((draft,), _typed(ev, _BUILDER))])


def _full(definition: Definition, route: Value, config: Instance) -> Value:
    """`prefix/v1/route` or `prefix/route/v1` (https://fast-endpoints.com/docs/api-versioning)."""
    versioning = _section(config, "Versioning").fields
    prefix = _section(config, "Endpoints").fields.get("RoutePrefix")
    if definition.prefix is not None and prefix is not None:
        prefix = definition.prefix
    parts: list[Value] = [prefix] if prefix is not None and not (isinstance(prefix, Const) and not prefix.value) else []
    default = versioning.get("DefaultVersion")
    number = definition.version or (default.value if isinstance(default, Const) else 0)
    word = versioning.get("Prefix")
    version = Const(f"{word.value if isinstance(word, Const) and word.value else 'v'}{number}") if number else None
    first = versioning.get("PrependToRoute")
    if version is not None and isinstance(first, Const) and first.value is True:
        parts += [version, route]
    else:
        parts += [route, version] if version is not None else [route]
    if not all(isinstance(p, Const) for p in parts):
        return Unknown(TypeValue("System.String"), "a route that is decided at run time")
    texts = [str(p.value).strip("/") for p in parts if isinstance(p, Const)]
    return Const("/".join(t for t in texts if t))

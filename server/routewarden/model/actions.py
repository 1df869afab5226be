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
    overridden: dict[str, set[tuple[str, ...]]] = {}  # by name, the parameters' types
    actions = ev.memo("actions")
    for link in ev.world.chain(of):
        for path, member in link.members:
            if member.kind != "method" or "public" not in member.modifiers or member.explicit_interface is not None:
                continue
            if member.type_parameters or member.modifiers & _NEVER_ACTIONS:
                continue
            if member.name in overridden and _signature(member) in overridden[member.name]:
                continue
            if disposable and member.name == "Dispose" and not member.parameters:
                continue
            if "override" in member.modifiers:
                overridden.setdefault(member.name, set()).add(_signature(member))
            # Kept by the member itself, so that an edit of one action leaves the others alone.
            kept = actions.of(
                (symbol, link, id(member)), lambda path=path, member=member, link=link: (member, _action(ev, symbol, MethodRef(link, path, member)))  # type: ignore[misc]
            )
            if kept[1] is not None:
                yield kept[1]


def _signature(member: MemberFacts) -> tuple[str, ...]:
    return tuple(str(p.type) for p in member.parameters)


def _action(ev: Evaluator, symbol: WorkspaceType, method: MethodRef) -> Action | None:
    """The action that a public method is; None if it is none."""
    member, link, of = method.facts, method.type, TypeValue(symbol.full_name, symbol)
    levels = [method]
    if "override" in member.modifiers:
        levels += _overridden(ev, of, link, method, tuple(str(p.type) for p in member.parameters))
        if len(levels) == 1 and _is_framework_member(ev, link, member.name):
            return None
    uses = _method_uses(ev, levels)
    if any(at.is_a(ev, u, at.NON_ACTION) for u in uses):
        return None
    selectors = tuple(_selectors(ev, _routing_uses(ev, levels, uses)))
    return Action(method, symbol, _action_name(ev, member.name, uses), selectors, tuple(uses), route_values(ev, uses))


def _overridden(
    ev: Evaluator, of: TypeValue, link: WorkspaceType, method: MethodRef, parameters: tuple[str, ...]
) -> list[MethodRef]:
    """The methods that an override replaces, nearest first; generic bases spell their parameters differently."""
    found = []
    for above in ev.world.methods_above(of, method.facts.name, link):
        same = tuple(str(p.type) for p in above.facts.parameters) == parameters
        if same or (len(above.facts.parameters) == len(parameters) and above.type.arity):
            found.append(above)
    return found


def _is_framework_member(ev: Evaluator, link: WorkspaceType, name: str) -> bool:
    """The overridden method is one of object, or of Controller and ControllerBase, where every method is [NonAction]."""
    of = TypeValue(link.full_name, link)
    inherited = [n for n in _NOT_ACTIONS if ev.world.is_assignable(of, TypeValue(n))]
    return any(m.is_virtual for n in inherited for m in signatures.methods_of(ev.world, TypeValue(n), name))


def _method_uses(ev: Evaluator, levels: list[MethodRef]) -> list[Use]:
    written = []
    for index, level in enumerate(levels):
        word = "action" if index == 0 else "base"
        written.append(at.uses(ev, level.facts.attributes, member_scope(ev, level), level.path, level.facts.id, word))
    return at.inherited(ev, written)


def member_scope(ev: Evaluator, method: MethodRef) -> Scope:
    return ev.world.resolver.scope(method.path, part_in(method.type, method.path), method.facts)


def _routing_uses(ev: Evaluator, levels: list[MethodRef], uses: list[Use]) -> list[Use]:
    """Route attributes of an override: its own if it has any, else the root declaration's (measured on .NET 10)."""
    def routed(level: MethodRef) -> list[Use]:
        return [u for u in uses if u.site.declaration == level.facts.id and u.site.path == level.path and _routes(ev, u)]

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
    providers: list[tuple[Use, Value]] = []
    silent = False
    for use in uses:
        if at.is_a(ev, use, at.ROUTE_TEMPLATE):
            template = at.template_of(ev, use)
            if template is None:
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

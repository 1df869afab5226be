"""Operations of endpoints, kept current: the one door of this package.

Invariant: an answer rests on the bodies, members and types that were read for it, and on the app's wiring; an edit drops what rests on
what it changed, and nothing else. Bodies are remembered by a hash, so that an edit that leaves one equal drops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model.evaluator import Evaluator, room
from routewarden.model.operations.dispatch import Dispatch
from routewarden.model.operations.effects import DELETE, INSERT, OVERWRITE, Steps
from routewarden.model.operations.endpoint_operations import NO_OPERATIONS, DataOperation, EndpointOperations, PathStep
from routewarden.model.operations.environment import Routine, owner_as_seen
from routewarden.model.operations.hooks import Hooks
from routewarden.model.operations.solve import Solver
from routewarden.model.operations.static_types import Typing
from routewarden.model.operations.summaries import Reached, Summary
from routewarden.model.operations.walk import effects_of
from routewarden.model.operations.wiring import Wiring, flat_env, routine_at, wiring_of
from routewarden.model.register import Endpoint
from routewarden.model.symbols import NamedType, own_type
from routewarden.model.tracking import Memo, body_of
from routewarden.model.workspace_types import WorkspaceType
from routewarden.model.world import World

_PAGE_HANDLERS = ("OnGet", "OnPost", "OnPut", "OnPatch", "OnDelete")
_KINDS = (DELETE, OVERWRITE, INSERT)


class AppOperations:
    """Dispatch, sums and hooks of one app: what AP107 and AP101 ask for a call in its surroundings."""

    def __init__(self, typing: Typing, wiring: Wiring, effects: Callable[[Routine], Steps]) -> None:
        self.wiring = wiring
        self.dispatch = Dispatch(typing, wiring.projects, wiring.registered)
        self.solver = Solver(typing.resolver.types.tracker, self.dispatch, effects, lambda request: self.hooks.around(request))
        self.hooks = Hooks(typing, self.dispatch, wiring, self.solver.summary)

    def drop(self, mask: int) -> None:
        self.dispatch.drop(mask)
        self.solver.drop(mask)


class Operations:
    """Answers for one state of the workspace; `drop` after an edit."""

    def __init__(self, world: World, start: Callable[[str], Evaluator | None]) -> None:
        """`start(project)`: the app of a project whose start-up code has run (tracked); None where the workspace has none."""
        self._world = world
        self._start = start
        tracker = world.types.tracker
        self.typing = Typing(world.resolver, self.body)
        self._read: dict[str, dict[str, Sequence[ir.Stmt] | None]] = {}  # path -> body id -> what was read
        self._effects: Memo[Routine, Steps] = Memo(tracker)
        self._wirings: Memo[str, Wiring] = Memo(tracker)
        self._apps: dict[Wiring, AppOperations] = {}
        self._endpoints: Memo[object, EndpointOperations] = Memo(tracker)

    # --- asking ---

    def of(self, endpoint: Endpoint) -> EndpointOperations:
        """What the endpoint does; the same object until an edit reaches something that it rests on."""
        key = (endpoint.kind, endpoint.app, endpoint.handler_site, endpoint.type_site, endpoint.methods, endpoint.filters)
        return self._endpoints.of(key, lambda: self._find(endpoint))

    def app(self, project: str) -> AppOperations:
        """The surroundings of an app's endpoints."""
        wiring = self._wirings.of(project, lambda: self._wiring(project))
        found = self._apps.get(wiring)
        if found is None:
            found = self._apps[wiring] = AppOperations(self.typing, wiring, self.effects)
        return found

    def effects(self, routine: Routine) -> Steps:
        """The effects of one body."""
        return self._effects.of(routine, lambda: self._effects_of(routine))

    def routines(self, endpoint: Endpoint) -> list[Routine]:
        """The bodies that run for an endpoint: its handler, or the handlers of a page, hub or service."""
        site = endpoint.handler_site
        if site is None:
            return []
        of = self._type_at(endpoint.type_site or site)
        if endpoint.kind in ("page", "hub", "grpc", "other") and of is not None:
            return list(self._public_methods(of, endpoint.kind))
        if site.path.endswith((".cshtml", ".razor")):
            return []
        found = routine_at(self.typing, site.path, site.declaration)
        if found is None or (found.member is None and "~" not in found.body):
            return []
        if "~" in found.body or found.member is None:
            return [found]
        if found.member.body is None:
            return []
        if of is not None and found.owner is not None and isinstance(found.owner.symbol, WorkspaceType):
            return [Routine(found.path, found.body, owner_as_seen(self.typing.resolver, found.owner.symbol, of), of, (), found.member)]
        return [found]

    def body(self, path: str, body_id: str) -> Sequence[ir.Stmt] | None:
        """The statements of a body; whoever asks rests on them."""
        self._world.types.tracker.touch(body_of(path, body_id))
        found = self._world.body(path, body_id)
        known = self._read.setdefault(path, {})
        if body_id not in known:
            known[body_id] = found
        return found

    # --- keeping current ---

    def changed_bodies(self, path: str, now: Callable[[str], Sequence[ir.Stmt] | None]) -> list[str]:
        """The bodies of a file that were read and are others now."""
        read = ((body, before, now(body)) for body, before in self._read.get(path, {}).items())
        return [body for body, before, after in read if after is not before and after != before]

    def drop(self, mask: int, bodies: Sequence[tuple[str, str]]) -> None:
        """Forgets what rests on any of the names."""
        for path, body in bodies:
            self._read.get(path, {}).pop(body, None)
        self.typing.drop(mask)
        for memo in (self._effects, self._wirings, self._endpoints):
            memo.drop(mask)
        for app in self._apps.values():
            app.drop(mask)

    # --- working out ---

    def _wiring(self, project: str) -> Wiring:
        ev = self._start(project)
        return wiring_of(ev, self.typing) if ev is not None else Wiring(project, self._world.types.visible(project))

    def _effects_of(self, routine: Routine) -> Steps:
        env = flat_env(self.typing, routine.path, routine.body) if "~" in routine.body else None
        if env is not None:
            env.routine = routine if routine.owner is not None else env.routine
        with room():
            return effects_of(self.typing, routine, env)

    def _type_at(self, site: Site) -> NamedType | None:
        facts = self._world.types.index.facts(site.path)
        part = next((t for t in facts.types if t.id == site.declaration), None)
        symbol = self._world.types.of_part(site.path, part) if part is not None else None
        return own_type(symbol) if symbol is not None else None

    def _public_methods(self, of: NamedType, kind: str) -> Iterator[Routine]:
        for holder in (of, *self._world.resolver.supertypes(of).classes):
            if not isinstance(holder.symbol, WorkspaceType):
                continue
            for path, member in holder.symbol.members:
                if member.kind != "method" or member.body is None or "public" not in member.modifiers or "static" in member.modifiers:
                    continue
                if kind == "page" and not member.name.startswith(_PAGE_HANDLERS):
                    continue
                yield Routine(path, member.body, holder, of, (), member)

    def _find(self, endpoint: Endpoint) -> EndpointOperations:
        with room():
            app = self.app(endpoint.app)
            found: dict[tuple[Site, str], DataOperation] = {}
            unresolved: dict[Site, str] = {}
            truncated = False
            around: list[str] | None = None
            for routine in self.routines(endpoint):
                summary = app.solver.summary(routine)
                truncated = truncated or summary.truncated
                unresolved.update({u.site: u.name for u in summary.unresolved})
                pending = {r.key: r for r in summary.pending}
                for reached in summary.operations:
                    if reached.operation.kind not in _KINDS:
                        continue
                    open_ = pending.get(reached.key)
                    record: tuple[str, Site | None] = ("", None)
                    if open_ is None:
                        record = _recorded(summary)
                    else:
                        if around is None:
                            around = list(self._around(app, endpoint))
                        by_save = app.hooks.of_save(open_.operation)
                        record = (by_save or (around[0] if around else ""), None)
                    known = found.get(reached.key)
                    if known is None or (known.record and not record[0]):
                        found[reached.key] = _shown(open_ or reached, record)
            if not found and not unresolved and not truncated:
                return NO_OPERATIONS
            return EndpointOperations(tuple(found.values()), tuple(sorted(unresolved.items())), truncated)

    def _around(self, app: AppOperations, endpoint: Endpoint) -> Iterator[str]:
        """The filters and middleware that record a request to the endpoint."""
        verb = endpoint.methods[0] if len(endpoint.methods) == 1 else ""
        for filter_ in endpoint.filters:
            if filter_.function is not None:
                routine = routine_at(self.typing, filter_.function.path, filter_.function.declaration)
                recorded = app.hooks.of_function(routine, verb, "an endpoint filter") if routine is not None else None
            else:
                symbols = self._world.types.all(filter_.type)
                near = [s for s in symbols if s.project in app.wiring.projects] or list(symbols)
                recorded = app.hooks.of_filter(own_type(near[0]), verb) if near else None
            if recorded is not None:
                yield recorded
        for step in app.wiring.middleware:
            recorded = app.hooks.of_middleware(step, verb)
            if recorded is not None:
                yield recorded


def _recorded(summary: Summary) -> tuple[str, Site | None]:
    first = summary.records[0].record if summary.records else None
    return (first.what, first.site) if first is not None else ("", None)


def _shown(reached: Reached, record: tuple[str, Site | None]) -> DataOperation:
    of = reached.operation
    path = tuple(PathStep(h.site, h.to) for h in reached.path)
    return DataOperation(of.kind, of.what, of.site, path, str(of.entity) if of.entity is not None else "", record[0], record[1], of.tracked)

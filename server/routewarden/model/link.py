"""From facts to the register: one host at a time, its start-up code evaluated, its endpoints expanded and judged.

Invariant: a pure function of the world. What an edit did not touch is not worked out again: each part is kept with the names it
rests on, and equals what a fresh link would give.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import MAIN_BODY, TypeFacts
from routewarden.facts.sites import Site
from routewarden.model import code_walk, components, endpoints, grpc_services, hosting, mvc_endpoints, pages, services, transport
from routewarden.model.app_draft import AppDraft
from routewarden.model.application_model import shaped
from routewarden.model.code_walk import Walked
from routewarden.model.controllers import Controller, controller_of
from routewarden.model.conventional import Shape
from routewarden.model.evaluator import Evaluator, Passed, room
from routewarden.model.interpreter import Interpreter
from routewarden.model.members import MethodRef
from routewarden.model.operations.engine import Operations
from routewarden.model.ownership.engine import Ownership
from routewarden.model.pages import PageFile
from routewarden.model.policies import describe_policy, roles_in, settle
from routewarden.model.register import App, Endpoint, NotAnalysed, Register, Weakness
from routewarden.model.tracking import Memo, body_of
from routewarden.model.values import Frame, ListValue, TypeValue
from routewarden.model.workspace_types import WorkspaceType
from routewarden.model.world import World


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a host starts: the body of its top-level statements, or its Main method or Startup class."""

    path: str
    type_id: str | None = None  # None: top-level statements
    member_id: str | None = None  # None with a type: a Startup class


@dataclass(frozen=True, slots=True)
class HostProject:
    path: str  # of the .csproj, "" where there is none
    name: str
    references: tuple[str, ...]  # all projects it sees, itself first
    entries: tuple[Entry, ...]


def _no_pages(project: str) -> Sequence[PageFile]:
    return ()


class Links:
    """What was linked, kept from edit to edit: start-up code by host, endpoints by controller, each with what it rests on."""

    def __init__(self, world: World) -> None:
        self.world = world
        tracker = world.types.tracker
        self._starts: Memo[HostProject, Evaluator] = Memo(tracker)
        self._of_part: Memo[tuple[str, int], tuple[TypeFacts, WorkspaceType | None]] = Memo(tracker)  # by id of the part
        self._mapped: Memo[Evaluator, list[Endpoint]] = Memo(tracker)
        self._controllers: Memo[tuple[Evaluator, WorkspaceType], Controller | None] = Memo(tracker)
        self._endpoints: Memo[tuple[Evaluator, Controller, Shape], list[Endpoint]] = Memo(tracker)
        self._evaluators: list[Evaluator] = []
        self._served: dict[str, tuple[Controller, ...]] = {}  # by path of the host, as linked last
        self._unconfigured: Memo[HostProject, Evaluator] = Memo(tracker)
        self._said: Memo[tuple[Evaluator, tuple[Controller, ...], bool], tuple[Weakness, ...]] = Memo(tracker)
        self._walked: Memo[tuple[Evaluator, str], Walked] = Memo(tracker)
        self._hosts: dict[str, HostProject] = {}
        self.operations = Operations(world, self._start_of)
        self.ownership = Ownership(world, self.operations, self._start_of)

    def _start_of(self, project: str) -> Evaluator | None:
        """The app of a project, as linked last."""
        host = self._hosts.get(project)
        return self._starts.of(host, lambda: started(self.world, host)) if host is not None else None

    def drop(self, names: Iterable[str], bodies: Iterable[tuple[str, str]]) -> None:
        """Forgets what rests on changed names (see `model.tracking`) and bodies."""
        bodies = list(bodies)
        mask = self.world.types.tracker.mask((*names, *(body_of(path, body) for path, body in bodies)))
        self.world.drop(mask)
        for memo in (self._starts, self._of_part, self._mapped, self._controllers, self._endpoints, self._unconfigured, self._said, self._walked):
            memo.drop(mask)
        for ev in self._evaluators:
            ev.drop(mask, bodies)
        self.operations.drop(mask, bodies)
        self.ownership.drop(mask)

    def bodies_read(self, path: str) -> dict[str, tuple[ir.Stmt, ...] | None]:
        """The bodies of a file that anything rests on, as they were read."""
        return {body: read for ev in self._evaluators for (of, body), read in ev.read.items() if of == path}

    def register(
        self, hosts: Sequence[HostProject], controllers: Iterable[tuple[str, TypeFacts]],
        pages_of: Callable[[str], Sequence[PageFile]] = _no_pages,
    ) -> Register:
        """The register of the workspace. `controllers`: type parts that may be controllers, (path, part); `pages_of` a project."""
        work = self._register(hosts, controllers, pages_of)
        with room():
            while True:
                try:
                    next(work)
                except StopIteration as end:
                    made: Register = end.value
                    return made

    def steps(
        self, hosts: Sequence[HostProject], controllers: Iterable[tuple[str, TypeFacts]],
        pages_of: Callable[[str], Sequence[PageFile]] = _no_pages,
    ) -> Iterator[None]:
        """Works out what `register` will need, some milliseconds of it between two yields. Between them edits may be dropped."""
        work = self._register(hosts, controllers, pages_of)
        done = False
        while not done:
            with room():
                done = next(work, self) is self
            yield

    def _register(
        self, hosts: Sequence[HostProject], controllers: Iterable[tuple[str, TypeFacts]], pages_of: Callable[[str], Sequence[PageFile]]
    ) -> Generator[None, None, Register]:
        candidates = self._types(controllers)
        served: set[WorkspaceType] = set()
        found: list[Endpoint] = []
        apps: list[App] = []
        gaps: set[NotAnalysed] = set()
        live: list[Evaluator] = []
        for host in hosts:
            own = [s for s in candidates if s.project in host.references]
            served.update(own)
            yield from self._serve(host, own, pages_of, found, apps, gaps, live)
        # No host refers to these projects: the controllers are real, the app that will serve them is not in the workspace.
        orphans = [s for s in candidates if s not in served]
        for project in sorted({s.project for s in orphans}):
            host = HostProject(project, project, self.world.types.visible(project), ())
            yield from self._serve(host, [s for s in orphans if s.project == project], pages_of, found, apps, gaps, live)
        self._evaluators = live
        found.sort(key=lambda e: (e.app, e.route, e.methods, e.required, e.site))
        return Register(tuple(apps), tuple(found), tuple(sorted(gaps, key=lambda g: (g.path, g.reason))))

    def weaknesses(self, paths: Sequence[str], redirecting: Iterable[str]) -> tuple[Weakness, ...]:
        """What the apps, and the code of these files, do to transport and origins. To be asked after `register`.

        `redirecting`: projects with code of their own that sends plain HTTP to HTTPS.
        """
        with room():
            return tuple(self._weaknesses(paths, frozenset(redirecting)))

    def _weaknesses(self, paths: Sequence[str], redirecting: frozenset[str]) -> Iterator[Weakness]:
        seen: set[tuple[str, Site]] = set()
        applied: list[tuple[Site, str, str | None]] = []
        for ev in self._evaluators:
            host = self._hosts[ev.app.project]
            served = self._served.get(host.path, ())
            itself = any(project in redirecting for project in host.references)
            applied += code_walk.names_applied(ev, served)
            for found in self._said.of((ev, served, itself), lambda ev=ev, host=host, served=served, itself=itself: tuple(  # type: ignore[misc]
                transport.of_app(ev, served, self._without_settings(ev, host), itself)
            )):
                if (found.kind, found.site) not in seen:
                    seen.add((found.kind, found.site))
                    yield found
        walked = [(ev, self._walked.of((ev, path), lambda ev=ev, path=path: code_walk.of_file(ev, path)))  # type: ignore[misc]
                  for path in paths for ev in [self._host_of(path)] if ev is not None]
        applied += [use for _, of in walked for use in of.applied]
        for ev, of in walked:
            for found in (*of.weaknesses, *code_walk.openings_in_force(ev, of, applied)):
                if (found.kind, found.site) not in seen:
                    seen.add((found.kind, found.site))
                    yield found

    def _without_settings(self, ev: Evaluator, host: HostProject) -> Evaluator | None:
        """The host without any appsettings file, where it has CORS policies that may come from one."""
        if not ev.app.cors and not any(step.name == "UseCors" for step in ev.app.pipeline):
            return None
        return self._unconfigured.of(host, lambda: started(self.world, host, unconfigured=True))

    def _host_of(self, path: str) -> Evaluator | None:
        """The app that runs a file's code: the first whose projects have it, else one without start-up code."""
        project = self.world.types.index.project_of(path)
        for ev in self._evaluators:
            if project in ev.app.projects and ev.app.entry is not None:
                return ev
        known = next((ev for ev in self._evaluators if project in ev.app.projects), None)
        if known is not None:
            return known
        host = HostProject(project, project, self.world.types.visible(project), ())
        return self._starts.of(host, lambda: started(self.world, host))

    def _types(self, parts: Iterable[tuple[str, TypeFacts]]) -> list[WorkspaceType]:
        """The types of the parts, in a fixed order."""
        found: dict[tuple[str, str], WorkspaceType] = {}
        for path, part in parts:
            kept = self._of_part.of((path, id(part)), lambda path=path, part=part: (part, self.world.types.of_part(path, part)))  # type: ignore[misc]
            symbol = kept[1]
            if symbol is not None:
                found.setdefault((symbol.project, symbol.full_name), symbol)
        return [found[key] for key in sorted(found)]

    def _serve(
        self, host: HostProject, own: Sequence[WorkspaceType], pages_of: Callable[[str], Sequence[PageFile]], found: list[Endpoint],
        apps: list[App], gaps: set[NotAnalysed],
        live: list[Evaluator],
    ) -> Iterator[None]:
        """Adds what one host serves."""
        ev = self._starts.of(host, lambda: started(self.world, host))
        self._hosts[host.path] = host
        live.append(ev)
        if ev not in self._evaluators:
            self._evaluators.append(ev)  # at once: an edit between two steps must reach what it has kept
        yield
        before = len(found)
        found.extend(self._mapped.of(ev, lambda: endpoints.mapped_directly(ev)))
        assumed = not host.entries
        drafts = mvc_endpoints.controller_drafts(ev, assumed)
        served: list[Controller] = []
        for symbol in own if drafts else ():
            controller = self._controllers.of((ev, symbol), lambda symbol=symbol: _controller(ev, symbol))  # type: ignore[misc]
            if controller is not None:
                served.append(controller)
            yield
        self._served[host.path] = tuple(served)
        shape = mvc_endpoints.shape_of(served)
        for controller in served:
            found.extend(
                self._endpoints.of(
                    (ev, controller, shape),
                    lambda controller=controller: mvc_endpoints.of_controller(ev, controller, drafts, assumed, shape),  # type: ignore[misc]
                )
            )
            yield
        razor = [file for project in host.references for file in pages_of(project)]
        found.extend(pages.of_pages(ev, razor))
        found.extend(grpc_services.of_services(ev))
        found.extend(components.of_components(ev, [file for file in razor if file.component is not None]))
        if len(found) > before or host.entries:
            apps.append(_app(ev.app))
        where = host.entries[0].path if host.entries else host.path
        gaps.update(NotAnalysed(site.path if site is not None else where, reason) for reason, site in ev.gaps.items())


def _controller(ev: Evaluator, symbol: WorkspaceType) -> Controller | None:
    """The controller that a type is, after all conventions of the app."""
    with ev.question():
        controller = controller_of(ev, symbol)
        return shaped(ev, controller) if controller is not None else None


def started(world: World, host: HostProject, unconfigured: bool = False) -> Evaluator:
    """The evaluator of a host whose start-up code has run."""
    draft = AppDraft(host.name, host.path, host.references, host.entries[0].path if host.entries else "", None)
    draft.unconfigured = unconfigured
    ev = Interpreter(world, draft)
    ev.closures = draft.lambdas
    for entry in host.entries:
        _start(ev, entry)
    services.configure_by_classes(ev)
    settle(ev)
    ev.closures = None
    draft.executed = frozenset(ev.read)
    return ev


def _start(ev: Evaluator, entry: Entry) -> None:
    """Runs the host's entry point."""
    if entry.type_id is None:
        ev.app.entry = Site(entry.path, MAIN_BODY, "whole")
        frame = Frame(entry.path, MAIN_BODY, {"args": ListValue([])})
        ev.run(ev.body(entry.path, MAIN_BODY) or (), frame)
        return
    facts = ev.world.types.index.facts(entry.path)
    part = next((t for t in facts.types if t.id == entry.type_id), None)
    symbol = ev.world.types.of_part(entry.path, part) if part is not None else None
    if part is None or symbol is None:
        return
    if entry.member_id is None:
        ev.app.entry = ev.app.entry or Site(entry.path, entry.type_id)
        hosting.run_startup(ev, TypeValue(symbol.full_name, symbol))
        return
    member = next((m for m in part.members if m.id == entry.member_id), None)
    if member is not None:
        ev.app.entry = Site(entry.path, member.id)
        passed = [Passed(ListValue([]))] if member.parameters else []
        ev.invoke_method(MethodRef(symbol, entry.path, member), None, passed)


def _app(draft: AppDraft) -> App:
    return App(
        draft.name, draft.project, draft.entry, describe_policy(draft.fallback) if draft.fallback is not None else "",
        describe_policy(draft.default) if draft.default is not None else "", tuple(sorted(draft.policies)),
        tuple((name, roles) for name, policy in sorted(draft.policies.items()) for roles in roles_in(policy.requirements)),
    )

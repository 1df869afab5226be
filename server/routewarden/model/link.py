"""From facts to the register: one host at a time, its start-up code evaluated, its endpoints expanded and judged.

Invariant: a pure function of the world; `LinkResult.read` names every body that the result rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import MAIN_BODY, TypeFacts
from routewarden.facts.sites import Site
from routewarden.model import endpoints, hosting, invocation
from routewarden.model.app_draft import AppDraft
from routewarden.model.controllers import Controller, controller_of
from routewarden.model.evaluator import Evaluator
from routewarden.model.members import MethodRef
from routewarden.model.policies import describe_policy
from routewarden.model.register import App, Endpoint, NotAnalysed, Register
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


@dataclass(frozen=True, slots=True)
class LinkResult:
    register: Register
    read: dict[tuple[str, str], tuple[ir.Stmt, ...] | None]


def link(world: World, hosts: Sequence[HostProject], controllers: Iterable[tuple[str, TypeFacts]]) -> LinkResult:
    """The register of the workspace. `controllers`: type parts that may be controllers, (path, part)."""
    found: list[Endpoint] = []
    apps: list[App] = []
    gaps: list[NotAnalysed] = []
    read: dict[tuple[str, str], tuple[ir.Stmt, ...] | None] = {}
    candidates = _types(world, controllers)
    served: set[str] = set()
    for host in hosts:
        draft = AppDraft(host.name, host.path, host.references, host.entries[0].path if host.entries else "", None)
        ev = Evaluator(world, draft)
        for entry in host.entries:
            _start(ev, entry)
        own: list[Controller] = []
        for symbol in candidates:
            if symbol.project in host.references:
                controller = controller_of(ev, symbol)
                if controller is not None:
                    own.append(controller)
                    served.add(symbol.full_name + "|" + symbol.project)
        expanded = endpoints.expand(ev, own, assumed=not host.entries)
        found.extend(expanded)
        if expanded or host.entries:
            apps.append(_app(draft))
        gaps.extend(NotAnalysed(site.path if site is not None else host.entries[0].path if host.entries else host.path, reason)
                    for reason, site in ev.gaps.items())
        read.update(ev.read)
    orphans = [s for s in candidates if f"{s.full_name}|{s.project}" not in served]
    for project in sorted({s.project for s in orphans}):
        # No host refers to the project: the controllers are real, the app that will serve them is not in the workspace.
        draft = AppDraft(project, project, world.types.visible(project), "", None)
        ev = Evaluator(world, draft)
        own = [c for s in orphans if s.project == project and (c := controller_of(ev, s)) is not None]
        expanded = endpoints.expand(ev, own, assumed=True)
        if expanded:
            apps.append(_app(draft))
        found.extend(expanded)
        read.update(ev.read)
    found.sort(key=lambda e: (e.app, e.route, e.methods, e.required, e.site))
    return LinkResult(Register(tuple(apps), tuple(found), tuple(sorted(set(gaps), key=lambda g: (g.path, g.reason)))), read)


def _types(world: World, parts: Iterable[tuple[str, TypeFacts]]) -> list[WorkspaceType]:
    found: dict[tuple[str, str], WorkspaceType] = {}
    for path, part in parts:
        symbol = world.types.of_part(path, part)
        if symbol is not None:
            found.setdefault((symbol.project, symbol.full_name), symbol)
    return [found[key] for key in sorted(found)]


def _start(ev: Evaluator, entry: Entry) -> None:
    """Runs the host's entry point."""
    if entry.type_id is None:
        ev.app.entry = Site(entry.path, MAIN_BODY, "whole")
        frame = Frame(entry.path, MAIN_BODY, {"args": ListValue([], False)})
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
        passed = [invocation.Passed(ListValue([], False))] if member.parameters else []
        invocation.invoke_method(ev, MethodRef(symbol, entry.path, member), None, passed)


def _app(draft: AppDraft) -> App:
    return App(
        draft.name, draft.project, draft.entry, describe_policy(draft.fallback) if draft.fallback is not None else "",
        describe_policy(draft.default) if draft.default is not None else "", tuple(sorted(draft.policies)),
    )

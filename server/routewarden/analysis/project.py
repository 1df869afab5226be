"""One workspace, kept current: files in, register and findings out.

Invariant: what it answers is a function of the files as they are now, whatever the order of edits that led there (once `settle` was
called, where syntax is broken). An edit relinks
only if the facts of its file, or a body that the model has read, came out different; everything else keeps model and findings.
Not thread safe; nothing here waits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from pathlib import Path

from routewarden.analysis import apiposture, fixes, runner, waivers
from routewarden.analysis.contract_files import ContractSetting
from routewarden.analysis.file_checks import FileChecks
from routewarden.analysis.files import DiskFiles, FileSystem, MemoryFiles, kind_of, not_readable
from routewarden.analysis.finding import Finding, FixPlan, Waiver, WaiverState
from routewarden.analysis.fingerprint import with_fingerprints
from routewarden.analysis.hosts import (
    Candidates,
    candidates,
    controller_parts,
    hosts,
    proto_services_of,
    resolution_projects,
    settings,
    types_of_project,
)
from routewarden.analysis.registry import load_rules, rule_by_id
from routewarden.analysis.rule import DEFAULT_CONFIG, Rule, RuleConfig
from routewarden.analysis.sources import Sources, is_data, is_document
from routewarden.analysis.waiver_comments import PART, WaiverComment, read_comments
from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import FileFacts, TypeFacts
from routewarden.facts.file import FileUnit
from routewarden.facts.openapi import OpenApiFile
from routewarden.facts.outline import Outline, outline_names
from routewarden.facts.project_evaluation import read_project
from routewarden.facts.razor import page_directive
from routewarden.facts.settings import DataFile
from routewarden.facts.sites import Site, Span
from routewarden.framework.table import load as load_table
from routewarden.model.changes import changed_names, changed_settings
from routewarden.model.contracts import Document, contracts_of
from routewarden.model.link import HostProject, Links
from routewarden.model.operations.endpoint_operations import EndpointOperations
from routewarden.model.ownership.endpoint_objects import EndpointObjects
from routewarden.model.pages import PageFile
from routewarden.model.register import Endpoint, NotAnalysed, Register, Weakness
from routewarden.model.resolver import Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import NamedType
from routewarden.model.workspace_types import WorkspaceTypes
from routewarden.model.world import World
from routewarden.text.source import SourceText, TextEdit

MOST_EDITS = 400  # then all is linked anew: answers about scopes that are gone are not found by name
STEP = 16  # files read between two progress reports


_Parts = tuple[Sequence[HostProject], Iterable[tuple[str, TypeFacts]], Callable[[str], Sequence[PageFile]]]
def _nothing(_: Sequence[WaiverState]) -> Iterable[Finding]:
    return ()


def _rule_id(name: str) -> str | None:
    rule = rule_by_id(name)
    return rule.id if rule is not None else None


_Before = tuple[FileFacts | None, Outline | None, bool]


class Project:
    """The engine's state for one workspace folder."""

    def __init__(
        self, files: FileSystem, rules: RuleConfig | None = None, contracts: Sequence[ContractSetting] = (), waivers: Sequence[Waiver] = (),
        today: date | None = None,
    ) -> None:
        self._sources = Sources(files)
        self._rule_config = rules or DEFAULT_CONFIG
        self._contract_settings = tuple(contracts)
        self._documents: tuple[Document, ...] | None = None
        self._known = runner.Known()
        self._checks = FileChecks(self._active_rules(), self._sources, self._weaknesses)
        self._loaded = False
        self._links: Links | None = None
        self._candidates: tuple[int, Candidates] | None = None  # with the shape of the sources that they were made from
        self._register: Register | None = None
        self._linkings = 0  # how often the register was linked: equal registers may come of different code
        self._settings: dict[tuple[str, str], dict[str, str | None]] = {}  # of hosts, by project and entry
        self._edits = 0  # since everything was linked anew
        self._findings: Mapping[str, tuple[Finding, ...]] | None = None
        self._of: tuple[Register, int, int, int] | None = None  # the register, and the versions of what files say, that `_findings` were made from
        self._found: tuple[Register, int, tuple[Finding, ...]] | None = None  # before waivers
        self._deferred = False  # `_found` rests on what was known behind the handlers before the last edits
        self._waivers = tuple(waivers)
        self._today = today
        self._suppressions: tuple[tuple[tuple[str, bytes], ...], tuple[Waiver, ...], tuple[NotAnalysed, ...]] = ((), (), ())

    @staticmethod
    def on_disk(root: Path | str) -> Project:
        return Project(DiskFiles(Path(root)))

    @staticmethod
    def in_memory(files: Mapping[str, str | bytes], today: date | None = None) -> Project:
        return Project(MemoryFiles({p: c.encode() if isinstance(c, str) else c for p, c in files.items()}), today=today)

    # --- inputs ---

    def load(self) -> Iterator[tuple[int, int]]:
        """The cold load, in small steps: yields (done, total) files."""
        self._list()
        paths = self._sources.listing.sources
        for done, path in enumerate(paths, 1):
            self._sources.add(path)
            if done % STEP == 0:
                yield done, len(paths)
        self._loaded = True
        self._changed()
        yield len(paths), len(paths)
        for _ in self._link():  # parses what the outlines point at; asked for at once, `register` would do it in one long step
            yield len(paths), len(paths)

    def _list(self) -> None:
        listing = self._sources.files.list()
        self._sources.set_listing(listing, {path: read_project(path, self._sources.files.read) for path in listing.projects})
        self._checks.relisted()

    def open(self, path: str, text: SourceText) -> None:
        """The editor shows the file; its text wins over the disk."""
        if is_document(path):
            self._replace_document(partial(self._sources.set_open, path, text))
            return
        if is_data(path):
            self._replace_data(path, partial(self._sources.set_open, path, text))
            return
        before = self._state(path)
        self._sources.set_open(path, text)
        self._compare(path, before)

    def edit(self, path: str, start: int, old_end: int, new: bytes) -> None:
        """Bytes [start, old_end) of an open file become `new`."""
        if is_document(path):
            self._replace_document(partial(self._sources.edit, path, start, old_end, new))
            return
        if is_data(path):
            self._replace_data(path, partial(self._sources.edit, path, start, old_end, new))
            return
        before = self._state(path)
        self._sources.edit(path, start, old_end, new)
        self._compare(path, before)

    def settle(self) -> bool:
        """Does what waits for a pause in typing; True if that may change anything.

        Files whose syntax was broken while they were edited are parsed anew, and rules that read files look at what was edited: only then are
        register and findings exactly those of a fresh start.
        """
        paths = self._sources.unsettled()
        for path in paths:
            before = self._state(path)
            self._sources.settle(path)
            self._compare(path, before)
        version = self._checks.version
        for _ in self._checks.refresh():
            pass
        deferred = self._deferred
        if deferred:
            self.findings()
        return bool(paths) or deferred or self._checks.version != version

    @property
    def is_deferred(self) -> bool:
        """Whether the last findings were given without looking behind the handlers again: `settle` does."""
        return self._deferred

    def close(self, path: str) -> None:
        """The editor let go of the file; the disk is the truth again."""
        if is_document(path):
            self._replace_document(partial(self._sources.set_closed, path))
            return
        if is_data(path):
            self._replace_data(path, partial(self._sources.set_closed, path))
            return
        before = self._state(path)
        self._sources.set_closed(path)
        self._checks.forget(path)
        if self._exists(path):
            self._sources.add(path)
            self._compare(path, before)
        else:
            self._changed()

    def disk_changed(self, paths: Iterable[str]) -> None:
        """Files or folders were written, created or deleted outside the editor. The disk is listed once, if at all."""
        changed = [path for path in paths if not self._sources.is_open(path)]
        known = frozenset(self.paths)
        if changed and all(is_document(path) for path in changed):
            self._replace_document(partial(self._documents_changed, changed, known))
            return
        for path in changed:
            self._sources.forget(path)
            self._checks.forget(path)
        if any(path not in known or not self._can_be_read(path) for path in changed):
            self._list()
        for path in self._sources.listing.sources:
            self._sources.add(path)  # reads those that are not known
        if changed:
            self._changed()

    def _replace_document(self, change: Callable[[], None]) -> None:
        """Changes a file that may be part of a contract; the register is made anew if a document came out different."""
        before, problems = self._contract_documents(), self._sources.contracts.problems
        change()
        self._documents = None
        if self._contract_documents() != before or self._sources.contracts.problems != problems:
            self._register = None
        else:
            self._documents = before  # the same objects, so that what was made of them stays valid

    def _documents_changed(self, paths: Iterable[str], known: frozenset[str]) -> None:
        for path in paths:
            self._sources.forget(path)
            self._checks.forget(path)
        if any(path not in known or not self._can_be_read(path) for path in paths):
            self._list()

    def _contract_documents(self) -> tuple[Document, ...]:
        if self._documents is None:
            self._documents = self._sources.documents(self._contract_settings) if self._loaded else ()
        return self._documents

    def _replace_data(self, path: str, change: Callable[[], None]) -> None:
        """Changes a data file, and drops the answers that rest on a setting which is another now."""
        before = self._sources.data(path)
        change()
        after = self._sources.data(path)
        self._checks.forget(path)
        names = changed_settings(before.settings() if before is not None else {}, after.settings() if after is not None else {})
        if names:
            self._settings.clear()
            if self._links is not None:
                self._links.drop(names, ())
        if names or (before.error if before is not None else None) != (after.error if after is not None else None):
            self._register = None

    def _host_settings(self, project: str, entry: str) -> Mapping[str, str | None]:
        if (project, entry) not in self._settings:
            self._settings[project, entry] = settings(self._sources, project, entry)
        return self._settings[project, entry]

    def configure(
        self, rules: RuleConfig, waivers: Sequence[Waiver] = (), files: FileSystem | None = None, today: date | None = None,
        contracts: Sequence[ContractSetting] = (),
    ) -> None:
        """Other settings: of the rules, waivers, OpenAPI documents, and of what is left out where `files` (the same root) is given."""
        if rules != self._rule_config:
            self._rule_config = rules
            self._checks = FileChecks(self._active_rules(), self._sources, self._weaknesses)
            self._checks.relisted()
            self._findings = self._found = None
        if tuple(contracts) != self._contract_settings:
            self._contract_settings = tuple(contracts)
            self._documents = None
            self._register = None
        self._waivers = tuple(waivers)
        self._today = today
        self._findings = self._found = None
        if files is not None:
            self._sources.files = files
            self._list()
            for path in self._sources.listing.sources:
                self._sources.add(path)
            self._changed()

    def _exists(self, path: str) -> bool:
        if path in self._sources.listing.sources and self._can_be_read(path):
            return True
        self._list()
        return path in self._sources.listing.sources

    def _can_be_read(self, path: str) -> bool:
        try:
            self._sources.files.read(path)
        except OSError:
            return False
        return True

    def _state(self, path: str) -> _Before:
        """What the register may rest on of a file: its facts, if anybody asked for them, its outline, and how well it was read."""
        return self._sources.known_facts(path), self._sources.outline(path), self._sources.is_partial(path)

    def _active_rules(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in load_rules() if rule.id not in self._rule_config.disabled)

    def _compare(self, path: str, before: _Before) -> None:
        """Drops what an edit changed: nothing, a few answers, or everything."""
        self._checks.forget(path)
        if self._dropped(path, before) or before[2] != self._sources.is_partial(path):
            self._register = None

    def _dropped(self, path: str, before: _Before) -> bool:
        links = self._links
        old_facts, old_outline, _ = before
        if links is None:
            return True
        new_facts, new_outline = self._sources.facts(path), self._sources.outline(path)
        if old_outline is None or new_outline is None or old_outline.namespaces != new_outline.namespaces:
            self._changed()
            return True
        names: set[str] | None
        if old_facts is None:
            # Nobody had asked for the file's facts, so answers rest on it by its names alone.
            names = set() if old_outline == new_outline else outline_names(old_outline) | outline_names(new_outline)
        else:
            names = changed_names(old_facts, new_facts, path, self._sources.project_of(path))
        if names is None or self._edits > MOST_EDITS:
            self._changed()
            return True
        unit = self._sources.unit(path)
        bodies = [b for b, read in links.bodies_read(path).items() if (unit.body(b) if unit is not None else None) != read]
        inside = links.operations.changed_bodies(path, lambda b: unit.body(b) if unit is not None else None)
        if not names and not bodies:
            if inside:  # no endpoint rests on them, only what endpoints do
                self._edits += 1
                links.drop((), [(path, body) for body in inside])
                self._deferred = True
            return old_outline.may_start != new_outline.may_start or (old_facts is not None and old_facts.has_top_level != new_facts.has_top_level)
        self._edits += 1
        links.drop(names, [(path, body) for body in {*bodies, *inside}])
        return True

    def _changed(self) -> None:
        """Everything is to be linked anew."""
        self._links = None
        self._register = None
        self._documents = None
        self._edits = 0

    # --- answers ---

    @property
    def paths(self) -> tuple[str, ...]:
        """Every C#, settings and data file that the workspace is made of, as last listed; none before `load`."""
        listing = self._sources.listing
        return (*listing.sources, *listing.settings, *listing.documents, *listing.keys)

    def _link(self) -> Iterator[None]:
        """Parses the files that will be needed, a few at a time, so that a reader of `load` can do other things between."""
        self._candidates = self._sources.shape, candidates(self._sources)
        of = self._candidates[1]
        for path in (*of.starts, *of.controllers):
            self._sources.facts(path)
            yield
        yield from self._judge()
        yield from self._checks.refresh()
        yield from self._look_behind()
        self.findings()
        yield

    def _look_behind(self) -> Iterator[None]:
        """Follows what the rules ask of each handler, one at a time; `findings` then has it at hand. An edit meanwhile leaves the rest to it."""
        active = self._active_rules()
        operations, objects = any(r.on_operations for r in active), any(r.on_objects for r in active)
        if not operations and not objects:
            return
        register = self.register
        for endpoint in register.endpoints:
            if operations:
                self.operations_of(endpoint)
                yield
            if objects and self._register is register:
                self._linked().ownership.read(endpoint)
                yield
            if self._register is not register:
                return

    def _judge(self) -> Iterator[None]:
        """Fills what the register will be made from. An edit between two steps starts it again, with what the edit left of it."""
        for _ in range(MOST_EDITS):
            links, edits = self._linked(), self._edits
            for _ in links.steps(*self._parts(links)):
                yield
                if self._links is not links or self._edits != edits:
                    break
            else:
                return

    @property
    def register(self) -> Register:
        """Every endpoint, with what could not be analysed; the same object while nothing changed."""
        if not self._loaded:
            for _ in self.load():
                pass
        if self._register is None:
            self._linkings += 1
            links = self._linked()
            register = links.register(*self._parts(links))
            contracts = contracts_of(self._contract_documents(), register.apps, register.endpoints)
            self._suppressed()
            gaps = {*register.not_analysed, *self._gaps(), *self._suppressions[2]}
            self._register = Register(register.apps, register.endpoints, tuple(sorted(gaps, key=lambda g: (g.path, g.reason))), contracts)
        return self._register

    def _parts(self, links: Links) -> _Parts:
        """What the register is linked from: hosts, type parts that may be controllers, pages."""
        if self._candidates is None or self._candidates[0] != self._sources.shape:
            self._candidates = self._sources.shape, candidates(self._sources)
        of = self._candidates[1]
        return hosts(self._sources, links.world.types, of.starts), controller_parts(self._sources, of), self._sources.razor.pages

    def _weaknesses(self, paths: Sequence[str], redirecting: Iterable[str]) -> tuple[Weakness, ...]:
        """Of the apps and files as they are now; the register is linked when rules ask."""
        return self._linked().weaknesses(paths, redirecting)

    def _linked(self) -> Links:
        if self._links is None:
            resolver = Resolver(WorkspaceTypes(self._sources, resolution_projects(self._sources)), load_table())
            types = partial(types_of_project, self._sources)
            self._settings.clear()
            self._links = Links(World(resolver, self._body, types, self._host_settings, cache(partial(proto_services_of, self._sources))))
        return self._links

    def _gaps(self) -> Iterator[NotAnalysed]:
        yield from self._sources.listing.skipped
        yield from self._sources.unreadable.values()
        yield from self._sources.contracts.problems
        for path in self._sources.settings_paths():
            data = self._sources.data(path)
            if data is not None and data.error:
                yield NotAnalysed(path, f"partially analysed: {data.error}")
        for path in self._sources.partly_read():
            yield NotAnalysed(path, "partially analysed: some of its syntax could not be read")
        for path, facts in self._sources.projects.items():
            if facts.error:
                yield NotAnalysed(path, facts.error)

    def _body(self, path: str, body_id: str) -> tuple[ir.Stmt, ...] | None:
        unit = self._sources.unit(path)
        return unit.body(body_id) if unit is not None else None

    def _resolution(self) -> Resolver:
        return self._linked().world.resolver

    def findings(self, *, behind: bool = True) -> Mapping[str, tuple[Finding, ...]]:
        """Path → its findings, waived ones too; the same object while nothing changed.

        Without `behind`, what handlers do (operations, objects) is taken as it was last known, because following calls takes longer
        than a key may; `settle` brings it up to date when the typing pauses.
        """
        register = self.register
        of = register, self._checks.version, self._sources.waivers_version, self._linkings
        known = self._found is not None and self._of is not None and self._of[1:3] == of[1:3] and self._found[0] == register
        if not behind and known and self._findings is not None:
            # What was linked anew came out equal: only code that no endpoint rests on may say something else now.
            self._deferred = self._deferred or self._of != of
            return self._findings
        if self._findings is None or self._of != of or (behind and self._deferred):
            found = self._found
            if found is None or found[0] is not register or found[1] != self._checks.version or (behind and self._deferred):
                behind = behind or not self._known.matches
                of_files = self._checks.findings(register) if behind else self._checks.last_findings()
                looks = (self.operations_of, self.objects_of) if behind else runner.as_known(self._known)
                result = runner.run(register, load_rules(), self._rule_config, self._known, of_files, *looks)
                self._deferred = not behind
                found = self._found = register, self._checks.version, result
            by_path: defaultdict[str, list[Finding]] = defaultdict(list)
            for finding in self.judged(found[2]):
                by_path[finding.site.path].append(finding)
            self._findings = {path: tuple(items) for path, items in sorted(by_path.items())}
            self._of = register, self._checks.version, self._sources.waivers_version, self._linkings
        return self._findings

    def objects_of(self, endpoints: Sequence[Endpoint]) -> Mapping[int, EndpointObjects]:
        """id(endpoint) → whose objects an endpoint of `register` reaches, for all of them: what one tells of an entity's owner counts for others."""
        return self._linked().ownership.all(endpoints)

    def judged(self, found: Sequence[Finding], rules: Sequence[Rule] | None = None) -> tuple[Finding, ...]:
        """Findings with their waivers, and what is to be said of the waivers themselves."""
        comments = {path: self._comments(path) for path in sorted(self._sources.with_waivers)}
        declared = (*self._waivers, *self._suppressed())
        if not declared and not any(comments.values()):
            return tuple(found)
        result = waivers.judge(found, comments, declared, self.lines_of, self._today)
        active = [r for r in (rules or load_rules()) if r.id not in self._rule_config.disabled and r.on_waivers is not None]
        said = [(f, "") for rule in active for f in (rule.on_waivers or _nothing)(result.states)]
        severity = self._rule_config.severity
        said = [(replace(f, severity=severity.get(f.rule, f.severity)), app) for f, app in said]
        return (*result.findings, *with_fingerprints(said))

    def _comments(self, path: str) -> tuple[WaiverComment, ...]:
        text = self._sources.text(path)
        unit = self._sources.unit(path)
        return read_comments(path, text, unit.tree if unit is not None else None, _rule_id) if text is not None else ()

    def _suppressed(self) -> tuple[Waiver, ...]:
        """What `.apiposture.json` files suppress."""
        paths = [path for path in self._sources.listing.configs if path.rpartition("/")[2] == apiposture.NAME]
        if not paths:
            return ()
        read: list[tuple[str, bytes]] = []
        for path in paths:
            try:
                read.append((path, self._sources.files.read(path)))
            except OSError as error:
                self._sources.unreadable[path] = not_readable(path, error)
        if self._suppressions[0] != tuple(read):
            found = [(path, apiposture.read_suppressions(data, path)) for path, data in read]
            problems = tuple(NotAnalysed(path, problem) for path, (_, problem) in found if problem)
            self._suppressions = tuple(read), tuple(w for _, (of, _) in found for w in of), problems
        return self._suppressions[1]

    def lines_of(self, finding: Finding) -> tuple[int, int] | None:
        """The first and last line of the head of what a finding is about: its attributes and its name, or the call up to its name."""
        site = finding.site
        is_node = site.part.startswith("node:")
        text = self._sources.text(site.path)
        name = self.locate(replace(site, part=f"{site.part}:name")) if is_node and not site.part.endswith(":name") else None
        name = name or self.locate(site)
        whole = self.locate(replace(site, part=site.part.removesuffix(":name") if is_node else "whole"))
        if text is None or name is None:
            return None
        start = min(whole.start, name.start) if whole is not None else name.start
        return text.line_of(start), text.line_of(name.start)

    def operations_of(self, endpoint: Endpoint) -> EndpointOperations:
        """What an endpoint of `register` does to data; the same object until an edit reaches something on the way."""
        return self._linked().operations.of(endpoint)

    def file_findings(self) -> tuple[tuple[Rule, Finding], ...]:
        """What rules that read files found, before `runner.run` has made it findings."""
        return self._checks.findings(self.register)

    def endpoints_in(self, path: str) -> tuple[Endpoint, ...]:
        return tuple(e for e in self.register.endpoints if e.site.path == path)

    def unit(self, path: str) -> FileUnit | None:
        return self._sources.unit(path)

    def data(self, path: str) -> DataFile | None:
        """A settings or compose file as it is now."""
        return self._sources.data(path)

    def text(self, path: str) -> SourceText | None:
        return self._sources.text(path)

    def locate(self, site: Site) -> Span | None:
        if site.path.endswith((".cshtml", ".razor")):  # a page as a whole
            text = self._sources.text(site.path)
            return page_directive(text.data) if text is not None else None
        if kind_of(site.path) == "keys":
            return None  # the file as a whole
        if is_data(site.path):
            data = self._sources.data(site.path)
            return data.locate(site) if data is not None else None
        if site.part.startswith(PART) and site.path:
            number = site.part.removeprefix(PART)
            comments = self._comments(site.path)
            return comments[int(number)].span if number.isdigit() and int(number) < len(comments) else None
        if is_document(site.path):
            file = self._sources.contracts.file(site.path)
            return file.locate(site) if file is not None else None
        unit = self._sources.unit(site.path) if site.path else None
        return unit.locate(site) if unit is not None else None

    # --- fixes ---

    def edits(self, plan: FixPlan) -> Mapping[str, tuple[TextEdit, ...]]:
        """The plan as text edits on the files as they are now; empty where nothing is left to do."""
        return fixes.render(plan, self.unit, self._in_scope, self._meaning, self._document, self.data, self._is_created)

    def _document(self, path: str) -> OpenApiFile | None:
        return self._sources.contracts.file(path) if is_document(path) else None

    def _is_created(self, type_name: str) -> bool:
        """Whether some code creates a type by `new`, as far as the text tells."""
        wanted = re.compile(rb"\bnew\s+(?:\w+\s*\.\s*)*" + re.escape(type_name.encode()) + rb"\s*\(")
        texts = (self._sources.text(path) for path in self._sources.paths())
        return any(wanted.search(text.data) for text in texts if text is not None)

    def _scope(self, path: str) -> Scope:
        return self._resolution().scope(path)

    def _in_scope(self, path: str, namespace: str) -> bool:
        resolver = self._resolution()
        facts = self._sources.facts(path)
        inner = next((t.namespace for t in facts.types), "")
        if inner == namespace or inner.startswith(namespace + "."):
            return True
        scope = self._scope(path)
        return any(namespace in resolver.imports(level, scope).namespaces for level in scope.levels)

    def _meaning(self, site: Site, name: str) -> str | None:
        resolver = self._resolution()
        facts = self._sources.facts(site.path)
        root = site.declaration.split("~", 1)[0]
        part = next((t for t in facts.types if t.id == root or any(m.id == root for m in t.members)), None)
        found = resolver.resolve_type(ir.TypeRef(name), resolver.scope(site.path, part))
        return found.full_name if isinstance(found, NamedType) else None

"""One workspace, kept current: files in, register and findings out.

Invariant: what it answers is a function of the files as they are now, whatever the order of edits that led there. An edit relinks
only if the facts of its file, or a body that the model has read, came out different; everything else keeps model and findings.
Not thread safe; nothing here waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from routewarden.analysis import fixes, runner
from routewarden.analysis.files import DiskFiles, FileSystem, MemoryFiles
from routewarden.analysis.finding import Finding, FixPlan
from routewarden.analysis.hosts import controller_candidates, hosts, resolution_projects, types_of_project
from routewarden.analysis.registry import load_rules
from routewarden.analysis.rule import RuleConfig
from routewarden.analysis.sources import Sources
from routewarden.facts import syntax_ir as ir
from routewarden.facts.file import FileUnit
from routewarden.facts.project_evaluation import read_project
from routewarden.facts.sites import Site, Span
from routewarden.framework.table import load as load_table
from routewarden.model.link import LinkResult, link
from routewarden.model.register import Endpoint, NotAnalysed, Register
from routewarden.model.resolver import Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import NamedType
from routewarden.model.workspace_types import WorkspaceTypes
from routewarden.model.world import World
from routewarden.text.source import SourceText, TextEdit

STEP = 16  # files read between two progress reports


class Project:
    """The engine's state for one workspace folder."""

    def __init__(self, files: FileSystem, rules: RuleConfig | None = None) -> None:
        self._sources = Sources(files)
        self._rule_config = rules
        self._loaded = False
        self._resolver: Resolver | None = None
        self._linked: LinkResult | None = None
        self._findings: Mapping[str, tuple[Finding, ...]] | None = None
        self._of: Register | None = None  # the register that `_findings` were made from

    @staticmethod
    def on_disk(root: Path | str) -> Project:
        return Project(DiskFiles(Path(root)))

    @staticmethod
    def in_memory(files: Mapping[str, str | bytes]) -> Project:
        return Project(MemoryFiles({p: c.encode() if isinstance(c, str) else c for p, c in files.items()}))

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

    def _list(self) -> None:
        listing = self._sources.files.list()
        self._sources.set_listing(listing, {path: read_project(path, self._sources.files.read) for path in listing.projects})

    def open(self, path: str, text: SourceText) -> None:
        """The editor shows the file; its text wins over the disk."""
        before = self._state(path)
        self._sources.set_open(path, text)
        self._compare(path, before)

    def edit(self, path: str, start: int, old_end: int, new: bytes) -> None:
        """Bytes [start, old_end) of an open file become `new`."""
        before = self._state(path)
        self._sources.edit(path, start, old_end, new)
        self._compare(path, before)

    def close(self, path: str) -> None:
        """The editor let go of the file; the disk is the truth again."""
        before = self._state(path)
        self._sources.set_closed(path)
        if self._exists(path):
            self._sources.add(path)
            self._compare(path, before)
        else:
            self._changed()

    def disk_changed(self, paths: Iterable[str]) -> None:
        """Files were written, created or deleted outside the editor."""
        paths = list(paths)
        if any(not path.endswith(".cs") for path in paths):
            self._list()
            self._changed()
        for path in paths:
            if not path.endswith(".cs") or self._sources.is_open(path):
                continue
            self._sources.forget(path)
            self._changed()
            if self._exists(path):
                self._sources.add(path)
            else:
                self._sources.unreadable.pop(path, None)

    def _exists(self, path: str) -> bool:
        if path in self._sources.listing.sources:
            try:
                self._sources.files.read(path)
            except OSError:
                pass
            else:
                return True
        self._list()
        return path in self._sources.listing.sources

    def _state(self, path: str) -> tuple[object, object]:
        known = self._sources._facts.get(path)
        return known, path in self._sources._outlines

    def _compare(self, path: str, before: tuple[object, object]) -> None:
        if self._linked is None:
            return
        old_facts, known = before
        if not known:
            self._changed()
            return
        unit = self._sources.unit(path)
        new_facts = self._sources.facts(path)
        if old_facts is None:
            # Nobody had asked for the file's facts, so nothing rests on them; but its names may be new.
            self._changed()
            return
        if old_facts is not new_facts and old_facts != new_facts:
            self._changed()
            return
        for (read_path, body_id), statements in self._linked.read.items():
            if read_path == path and (unit.body(body_id) if unit is not None else None) != statements:
                self._changed()
                return

    def _changed(self) -> None:
        self._linked = None
        self._resolver = None

    # --- answers ---

    @property
    def register(self) -> Register:
        """Every endpoint, with what could not be analysed."""
        return self._link().register

    def _link(self) -> LinkResult:
        if not self._loaded:
            for _ in self.load():
                pass
        if self._linked is None:
            resolver = self._resolution()
            world = World(resolver, self._body, lambda project: types_of_project(self._sources, project))
            linked = link(world, hosts(self._sources, resolver.types), controller_candidates(self._sources))
            register = linked.register
            gaps = (*register.not_analysed, *self._gaps())
            register = Register(register.apps, register.endpoints, tuple(sorted(set(gaps), key=lambda g: (g.path, g.reason))))
            self._linked = LinkResult(register, linked.read)
        return self._linked

    def _gaps(self) -> Iterator[NotAnalysed]:
        yield from self._sources.listing.skipped
        yield from self._sources.unreadable.values()
        for path in self._sources.partly_read():
            yield NotAnalysed(path, "partially analysed: some of its syntax could not be read")
        for path, facts in self._sources.projects.items():
            if facts.error:
                yield NotAnalysed(path, facts.error)

    def _body(self, path: str, body_id: str) -> tuple[ir.Stmt, ...] | None:
        unit = self._sources.unit(path)
        return unit.body(body_id) if unit is not None else None

    def _resolution(self) -> Resolver:
        if self._resolver is None:
            self._resolver = Resolver(WorkspaceTypes(self._sources, resolution_projects(self._sources)), load_table())
        return self._resolver

    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """Path → its findings; the same object while nothing changed."""
        register = self.register
        if self._findings is None or self._of is not register:
            by_path: defaultdict[str, list[Finding]] = defaultdict(list)
            found = runner.run(register, load_rules(), self._rule_config) if self._rule_config else runner.run(register, load_rules())
            for finding in found:
                by_path[finding.site.path].append(finding)
            self._findings = {path: tuple(items) for path, items in sorted(by_path.items())}
            self._of = register
        return self._findings

    def endpoints_in(self, path: str) -> tuple[Endpoint, ...]:
        return tuple(e for e in self.register.endpoints if e.site.path == path)

    def unit(self, path: str) -> FileUnit | None:
        return self._sources.unit(path)

    def text(self, path: str) -> SourceText | None:
        return self._sources.text(path)

    def locate(self, site: Site) -> Span | None:
        unit = self._sources.unit(site.path) if site.path else None
        return unit.locate(site) if unit is not None else None

    # --- fixes ---

    def edits(self, plan: FixPlan) -> Mapping[str, tuple[TextEdit, ...]]:
        """The plan as text edits on the files as they are now; empty where nothing is left to do."""
        return fixes.render(plan, self.unit, self._in_scope, self._meaning)

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

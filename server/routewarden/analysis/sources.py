"""The sources of one workspace: texts, outlines, units; what is open in an editor wins over the disk.

Invariant: what it answers depends on the bytes alone. A file is parsed when somebody asks for its facts; facts are kept, trees only of
open files and of the last `TREES_KEPT` others. Implements `model.workspace_types.SourceIndex`.
"""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence

from routewarden.analysis.contract_files import ContractFiles, ContractSetting
from routewarden.analysis.files import FileListing, FileSystem, kind_of, not_readable
from routewarden.analysis.razor_files import RazorFiles
from routewarden.analysis.waiver_comments import MARK
from routewarden.facts.declarations import EMPTY_FACTS, FileFacts
from routewarden.facts.file import FileUnit, extract
from routewarden.facts.outline import ANYTHING, Outline, outline, outline_of
from routewarden.facts.project_evaluation import ProjectFacts
from routewarden.facts.project_membership import project_folders, project_of
from routewarden.facts.settings import DataFile, read_data
from routewarden.model.contracts import Document
from routewarden.model.register import NotAnalysed
from routewarden.syntax.tree import RELEASE_SYMBOLS, parse, reparse, settled
from routewarden.text.source import SourceText

TREES_KEPT = 96
_NO_PATHS: frozenset[str] = frozenset()
_HINT = re.compile(rb"\[Http|\.Map[A-Z]|Controller")  # a file that may have been meant to hold endpoints


NOT_COMPILED = "<not compiled>"  # the project of files that their project removes


class Sources:
    """State of the files."""

    def __init__(self, files: FileSystem) -> None:
        self.files = files
        self.with_waivers: set[str] = set()  # C# files that hold the word
        self.waivers_version = 0  # grows whenever one of these changes
        self.shape = 0  # grows whenever an outline or the listing changes
        self.listing = FileListing()
        self.projects: dict[str, ProjectFacts] = {}
        self.unreadable: dict[str, NotAnalysed] = {}
        self._folders: dict[str, str] = {}
        self._project_of: dict[str, str] = {}
        self._open: dict[str, SourceText] = {}
        self._outlines: dict[str, Outline] = {}
        self._facts: dict[str, FileFacts] = {}
        self._partial: dict[str, bool] = {}
        self._units: OrderedDict[str, FileUnit] = OrderedDict()
        self._data: dict[str, DataFile | None] = {}
        self._declaring: defaultdict[str, set[str]] = defaultdict(set)
        self._extending: defaultdict[str, set[str]] = defaultdict(set)
        self._deriving: defaultdict[str, set[str]] = defaultdict(set)
        self.razor = RazorFiles(files.read, self.project_of)
        self.contracts = ContractFiles(self._document_text, self._bytes)

    # --- which files there are ---

    def set_listing(self, listing: FileListing, projects: dict[str, ProjectFacts]) -> None:
        before = {path: self.symbols(path) for path in self._facts}
        self.listing = listing
        self.shape += 1
        self.projects = projects
        self._folders = project_folders(projects)
        self._project_of.clear()
        for path, symbols in before.items():
            if self.symbols(path) != symbols:  # DefineConstants decide what is compiled
                if path in self._open:
                    self._parse(path, self._open[path], True)
                else:
                    self.forget(path)
        self.razor.set_paths(listing.razor)
        for path in (set(self._outlines) | set(self._data)) - set(listing.sources) - set(listing.settings) - set(self._open):
            self.forget(path)
        self.contracts.keep(listing.documents)

    def paths(self) -> Iterable[str]:
        """Every source that has been read, sorted."""
        return sorted(self._outlines)

    def add(self, path: str) -> None:
        """Reads a file for its outline, unless it is known."""
        if path in self._outlines:
            return
        if path in self._open:
            self._set_outline(path, outline_of(self.facts(path), path))
            return
        try:
            raw = self.files.read(path)
        except OSError as error:
            self.unreadable[path] = not_readable(path, error)
            raw = b""
        data = SourceText.from_bytes(raw).data if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else raw
        if b"\0" in data:
            self.unreadable[path] = NotAnalysed(path, "not C#: it holds NUL bytes")
            data = b""
        self._note_waivers(path, data)
        found = outline(data, path)
        self._set_outline(path, found)
        if not found.headers and not found.may_start and _HINT.search(data):
            self.facts(path)  # too broken for an outline: parsed, so that it is reported

    def _note_waivers(self, path: str, data: bytes) -> None:
        marked = MARK in data
        if marked or path in self.with_waivers:
            self.waivers_version += 1
            (self.with_waivers.add if marked else self.with_waivers.discard)(path)

    def forget(self, path: str) -> None:
        """The file is gone, or its content on disk is new."""
        self._note_waivers(path, b"")
        self.razor.forget()
        self._set_outline(path, None)
        self._facts.pop(path, None)
        self._partial.pop(path, None)
        self._units.pop(path, None)
        self._data.pop(path, None)
        self.contracts.forget(path)
        self.unreadable.pop(path, None)

    def _set_outline(self, path: str, new: Outline | None) -> None:
        old = self._outlines.pop(path, None)
        if old != new:
            self.shape += 1
        if old is not None:
            for name, _ in old.headers:
                self._declaring[name].discard(path)
            for name in old.extensions:
                self._extending[name].discard(path)
            for name in old.derives_from:
                self._deriving[name].discard(path)
        if new is not None:
            self._outlines[path] = new
            for name, _ in new.headers:
                self._declaring[name].add(path)
            for name in new.extensions:
                self._extending[name].add(path)
            for name in new.derives_from:
                self._deriving[name].add(path)

    # --- texts ---

    def text(self, path: str) -> SourceText | None:
        """The text, the editor's if it is open there; None where it cannot be read (`unreadable` says why)."""
        if path in self._open:
            return self._open[path]
        unit = self._units.get(path)
        if unit is not None:
            return unit.tree.text
        try:
            raw = self.files.read(path)
        except OSError as error:
            self.unreadable[path] = not_readable(path, error)
            return None
        return SourceText.from_bytes(raw)

    def is_open(self, path: str) -> bool:
        return path in self._open

    def set_open(self, path: str, text: SourceText) -> None:
        """The editor shows `text`; replaces what was known of the file."""
        self._open[path] = text
        if is_data(path):
            self._data[path] = read_data(path, text)
        elif is_document(path):
            self.contracts.forget(path)
        else:
            self._parse(path, text, True)

    def edit(self, path: str, start: int, old_end: int, new: bytes) -> None:
        """One change of an open file, byte offsets of its current text."""
        old = self._open[path]
        text = old.replace(start, old_end, new)
        self._open[path] = text
        if is_data(path):
            self._data[path] = read_data(path, text)
            return
        if is_document(path):
            self.contracts.forget(path)
            return
        unit = self._units.get(path)
        if unit is None or unit.tree.text is not old:
            self._parse(path, text, False)
            return
        tree = reparse(unit.tree, text, start, old_end, start + len(new))
        self._keep(path, extract(tree, unit))

    def unsettled(self) -> list[str]:
        """Open files whose tree is provisional (see `syntax.tree.reparse`)."""
        return [p for p in self._open if (unit := self._units.get(p)) is not None and unit.tree.provisional]

    def settle(self, path: str) -> None:
        """Gives a file the tree of a fresh parse."""
        unit = self._units.get(path)
        if unit is not None and unit.tree.provisional:
            self._keep(path, extract(settled(unit.tree), unit))

    def set_closed(self, path: str) -> None:
        """The disk is the truth again."""
        self._open.pop(path, None)
        self.forget(path)

    def _parse(self, path: str, text: SourceText, opened: bool) -> None:
        self._keep(path, extract(parse(text, self.symbols(path))), opened)

    def _keep(self, path: str, unit: FileUnit, opened: bool = False) -> None:
        old = self._facts.get(path)
        self._note_waivers(path, unit.tree.text.data)
        self._units[path] = unit
        self._units.move_to_end(path)
        self._facts[path] = unit.facts
        self._partial[path] = bool(unit.tree.errors)
        if path in self._open and (opened or old is None or old != unit.facts):
            self._set_outline(path, outline_of(unit.facts, path))
        while len(self._units) > TREES_KEPT + len(self._open):
            victim = next((p for p in self._units if p not in self._open), None)
            if victim is None:
                break
            del self._units[victim]

    # --- data files ---

    def settings_paths(self) -> list[str]:
        """Every data file, open ones that are not on disk yet too, sorted."""
        return sorted({*self.listing.settings, *(path for path in self._open if is_data(path))})

    def data(self, path: str) -> DataFile | None:
        """A data file as it is now; None where it cannot be read (`unreadable` says why), and for a file of another kind."""
        if path not in self._data and is_data(path):
            text = self.text(path)
            self._data[path] = read_data(path, text) if text is not None else None
        return self._data.get(path)

    # --- OpenAPI documents ---

    def documents(self, said: Sequence[ContractSetting]) -> tuple[Document, ...]:
        """Every OpenAPI document as it is now, with what is known of the app that it describes."""
        paths = {*self.listing.documents, *(path for path in self._open if is_document(path))}
        return self.contracts.documents(paths, self.projects, self.project_of, said)

    def _document_text(self, path: str) -> SourceText | None:
        """A file's text; that it cannot be read is said by who refers to it."""
        if path in self._open:
            return self._open[path]
        raw = self._bytes(path)
        return SourceText.from_bytes(raw) if raw is not None else None

    def _bytes(self, path: str) -> bytes | None:
        """A file's bytes, without decoding them where the disk's count; None where it cannot be read."""
        if path in self._open:
            return self._open[path].data
        try:
            return self.files.read(path)
        except OSError:
            return None

    # --- parsed ---

    def symbols(self, path: str) -> frozenset[str]:
        project = self.projects.get(self.project_of(path))
        return project.symbols if project is not None and project.symbols else RELEASE_SYMBOLS

    def unit(self, path: str) -> FileUnit | None:
        """The parsed C# file; None where it cannot be read, for data files, and for Razor files, of which only `facts` are known."""
        if path.endswith((".cshtml", ".razor")) or is_data(path) or is_document(path):
            return None
        unit = self._units.get(path)
        if unit is not None:
            self._units.move_to_end(path)
            return unit
        text = self.text(path)
        if text is None:
            return None
        unit = extract(parse(text, self.symbols(path)))
        self._keep(path, unit)
        return unit

    def is_partial(self, path: str) -> bool:
        """It was parsed, and some of its syntax could not be read."""
        return self._partial.get(path, False)

    def partly_read(self) -> list[str]:
        """Parsed files with syntax that could not be read."""
        return sorted(p for p, partial in self._partial.items() if partial)

    # --- SourceIndex ---

    def facts(self, path: str) -> FileFacts:
        if path.endswith((".cshtml", ".razor")):
            return self.razor.facts(path)
        known = self._facts.get(path)
        if known is None:
            unit = self.unit(path)
            known = unit.facts if unit is not None else EMPTY_FACTS
            self._facts[path] = known
        return known

    def project_of(self, path: str) -> str:
        known = self._project_of.get(path)
        if known is None:
            known = self._project_of[path] = self._compiled_by(path)
        return known

    def _compiled_by(self, path: str) -> str:
        """The nearest project above a file, unless it removes it; then, and where there is none, one that links to it."""
        nearest = project_of(path, self._folders)
        facts = self.projects.get(nearest) if nearest is not None else None
        if nearest is not None and not (path.endswith(".cs") and facts is not None and facts.compile_remove and not facts.compiles(path)):
            return nearest
        linking = next((p for p, other in sorted(self.projects.items()) if other.compile_include and other.compiles(path)), None)
        return linking or ("" if nearest is None else NOT_COMPILED)

    def paths_declaring(self, type_name: str) -> Iterable[str]:
        return self._declaring.get(type_name, _NO_PATHS)

    def paths_extending(self, method_name: str) -> Iterable[str]:
        return self._extending.get(method_name, _NO_PATHS)

    def paths_deriving(self, type_name: str) -> Iterable[str]:
        return self._deriving.get(type_name, _NO_PATHS) | self._deriving.get(ANYTHING, _NO_PATHS)

    def paths_with_global_usings(self, project: str) -> Iterable[str]:
        return [p for p, o in self._outlines.items() if o.has_global_usings and self.project_of(p) == project]

    def namespaces(self) -> Iterable[str]:
        return {n for o in self._outlines.values() for n in o.namespaces}

    # --- candidates ---

    def known_facts(self, path: str) -> FileFacts | None:
        """The facts, if anybody asked for them; never parses."""
        return self._facts.get(path)

    def outline(self, path: str) -> Outline | None:
        return self._outlines.get(path)

    def outlines(self) -> Iterable[tuple[str, Outline]]:
        return self._outlines.items()


def is_data(path: str) -> bool:
    """Whether a file is read as keys and values: settings and compose files."""
    return kind_of(path) == "settings"


def is_document(path: str) -> bool:
    """Whether a file may be an OpenAPI document or a part of one."""
    return kind_of(path) == "documents"

"""Workspace folders, each with an engine of its own, and the way from a document to them.

Invariant: a path belongs to the innermost folder that holds it, and only that folder speaks about it; folders around it still
get its edits, because what a file says may matter to the whole. A C# document outside every folder has an engine to itself.
Deliberately absent: texts (`documents`) and diagnostics (`publishing`).
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from routewarden.analysis.config import Config, ConfigProblem
from routewarden.analysis.files import kind_of
from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.project import Project
from routewarden.analysis.workspace import Workspace
from routewarden.lsp.uris import key_of, path_of, uri_below
from routewarden.model.register import Register

logger = logging.getLogger(__name__)

OpenFolder = Callable[[Path], Workspace]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user wants to see: findings that are at least so sure and at least so bad."""

    minimum_confidence: Confidence = Confidence.MEDIUM
    minimum_severity: Severity = Severity.INFO
    code_lens: bool = True


@dataclass(slots=True, eq=False)
class Folder:
    """A workspace folder. `root` is the key of `uri`; paths are relative to it, with forward slashes."""

    uri: str  # as the client spells it; of a loose document, the document's
    root: str
    project: Project
    loose: bool = False
    loaded: bool = False  # the cold scan has seen everything: findings may be shown
    stopped: bool = False  # the scan was cancelled
    config: Config = field(default_factory=Config)  # of routewarden.toml, as last applied
    settings_problems: Mapping[str, tuple[ConfigProblem, ...]] = field(default_factory=dict)  # by the path of the file
    changed_on_disk: list[str] = field(default_factory=list)  # during the scan, which may have read them before
    settings: Settings = Settings()
    inner: tuple[str, ...] = ()  # path prefixes that belong to folders inside this one
    # What the published diagnostics were made from, to see by identity what is new (`publishing`).
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    register: Register | None = None
    notes: Mapping[str, str] = field(default_factory=dict)  # path -> why it is analysed in part only

    def uri_of(self, path: str) -> str:
        return self.uri if self.loose else uri_below(*_above(self.uri, path))

    def key_of(self, path: str) -> str:
        return self.root if self.loose else "{}/{}".format(*_above(self.root, path))

    def owns(self, path: str) -> bool:
        return not path.startswith(self.inner)


Home = tuple[Folder, str]


def _above(folder: str, path: str) -> tuple[str, str]:
    """The folder and the path in it, where `../` at its start is taken at its word: routewarden.toml may lie above."""
    folder = folder.rstrip("/")
    while path.startswith("../"):
        folder, path = folder.rpartition("/")[0], path[3:]
    return folder, path


def _belongs(folder: Folder, path: str) -> bool:
    """Whether a file is one that the engine would analyse from disk, or that is not on disk yet."""
    if kind_of(path) not in ("sources", "settings", "documents"):
        return False
    if not folder.loaded or path in folder.project.paths or not Path(folder.root, path).exists():
        return True
    folder.project.disk_changed([path])  # a file that was made a moment ago
    return path in folder.project.paths


@dataclass(slots=True)
class Folders:
    """All folders, and the loose documents that are open, by key."""

    open_folder: OpenFolder
    by_root: dict[str, Folder] = field(default_factory=dict)
    loose: dict[str, Folder] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Folder]:
        yield from self.by_root.values()
        yield from self.loose.values()

    def add(self, uri: str) -> Folder | None:
        """The folder of a uri; None, and a line in the log, where it is no folder on this machine."""
        path = path_of(uri)
        if path is None or not path.is_dir():
            logger.warning("not a folder on this machine, so not analysed: %s", uri)
            return None
        root = key_of(uri)
        if root not in self.by_root:
            workspace = self.open_folder(path)
            self.by_root[root] = Folder(uri, root, workspace.project, config=workspace.config)
            self._nest()
        return self.by_root[root]

    def remove(self, uri: str) -> Folder | None:
        """The folder that went, None where there was none."""
        folder = self.by_root.pop(key_of(uri), None)
        self._nest()
        return folder

    def homes(self, key: str) -> tuple[Home, ...]:
        """The folders that a document lies in, innermost first, with its path in each; () for a file of no interest.

        Generated files and those that git ignores are of none, open or not: what is found must not depend on what is open.
        """
        return tuple(home for home in self.around(key) if _belongs(*home))

    def holds(self, folder: Folder) -> bool:
        """Whether a folder, or a loose document's engine, is still part of the workspace."""
        return (self.loose if folder.loose else self.by_root).get(folder.root) is folder

    def around(self, key: str) -> tuple[Home, ...]:
        """The folders that a file lies in, innermost first, whether or not it is of interest."""
        found = [
            (folder, key[len(folder.root.rstrip("/")) + 1 :])
            for folder in self.by_root.values()
            if key.startswith(folder.root.rstrip("/") + "/")
        ]
        return tuple(sorted(found, key=lambda home: len(home[1])))

    def within(self, key: str) -> bool:
        return bool(self.around(key))

    def add_loose(self, uri: str, key: str) -> Home:
        """The home of a document that lies in no folder: an engine that knows this one file."""
        name = key.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        path = name if name.lower().endswith(".cs") else f"{name}.cs"
        folder = self.loose.get(key)
        if folder is None:
            folder = Folder(uri, key, Project.in_memory({}), loose=True)
            for _ in folder.project.load():
                pass  # nothing to read: a few steps
            folder.loaded = True
            self.loose[key] = folder
        return folder, path

    def remove_loose(self, key: str) -> Folder | None:
        return self.loose.pop(key, None)

    def _nest(self) -> None:
        for folder in self.by_root.values():
            prefix = folder.root.rstrip("/") + "/"
            folder.inner = tuple(
                root[len(prefix) :] + "/" for root in self.by_root if root != folder.root and root.startswith(prefix)
            )

"""Files that change on disk: by git, a generator or another program.

Invariant: an open document is what the editor shows, so the disk does not count for it; the engine sees to that. Changes are
gathered for a moment, because a `git checkout` comes as hundreds of them.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#workspace_didChangeWatchedFiles
"""

import logging
from pathlib import Path

from lsprotocol import types

from routewarden.analysis.config import NAME, places
from routewarden.analysis.files import kind_of
from routewarden.lsp import repository_settings
from routewarden.lsp.folders import Folder
from routewarden.lsp.publishing import schedule, settle_later
from routewarden.lsp.session import RouteWardenServer
from routewarden.lsp.uris import file_uri, key_of

logger = logging.getLogger(__name__)

PATTERNS = (
    "**/*.cs", "**/*.cshtml", "**/*.razor", "**/*.proto", "**/*.csproj", "**/*.props", "**/*.targets", "**/global.json", "**/*.sln",
    "**/*.slnx", "**/*.json", "**/*.yml", "**/*.yaml", "**/routewarden.toml", "**/.gitignore",
    "**/*.pfx", "**/*.p12", "**/*.pem", "**/*.key",
)  # fmt: skip
BUILD_OUTPUT = frozenset({"bin", "obj", "node_modules"})  # a build writes thousands of files there
GATHER = 0.05  # seconds


def registration(ls: RouteWardenServer) -> types.Registration:
    """What to ask the client to watch. Folders that go or come are reported as such, without the files in them."""
    watchers = [types.FileSystemWatcher(pattern) for pattern in PATTERNS]
    if ls.client.relative_patterns:  # routewarden.toml may lie above the folder, up to the top of its repository
        above = {parent for folder in ls.folders.by_root.values() for parent in places(Path(folder.root))[1:]}
        watchers += [types.FileSystemWatcher(types.RelativePattern(file_uri(str(parent)), NAME)) for parent in sorted(above)]
    watchers.append(types.FileSystemWatcher("**", types.WatchKind.Create | types.WatchKind.Delete))
    return types.Registration(
        id="routewarden-watched-files",
        method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        register_options=types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers),
    )


def did_change_watched_files(ls: RouteWardenServer, params: types.DidChangeWatchedFilesParams) -> None:
    by_folder: dict[Folder, dict[str, types.FileChangeType]] = {}
    for change in params.changes:
        if repository_settings.is_settings(change.uri):
            repository_settings.reload_around(ls, change.uri)
        key = key_of(change.uri)
        for folder in ls.folders.by_root.values():
            prefix = folder.root.rstrip("/") + "/"
            if key.startswith(prefix):
                by_folder.setdefault(folder, {})[key[len(prefix) :]] = change.type
    for folder, changes in by_folder.items():
        paths = _concerned(folder, changes)
        if not paths:
            continue
        if folder.loaded:
            take_over(ls, folder, paths)
        else:
            folder.changed_on_disk += paths


def take_over(ls: RouteWardenServer, folder: Folder, paths: list[str]) -> None:
    """Have the engine look at the disk again, and show what that changes."""
    try:
        folder.project.disk_changed(paths)
    except Exception:
        logger.exception("changes on disk cannot be taken over")
    for path in paths:
        ls.outbox.queue[folder, path] = None
        for key in ls.board.pointed_at_by.get(folder.key_of(path), ()):
            told = ls.board.told[key]
            ls.outbox.queue[told.folder, told.path] = None
    schedule(ls, GATHER)
    settle_later(ls)


def _has_files_below(folder: Folder, path: str) -> bool:
    return any(known.startswith(path + "/") for known in folder.project.paths)


def _concerned(folder: Folder, changes: dict[str, types.FileChangeType]) -> list[str]:
    """The paths that the engine must look at again: files of a kind it reads, and those in folders that came or went."""
    paths: list[str] = []
    for path, change in changes.items():
        *parents, name = path.split("/")
        if any(parent.lower() in BUILD_OUTPUT or parent.startswith(".") for parent in parents):
            continue
        if (
            kind_of(path) is not None
            or name == ".gitignore"
            or (change == types.FileChangeType.Created and Path(folder.root, path).is_dir())
            or (change == types.FileChangeType.Deleted and (not folder.loaded or _has_files_below(folder, path)))
        ):
            paths.append(path)
    return paths

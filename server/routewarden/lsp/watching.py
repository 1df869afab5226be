"""Files that change on disk: by git, a generator or another program.

Invariant: an open document is what the editor shows, so the disk does not count for it; the engine sees to that. Changes are
gathered for a moment, because a `git checkout` comes as hundreds of them.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#workspace_didChangeWatchedFiles
"""

import logging

from lsprotocol import types

from routewarden.analysis.files import kind_of
from routewarden.lsp.folders import Folder
from routewarden.lsp.publishing import schedule
from routewarden.lsp.session import RouteWardenServer
from routewarden.lsp.uris import key_of

logger = logging.getLogger(__name__)

PATTERNS = (
    "**/*.cs", "**/*.csproj", "**/*.props", "**/*.targets", "**/*.sln", "**/*.slnx", "**/appsettings*.json",
    "**/routewarden.toml", "**/.apiposture.json", "**/.gitignore",
)  # fmt: skip
GATHER = 0.05  # seconds


def registration() -> types.Registration:
    """What to ask the client to watch. Folders that go or come are reported as such, without the files in them."""
    watchers = [types.FileSystemWatcher(pattern) for pattern in PATTERNS]
    watchers.append(types.FileSystemWatcher("**", types.WatchKind.Create | types.WatchKind.Delete))
    return types.Registration(
        id="routewarden-watched-files",
        method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        register_options=types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers),
    )


def did_change_watched_files(ls: RouteWardenServer, params: types.DidChangeWatchedFilesParams) -> None:
    by_folder: dict[Folder, dict[str, types.FileChangeType]] = {}
    for change in params.changes:
        key = key_of(change.uri)
        for folder in ls.folders.by_root.values():
            prefix = folder.root.rstrip("/") + "/"
            if key.startswith(prefix):
                by_folder.setdefault(folder, {})[key[len(prefix) :]] = change.type
    for folder, changes in by_folder.items():
        paths = _concerned(folder, changes)
        if not paths:
            continue
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


def _concerned(folder: Folder, changes: dict[str, types.FileChangeType]) -> list[str]:
    """The paths that the engine must look at again: files of a kind it reads, and those in folders that came or went."""
    paths: dict[str, None] = {}
    folders_of_known: set[str] | None = None
    for path, change in changes.items():
        if kind_of(path) is not None or path.rsplit("/", 1)[-1] == ".gitignore":
            paths[path] = None
        elif change == types.FileChangeType.Deleted:
            if folders_of_known is None:
                folders_of_known = {known[:at] for known in folder.findings for at, c in enumerate(known) if c == "/"}
            if path in folders_of_known:
                paths.update(dict.fromkeys(known for known in folder.findings if known.startswith(path + "/")))
    return list(paths)

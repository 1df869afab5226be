"""The files of a folder as a commit has them, read from git's objects: no checkout, nothing in the work tree or the index is touched.

Invariant: only git's plumbing is asked (`rev-parse`, `ls-tree`, `cat-file`), without hooks, file system monitors, text conversion or a
pager, so nothing that a repository can configure runs. The listing follows the rules of a folder on disk. Objects that are missing (a
partial clone) are read errors, never fetched: no connection is opened.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from routewarden.analysis.files import SIZE_LIMIT, FileListing, MemoryFiles
from routewarden.model.register import NotAnalysed

_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "-c", "core.quotePath=false")


class GitError(Exception):
    """What git said, for the user."""


@dataclass(frozen=True, slots=True)
class _Blob:
    sha: str
    size: int


@dataclass(slots=True, eq=False)
class GitFiles:
    """A `FileSystem` of one commit. `root`: the folder, somewhere in the repository. To be closed."""

    root: Path
    commit: str
    exclude: tuple[str, ...] = ()
    _blobs: dict[str, _Blob] = field(default_factory=dict)
    _links: list[str] = field(default_factory=list)
    _reader: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        prefix = run_git(self.root, "rev-parse", "--show-prefix").decode().rstrip("\n")
        # The tree of the folder itself, so that the paths are relative to it.
        tree = run_git(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.commit}:{prefix.rstrip('/')}", may_fail=True)
        for entry in run_git(self.root, "ls-tree", "-r", "-z", "-l", "--full-tree", tree.decode().strip()).split(b"\0") if tree else []:
            about, _, name = entry.partition(b"\t")
            if not name:
                continue
            mode, kind, sha, size = about.split()
            path = name.decode("utf-8", "surrogateescape")
            if mode == b"120000":
                self._links.append(path)
            elif kind == b"blob":
                self._blobs[path] = _Blob(sha.decode(), int(size))

    def list(self) -> FileListing:
        """As `DiskFiles` would list the commit's checkout. Tracked files that .gitignore names are left out there too."""
        known = dict.fromkeys(self._blobs, b"")
        for path in known:
            if path == ".gitignore" or path.endswith("/.gitignore"):
                known[path] = self.read(path)
        listing = MemoryFiles(known, self.exclude).list()
        large = {path for path, blob in self._blobs.items() if blob.size > SIZE_LIMIT}
        if not large:
            return listing
        kept = {name: tuple(p for p in getattr(listing, name) if p not in large) for name in FileListing.__slots__ if name != "skipped"}
        skipped = [NotAnalysed(p, f"larger than {SIZE_LIMIT // 1024 // 1024} MB") for p in sorted(large & set(listing.sources))]
        return FileListing(**kept, skipped=(*listing.skipped, *skipped))

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises OSError."""
        blob = self._blobs.get(path)
        if blob is None:
            raise FileNotFoundError(2, "No such file in the commit", path)
        if blob.size > SIZE_LIMIT:
            raise OSError(27, f"larger than {SIZE_LIMIT // 1024 // 1024} MB", path)
        if self._reader is None:
            self._reader = subprocess.Popen(
                ["git", *_SAFE, "cat-file", "--batch"], cwd=self.root, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
        assert self._reader.stdin is not None and self._reader.stdout is not None
        self._reader.stdin.write(blob.sha.encode() + b"\n")
        self._reader.stdin.flush()
        header = self._reader.stdout.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            raise OSError(5, "git cannot read this object", path)
        data = self._reader.stdout.read(int(header[2]))
        self._reader.stdout.read(1)  # the line end behind it
        return data

    def changed_from(self, other: GitFiles) -> tuple[str, ...]:
        """Paths that are not the same in the two commits, sorted."""
        paths = self._blobs.keys() | other._blobs.keys()
        return tuple(sorted(path for path in paths if self._blobs.get(path) != other._blobs.get(path)))

    def has(self, path: str) -> bool:
        return path in self._blobs

    def close(self) -> None:
        if self._reader is not None:
            self._reader.communicate()
            self._reader = None


def commit_of(root: Path, revision: str) -> str:
    """The full name of a commit. Raises GitError where there is none, or no repository."""
    if revision.startswith("-"):
        raise GitError(f"{revision!r} is no revision")
    found = run_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", may_fail=True).decode().strip()
    if not found:
        run_git(root, "rev-parse", "--git-dir")  # says so where there is no repository
        raise GitError(f"there is no commit {revision!r} in this clone (a shallow clone has only the newest: fetch more of its history)")
    return found


def prefix_of(root: Path) -> str:
    """The folder as its repository sees it, with a trailing slash; "" at the top."""
    return run_git(root, "rev-parse", "--show-prefix").decode().rstrip("\n")


def run_git(root: Path, *arguments: str, may_fail: bool = False) -> bytes:
    """What a git command prints. Raises GitError; with `may_fail` a failure is no output."""
    try:
        done = subprocess.run(["git", *_SAFE, *arguments], cwd=root, env=_environment(), capture_output=True, check=False)
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode != 0 and not may_fail:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise GitError(said or f"git {arguments[0]} failed")
    return done.stdout if done.returncode == 0 else b""


def _environment() -> dict[str, str]:
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": "cat", "LC_ALL": "C"}

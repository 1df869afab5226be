"""Which project a source file belongs to, and which files an MSBuild glob names.

Invariant: pure functions of paths, all root-relative with forward slashes; quick whatever a hostile project says.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Mapping


def resolve(folder: str, name: str) -> str:
    """A path as MSBuild files write it, relative to `folder`, as a root-relative one; it may begin with `../`."""
    return posixpath.normpath(posixpath.join(folder, name.replace("\\", "/")))


def glob_matches(glob: str, path: str) -> bool:
    """Whether an MSBuild glob (`**`, `*`, `?`) names the path; both are root-relative. Linear in the length of either."""
    reached = {0}  # how many parts of the glob the parts of the path so far can have used up
    parts = glob.split("/")
    for name in path.split("/"):
        following: set[int] = set()
        for at in _skip_any_depth(reached, parts):
            if at == len(parts):
                continue
            if parts[at] == "**":
                following.add(at)
            elif fnmatch.fnmatchcase(name.lower(), parts[at].lower().replace("[", "[[]")):
                following.add(at + 1)
        reached = following
    return len(parts) in _skip_any_depth(reached, parts)


def _skip_any_depth(reached: set[int], parts: list[str]) -> set[int]:
    """`**` also stands for no folder at all."""
    found: set[int] = set()
    for start in reached:
        at = start
        found.add(at)
        while at < len(parts) and parts[at] == "**":
            at += 1
            found.add(at)
    return found


def project_folders(projects: Iterable[str]) -> dict[str, str]:
    """Folder → the project in it (of several, the first by name)."""
    return {posixpath.dirname(path): path for path in sorted(projects, reverse=True)}


def project_of(path: str, folders: Mapping[str, str]) -> str | None:
    """The project in the nearest enclosing folder of a source file (`folders`: see `project_folders`); None without one."""
    folder = posixpath.dirname(path)
    while True:
        if folder in folders:
            return folders[folder]
        if not folder:
            return None
        folder = posixpath.dirname(folder)

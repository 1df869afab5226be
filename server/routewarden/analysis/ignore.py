"""What `.gitignore` files and exclude globs leave out, decided folder by folder as git does.

Invariant: a deeper file overrules a shallower one, and nothing below an ignored folder comes back
(https://git-scm.com/docs/gitignore). pathspec gives the meaning of each pattern. Deliberately absent: the user's own
excludes (`.git/info/exclude`, core.excludesFile), which would make two scans of one commit differ.
"""

from __future__ import annotations

import contextlib
import re
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

# A pattern with many stars backtracks for ever on a hostile name; real ones have up to three.
_MOST_STARS = 5
_SIZE_LIMIT = 512 * 1024  # bytes
_ANY_DEPTH = "^(?:.+/)?"
_STARS = re.compile(r"\*+")


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of one file, which apply to what lies below its folder.

    `folder` is root-relative and ends in a slash ("" = the root). `above`: the root as seen from a file above it.
    """

    patterns: tuple[tuple[re.Pattern[str], bool], ...]  # what names a path as a whole; True ignores, False takes back
    may_match: re.Pattern[str]  # one expression for all patterns: most paths match none, and one test says so
    folder: str = ""
    above: str = ""
    refused: tuple[str, ...] = ()  # patterns that are not applied: malformed, or too costly

    def verdict(self, path: str) -> bool | None:
        """True: ignored, False: taken back by a `!` pattern, None: nothing said. A folder's path ends in a slash."""
        below = self.above + path[len(self.folder) :]
        if not self.may_match.match(below):
            return None
        return next((ignores for regex, ignores in reversed(self.patterns) if regex.fullmatch(below)), None)


def parse_patterns(text: str, folder: str = "", above: str = "") -> Patterns:
    """The patterns of a `.gitignore` text. Never fails: what pathspec refuses is in `refused`."""
    taken: list[str] = []
    refused: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        (refused if len(_STARS.findall(line)) > _MOST_STARS else taken).append(line)
    patterns: list[tuple[re.Pattern[str], bool]] = []
    anywhere: list[str] = []
    parts: list[str] = []
    for line in taken:
        try:
            pattern = GitIgnoreSpecPattern(line)
        except ValueError:  # GitIgnorePatternError
            refused.append(line)
            continue
        if pattern.regex is None or pattern.include is None:  # a comment, an empty line
            continue
        source = pattern.regex.pattern
        patterns.append((re.compile(_whole(source), re.DOTALL), pattern.include))
        source = source.replace("(?P<ps_d>", "(?:")  # a group name may stand once only
        if source.startswith(_ANY_DEPTH):
            anywhere.append(source[len(_ANY_DEPTH) :])
        else:
            parts.append(source if source.startswith("^") else f".*{source}")
    if anywhere:
        parts.append(f"{_ANY_DEPTH}(?:{'|'.join(anywhere)})")
    return Patterns(tuple(patterns), re.compile("|".join(parts) or "(?!)", re.DOTALL), folder, above, tuple(sorted(refused)))


def _whole(source: str) -> str:
    """The expression that pathspec makes of a pattern, narrowed to the paths that the pattern names.

    In pathspec a pattern that names a folder matches all below it too. Here folders are asked first, so that would count twice
    and wrongly: `a` and `!*.x` leave `f.x/a` ignored in git. Its expressions end in a group `ps_d` where the pattern names the
    path, and in a slash where it names what lies below ("b/**").
    """
    if not source.startswith("^"):
        source = f".*{source}"
    return source if "(?P<ps_d>" in source or not source.endswith("/") else f"{source}.+"


def is_ignored(path: str, stack: tuple[Patterns, ...]) -> bool:
    """Whether the files of `stack` (outermost first) ignore `path`; the path of a folder ends in a slash."""
    for patterns in reversed(stack):
        verdict = patterns.verdict(path)
        if verdict is not None:
            return verdict
    return False


def read_patterns(path: Path, folder: str = "") -> Patterns:
    """The patterns of a `.gitignore` on disk; a link is not followed, as in git. Raises OSError."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(22, "not a plain file", str(path))
    if status.st_size > _SIZE_LIMIT:
        raise OSError(27, f"larger than {_SIZE_LIMIT // 1024} kB", str(path))
    return parse_patterns(path.read_bytes().decode("utf-8", "replace"), folder)


def patterns_above(root: Path) -> tuple[Patterns, ...]:
    """Those of the `.gitignore` files between the repository's top and `root`, when a part of a repository is scanned.

    Somebody who names an ignored folder wants to see it: then they do not apply.
    """
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    parts = root.relative_to(top).parts
    stack: list[Patterns] = []
    for depth, name in enumerate(parts):
        folder = "".join(f"{part}/" for part in parts[:depth])
        with contextlib.suppress(OSError):  # most folders have none; one that cannot be read is not in the scanned folder
            stack.append(read_patterns(top / folder / ".gitignore", folder))
        if is_ignored(f"{folder}{name}/", tuple(stack)):
            return ()
    seen = "".join(f"{part}/" for part in parts)
    return tuple(replace(patterns, folder="", above=seen[len(patterns.folder) :]) for patterns in stack)

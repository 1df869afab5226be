"""What `.gitignore` files and exclude globs leave out, decided folder by folder as git does.

Invariant: a deeper file overrules a shallower one, and nothing below an ignored folder comes back
(https://git-scm.com/docs/gitignore). pathspec gives the meaning of each pattern. Deliberately absent: the user's own
excludes (`.git/info/exclude`, core.excludesFile), which would make two scans of one commit differ.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

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

    spec: GitIgnoreSpec
    may_match: re.Pattern[str]  # one expression for all patterns: most paths match none, and one test says so
    folder: str = ""
    above: str = ""
    refused: tuple[str, ...] = ()  # patterns that are not applied: malformed, or too costly

    def verdict(self, path: str) -> bool | None:
        """True: ignored, False: taken back by a `!` pattern, None: nothing said. A folder's path ends in a slash."""
        below = self.above + path[len(self.folder) :]
        return self.spec.check_file(below).include if self.may_match.match(below) else None


def parse_patterns(text: str, folder: str = "", above: str = "") -> Patterns:
    """The patterns of a `.gitignore` text. Never fails: what pathspec refuses is in `refused`."""
    taken: list[str] = []
    refused: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        (refused if len(_STARS.findall(line)) > _MOST_STARS else taken).append(line)
    try:
        spec = GitIgnoreSpec.from_lines(taken, backend="simple")
    except ValueError:  # GitIgnorePatternError; which line it was is not said
        malformed = {line for line in taken if not _is_well_formed(line)}
        refused += malformed
        spec = GitIgnoreSpec.from_lines((line for line in taken if line not in malformed), backend="simple")
    anywhere: list[str] = []
    parts: list[str] = []
    for pattern in spec.patterns:
        if pattern.regex is not None:
            source = pattern.regex.pattern.replace("(?P<ps_d>", "(?:")  # a group name may stand once only
            if source.startswith(_ANY_DEPTH):
                anywhere.append(source[len(_ANY_DEPTH) :])
            else:
                parts.append(source)
    if anywhere:
        parts.append(f"{_ANY_DEPTH}(?:{'|'.join(anywhere)})")
    return Patterns(spec, re.compile("|".join(parts) or "(?!)"), folder, above, tuple(sorted(refused)))


def _is_well_formed(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def is_ignored(path: str, stack: tuple[Patterns, ...]) -> bool:
    """Whether the files of `stack` (outermost first) ignore `path`; the path of a folder ends in a slash."""
    for patterns in reversed(stack):
        verdict = patterns.verdict(path)
        if verdict is not None:
            return verdict
    return False


def read_patterns(path: Path, folder: str = "", above: str = "") -> Patterns:
    """The patterns of a `.gitignore` on disk; a link is not followed, as in git. Raises OSError."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(22, "not a plain file", str(path))
    if status.st_size > _SIZE_LIMIT:
        raise OSError(27, f"larger than {_SIZE_LIMIT // 1024} kB", str(path))
    return parse_patterns(path.read_bytes().decode("utf-8", "replace"), folder, above)


def patterns_above(root: Path) -> tuple[Patterns, ...]:
    """Those of the `.gitignore` files between the repository's top and `root`, when a part of a repository is scanned.

    Somebody who names an ignored folder wants to see it: then they do not apply.
    """
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    parts = root.relative_to(top).parts
    found: list[Patterns] = []
    for depth in range(len(parts)):
        path = top.joinpath(*parts[:depth], ".gitignore")
        try:
            patterns = read_patterns(path, above="/".join(parts[depth:]) + "/")
        except OSError:
            continue
        between = ("/".join(parts[depth:end]) + "/" for end in range(depth + 1, len(parts) + 1))
        if any(patterns.spec.check_file(folder).include for folder in between):
            return ()
        found.append(patterns)
    return tuple(found)

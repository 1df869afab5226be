"""Which findings a change touches: those that it opens, wherever they are, and those on lines that it wrote.

Invariant: a finding that another file's edit opens (a fallback policy that went) is touched although its own line is not, because it
was not among the findings of the base. Lines are compared as text, so that a moved finding with the same fingerprint is not new.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

from routewarden.analysis.files import FileSystem
from routewarden.analysis.finding import Finding
from routewarden.text.source import SourceText

_MOST_LINES = 20_000  # of a file that is compared line by line; all lines of a larger one count as changed
Lines = Callable[[Finding], tuple[int, int] | None]


def touched(findings: Iterable[Finding], before: frozenset[str], changed: Callable[[str], frozenset[int] | None], lines: Lines) -> list[Finding]:
    """The findings that are new or stand on changed lines. `before`: fingerprints at the base; `changed`: see `changed_lines`."""
    result = []
    for finding in findings:
        of_file = changed(finding.site.path)
        where = lines(finding) if of_file else None
        on_line = of_file is not None and where is not None and any(line in of_file for line in range(where[0], where[1] + 1))
        if finding.fingerprint not in before or on_line:
            result.append(finding)
    return result


def changed_lines(base: FileSystem, path: str, now: SourceText | None) -> frozenset[int] | None:
    """The 0-based lines of the text that the base does not have; None: all is as it was."""
    if now is None:
        return None
    count = len(now.line_starts)
    try:
        old = SourceText.from_bytes(base.read(path))
    except OSError:
        return frozenset(range(count))  # the file is new
    if old.data == now.data:
        return None
    a = [old.line_bytes(line).rstrip(b"\r\n") for line in range(len(old.line_starts))]
    b = [now.line_bytes(line).rstrip(b"\r\n") for line in range(count)]
    if max(len(a), len(b)) > _MOST_LINES:
        return frozenset(range(count))
    blocks = difflib.SequenceMatcher(None, a, b, autojunk=True).get_matching_blocks()
    same = {line for block in blocks for line in range(block.b, block.b + block.size)}
    return frozenset(range(count)) - same

"""A line of code with carets below the part that is meant, cut to fit and safe to print.

Invariant: one line of source is one line of output, whatever is in it, and the carets stand below what they mean on a terminal
that counts wide characters as two cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from routewarden.report.printable import printable

_TAB = 4
_LEAD = 24  # characters kept before the part that is meant, when the line has to be cut


@dataclass(frozen=True, slots=True)
class CodeFrame:
    code: str
    carets: str  # spaces and "^"


def code_frame(row: bytes, start: int, end: int, width: int) -> CodeFrame:
    """The frame of a line; `start` and `end`: byte columns in it (an end past the line is its end); `width`: cells."""
    # A minified file has one line of megabytes: only the neighbourhood is decoded. Slices may tear a character at either end.
    first = max(0, start - 4 * width)
    pieces = row[first:start], row[start : min(end, start + 4 * width)], row[end : end + 4 * width]
    before, meant, after = (piece.decode("utf-8", "ignore") for piece in pieces)
    cut_left = first > 0
    lead = printable(before.expandtabs(_TAB))
    part = printable(meant.expandtabs(_TAB)) or " "
    rest = printable(after.expandtabs(_TAB))
    if not cut_left and cell_len(lead + part + rest) <= width:
        return _frame(lead, part, rest)
    if cut_left or cell_len(lead + part) > width:
        lead = "…" + lead[-_LEAD:].lstrip() if len(lead) > _LEAD else lead
    part = _fit(part, max(1, width - cell_len(lead) - 1))
    return _frame(lead, part, _fit(rest, max(0, width - cell_len(lead + part))))


def _fit(text: str, width: int) -> str:
    """`text` cut to `width` cells, with an ellipsis where something is missing."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[: max(0, min(len(text) - 1, width - 1))]
    return text + "…" if width else ""


def _frame(lead: str, part: str, rest: str) -> CodeFrame:
    return CodeFrame(lead + part + rest, " " * cell_len(lead) + "^" * max(1, cell_len(part)))

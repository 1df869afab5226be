"""Text of a workspace in Markdown: shown, never interpreted.

Invariant: a route, a file name or an attribute of a hostile repository cannot put a link, an image or HTML into an editor, a pull
request or a job summary, and a table cell stays one cell. Deliberately absent: whole documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from routewarden.report.printable import printable

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$:@])")


def code(text: str) -> str:
    """A code span, whatever the text: https://spec.commonmark.org/0.31.2/#code-spans"""
    text = printable(re.sub(r"\s+", " ", text))
    if not text:
        return ""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(text: str) -> str:
    """A sentence of ours in Markdown: what it quotes in backticks is code, the rest is plain text."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(code(part) if index % 2 else escape(part) for index, part in enumerate(parts) if part)


def escape(text: str) -> str:
    """Plain text in Markdown: https://spec.commonmark.org/0.31.2/#backslash-escapes"""
    return _SPECIAL.sub(r"\\\1", printable(re.sub(r"\s+", " ", text)))


def code_cell(text: str) -> str:
    """A code span in a table, where a bar would end the cell even in code: https://github.github.com/gfm/#example-200"""
    return code(text).replace("|", "\\|")


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The lines of a table. Cells are Markdown already (`code_cell`, `escape`, `prose_cell`)."""
    return [f"| {' | '.join(header)} |", "|" + " --- |" * len(header), *(f"| {' | '.join(row)} |" for row in rows)]


def prose_cell(text: str) -> str:
    """`prose` in a table."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(code_cell(part) if index % 2 else escape(part) for index, part in enumerate(parts) if part)

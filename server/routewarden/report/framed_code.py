"""A place in the code for the terminal: `╭─ path:line:column`, the line, carets below what is meant.

Invariant: as in `code_frame`; a place that is gone has its path and no code.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from routewarden.analysis.concealment import concealed, quoted_line
from routewarden.facts.sites import Site
from routewarden.report.code_frame import code_frame
from routewarden.report.printable import printable
from routewarden.report.view import Analysis, Place, span_of

_WIDTH = 160  # cells of code in a pipe


def gutter_of(place: Place) -> int:
    """The cells that the line number takes."""
    return max(5, len(str(place.line)) + 2)


def place_line(place: Place, gutter: int) -> Text:
    return Text.assemble((f"{'':{gutter + 1}}╭─ ", "dim"), (printable(str(place)), "cyan"))


def code_lines(analysis: Analysis, site: Site, gutter: int, width: int | None, style: str) -> Iterator[Text]:
    """The line of a site and its carets. `width`: cells of the terminal, None in a pipe; `style`: of the carets."""
    text, span = analysis.text(site.path), span_of(analysis, site)
    if text is None or span is None:
        return
    line = text.line_of(span.start)
    begin = text.line_starts[line]
    room = max(20, (width or _WIDTH) - gutter - 3)
    hidden = concealed(analysis.findings(), analysis.locate, site.path)
    row = quoted_line(text, line, hidden, span.start - begin, span.end - begin)
    frame = code_frame(row.data, row.start, row.end, room)
    yield Text.assemble((f"{line + 1:>{gutter}} │ ", "dim"), frame.code)
    yield Text.assemble((f"{'':>{gutter}} │ ", "dim"), (frame.carets, style))

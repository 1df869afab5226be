"""Why an endpoint is reached by whom: each decision with its place and its line of code.

Invariant: the trail as the register has it, in its order, nothing left out; and as in `text_report`: printable text only, and no
wrapping or cutting in a pipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from routewarden.model.register import Endpoint
from routewarden.report.endpoints_report import endpoint_table
from routewarden.report.framed_code import code_lines, gutter_of, place_line
from routewarden.report.printable import printable
from routewarden.report.tables import print_table
from routewarden.report.text_report import ACCESS_STYLE, styled_code, wrapped
from routewarden.report.view import Analysis, place_of
from routewarden.report.wording import demands, meaning

MOST = 5  # explained one by one; more are listed


def print_explanation(console: Console, analysis: Analysis, endpoints: Sequence[Endpoint]) -> None:
    """Print the trail of each endpoint; where there are many, a list of them to choose from."""
    width = console.width if console.is_terminal else None
    if len(endpoints) > 1:
        console.print(Text(f"{len(endpoints)} endpoints", "bold"), soft_wrap=True)
        print_table(console, endpoint_table(analysis, endpoints))
        console.print()
    if len(endpoints) > MOST:
        console.print(Text("Name the verb, or narrow them down with --app.", "dim"), soft_wrap=True)
        return
    for number, endpoint in enumerate(endpoints):
        if number:
            console.print()
        for line in _lines(analysis, endpoint, width):
            console.print(line, soft_wrap=True, highlight=False)


def _lines(analysis: Analysis, endpoint: Endpoint, width: int | None) -> Iterator[Text]:
    yield Text.assemble((printable(endpoint.label), "bold"), (" · ", "dim"), (str(endpoint.access), ACCESS_STYLE[endpoint.access]))
    for line in wrapped(meaning(endpoint), 0, width):
        yield styled_code(Text(line))
    for title, names in demands(endpoint):
        yield Text.assemble((f"{title:<9}", "dim"), printable(", ".join(names)))
    yield Text.assemble(("handler  ", "dim"), printable(endpoint.handler))
    yield Text.assemble(("app      ", "dim"), printable(endpoint.app) or "(no project)")
    place = place_of(analysis, endpoint.site)
    gutter = gutter_of(place)
    yield place_line(place, gutter)
    yield from code_lines(analysis, endpoint.site, gutter, width, "cyan")
    if endpoint.verdict.trail:
        yield Text()
        yield Text("Decided by", "bold")
    for number, step in enumerate(endpoint.verdict.trail, 1):
        for at, line in enumerate(wrapped(step.why, 5, width)):
            yield styled_code(Text(f"{f'{number}.' if at == 0 else '':>4} {line}"))
        if step.site is not None and step.site.path:
            place = place_of(analysis, step.site)
            gutter = gutter_of(place)
            yield place_line(place, gutter)
            yield from code_lines(analysis, step.site, gutter, width, "cyan")

"""The register of endpoints for people: one line an endpoint, grouped by app, with the trail on request.

Invariant: as in `text_report`: printable text only, and no wrapping or cutting in a pipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from routewarden.model.register import Endpoint
from routewarden.report.printable import printable
from routewarden.report.tables import plain_table, print_table
from routewarden.report.text_report import ACCESS_STYLE
from routewarden.report.view import Analysis, place_of


def print_endpoints(console: Console, analysis: Analysis, endpoints: Sequence[Endpoint], *, why: bool) -> None:
    """Print endpoints of the register; with `why`, the decisions behind each access below its line."""
    by_app: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_app.setdefault(endpoint.app, []).append(endpoint)
    for app, of_app in sorted(by_app.items()):
        console.print(Text(printable(app) or "(no project)", "bold"), soft_wrap=True)
        if why:
            for endpoint in of_app:
                for line in _with_trail(analysis, endpoint):
                    console.print(line, soft_wrap=True)
        else:
            print_table(console, endpoint_table(analysis, of_app))
        console.print()
    total = len(analysis.register.endpoints)
    of = f" of {total}" if total != len(endpoints) else ""
    console.print(Text(f"{len(endpoints)}{of} endpoint{'' if total == 1 else 's'}", "bold"))


def endpoint_table(analysis: Analysis, endpoints: Iterable[Endpoint]) -> Table:
    """One line an endpoint: access, methods, route with what it asks for, place."""
    table = plain_table()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", min_width=6)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for endpoint in endpoints:
        place = place_of(analysis, endpoint.site)
        table.add_row(
            Text(f"  {endpoint.access}", ACCESS_STYLE[endpoint.access]),
            Text(",".join(map(printable, endpoint.methods)) or "ANY"),
            Text(printable(endpoint.served_route), "bold").append(_demands(endpoint), "dim"),
            Text(printable(f"{place.path}:{place.line}"), "cyan"),
        )
    return table


def _demands(endpoint: Endpoint) -> str:
    """What is asked of the caller, or why it could not be decided."""
    verdict = endpoint.verdict
    parts = [
        *(f"role {role}" for role in verdict.roles),
        *(f"policy {policy}" for policy in verdict.policies),
        *([verdict.reason] if verdict.reason else []),
    ]
    return f"  {printable(', '.join(parts))}" if parts else ""


def _with_trail(analysis: Analysis, endpoint: Endpoint) -> Iterator[Text]:
    place = place_of(analysis, endpoint.site)
    yield Text.assemble(
        (f"  {endpoint.access:<14}", ACCESS_STYLE[endpoint.access]),
        (printable(endpoint.label), "bold"),
        (_demands(endpoint), "dim"),
        "  ",
        (printable(f"{place.path}:{place.line}"), "cyan"),
    )
    for step in endpoint.verdict.trail:
        where = f" ({place_of(analysis, step.site).path}:{place_of(analysis, step.site).line})" if step.site else ""
        yield Text(f"{'':16}· {printable(step.why + where)}", "dim")

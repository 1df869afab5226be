"""The register as Markdown: a table for each app, for a wiki, a pull request or a job summary.

Invariant: as in `report.markdown`: what the workspace says is shown and never interpreted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from routewarden.model.register import Access, Endpoint
from routewarden.report.markdown import code, code_cell, escape, prose_cell, table
from routewarden.report.view import Analysis, place_of
from routewarden.report.wording import demands

_HEADER = ("Method", "Route", "Access", "Requires", "Handler", "Code")


def endpoints_markdown(analysis: Analysis, endpoints: Sequence[Endpoint]) -> str:
    """A document with one section an app."""
    by_app: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_app.setdefault(endpoint.app, []).append(endpoint)
    lines = ["# Endpoints", "", _summary(endpoints, len(analysis.register.endpoints))]
    for app, of_app in sorted(by_app.items()):
        lines += ["", f"## {code(app) or 'No project'}", "", _summary(of_app, len(of_app)), ""]
        lines += table(_HEADER, [_row(analysis, endpoint) for endpoint in of_app])
    if analysis.register.not_analysed:
        lines += ["", "## Not analysed, or not fully", ""]
        lines += [f"- {code(item.path)}: {escape(item.reason)}" for item in analysis.register.not_analysed]
    return "\n".join(lines) + "\n"


def _summary(endpoints: Sequence[Endpoint], total: int) -> str:
    counts = Counter(endpoint.access for endpoint in endpoints)
    shown = ", ".join(f"{counts[access]} {access}" for access in Access if counts[access])
    of = f" of {total}" if total != len(endpoints) else ""
    return f"{len(endpoints)}{of} endpoint{'' if len(endpoints) == 1 else 's'}{': ' if shown else ''}{shown}"


def _row(analysis: Analysis, endpoint: Endpoint) -> tuple[str, ...]:
    place = place_of(analysis, endpoint.site)
    asked = [f"{title}: {', '.join(map(code_cell, names))}" for title, names in demands(endpoint)]
    if endpoint.verdict.reason:
        asked.append(prose_cell(endpoint.verdict.reason))
    method, _, route = endpoint.label.partition(" ")
    return (
        escape(method.replace(",", ", ")),
        code_cell(route),
        str(endpoint.access),
        "; ".join(asked),
        code_cell(endpoint.handler),
        code_cell(f"{place.path}:{place.line}"),
    )

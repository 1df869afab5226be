"""The register as CSV, for spreadsheets: one row an endpoint (RFC 4180, with CR LF).

Invariant: no cell is a formula, whatever a route is called: what a spreadsheet would take for one starts with an apostrophe
(https://owasp.org/www-community/attacks/CSV_Injection), and control characters are written as escapes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from routewarden.model.register import Endpoint
from routewarden.report.printable import printable
from routewarden.report.view import Analysis, place_of

COLUMNS = (
    "methods", "route", "access", "policies", "roles", "schemes", "reason", "kind", "handler", "app", "file", "line", "column", "required",
)  # fmt: skip
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def endpoints_csv(analysis: Analysis, endpoints: Iterable[Endpoint]) -> str:
    """The table with a header; names in one cell are separated by ", ", methods by ",", and no method means any."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for endpoint in endpoints:
        verdict, place = endpoint.verdict, place_of(analysis, endpoint.site)
        cells = (
            ",".join(endpoint.methods),
            endpoint.served_route,
            str(verdict.access),
            ", ".join(verdict.policies),
            ", ".join(verdict.roles),
            ", ".join(verdict.schemes),
            verdict.reason,
            endpoint.kind,
            endpoint.handler,
            endpoint.app,
            place.path,
            str(place.line),
            str(place.column),
            ", ".join(f"{name}={value}" for name, value in endpoint.required),
        )
        writer.writerow([cell(text) for text in cells])
    return stream.getvalue()


def cell(text: str) -> str:
    """A text that a spreadsheet shows and does not calculate."""
    return f"'{printable(text)}" if text.startswith(_STARTS_FORMULA) else printable(text)

"""Code lenses: above each endpoint its method, route and access, `DELETE /api/orders/{id} · authenticated`.

Invariant: a lens is a title at a name, made from the register as it is, and costs no file but the open one. Where a place serves
many endpoints, the first few are named and the others counted. The client is told to ask again when the register changes.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#textDocument_codeLens
"""

from collections import Counter
from collections.abc import Iterator

from lsprotocol import types

from routewarden.lsp.positions import to_range
from routewarden.lsp.session import RouteWardenServer
from routewarden.lsp.spots import Spot, spots, view_of
from routewarden.model.register import Access, Endpoint
from routewarden.report.printable import printable

NAMED = 3  # endpoints of one place
LONGEST = 200  # characters of a title


def code_lens(ls: RouteWardenServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    view = view_of(ls, params.text_document.uri)
    if view is None or not view.folder.settings.code_lens:
        return []
    lenses: list[types.CodeLens] = []
    for spot in spots(view.folder.project, view.path):
        name = view.name(spot)
        if name is None:
            continue
        where = to_range(view.text, name.start, name.end, ls.documents.encoding)
        # A lens has to have a command to be shown; one without a name can't be clicked.
        command = ls.client.show_trail_command
        arguments = [params.text_document.uri, where.start.line, where.start.character] if command else None
        lenses += [types.CodeLens(where, types.Command(title, command, None, arguments)) for title in _titles(spot)]
    return sorted(lenses, key=lambda lens: (lens.range.start.line, lens.range.start.character))


def _titles(spot: Spot) -> Iterator[str]:
    endpoints = spot.endpoints
    if spot.inherited and len(endpoints) > NAMED:
        yield f"{len(endpoints)} inherited endpoints: {_counts(endpoints)}"
        return
    note = " · inherited" if spot.inherited else ""
    for endpoint in endpoints[:NAMED]:
        yield f"{_short(endpoint.label)} · {endpoint.access}{note}"
    if len(endpoints) > NAMED:
        yield f"and {len(endpoints) - NAMED} more: {_counts(endpoints[NAMED:])}"


def _counts(endpoints: tuple[Endpoint, ...]) -> str:
    counts = Counter(endpoint.access for endpoint in endpoints)
    return ", ".join(f"{counts[access]} {access}" for access in Access if counts[access])


def _short(label: str) -> str:
    shown = printable(label)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"

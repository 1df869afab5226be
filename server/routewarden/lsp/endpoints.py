"""The register for a client that shows it: `routewarden/register`, `routewarden/endpoint` (vscode-client/PROTOCOL.md).

Invariant: nothing is sent to a client that did not ask, and after it asked it is told once that its copy is old, however often the
register changes before it asks again. The same pause that gathers these changes gathers the requests to ask for code lenses anew.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from routewarden.facts.sites import Span
from routewarden.lsp.folders import Folder
from routewarden.lsp.hover import describe
from routewarden.lsp.positions import to_range
from routewarden.lsp.session import RouteWardenServer
from routewarden.lsp.spots import Spot, View
from routewarden.model.register import Endpoint
from routewarden.text.source import SourceText

REGISTER = "routewarden/register"
ENDPOINT = "routewarden/endpoint"
CHANGED = "routewarden/registerChanged"
GATHER = 0.15  # seconds


def register(ls: RouteWardenServer, params: Any) -> dict[str, Any]:
    """The list, or what changed in it since `params.since`."""
    since = _field(params, "since", 0)
    if not isinstance(since, int):
        raise JsonRpcInvalidParams("`since` is the version of an earlier answer.")
    ls.feed.update(_registers(ls))
    ls.feed.answered, ls.feed.announced = ls.feed.version, False
    return ls.feed.since(since)


def endpoint(ls: RouteWardenServer, params: Any) -> dict[str, Any] | None:
    """Where the endpoint `params.id` is now, and what a hover says of it; None where there is no such endpoint any more."""
    ls.feed.update(_registers(ls))
    entry = ls.feed.entries.get(str(_field(params, "id", "")))
    if entry is None:
        return None
    folder, site = entry.folder, entry.endpoint.site
    document = ls.documents.by_key(folder.key_of(site.path))
    text = document.text if document is not None else folder.project.text(site.path)
    uri = document.uri if document is not None else folder.uri_of(site.path)
    span = View(folder, site.path, text or SourceText(b"")).name(Spot(site, (entry.endpoint,)))
    if text is None or span is None:
        text, span = SourceText(b""), Span(0, 0)
    where = to_range(text, span.start, span.end, ls.documents.encoding)
    return {
        "uri": uri,
        "range": {
            "start": {"line": where.start.line, "character": where.start.character},
            "end": {"line": where.end.line, "character": where.end.character},
        },
        "markdown": describe(ls, folder, [entry.endpoint], markdown=True),
    }


def announce(ls: RouteWardenServer) -> None:
    """Some register changed: say so in a moment."""
    outbox = ls.outbox
    if outbox.announcing is None and not outbox.closed:
        outbox.announcing = asyncio.get_running_loop().call_later(GATHER, _announce, ls)


def _announce(ls: RouteWardenServer) -> None:
    ls.outbox.announcing = None
    if ls.outbox.closed:
        return
    if ls.feed.answered is not None and not ls.feed.announced:
        ls.feed.update(_registers(ls))
        if ls.feed.version != ls.feed.answered:
            ls.feed.announced = True
            ls.protocol.notify(CHANGED, {})
    if ls.client.refresh_code_lens and any(folder.settings.code_lens for folder in ls.folders):
        ls.workspace_code_lens_refresh(None)


def _registers(ls: RouteWardenServer) -> list[tuple[Folder, tuple[Endpoint, ...]]]:
    """What each folder was last seen to have; of a file that lies in two folders the inner one speaks."""
    return [(folder, _own(folder, folder.register.endpoints)) for folder in ls.folders if folder.loaded and folder.register is not None]


def _own(folder: Folder, endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    return tuple(e for e in endpoints if folder.owns(e.site.path)) if folder.inner else endpoints


def _field(params: Any, name: str, default: object) -> object:
    """What pygls gives: the params of an unknown method are an object with attributes."""
    value = params.get(name) if isinstance(params, Mapping) else getattr(params, name, None)
    return default if value is None else value

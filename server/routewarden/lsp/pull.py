"""Diagnostics for clients that ask for them (`initializationOptions.diagnostics: "pull"`); then none are pushed.

Invariant: the same `Board` and the same rendering as for push; a result id is the hash of the items, so that "unchanged" is
true whatever changed elsewhere. A workspace request stays open until something differs from what the client has (VS Code asks
again two seconds after each answer). Push is the default: one edit here changes many files, and clients pull only what is
open.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#textDocument_pullDiagnostics
"""

import asyncio

from lsprotocol import types

from routewarden.lsp.diagnostics import NOTHING, Rendered, to_diagnostics
from routewarden.lsp.folders import Home
from routewarden.lsp.publishing import publish_now, rendering
from routewarden.lsp.session import RouteWardenServer
from routewarden.lsp.uris import key_of


def register(ls: RouteWardenServer) -> None:
    """Offer pull diagnostics; called before the answer to `initialize` is made."""
    options = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=True, identifier="routewarden")
    ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(document_diagnostic)
    ls.feature(types.WORKSPACE_DIAGNOSTIC)(workspace_diagnostic)
    ls.outbox.pulled = asyncio.Event()


async def document_diagnostic(
    ls: RouteWardenServer, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    publish_now(ls)
    rendered = _rendered(ls, params.text_document.uri)
    result_id = _result_id(rendered)
    if params.previous_result_id == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id)
    return types.RelatedFullDocumentDiagnosticReport(items=to_diagnostics(rendered, ls.client), result_id=result_id)


async def workspace_diagnostic(
    ls: RouteWardenServer, params: types.WorkspaceDiagnosticParams
) -> types.WorkspaceDiagnosticReport:
    """What differs from the client's result ids, as soon as something does."""
    known = {key_of(previous.uri): previous for previous in params.previous_result_ids}
    while True:
        changed = ls.outbox.pulled
        if changed is None:
            return types.WorkspaceDiagnosticReport([])
        changed.clear()
        items: list[types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport] = []
        for key in dict.fromkeys((*ls.board.told, *known)):
            told = ls.board.told.get(key)
            result_id = str(told.digest) if told is not None else _result_id(NOTHING)
            previous = known.get(key)
            if previous is not None and previous.value == result_id:
                continue
            rendered = rendering(ls, (told.folder, told.path)) if told is not None else NOTHING
            uri = told.uri if told is not None else (previous.uri if previous is not None else "")
            document = ls.documents.by_key(key)
            items.append(
                types.WorkspaceFullDocumentDiagnosticReport(
                    uri=uri,
                    items=to_diagnostics(rendered, ls.client),
                    version=document.version if document is not None else None,
                    result_id=_result_id(rendered),
                )
            )
            await asyncio.sleep(0)
        if items:
            return types.WorkspaceDiagnosticReport(items)
        await changed.wait()


def _rendered(ls: RouteWardenServer, uri: str) -> Rendered:
    document = ls.documents.find(uri)
    home: Home | None = document.homes[0] if document is not None and document.homes else None
    if home is None and (told := ls.board.told.get(key_of(uri))) is not None:
        home = told.folder, told.path  # routewarden.toml
    if home is None or not home[0].loaded:
        return NOTHING
    return rendering(ls, home)


def _result_id(rendered: Rendered) -> str:
    return str(hash(rendered.items))

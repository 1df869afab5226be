"""The language server: which request goes to which function, and how a session begins and ends.

Invariant: every handler is a plain or async function whose server parameter is named `ls`, in a module without postponed
annotations; pygls finds out about both by looking at them. Never a generator (pygls would run it as something else), never a
bound method, never `@server.thread`. stdout belongs to the protocol: everything that is said goes to stderr and
`window/logMessage`.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import NoReturn, cast

from lsprotocol import types

from routewarden.lsp import code_actions, code_lens, configuration, debug, endpoints, hover, publishing, pull, repository_settings, scanning, watching
from routewarden.lsp.client import read_client
from routewarden.lsp.documents import Documents
from routewarden.lsp.folders import Home, OpenFolder
from routewarden.lsp.logs import log_to_client, log_to_stderr
from routewarden.lsp.session import RouteWardenServer, in_background, open_today
from routewarden.lsp.streams import ChunkSource, run_session
from routewarden.lsp.uris import file_uri

logger = logging.getLogger(__name__)


def create_server(open_folder: OpenFolder = open_today) -> RouteWardenServer:
    """A server with all features, not started."""
    ls = RouteWardenServer(open_folder)
    for method, handler in (
        (types.INITIALIZE, initialize),
        (types.INITIALIZED, initialized),
        (types.SHUTDOWN, end),
        (types.EXIT, end),
        (types.TEXT_DOCUMENT_DID_OPEN, did_open),
        (types.TEXT_DOCUMENT_DID_CHANGE, did_change),
        (types.TEXT_DOCUMENT_DID_CLOSE, did_close),
        (types.TEXT_DOCUMENT_HOVER, hover.hover),
        (types.TEXT_DOCUMENT_CODE_LENS, code_lens.code_lens),
        (endpoints.REGISTER, endpoints.register),
        (endpoints.ENDPOINT, endpoints.endpoint),
        (types.CODE_ACTION_RESOLVE, code_actions.resolve_code_action),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watching.did_change_watched_files),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, configuration.did_change_configuration),
        (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, did_change_workspace_folders),
    ):
        ls.feature(method)(handler)
    # pygls does not fill in resolveProvider for code actions.
    actions = types.CodeActionOptions(code_action_kinds=list(code_actions.KINDS), resolve_provider=True)
    ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, actions)(code_actions.code_action)
    return ls


def serve() -> NoReturn:
    """Speak LSP on stdin and stdout until the client is gone, then end the process: with 0 after `shutdown`, else with 1."""
    stdin, stdout = cast(ChunkSource, sys.stdin.buffer), sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not break the protocol
    log_to_stderr()
    ls = create_server()
    log_to_client(ls)
    run_session(ls, stdin, stdout)
    sys.exit(0 if ls.protocol._shutdown else 1)


def initialize(ls: RouteWardenServer, params: types.InitializeParams) -> None:
    """Put our own documents in place before pygls answers; the scan waits for `initialized`."""
    ls.client = read_client(params)
    ls.protocol._workspace = Documents(ls.workspace, ls.folders, _touched(ls), ls.outbox.left.append)
    uris = [folder.uri for folder in params.workspace_folders or ()]
    root = params.root_uri or (file_uri(params.root_path) if params.root_path else None)
    if not uris and root:
        uris = [root]
    for uri in uris:
        ls.folders.add(uri)
    if ls.client.wants_pull and ls.client.pull_diagnostics:
        pull.register(ls)
    if ls.client.debug:
        debug.register(ls)


async def initialized(ls: RouteWardenServer, params: types.InitializedParams) -> None:
    """Settings first, so that nothing is shown and then hidden; then the scans."""
    registrations = []
    if ls.client.watched_files:
        registrations.append(watching.registration(ls))
    if ls.client.configuration_changes:
        registrations.append(
            types.Registration(
                id="routewarden-configuration",
                method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                register_options=types.DidChangeConfigurationRegistrationOptions(section=configuration.SECTION),
            )
        )
    if registrations:
        in_background(ls, asyncio.ensure_future(_register(ls, registrations)))
    await configuration.pull_configuration(ls)
    for folder in list(ls.folders.by_root.values()):
        scanning.start_scan(ls, folder)
    publishing.schedule(ls)


def end(ls: RouteWardenServer, params: None) -> None:
    """Nothing is sent any more: after `shutdown` a client need not read, and after `exit` stdout is closed."""
    ls.outbox.closed = True
    if ls.outbox.scheduled is not None:
        ls.outbox.scheduled.cancel()
    if ls.outbox.announcing is not None:
        ls.outbox.announcing.cancel()
    for task in list(ls.tasks):
        task.cancel()


def did_open(ls: RouteWardenServer, params: types.DidOpenTextDocumentParams) -> None:
    _shown(ls, params.text_document.uri)


def did_change(ls: RouteWardenServer, params: types.DidChangeTextDocumentParams) -> None:
    _shown(ls, params.text_document.uri)


def did_close(ls: RouteWardenServer, params: types.DidCloseTextDocumentParams) -> None:
    _shown(ls, params.text_document.uri)


def _shown(ls: RouteWardenServer, uri: str) -> None:
    """What the editor shows of a document is new."""
    if repository_settings.is_settings(uri):
        repository_settings.reload_around(ls, uri)
    publishing.schedule(ls)


async def did_change_workspace_folders(ls: RouteWardenServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    added = [folder for f in params.event.added if (folder := ls.folders.add(f.uri)) is not None]
    removed = [folder for f in params.event.removed if (folder := ls.folders.remove(f.uri)) is not None]
    ls.outbox.left += removed
    ls.documents.rehome()
    for folder in ls.folders:
        if folder.loaded:
            publishing.requeue(ls, folder)  # what a folder inside it takes over, or gives back
    for folder in added:
        scanning.start_scan(ls, folder)
    publishing.schedule(ls)
    await configuration.pull_configuration(ls)


async def _register(ls: RouteWardenServer, registrations: list[types.Registration]) -> None:
    try:
        await ls.client_register_capability_async(types.RegistrationParams(registrations))
    except Exception as error:
        logger.warning("the client does not watch files or settings: %s", error)


def _touched(ls: RouteWardenServer) -> Callable[[Home], None]:
    return lambda home: publishing.touch(ls, home)

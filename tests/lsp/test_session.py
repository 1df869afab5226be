"""How a session begins and ends, what the server says it can do, and that nothing it does on the side reaches the user."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tests.lsp.clients import CLIENTS, ENCODING, minimal, vscode
from tests.lsp.editor import SERVER, Editor

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("client", CLIENTS)
async def test_capabilities(editor: Editor, shop: Path, client: str) -> None:
    result = await editor.start(CLIENTS[client](), [shop])
    capabilities = result.capabilities
    assert editor.encoding == ENCODING[client]
    assert isinstance(capabilities.text_document_sync, types.TextDocumentSyncOptions)
    assert capabilities.text_document_sync.change == types.TextDocumentSyncKind.Incremental
    assert capabilities.text_document_sync.open_close
    assert isinstance(capabilities.code_action_provider, types.CodeActionOptions)
    assert capabilities.code_action_provider.resolve_provider
    assert list(capabilities.code_action_provider.code_action_kinds or ()) == ["quickfix", "source.fixAll.routewarden"]
    assert capabilities.diagnostic_provider is None, "push and pull to one client give every finding twice"
    assert result.server_info is not None and result.server_info.name == "routewarden"


@pytest.mark.parametrize("client", CLIENTS)
async def test_findings_of_files_never_opened_are_published(editor: Editor, shop: Path, client: str) -> None:
    await editor.start(CLIENTS[client](), [shop])
    uri = (shop / "Controllers/OrdersController.cs").as_uri()
    await editor.until(lambda: bool(editor.codes(uri)))
    assert [p.uri for p in editor.published] == [uri], "each document once, and none without findings"
    assert editor.statuses[-1].endpoints == 1
    assert editor.statuses[-1].findings == 1
    assert editor.statuses[-1].notAnalysed == 0
    assert editor.statuses[0].state == "scanning"


async def test_a_root_uri_and_a_root_path_are_folders_too(editor: Editor, shop: Path) -> None:
    await editor.start(minimal(), None, root_path=str(shop))
    await editor.until(lambda: bool(editor.codes((shop / "Controllers/OrdersController.cs").as_uri())))


async def test_no_folder_at_all_is_a_session(editor: Editor) -> None:
    await editor.start(minimal(), None)
    assert editor.statuses[-1].endpoints == 0


async def test_a_folder_that_is_not_there_is_said_and_survived(editor: Editor, tmp_path: Path, shop: Path) -> None:
    await editor.start(vscode(), [tmp_path / "gone", shop])
    await editor.until(lambda: bool(editor.codes((shop / "Controllers/OrdersController.cs").as_uri())))
    assert any("gone" in message for message in editor.said())


async def test_an_unknown_request_is_an_error_and_no_popup(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    with pytest.raises(JsonRpcException, match="Method Not Found"):
        await editor.client.protocol.send_request_async("routewarden/nonsense", {})
    assert not editor.client.messages


async def test_debug_requests_are_not_offered_to_users(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop], {"debug": False})
    with pytest.raises(JsonRpcException, match="Method Not Found"):
        await editor.state((shop / "Program.cs").as_uri())


async def test_watchers_and_settings_are_registered_dynamically(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    await editor.until(lambda: len(editor.registrations) == 2)
    methods = {registration.method for registration in editor.registrations}
    assert methods == {types.WORKSPACE_DID_CHANGE_WATCHED_FILES, types.WORKSPACE_DID_CHANGE_CONFIGURATION}


async def test_nothing_is_registered_with_a_client_that_cannot(editor: Editor, shop: Path) -> None:
    await editor.start(minimal(), [shop])
    await editor.settle((shop / "Program.cs").as_uri())
    assert editor.registrations == []


async def test_exit_without_shutdown_is_a_failure(shop: Path) -> None:
    exit_only = b'{"jsonrpc":"2.0","method":"exit"}'
    process = await asyncio.create_subprocess_exec(*SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    await asyncio.wait_for(process.communicate(b"Content-Length: %d\r\n\r\n%s" % (len(exit_only), exit_only)), 30)
    assert process.returncode == 1


async def test_the_end_of_the_input_ends_the_server() -> None:
    process = await asyncio.create_subprocess_exec(*SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(b""), 30)
    assert process.returncode == 1 and out == b""


async def test_what_is_no_protocol_does_not_end_the_server(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    server = editor.client._server
    assert server is not None and server.stdin is not None
    server.stdin.write(b"Content-Length: 5\r\n\r\n{nope")
    server.stdin.write(b'Content-Length: 52\r\n\r\n{"jsonrpc":"2.0","method":"$/setTrace","params":[1]}')
    uri = (shop / "Program.cs").as_uri()
    editor.open(uri, "class A {}")
    assert (await editor.state(uri)).text == "class A {}"

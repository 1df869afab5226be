"""appsettings.json in the editor: what start-up code reads from it follows the keys, and a broken file says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from tests.lsp.clients import vscode
from tests.lsp.conftest import PROGRAM, SHOP, write_workspace
from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio
GUARDED = PROGRAM.replace(
    "app.MapControllers();",
    'var all = app.MapControllers();\nif (app.Configuration.GetValue<bool>("Guard:On"))\n    all.RequireAuthorization();',
)
ORDERS = "Controllers/OrdersController.cs"


def text(on: str) -> str:
    return f'{{\n  // "é" 😀\n  "Guard": {{ "On": {on}, }},\n}}\n'


async def test_a_setting_is_followed_while_it_is_typed(editor: Editor, tmp_path: Path) -> None:
    shop = write_workspace(tmp_path, {**SHOP, "Program.cs": GUARDED, "appsettings.json": text("true")})
    await editor.start(vscode(), [shop])
    orders, settings = (shop / ORDERS).as_uri(), (shop / "appsettings.json").as_uri()
    assert editor.codes(orders) == []
    editor.open(settings, text("true"), "jsonc")
    editor.replace(settings, "true", "false")
    await editor.until(lambda: editor.codes(orders) == ["AP004"])
    editor.set_text(settings, text("true"))
    await editor.until(lambda: editor.codes(orders) == [])
    editor.set_text(settings, text("false"))
    await editor.until(lambda: editor.codes(orders) == ["AP004"])
    assert await editor.differences() == []
    editor.close(settings)  # the disk counts again
    await editor.until(lambda: editor.codes(orders) == [])
    (shop / "appsettings.json").write_bytes(text("false").encode())
    event = types.FileEvent(settings, types.FileChangeType.Changed)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await editor.until(lambda: editor.codes(orders) == ["AP004"])


async def test_a_broken_file_says_where_and_stops_nothing(editor: Editor, tmp_path: Path) -> None:
    shop = write_workspace(tmp_path, {**SHOP, "appsettings.json": '{\n  "A": 1\n  "B": 2\n}\n'})
    await editor.start(vscode(), [shop])
    orders, settings = (shop / ORDERS).as_uri(), (shop / "appsettings.json").as_uri()
    assert editor.codes(orders) == ["AP004"]
    assert [d.message for d in editor.diagnostics(settings)] == [
        "RouteWarden could not analyse all of this file: line 3, column 3: expected ','"
    ]
    editor.open(settings, '{\n  "A": 1\n  "B": 2\n}\n', "json")
    editor.replace(settings, "1\n", "1,\n")
    await editor.until(lambda: editor.diagnostics(settings) == [])
    assert await editor.differences() == []

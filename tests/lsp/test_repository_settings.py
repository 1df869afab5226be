"""routewarden.toml in the editor: read again when it changes, as it is shown, with what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from tests.lsp.clients import vscode
from tests.lsp.conftest import CONTROLLER
from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio
ORDERS = "Controllers/OrdersController.cs"
OFF = "[rules.AP004]\nenabled = false\n[rules.AP001]\nenabled = false\n"


def tell(editor: Editor, uri: str, kind: types.FileChangeType) -> None:
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([types.FileEvent(uri, kind)]))


async def test_a_file_that_is_written_edited_and_deleted_on_disk(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    uri, toml = (shop / ORDERS).as_uri(), shop / "routewarden.toml"
    assert editor.codes(uri) == ["AP004"]
    toml.write_text(OFF)
    tell(editor, toml.as_uri(), types.FileChangeType.Created)
    await editor.until(lambda: editor.codes(uri) == [])
    toml.write_text("[rules.AP004]\nseverity = \"low\"\n")
    tell(editor, toml.as_uri(), types.FileChangeType.Changed)
    await editor.until(lambda: [d.severity for d in editor.diagnostics(uri)] == [types.DiagnosticSeverity.Information])
    toml.write_text('exclude = ["Controllers/"]\n')
    tell(editor, toml.as_uri(), types.FileChangeType.Changed)
    await editor.until(lambda: editor.codes(uri) == [])
    toml.unlink()
    tell(editor, toml.as_uri(), types.FileChangeType.Deleted)
    await editor.until(lambda: editor.codes(uri) == ["AP004"])
    assert await editor.differences() == []


async def test_what_the_editor_shows_counts_before_it_is_saved(editor: Editor, shop: Path) -> None:
    toml = shop / "routewarden.toml"
    toml.write_text("")
    await editor.start(vscode(), [shop])
    uri = (shop / ORDERS).as_uri()
    editor.open(toml.as_uri(), "", "toml")
    editor.set_text(toml.as_uri(), OFF)
    await editor.until(lambda: editor.codes(uri) == [])
    editor.set_text(toml.as_uri(), OFF + "[rules.AP0")  # while it is typed, the last settings hold
    await editor.until(lambda: editor.codes(toml.as_uri()) == ["configuration"])
    assert editor.codes(uri) == []
    editor.set_text(toml.as_uri(), "")
    await editor.until(lambda: editor.codes(uri) == ["AP004"] and editor.codes(toml.as_uri()) == [])
    editor.set_text(toml.as_uri(), OFF)
    await editor.until(lambda: editor.codes(uri) == [])
    editor.close(toml.as_uri())  # not saved
    await editor.until(lambda: editor.codes(uri) == ["AP004"])


async def test_what_is_wrong_is_shown_on_its_line_and_does_not_count_as_a_finding(editor: Editor, shop: Path) -> None:
    toml = shop / "routewarden.toml"
    toml.write_text("exclude = []\nfial-on = \"high\"\n")
    await editor.start(vscode(), [shop])
    await editor.until(lambda: editor.codes(toml.as_uri()) == ["configuration"])
    [problem] = editor.diagnostics(toml.as_uri())
    assert problem.message == 'unknown key "fial-on"; did you mean "fail-on"?'
    assert problem.range.start.line == 1
    assert editor.statuses[-1].findings == 1
    toml.write_text("exclude = []\n")
    tell(editor, toml.as_uri(), types.FileChangeType.Changed)
    await editor.until(lambda: editor.codes(toml.as_uri()) == [])


async def test_a_file_above_the_folder(editor: Editor, shop: Path) -> None:
    (shop.parent / ".git").mkdir()
    await editor.start(vscode(), [shop])
    watched = [w for r in editor.registrations if r.id == "routewarden-watched-files" for w in r.register_options["watchers"]]  # type: ignore[index]
    assert any(w["globPattern"] == {"baseUri": shop.parent.as_uri(), "pattern": "routewarden.toml"} for w in watched)
    uri, toml = (shop / ORDERS).as_uri(), shop.parent / "routewarden.toml"
    toml.write_text(OFF + "nonsense = 1\n")
    tell(editor, toml.as_uri(), types.FileChangeType.Created)
    await editor.until(lambda: editor.codes(uri) == [] and editor.codes(toml.as_uri()) == ["configuration"])


async def test_excluding_an_open_file(editor: Editor, shop: Path) -> None:
    toml = shop / "routewarden.toml"
    await editor.start(vscode(), [shop])
    uri = (shop / ORDERS).as_uri()
    editor.open(uri, CONTROLLER)
    toml.write_text('exclude = ["Controllers/"]\n')
    tell(editor, toml.as_uri(), types.FileChangeType.Created)
    await editor.until(lambda: editor.codes(uri) == [])
    toml.write_text("")
    tell(editor, toml.as_uri(), types.FileChangeType.Changed)
    await editor.until(lambda: editor.codes(uri) == ["AP004"])

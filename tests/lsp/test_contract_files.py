"""OpenAPI documents in the editor: edits are followed as in C#, findings stand at the operation, fixes edit both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from tests.lsp.clients import vscode
from tests.lsp.conftest import SHOP, write_workspace
from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio
ORDERS = "Controllers/OrdersController.cs"
DOCUMENT = """\
openapi: 3.0.3
info: {title: "Shop 😀", version: "1"}
paths:
  /api/orders/{id}:
    delete:
      responses: {"204": {description: gone}}
"""
STALE = DOCUMENT + """\
  /api/orders/late:
    get:
      responses: {"200": {description: late ones}}
"""


async def chosen(editor: Editor, uri: str, span: types.Range, title: str) -> types.WorkspaceEdit:
    [action] = [a for a in await editor.actions(uri, span, ["quickfix"]) if a.title.startswith(title)]
    resolved = action if action.edit else await editor.client.code_action_resolve_async(action)
    assert resolved.edit is not None
    return resolved.edit


async def test_a_document_is_followed_while_it_is_typed(editor: Editor, tmp_path: Path) -> None:
    shop = write_workspace(tmp_path, {**SHOP, "docs/shop.yaml": DOCUMENT, "package.json": "{}"})
    await editor.start(vscode(), [shop])
    orders, document = (shop / ORDERS).as_uri(), (shop / "docs/shop.yaml").as_uri()
    assert editor.codes(orders) == ["AP004"]
    editor.open(document, DOCUMENT, "yaml")
    editor.replace(document, "    delete:", "    put:")
    await editor.until(lambda: editor.codes(document) == ["AP303"])
    await editor.until(lambda: editor.codes(orders) == ["AP004", "AP301"])
    editor.replace(document, "    put:", "    # moved down\n\n    put:")  # the finding goes along with its operation
    await editor.until(lambda: [d.range.start.line for d in editor.diagnostics(document)] == [6])
    assert await editor.differences() == []
    editor.close(document)
    await editor.until(lambda: editor.codes(document) == [] and editor.codes(orders) == ["AP004"])
    (shop / "docs/shop.yaml").write_bytes(STALE.encode())
    event = types.FileEvent(document, types.FileChangeType.Changed)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await editor.until(lambda: editor.codes(document) == ["AP303"])


async def test_fixes_reach_the_document_from_both_sides(editor: Editor, tmp_path: Path) -> None:
    stale = STALE.replace("/{id}", "/{id}/x")
    shop = write_workspace(tmp_path, {**SHOP, "docs/shop.yaml": stale + "  /API/Orders/{n}/: {put: {}}\n", "openapi.json": "{"})
    (shop / ORDERS).write_bytes((shop / ORDERS).read_bytes().replace(b"[HttpDelete", b'[HttpPut("{id}")]\n    [HttpDelete'))
    await editor.start(vscode(), [shop])
    orders, document = (shop / ORDERS).as_uri(), (shop / "docs/shop.yaml").as_uri()
    await editor.until(lambda: "AP301" in editor.codes(orders) and editor.codes(document) == ["AP303", "AP303"])
    editor.open(document, stale + "  /API/Orders/{n}/: {put: {}}\n", "yaml")
    editor.open(orders, (shop / ORDERS).read_text())
    shadow = next(d for d in editor.diagnostics(orders) if d.code == "AP301")
    editor.apply(await chosen(editor, orders, shadow.range, "Add `DELETE"))
    await editor.until(lambda: "AP301" not in editor.codes(orders))
    for _ in range(2):
        [first, *_] = [d for d in editor.diagnostics(document) if d.code == "AP303"]
        before = len(editor.codes(document))
        editor.apply(await chosen(editor, document, first.range, "Remove "))
        await editor.until(lambda before=before: len(editor.codes(document)) == before - 1)  # type: ignore[misc]
    assert await editor.differences() == []

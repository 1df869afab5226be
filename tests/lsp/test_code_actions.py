"""Fixes as an editor applies them: offered at the squiggle, resolved when chosen, gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tests.lsp.clients import CLIENTS, minimal, neovim, vscode
from tests.lsp.conftest import CONTROLLER
from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio
FIX_ALL = "source.fixAll.routewarden"


def span(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


NAME = span(9, 27, 27)  # inside `Remove`
ATTRIBUTE_LINE = span(8, 0, 0)


async def opened(editor: Editor, shop: Path, capabilities: types.ClientCapabilities, text: str = CONTROLLER) -> str:
    await editor.start(capabilities, [shop])
    uri = (shop / "Controllers/OrdersController.cs").as_uri()
    editor.open(uri, text)
    await editor.settle(uri)
    return uri


async def chosen(editor: Editor, action: types.CodeAction) -> types.WorkspaceEdit:
    resolved = action if action.edit else await editor.client.code_action_resolve_async(action)
    assert resolved.edit is not None
    return resolved.edit


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
async def test_every_fix_applies_and_clears_its_finding(editor: Editor, shop: Path, client: str, line_end: str) -> None:
    text = CONTROLLER.replace("\n", line_end).replace("Shop;", "Shop; // 😋")
    uri = await opened(editor, shop, CLIENTS[client](), text)
    titles = [action.title for action in await editor.actions(uri, NAME, ["quickfix"])]
    assert len(titles) >= 3, titles
    for title in titles:
        [action] = [a for a in await editor.actions(uri, NAME) if a.title == title]
        edit = await chosen(editor, action)
        assert (edit.document_changes is None) == (client != "vscode"), "only what the client understands"
        editor.apply(edit)
        left = ["AP002"] if "AllowAnonymous" in title else []  # why a write is open on purpose is the next question
        await editor.until(lambda left=left: editor.codes(uri) == left)
        fixed = editor.texts[uri]
        wanted = "// routewarden: allow AP004 reason=" if title.startswith("Accept") else "using Microsoft.AspNetCore.Authorization;"
        assert wanted in fixed
        assert line_end == "\n" or fixed.count("\n") == fixed.count("\r\n"), "the line ends of the file are kept"
        assert (await editor.state(uri)).treeEqual
        editor.set_text(uri, text)
        await editor.until(lambda: editor.codes(uri) == ["AP004"])


async def test_an_offer_carries_only_what_finds_it_again(editor: Editor, shop: Path) -> None:
    uri = await opened(editor, shop, vscode())
    actions = await editor.actions(uri, NAME, ["quickfix"])
    assert actions
    for action in actions:
        assert action.kind == types.CodeActionKind.QuickFix
        assert action.edit is None
        assert set(action.data) == {"uri", "fingerprint", "fix", "version"}
        assert [d.code for d in action.diagnostics or ()] == ["AP004"]
    assert [action.is_preferred for action in actions].count(True) == 1


async def test_a_client_that_cannot_resolve_gets_its_edits_at_once(editor: Editor, shop: Path) -> None:
    uri = await opened(editor, shop, minimal())
    for action in await editor.actions(uri, NAME):
        assert action.data is None and action.edit is not None
        assert action.edit.changes is not None and list(action.edit.changes) == [uri]
        assert action.is_preferred is None


async def test_the_line_of_a_finding_is_enough_and_other_lines_are_not(editor: Editor, shop: Path) -> None:
    uri = await opened(editor, shop, vscode())
    assert await editor.actions(uri, span(9, 4, 4), ["quickfix"])
    assert await editor.actions(uri, span(4, 0, 0), ["quickfix"]) == []


async def test_kinds_are_asked_for_as_a_hierarchy(editor: Editor, shop: Path) -> None:
    uri = await opened(editor, shop, neovim())
    kinds = {only: {a.kind for a in await editor.actions(uri, NAME, [only])} for only in ("source", "source.fixAll", FIX_ALL)}
    assert set(map(frozenset, kinds.values())) == {frozenset({FIX_ALL})}
    assert await editor.actions(uri, NAME, ["refactor"]) == []
    assert await editor.actions(uri, NAME, ["source.fixAll.other"]) == []
    assert {a.kind for a in await editor.actions(uri, NAME)} == {"quickfix", FIX_ALL}


async def test_fix_all_applies_the_safe_fixes_of_the_file_together(editor: Editor, shop: Path) -> None:
    more = "\n".join(f'    [HttpPost("p{i}")]\n    public IActionResult Post{i}() => Ok();' for i in range(3))
    uri = await opened(editor, shop, vscode(), CONTROLLER.replace("Ok();\n}", f"Ok();\n{more}\n}}"))
    await editor.until(lambda: len(editor.codes(uri)) == 4)
    [action] = await editor.actions(uri, span(0, 0, 0), [FIX_ALL])
    editor.apply(await chosen(editor, action))
    await editor.until(lambda: editor.codes(uri) == [])
    fixed = editor.texts[uri]
    assert fixed.count("[Authorize]") == 4 and fixed.count("using Microsoft.AspNetCore.Authorization;") == 1
    assert await editor.actions(uri, span(0, 0, 0), [FIX_ALL]) == []


async def test_an_edit_is_for_the_text_as_it_is_now(editor: Editor, shop: Path) -> None:
    uri = await opened(editor, shop, vscode())
    action = (await editor.actions(uri, NAME, ["quickfix"]))[0]
    editor.edit(uri, ((0, 0), (0, 0), "// typed in between\n"))
    editor.apply(await chosen(editor, action))  # asserts that it names the new version
    await editor.until(lambda: editor.codes(uri) == [])


async def test_a_fix_whose_finding_is_gone_is_refused(editor: Editor, shop: Path) -> None:
    uri = await opened(editor, shop, vscode())
    action = (await editor.actions(uri, NAME, ["quickfix"]))[0]
    editor.replace(uri, "[ApiController]", "[ApiController]\n[Microsoft.AspNetCore.Authorization.Authorize]")
    with pytest.raises(JsonRpcException) as refused:
        await editor.client.code_action_resolve_async(action)
    assert refused.value.code == types.LSPErrorCodes.ContentModified.value
    assert editor.said() == [], "an answer, not an incident"


async def test_somebody_elses_action_is_refused(editor: Editor, shop: Path) -> None:
    await opened(editor, shop, vscode())
    with pytest.raises(JsonRpcException, match="not one of RouteWarden"):
        await editor.client.code_action_resolve_async(types.CodeAction(title="x", data={"uri": 1}))

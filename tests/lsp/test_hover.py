"""Hover on an endpoint: its label, its access and the trail, in the client's format, with the workspace's text harmless."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from tests.lsp.clients import minimal, vscode
from tests.lsp.conftest import CONTROLLER, OPEN, OPEN_CONTROLLER, PROGRAM, write_workspace
from tests.lsp.editor import Editor

from routewarden.report.markdown import code, escape, prose


async def hover_at(editor: Editor, uri: str, line: int, column: int) -> types.Hover | None:
    return await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, column))
    )


async def opened(editor: Editor, shop: Path, capabilities: types.ClientCapabilities, program: str = PROGRAM) -> tuple[str, str]:
    await editor.start(capabilities, [shop])
    controller, main = (shop / "Controllers/OrdersController.cs").as_uri(), (shop / "Program.cs").as_uri()
    editor.open(controller, CONTROLLER)
    editor.open(main, program)
    await editor.settle(main)
    return controller, main


@pytest.mark.asyncio
async def test_an_action_shows_label_access_and_trail(editor: Editor, shop: Path) -> None:
    write_workspace(shop, OPEN)
    controller, program = (shop / "Controllers/OrdersController.cs").as_uri(), (shop / "Program.cs").as_uri()
    await editor.start(vscode(), [shop])
    editor.open(controller, OPEN_CONTROLLER)
    shown = await hover_at(editor, controller, 11, 28)
    assert shown is not None and isinstance(shown.contents, types.MarkupContent)
    assert shown.contents.kind == types.MarkupKind.Markdown
    first, _, rest = shown.contents.value.partition("\n")
    assert first == "`DELETE /api/Orders/{id}` · **public**"
    assert "Anyone can call it" in rest
    assert f"[OrdersController\\.cs:10]({controller}#L10)" in rest, "a link for each step that has a place"
    assert f"[Program\\.cs:3]({program}#L3)" in rest
    assert shown.range == types.Range(types.Position(11, 25), types.Position(11, 31))


@pytest.mark.asyncio
async def test_its_attributes_count_as_the_action_and_its_neighbourhood_does_not(editor: Editor, shop: Path) -> None:
    controller, _ = await opened(editor, shop, vscode())
    assert await hover_at(editor, controller, 8, 6) is not None
    assert await hover_at(editor, controller, 7, 0) is None
    assert await hover_at(editor, controller, 10, 0) is None


@pytest.mark.asyncio
async def test_a_map_call(editor: Editor, shop: Path) -> None:
    program = PROGRAM.replace("app.Run();", 'app.MapPost("/go", () =>\n{\n    return 1;\n}).RequireAuthorization();\napp.Run();')
    _, main = await opened(editor, shop, vscode(), program)
    shown = await hover_at(editor, main, 8, 6)
    assert shown is not None and isinstance(shown.contents, types.MarkupContent)
    assert shown.contents.value.startswith("`POST /go` · **authenticated**")
    assert await hover_at(editor, main, 10, 6) is None, "the body is not the endpoint's head"


@pytest.mark.asyncio
async def test_plain_text_for_a_client_without_markdown(editor: Editor, shop: Path) -> None:
    controller, _ = await opened(editor, shop, minimal())
    shown = await hover_at(editor, controller, 9, 28)
    assert shown is not None and isinstance(shown.contents, types.MarkupContent)
    assert shown.contents.kind == types.MarkupKind.PlainText
    assert shown.contents.value.startswith("DELETE /api/Orders/{id} · public\n")
    assert "](" not in shown.contents.value


def test_text_of_the_workspace_is_not_markdown() -> None:
    assert escape("[x](command:evil)") == r"\[x\]\(command\:evil\)"
    assert escape("a\n\n# b") == r"a \# b"
    assert code("a`b``c") == "```a`b``c```"
    assert code("`a`") == "`` `a` ``"
    assert prose("`[A]` on [x](y)") == r"`[A]` on \[x\]\(y\)"
    assert prose("one ` tick [x](y)") == r"one \` tick \[x\]\(y\)"

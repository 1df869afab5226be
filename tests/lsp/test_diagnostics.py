"""What is published, when, and to whom: one set of diagnostics for the workspace, sent again only where it changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from tests.lsp.clients import CLIENTS, minimal, neovim, vscode
from tests.lsp.conftest import CONTROLLER, FALLBACK, OPEN, OPEN_CONTROLLER, PROGRAM, SHOP, write_workspace
from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio


async def test_a_diagnostic_is_complete(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    uri = (shop / "Controllers/OrdersController.cs").as_uri()
    editor.open(uri, CONTROLLER)
    [diagnostic] = editor.diagnostics(uri)
    assert editor.marked(uri) == ["Remove"]
    assert diagnostic.source == "routewarden"
    assert diagnostic.code == "AP004"
    assert diagnostic.severity == types.DiagnosticSeverity.Error
    assert "DELETE /api/Orders/{id}" in diagnostic.message
    assert diagnostic.code_description is not None
    assert diagnostic.code_description.href.endswith("/rules/routewarden_rules/ap004_unauthorized_write/rule.md")
    assert set(diagnostic.data) == {"fingerprint"}


async def test_the_page_of_a_diagnostic_exists(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    [diagnostic] = editor.diagnostics((shop / "Controllers/OrdersController.cs").as_uri())
    assert diagnostic.code_description is not None
    repository = Path(__file__).parents[2]
    assert (repository / diagnostic.code_description.href.split("/blob/main/")[1]).is_file()


async def test_a_minimal_client_gets_no_more_than_it_understands(editor: Editor, shop: Path) -> None:
    await editor.start(minimal(), [shop])
    [diagnostic] = editor.diagnostics((shop / "Controllers/OrdersController.cs").as_uri())
    assert (diagnostic.code_description, diagnostic.related_information, diagnostic.data) == (None, None, None)
    assert [params.version for params in editor.published] == [None]


async def test_typing_a_bare_action_draws_a_squiggle_and_a_stance_takes_it_away(editor: Editor, shop: Path) -> None:
    capabilities = vscode()
    assert capabilities.text_document is not None and capabilities.text_document.publish_diagnostics is not None
    capabilities.text_document.publish_diagnostics.version_support = True
    await editor.start(capabilities, [shop])
    uri = (shop / "Controllers/OrdersController.cs").as_uri()
    editor.open(uri, CONTROLLER)
    editor.replace(uri, "Ok();\n}", 'Ok();\n\n    [HttpPost("all")]\n    public IActionResult Add() => Ok();\n}')
    await editor.until(lambda: editor.marked(uri) == ["Remove", "Add"])
    authorize = "[Microsoft.AspNetCore.Authorization.Authorize]"
    editor.replace(uri, "public IActionResult Add", f"{authorize} public IActionResult Add")
    await editor.until(lambda: editor.marked(uri) == ["Remove"])
    assert editor.published[-1].version == editor.versions[uri]


async def test_a_fallback_policy_in_program_clears_the_other_files_at_once(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    controller, program = (shop / "Controllers/OrdersController.cs").as_uri(), (shop / "Program.cs").as_uri()
    assert editor.codes(controller) == ["AP004"]
    editor.open(program, PROGRAM)
    editor.replace(program, "AddAuthorization()", FALLBACK)
    await editor.until(lambda: editor.codes(controller) == [])
    await editor.until(lambda: editor.statuses[-1].findings == 0)
    editor.replace(program, FALLBACK, "AddAuthorization()")
    await editor.until(lambda: editor.codes(controller) == ["AP004"])


async def test_closing_without_saving_brings_the_disk_back(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    uri = (shop / "Controllers/OrdersController.cs").as_uri()
    editor.open(uri, CONTROLLER)
    editor.replace(uri, "[ApiController]", "[ApiController]\n[Microsoft.AspNetCore.Authorization.Authorize]")
    await editor.until(lambda: editor.codes(uri) == [])
    editor.close(uri)
    await editor.until(lambda: editor.codes(uri) == ["AP004"])


async def test_nothing_is_published_twice(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    uri = (shop / "Controllers/OrdersController.cs").as_uri()
    editor.open(uri, CONTROLLER)
    await editor.settle(uri)
    before = len(editor.published)
    for letter in "// a comment below everything":
        editor.edit(uri, ((11, 0), (11, 0), letter))
    await editor.settle(uri)
    assert editor.published[before:] == []
    editor.edit(uri, ((0, 0), (0, 0), "\n"))
    await editor.until(lambda: len(editor.published) > before)
    await editor.settle(uri)
    assert [params.uri for params in editor.published[before:]] == [uri]


async def test_related_places_are_the_trail_and_move_with_the_other_file(editor: Editor, shop: Path) -> None:
    write_workspace(shop, OPEN)
    await editor.start(vscode(), [shop])
    controller, program = (shop / "Controllers/OrdersController.cs").as_uri(), (shop / "Program.cs").as_uri()
    [diagnostic] = editor.diagnostics(controller)
    own, other = diagnostic.related_information or ()
    assert (own.location.uri, own.location.range.start.line) == (controller, 9)
    assert (other.location.uri, other.location.range.start.line) == (program, 2)
    before = len(editor.published)
    editor.open(program, OPEN["Program.cs"])
    editor.edit(program, ((0, 0), (0, 0), "\n\n"))
    await editor.until(lambda: len(editor.published) > before)
    [diagnostic] = editor.diagnostics(controller)
    assert [r.location.range.start.line for r in diagnostic.related_information or ()] == [9, 4]


@pytest.mark.parametrize("client", CLIENTS)
async def test_columns_are_in_the_units_of_the_client(editor: Editor, shop: Path, client: str) -> None:
    await editor.start(CLIENTS[client](), [shop])
    uri = (shop / "Controllers/OrdersController.cs").as_uri()
    editor.open(uri, CONTROLLER)
    editor.replace(uri, "    public IActionResult Remove", "    /* 😋é日 */ public IActionResult Remove")
    await editor.until(lambda: editor.marked(uri) == ["Remove"])


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
async def test_lines_of_files_on_disk(editor: Editor, shop: Path, line_end: str) -> None:
    path = shop / "Controllers/OrdersController.cs"
    path.write_bytes(b"\xef\xbb\xbf" + CONTROLLER.replace("\n", line_end).replace("Shop;", "Shop; // \f\u2028").encode())
    await editor.start(vscode(), [shop])
    [diagnostic] = editor.diagnostics(path.as_uri())
    assert (diagnostic.range.start.line, diagnostic.range.start.character) == (9, 25)


async def test_a_file_that_stays_unreadable_says_so_and_one_that_is_being_typed_does_not(editor: Editor, shop: Path) -> None:
    broken = OPEN_CONTROLLER.replace("Orders", "Broken").replace("(\"Open\")", "").replace("Ok();", "Ok(;")
    write_workspace(shop, {"BrokenController.cs": broken})
    await editor.start(vscode(), [shop])
    uri = (shop / "BrokenController.cs").as_uri()
    [note] = editor.diagnostics(uri)
    assert (note.code, note.severity) == ("partially-analysed", types.DiagnosticSeverity.Information)
    assert editor.statuses[-1].notAnalysed == 1
    editor.open(uri, broken)
    editor.replace(uri, "Ok(;", "Ok();")
    await editor.until(lambda: editor.codes(uri) == [])
    editor.replace(uri, "Ok();", "Ok(;")
    await editor.settle(uri)
    assert editor.codes(uri) == [], "while typing, every file is unreadable for a moment"
    await editor.until(lambda: editor.codes(uri) == ["partially-analysed"])


async def test_a_loose_file_is_analysed_by_itself(editor: Editor, shop: Path, tmp_path: Path) -> None:
    await editor.start(vscode(), [shop])
    uri = (tmp_path / "Loose Controller.cs").as_uri()
    text = CONTROLLER + "\n// no app: the file stands for itself\n"
    editor.open(uri, text)
    assert (await editor.state(uri)).treeEqual
    editor.edit(uri, ((0, 0), (0, 0), "\f\n"))
    assert (await editor.state(uri)).treeEqual
    editor.close(uri)
    await editor.settle(uri)
    assert editor.diagnostics(uri) == []


async def test_views_of_a_file_in_other_schemes_get_no_diagnostics(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    before = len(editor.published)
    uri = "git:/repo/OrdersController.cs?%7B%22ref%22%3A%22HEAD%22%7D"
    editor.open(uri, CONTROLLER)
    assert (await editor.state(uri)).text == CONTROLLER
    assert len(editor.published) == before


async def test_the_clients_own_spelling_of_a_uri_comes_back(editor: Editor, tmp_path: Path) -> None:
    root = write_workspace(tmp_path / "my söp (1)", SHOP)
    await editor.start(vscode(), [root])
    path = "Controllers/OrdersController.cs"
    ours = f"{root.as_uri()}/{path}"
    assert editor.codes(ours) == ["AP004"]
    theirs = ours.replace("(1)", "%281%29").replace("OrdersController", "Orders%43ontroller")
    assert theirs != ours
    editor.open(theirs, CONTROLLER)
    await editor.until(lambda: editor.codes(theirs) == ["AP004"] and editor.codes(ours) == [])
    editor.replace(theirs, "[ApiController]", "[ApiController]\n[Microsoft.AspNetCore.Authorization.Authorize]")
    await editor.until(lambda: editor.codes(theirs) == [])


async def test_open_files_come_first(editor: Editor, shop: Path) -> None:
    files = {f"Many/C{i:03}Controller.cs": CONTROLLER.replace("Orders", f"C{i:03}") for i in range(60)}
    write_workspace(shop, files)
    await editor.start(vscode(), [shop], ready=False)
    uri = (shop / "Many/C059Controller.cs").as_uri()
    editor.open(uri, files["Many/C059Controller.cs"])
    await editor.until(lambda: bool(editor.statuses) and editor.statuses[-1].state == "ready")
    assert editor.published[0].uri == uri
    assert len({params.uri for params in editor.published}) == 61


async def test_pulled_diagnostics_in_place_of_pushed_ones(editor: Editor, shop: Path) -> None:
    result = await editor.start(vscode(), [shop], {"diagnostics": "pull"})
    assert isinstance(result.capabilities.diagnostic_provider, types.DiagnosticOptions)
    assert result.capabilities.diagnostic_provider.inter_file_dependencies
    assert result.capabilities.diagnostic_provider.workspace_diagnostics
    client = editor.client
    uri, program = (shop / "Controllers/OrdersController.cs").as_uri(), (shop / "Program.cs").as_uri()
    report = await client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(previous_result_ids=[]))
    [document] = report.items
    assert isinstance(document, types.WorkspaceFullDocumentDiagnosticReport)
    assert (document.uri, [item.code for item in document.items]) == (uri, ["AP004"])
    known = types.PreviousResultId(uri, str(document.result_id))

    editor.open(uri, CONTROLLER)
    own = await client.text_document_diagnostic_async(
        types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri), previous_result_id=document.result_id)
    )
    assert own.kind == "unchanged"
    # The request for the workspace stays open until something changes.
    waiting = client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(previous_result_ids=[known]))
    editor.open(program, PROGRAM)
    editor.replace(program, "AddAuthorization()", FALLBACK)
    [document] = (await waiting).items
    assert (document.uri, list(document.items)) == (uri, [])  # type: ignore[union-attr]
    own = await client.text_document_diagnostic_async(types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri)))
    assert isinstance(own, types.RelatedFullDocumentDiagnosticReport) and list(own.items) == []
    assert client.diagnostic_refresh_count > 0
    assert editor.published == []


async def test_a_client_that_cannot_pull_is_not_made_to(editor: Editor, shop: Path) -> None:
    result = await editor.start(neovim_without_pull(), [shop], {"diagnostics": "pull"})
    assert result.capabilities.diagnostic_provider is None
    assert len(editor.published) == 1


def neovim_without_pull() -> types.ClientCapabilities:
    capabilities = neovim()
    assert capabilities.text_document is not None
    capabilities.text_document.diagnostic = None
    return capabilities

"""Files, folders and settings that change under a running server, and the cold scan."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lsprotocol import types
from tests.lsp.clients import minimal, vscode
from tests.lsp.conftest import CONTROLLER, FALLBACK, PROGRAM, SHOP, write_workspace
from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio
ORDERS = "Controllers/OrdersController.cs"
AUTHORIZED = CONTROLLER.replace("[ApiController]", "[ApiController]\n[Microsoft.AspNetCore.Authorization.Authorize]")


def tell(editor: Editor, *changes: tuple[str, types.FileChangeType]) -> None:
    editor.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(uri, kind) for uri, kind in changes])
    )


# --- files on disk ---


async def test_changes_on_disk(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    uri = (shop / ORDERS).as_uri()
    assert editor.codes(uri) == ["AP004"]
    (shop / ORDERS).write_text(AUTHORIZED)
    tell(editor, (uri, types.FileChangeType.Changed))
    await editor.until(lambda: editor.codes(uri) == [])

    new = (shop / "Controllers/StockController.cs").as_uri()
    (shop / "Controllers/StockController.cs").write_text(CONTROLLER.replace("Orders", "Stock"))
    tell(editor, (new, types.FileChangeType.Created))
    await editor.until(lambda: editor.codes(new) == ["AP004"])

    (shop / "Controllers/StockController.cs").unlink()
    tell(editor, (new, types.FileChangeType.Deleted))
    await editor.until(lambda: editor.codes(new) == [])


async def test_an_open_document_wins_over_the_disk(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    uri = (shop / ORDERS).as_uri()
    editor.open(uri, CONTROLLER)
    (shop / ORDERS).write_text(AUTHORIZED)
    tell(editor, (uri, types.FileChangeType.Changed))
    editor.edit(uri, ((0, 0), (0, 0), "\n"))
    await editor.until(lambda: [d.range.start.line for d in editor.diagnostics(uri)] == [10])
    editor.close(uri)
    await editor.until(lambda: editor.codes(uri) == [])


async def test_a_folder_that_is_deleted_is_reported_as_a_folder_only(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    uri = (shop / ORDERS).as_uri()
    assert editor.codes(uri) == ["AP004"]
    shutil.rmtree(shop / "Controllers")
    tell(editor, ((shop / "Controllers").as_uri(), types.FileChangeType.Deleted))
    await editor.until(lambda: editor.codes(uri) == [])


async def test_a_folder_that_is_moved_in_is_reported_as_a_folder_only(editor: Editor, shop: Path, tmp_path: Path) -> None:
    elsewhere = write_workspace(tmp_path / "more", {"a/StockController.cs": CONTROLLER.replace("Orders", "Stock")})
    await editor.start(vscode(), [shop])
    shutil.move(elsewhere, shop / "more")
    tell(editor, ((shop / "more").as_uri(), types.FileChangeType.Created))
    await editor.until(lambda: editor.codes((shop / "more/a/StockController.cs").as_uri()) == ["AP004"])


async def test_what_a_build_leaves_behind_is_none_of_ours(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    before = len(editor.published)
    tell(editor, *(((shop / f"obj/x{i}.cache").as_uri(), types.FileChangeType.Created) for i in range(200)))
    write_workspace(shop, {"obj/Debug/Generated.cs": CONTROLLER.replace("Orders", "Generated")})
    tell(editor, ((shop / "obj/Debug/Generated.cs").as_uri(), types.FileChangeType.Created))
    uri = (shop / ORDERS).as_uri()
    (shop / ORDERS).write_text(AUTHORIZED)
    tell(editor, (uri, types.FileChangeType.Changed))
    await editor.until(lambda: editor.codes(uri) == [])
    assert {params.uri for params in editor.published[before:]} == {uri}


async def test_what_is_found_does_not_depend_on_what_is_open(editor: Editor, shop: Path) -> None:
    generated = {
        f"{folder}/Some{number}Controller.cs": CONTROLLER.replace("Orders", f"Some{number}")
        for number, folder in enumerate(("obj/Debug", "ignored", "bin"))
    }
    write_workspace(shop, {".gitignore": "ignored/\n", **generated})
    await editor.start(vscode(), [shop], ready=False)
    first, *others = generated
    editor.open((shop / first).as_uri(), generated[first])  # before the scan knows
    await editor.until(lambda: bool(editor.statuses) and editor.statuses[-1].state == "ready")
    for path in others:
        editor.open((shop / path).as_uri(), generated[path])
        assert (await editor.state((shop / path).as_uri())).text == generated[path]
    assert {params.uri for params in editor.published if params.diagnostics} == {(shop / ORDERS).as_uri()}
    assert await editor.differences() == []


async def test_a_file_made_a_moment_ago_counts_before_the_watcher_says_so(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop])
    (shop / "NewController.cs").write_text("")
    uri = (shop / "NewController.cs").as_uri()
    editor.open(uri, "")
    editor.set_text(uri, CONTROLLER.replace("Orders", "New"))
    await editor.until(lambda: editor.codes(uri) == ["AP004"])
    unsaved = (shop / "UnsavedController.cs").as_uri()
    editor.open(unsaved, CONTROLLER.replace("Orders", "Unsaved"))
    await editor.until(lambda: editor.codes(unsaved) == ["AP004"])
    editor.close(unsaved)
    await editor.until(lambda: editor.codes(unsaved) == [])


async def test_changes_on_disk_during_the_scan_are_not_lost(editor: Editor, tmp_path: Path) -> None:
    root = large(tmp_path / "large")
    await editor.start(vscode(), [root], ready=False)
    await editor.until(lambda: bool(editor.progress))
    (root / "Web/C0Controller.cs").write_text(AUTHORIZED.replace("Orders", "C0"))
    (root / "Web/C1Controller.cs").unlink()
    tell(
        editor,
        ((root / "Web/C0Controller.cs").as_uri(), types.FileChangeType.Changed),
        ((root / "Web/C1Controller.cs").as_uri(), types.FileChangeType.Deleted),
    )
    await editor.until(lambda: editor.statuses[-1].state == "ready" and editor.statuses[-1].endpoints == 40)
    await editor.until(lambda: editor.statuses[-1].findings == 39)
    assert await editor.differences() == []


# --- folders ---


async def test_two_folders_do_not_mix(editor: Editor, tmp_path: Path) -> None:
    one, two = write_workspace(tmp_path / "one", SHOP), write_workspace(tmp_path / "two", SHOP)
    await editor.start(vscode(), [one, two])
    assert editor.statuses[-1].endpoints == 2
    program = (one / "Program.cs").as_uri()
    editor.open(program, PROGRAM)
    editor.replace(program, "AddAuthorization()", FALLBACK)
    await editor.until(lambda: editor.codes((one / ORDERS).as_uri()) == [])
    assert editor.codes((two / ORDERS).as_uri()) == ["AP004"]


async def test_a_folder_comes_and_goes(editor: Editor, tmp_path: Path) -> None:
    one, two = write_workspace(tmp_path / "one", SHOP), write_workspace(tmp_path / "two", SHOP)
    await editor.start(vscode(), [one])
    uri = (two / ORDERS).as_uri()
    editor.open(uri, CONTROLLER)
    await editor.settle(uri)
    folder = types.WorkspaceFolder(two.as_uri(), "two")
    change = types.WorkspaceFoldersChangeEvent(added=[folder], removed=[])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(change))
    await editor.until(lambda: editor.statuses[-1].endpoints == 2)
    assert editor.codes(uri) == ["AP004"]
    editor.edit(uri, ((0, 0), (0, 0), "\n"))
    await editor.until(lambda: [d.range.start.line for d in editor.diagnostics(uri)] == [10])
    change = types.WorkspaceFoldersChangeEvent(added=[], removed=[folder])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(change))
    editor.close(uri)
    await editor.until(lambda: editor.statuses[-1].endpoints == 1 and editor.codes(uri) == [])
    assert editor.codes((one / ORDERS).as_uri()) == ["AP004"]


async def test_a_folder_inside_another_speaks_for_its_files_once(editor: Editor, tmp_path: Path) -> None:
    outer = write_workspace(tmp_path / "outer", {f"src/{path}": text for path, text in SHOP.items()})
    await editor.start(vscode(), [outer, outer / "src"])
    uri = (outer / "src" / ORDERS).as_uri()
    assert [params.uri for params in editor.published] == [uri]
    editor.open(uri, CONTROLLER)
    editor.replace(uri, "[ApiController]", "[ApiController]\n[Microsoft.AspNetCore.Authorization.Authorize]")
    await editor.until(lambda: editor.codes(uri) == [])
    editor.close(uri)
    await editor.until(lambda: editor.codes(uri) == ["AP004"])


# --- settings ---

LOGIN = CONTROLLER.replace('[HttpDelete("{id}")]', '[HttpGet("login")]').replace("Remove(int id) => Ok()", "Login() => Challenge()")


async def test_minimum_confidence_is_asked_for_by_folder(editor: Editor, tmp_path: Path) -> None:
    one = write_workspace(tmp_path / "one", SHOP | {ORDERS: LOGIN})
    two = write_workspace(tmp_path / "two", SHOP | {ORDERS: LOGIN})
    editor.client.set_configuration({"routewarden": {"minimumConfidence": "low"}}, scope_uri=one.as_uri())
    await editor.start(vscode(), [one, two])
    assert len(editor.codes((one / ORDERS).as_uri())) == 1
    assert editor.codes((two / ORDERS).as_uri()) == []
    editor.client.set_configuration({"routewarden": {"minimumConfidence": "high"}}, scope_uri=one.as_uri())
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.until(lambda: editor.codes((one / ORDERS).as_uri()) == [])


async def test_minimum_severity(editor: Editor, shop: Path) -> None:
    (shop / ORDERS).write_text(LOGIN)
    editor.client.set_configuration({"routewarden": {"minimumConfidence": "low", "minimumSeverity": "medium"}})
    await editor.start(vscode(), [shop])
    assert editor.published == []
    editor.client.set_configuration({"routewarden": {"minimumConfidence": "low", "minimumSeverity": "low"}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.until(lambda: len(editor.codes((shop / ORDERS).as_uri())) == 1)


async def test_settings_that_a_client_sends_by_itself(editor: Editor, shop: Path) -> None:
    (shop / ORDERS).write_text(LOGIN)
    await editor.start(minimal(), [shop])
    assert editor.published == []
    settings = {"routewarden": {"minimumConfidence": "low"}}
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=settings))
    await editor.until(lambda: len(editor.codes((shop / ORDERS).as_uri())) == 1)


async def test_a_wrong_setting_is_said_and_has_its_default(editor: Editor, shop: Path) -> None:
    editor.client.set_configuration({"routewarden": {"minimumConfidence": "sky-high"}})
    await editor.start(vscode(), [shop])
    assert editor.codes((shop / ORDERS).as_uri()) == ["AP004"]
    assert any("sky-high" in message for message in editor.said())


# --- the cold scan ---


def large(root: Path) -> Path:
    body = "\n".join(f"    private int M{i}(int a, string b) {{ var c = a + {i}; return c * b.Length; }}" for i in range(120))
    files = {f"Lib/File{i:04}.cs": f"namespace Lib;\npublic class File{i:04}\n{{\n{body}\n}}\n" for i in range(1200)}
    filled = CONTROLLER.replace("{\n    [Http", f"{{\n{body}\n    [Http")
    files |= {f"Web/C{i}Controller.cs": filled.replace("Orders", f"C{i}") for i in range(40)}
    return write_workspace(root, SHOP | files)


async def test_typing_goes_on_during_a_scan_and_half_a_workspace_has_no_findings(editor: Editor, tmp_path: Path) -> None:
    root = large(tmp_path / "large")
    (root / "Program.cs").write_text(PROGRAM.replace("AddAuthorization()", FALLBACK))
    await editor.start(vscode(), [root], ready=False)
    uri = (root / "Lib/File0000.cs").as_uri()
    editor.open(uri, (root / "Lib/File0000.cs").read_text())
    rounds = 0
    while not editor.statuses or editor.statuses[-1].state != "ready":
        editor.edit(uri, ((0, 0), (0, 0), "//\n"))
        state = await editor.state(uri)
        assert state.text == editor.texts[uri]
        rounds += 1
    assert rounds > 5
    kinds = [value["kind"] for value in editor.progress]
    assert kinds[0] == "begin" and kinds[-1] == "end" and "report" in kinds
    assert editor.published == [], "the fallback policy covers them all, but the scan comes to it late"


async def test_a_scan_can_be_cancelled(editor: Editor, tmp_path: Path) -> None:
    root = large(tmp_path / "large")
    await editor.start(vscode(), [root], ready=False)
    await editor.until(lambda: bool(editor.progress))
    [token] = editor.client.progress_reports
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    await editor.until(lambda: editor.statuses[-1].state == "stopped")
    assert editor.progress[-1]["kind"] == "end"
    assert editor.published == []

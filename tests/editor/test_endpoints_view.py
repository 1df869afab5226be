"""The Endpoints view and the lenses: what is listed, how it follows typing, and where a click leads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.editor.workbench import TIMEOUT_MS, OpenWindow, until

pytestmark = pytest.mark.editor

PRODUCTS = "src/Shop.Api/Controllers/ProductsController.cs"
ORDERS = "src/Shop.Api/Controllers/OrdersController.cs"
ALL = {"public": 7, "anonymous": 2, "authenticated": 5, "restricted": 1}


def test_the_register_is_listed_and_a_click_leads_to_the_code(open_window: OpenWindow) -> None:
    window = open_window(trusted=False)  # nothing of the workspace runs for it
    editor = window.workbench
    editor.show_endpoints()
    until(editor.endpoint_groups, lambda seen: seen == ALL, editor.page)
    until(editor.endpoint_rows, lambda rows: "DELETE /api/Products/{id:int}" in rows, editor.page)
    editor.screenshot("listed")
    editor.open_endpoint("DELETE /api/Products/{id:int}")
    line = next(n for n, text in enumerate((window.workspace / PRODUCTS).read_text().splitlines(), 1) if " Delete(" in text)
    expect(editor.page.locator(".tab.active")).to_contain_text("ProductsController.cs", timeout=TIMEOUT_MS)
    expect(editor.page.locator(f'.statusbar-item-label:has-text("Ln {line}, Col")')).to_be_visible(timeout=TIMEOUT_MS)
    until(editor.lenses, lambda seen: "DELETE /api/Products/{id:int} · public" in seen, editor.page)
    editor.screenshot("opened")


def test_the_list_is_filtered(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    editor.show_endpoints()
    until(editor.endpoint_groups, lambda seen: seen == ALL, editor.page)
    editor.pick("F1", ">RouteWarden: Filter Endpoints by Text", "Filter Endpoints by Text", keep_open=True)
    editor.answer("stock")
    until(editor.endpoint_rows, lambda rows: rows == ["GET /stock/{sku}", "PUT /stock/{sku}"], editor.page)
    expect(editor.page.locator(".pane-body").get_by_text("2 of 15 endpoints: “stock”")).to_be_visible(timeout=TIMEOUT_MS)
    editor.screenshot("by-text")
    editor.run_command("RouteWarden: Clear Endpoint Filters")
    until(editor.endpoint_groups, lambda seen: seen == ALL, editor.page)
    editor.choose("RouteWarden: Filter Endpoints by Method...", ["DELETE"])
    until(editor.endpoint_groups, lambda seen: seen == {"public": 1, "restricted": 1}, editor.page)
    editor.choose("RouteWarden: Filter Endpoints by Access...", ["restricted"])
    until(editor.endpoint_rows, lambda rows: rows == ["DELETE /api/Orders/{id:int}"], editor.page)
    editor.screenshot("by-method-and-access")


def test_list_and_lenses_follow_what_is_typed(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    editor.open_file(PRODUCTS)
    editor.show_endpoints()
    until(editor.endpoint_groups, lambda seen: seen == ALL, editor.page)
    text = (window.workspace / PRODUCTS).read_text()
    editor.focus_editor()
    editor.go_to_line(text.count("\n"))
    editor.type('\n    [HttpPost("{id}/image")]\n    public IActionResult AddImage(int id) => NoContent();\n')
    until(editor.endpoint_groups, lambda seen: seen == ALL | {"public": 8}, editor.page)
    until(editor.lenses, lambda seen: "POST /api/Products/{id}/image · public" in seen, editor.page)
    editor.screenshot("typed")

    lines = text.splitlines()
    editor.go_to_line(next(n for n, line in enumerate(lines, 1) if line.startswith("[ApiController]")))
    editor.type("[Microsoft.AspNetCore.Authorization.Authorize]\n")
    until(editor.endpoint_groups, lambda seen: seen["authenticated"] == 11 and seen["public"] == 2, editor.page)
    until(editor.lenses, lambda seen: "GET /api/Products · authenticated" in seen, editor.page)


def test_a_lens_explains_and_a_setting_turns_it_off(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    editor.open_file(ORDERS)
    until(editor.lenses, lambda seen: "GET /api/Orders · authenticated" in seen, editor.page)
    editor.screenshot("lenses")
    editor.page.locator(".codelens-decoration a").filter(has_text="GET /api/Orders · authenticated").first.click()
    shown = editor.page.locator(".monaco-hover:visible .monaco-hover-content")
    expect(shown.first).to_contain_text("ApiControllerBase.cs", timeout=TIMEOUT_MS)
    editor.screenshot("explained")
    folder_settings = window.workspace / ".vscode" / "settings.json"
    folder_settings.parent.mkdir()
    folder_settings.write_text('{"routewarden.codeLens": false}')
    until(editor.lenses, lambda seen: seen == [], editor.page)


def test_settings_of_the_repository_count_while_they_are_typed(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    (window.workspace / "routewarden.toml").write_text("")
    editor.show_problems()
    until(lambda: [p.code for p in editor.problems()], lambda codes: "AP004" in codes, editor.page)
    editor.open_file("routewarden.toml")
    editor.type('exclude = ["src/"]\n')
    until(editor.has_no_problems, bool, editor.page)
    editor.type("exlude = []\n")
    until(lambda: [p.message for p in editor.problems()], lambda said: any("did you mean" in m for m in said), editor.page)
    editor.screenshot("problem")


def test_without_a_folder_the_view_says_what_to_do(open_window: OpenWindow, workspace: Path) -> None:
    window = open_window(folder=False)
    editor = window.workbench
    editor.show_endpoints()
    expect(editor.page.get_by_text(re.compile("Open the folder of an ASP.NET Core application"))).to_be_visible(timeout=TIMEOUT_MS)
    editor.screenshot("no-folder")

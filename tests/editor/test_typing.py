"""What a developer sees: gaps of files never opened, a squiggle as they type, and a fix that makes it go."""

from __future__ import annotations

import re
import shutil
from collections import Counter

import pytest
from playwright.sync_api import expect
from tests.editor.workbench import TIMEOUT_MS, OpenWindow, Window, until

pytestmark = pytest.mark.editor

PRODUCTS = "ProductsController.cs"
STOCK = "StockEndpoints.cs"
UNDECLARED = ("AP001", "AP004", "AP008")  # the rules about access that nobody declared


def undeclared(window: Window) -> Counter[str]:
    """How many endpoints without a declared access the Problems panel lists, by file."""
    return Counter(row.file for row in window.workbench.problems() if row.code in UNDECLARED)


def test_problems_of_files_never_opened(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    editor.show_problems()
    until(lambda: undeclared(window), lambda seen: seen == {PRODUCTS: 5, STOCK: 2}, editor.page)
    editor.screenshot("problems")
    until(editor.status, lambda text: "RouteWarden: " in text and "finding" in text, editor.page)
    assert editor.page.locator(".tab").count() == 0  # nothing is open

    # ... and what found them is the program in the extension, which has no Python to lean on.
    (server,) = window.server_processes()
    assert "/bundled/server/" in server.exe()
    for process in (window.code_server, server):
        path = process.environ()["PATH"]
        assert shutil.which("python3", path=path) is None, path
        assert shutil.which("python", path=path) is None, path


def test_a_bare_action_gets_a_squiggle_and_a_fix(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    path = f"src/Shop.Api/Controllers/{PRODUCTS}"
    text = (window.workspace / path).read_text()
    last = text.count("\n")
    action = '\n    [HttpDelete("{id}/image")]\n    public IActionResult DropImage(int id) => NoContent();\n'
    editor.show_problems()  # for the picture in the README: docs/images/editor.png is the one of the quick fixes
    until(lambda: undeclared(window), lambda seen: seen == {PRODUCTS: 5, STOCK: 2}, editor.page)
    editor.open_file(path)
    until(lambda: editor.squiggles_on("ActionResult<Product> Get("), bool, editor.page)

    editor.go_to_line(last)
    editor.type(action)
    until(lambda: editor.squiggles_on("DropImage"), bool, editor.page)
    # While it was typed the file could not be read entirely, and was said to be so; now it can.
    until(editor.status_detail, lambda said: "8 findings" in said and "not fully analysed" not in said, editor.page)
    editor.screenshot("squiggle")

    editor.go_to_line(last + 2, 30)  # in the name
    titles = editor.quick_fixes()
    editor.screenshot("quick-fixes")
    assert titles[0] == "Add [Authorize] to DropImage"
    assert 'Add [Authorize(Policy = "Manager")] to DropImage' in titles  # registered in Program.cs
    editor.apply_quick_fix("Add [Authorize] to DropImage")

    until(lambda: editor.squiggles_on("DropImage"), lambda count: count == 0, editor.page)
    editor.screenshot("fixed")
    editor.save()
    fixed = text.removesuffix("}\n") + action.replace("    [HttpDelete", "    [Authorize]\n    [HttpDelete") + "}\n"
    using = "using Microsoft.AspNetCore.Authorization;\n"
    until((window.workspace / path).read_text, lambda saved: saved == using + fixed, editor.page)


def test_a_fallback_policy_clears_the_other_files(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    path = "src/Shop.Api/Program.cs"
    lines = (window.workspace / path).read_text().splitlines()
    before = next(number for number, line in enumerate(lines, 1) if "options.AddPolicy" in line)
    editor.show_problems()
    until(lambda: undeclared(window), lambda seen: seen == {PRODUCTS: 5, STOCK: 2}, editor.page)

    editor.open_file(path)
    editor.go_to_line(before)
    editor.type("    options.FallbackPolicy = options.DefaultPolicy;\n")
    until(editor.has_no_problems, bool, editor.page)
    until(editor.status, lambda text: "no findings" in text, editor.page)
    editor.screenshot("cleared")

    editor.run_command("File: Revert File")
    until(lambda: undeclared(window), lambda seen: seen == {PRODUCTS: 5, STOCK: 2}, editor.page)


def test_hover_says_who_may_call_and_why(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    path = "src/Shop.Api/Controllers/OrdersController.cs"
    lines = (window.workspace / path).read_text().splitlines()
    number, line = next((n, text) for n, text in enumerate(lines, 1) if "List()" in text)
    editor.open_file(path)
    until(editor.status, lambda text: "finding" in text, editor.page)
    editor.go_to_line(number, line.index("List()") + 2)
    language = editor.page.get_by_role("button", name=re.compile("Editor Language Status: RouteWarden: 7 findings"))
    expect(language).to_be_visible(timeout=TIMEOUT_MS)
    text = editor.hover()
    editor.screenshot("hover")
    assert "GET /api/Orders" in text
    assert "authenticated" in text
    assert "ApiControllerBase.cs" in text  # the trail leads to the base class


def test_a_setting_reaches_the_server_while_it_runs(open_window: OpenWindow) -> None:
    window = open_window(settings={"routewarden.minimumSeverity": "critical"})
    editor = window.workbench
    editor.show_problems()
    until(lambda: undeclared(window), lambda seen: seen == {PRODUCTS: 1}, editor.page)

    folder_settings = window.workspace / ".vscode" / "settings.json"
    folder_settings.parent.mkdir()
    folder_settings.write_text('{"routewarden.minimumSeverity": "high"}')
    until(lambda: undeclared(window), lambda seen: seen == {PRODUCTS: 3, STOCK: 1}, editor.page)

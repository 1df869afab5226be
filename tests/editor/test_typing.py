"""What a developer sees: gaps of files never opened, a squiggle as they type, and a fix that makes it go."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
from tests.editor.workbench import OpenWindow, Window, until

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
    lines = (window.workspace / path).read_text().splitlines()
    last = len(lines)
    assert lines[-1] == "}"
    editor.open_file(path)
    until(lambda: editor.squiggles_on("[HttpPost]") + editor.squiggles_on("Create("), bool, editor.page)

    editor.go_to_line(last)
    editor.type('\n    [HttpDelete("{id}/image")]\n    public IActionResult DropImage(int id) => NoContent();\n')
    until(lambda: editor.squiggles_on("DropImage"), bool, editor.page)
    editor.screenshot("squiggle")

    editor.go_to_line(last + 2, 30)  # in the name
    titles = editor.quick_fixes()
    assert any("[Authorize]" in title and "DropImage" in title for title in titles), titles
    assert any('[Authorize(Policy = "Manager")]' in title for title in titles), titles  # registered in Program.cs
    editor.screenshot("quick-fixes")
    editor.apply_quick_fix("Add [Authorize] to DropImage")

    until(lambda: editor.squiggles_on("DropImage"), lambda count: count == 0, editor.page)
    assert editor.line("using Microsoft.AspNetCore.Authorization;").is_visible() or editor.line("[Authorize]").is_visible()
    editor.screenshot("fixed")


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
    until(lambda: undeclared(window), lambda seen: not seen, editor.page)
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
    text = editor.hover()
    editor.screenshot("hover")
    assert "GET /api/Orders" in text
    assert "authenticated" in text
    assert "ApiControllerBase.cs" in text  # the trail leads to the base class

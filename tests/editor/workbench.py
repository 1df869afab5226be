"""VS Code in a browser, driven as a person would: keys, clicks, and what is on the screen.

Invariant: every wait is for something that can be seen, with a time limit that fails the test; nothing sleeps. What the tests ask
for is text and places, so that the names of VS Code's elements stand in this module only.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import psutil
from playwright.sync_api import Locator, Page, expect

ARTIFACTS = Path(__file__).parent / "artifacts"
TIMEOUT_MS = 30_000
Seen = TypeVar("Seen")

# What changes while it is looked at is read in one step, within the page.
READ_ROWS = """rows => rows.map(row => [
    row.getAttribute('aria-label') || '',
    (row.querySelector('.marker-code') || {}).textContent || '',
])"""
HAS_BULB = """() => {
    const middle = element => { const box = element.getBoundingClientRect(); return box.top + box.height / 2; };
    const cursor = document.querySelector('.editor-instance .cursors-layer .cursor');
    const bulbs = [...document.querySelectorAll('.editor-instance :is(.lightBulbWidget, [class*=gutter-lightbulb])')];
    return cursor !== null && bulbs.some(bulb => {
        const { top, bottom } = bulb.getBoundingClientRect();
        return top <= middle(cursor) && middle(cursor) <= bottom;
    });
}"""
COUNT_SQUIGGLES = """text => {
    const middle = element => { const box = element.getBoundingClientRect(); return box.top + box.height / 2; };
    // The editor draws spaces as no-break spaces.
    const lines = [...document.querySelectorAll('.editor-instance .view-line')];
    const line = lines.find(line => line.textContent.replaceAll('\\u00a0', ' ').includes(text));
    if (!line) return 0;
    const { top, bottom } = line.getBoundingClientRect();
    const marks = [...document.querySelectorAll('.editor-instance :is(.squiggly-error, .squiggly-warning)')];
    return marks.filter(mark => top <= middle(mark) && middle(mark) < bottom).length;
}"""


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of the Problems panel. `severity`: "error", "warning" or "info"."""

    file: str  # "ProductsController.cs"
    severity: str
    code: str  # "AP004"
    message: str
    line: int


class Workbench:
    """One window. Methods return when their effect is on the screen."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.shots = 0

    # --- what is on the screen ---

    def status(self) -> str:
        """The text of RouteWarden's item in the status bar."""
        item = self.page.locator('.statusbar-item[id$="routewarden.status"] .statusbar-item-label')
        return item.inner_text().strip() if item.count() else ""

    def status_detail(self) -> str:
        """What a screen reader says of RouteWarden's item: with the counts."""
        item = self.page.locator('.statusbar-item[id$="routewarden.status"]')
        return (item.get_attribute("aria-label") or "") if item.count() else ""

    def problems(self) -> list[Problem]:
        """The rows of the open Problems panel, by file."""
        found: list[Problem] = []
        file = ""
        for label, code in self.page.locator(".markers-panel .monaco-list-row").evaluate_all(READ_ROWS):
            if of_file := re.match(r"\d+ problems? in file (.+?) of folder", label):
                file = of_file[1]
            elif of_marker := re.match(r"(\w+): (.+) at line (\d+) and character \d+", label, re.DOTALL):
                found.append(Problem(file, of_marker[1].lower(), code, of_marker[2], int(of_marker[3])))
        return found

    def has_no_problems(self) -> bool:
        """Whether the open Problems panel says so; while it is drawn anew it has no rows for a moment."""
        return self.page.locator(".markers-panel").get_by_text("No problems have been detected").is_visible()

    def squiggles_on(self, text: str) -> int:
        """How many underlined stretches lie on the line of the active editor that contains `text`."""
        return int(self.page.evaluate(COUNT_SQUIGGLES, text))

    def line(self, text: str) -> Locator:
        """The line of the active editor that contains `text`; it has to be in view."""
        # The editor draws spaces as no-break spaces.
        drawn = re.compile(re.escape(text).replace(r"\ ", "[ \u00a0]"))
        return self.page.locator(".editor-instance .view-line").filter(has_text=drawn).first

    def notification(self, text: str) -> Locator:
        return self.page.locator(".notification-list-item").filter(has_text=text).first

    # --- what a person does ---

    def open_file(self, path: str) -> None:
        self.pick("Control+P", path, Path(path).name)
        expect(self.page.locator(".tab.active")).to_contain_text(Path(path).name, timeout=TIMEOUT_MS)
        expect(self.page.locator(".editor-instance .view-line").first).to_be_visible(timeout=TIMEOUT_MS)

    def run_command(self, title: str) -> None:
        self.pick("F1", f">{title}", title)

    def go_to_line(self, line: int, column: int = 1) -> None:
        self.pick("Control+G", f":{line}:{column}", None)
        expect(self.page.locator(f'.statusbar-item-label:has-text("Ln {line}, Col {column}")')).to_be_visible()

    def pick(self, key: str, text: str, row: str | None, *, keep_open: bool = False) -> None:
        """Open a quick pick by `key`, type `text`, and take the first row once it shows `row`.

        `keep_open`: what is picked asks for something else in the same place.
        """
        box = self.page.locator(".quick-input-widget input[type=text]").first
        self.page.keyboard.press(key)
        expect(box).to_be_visible(timeout=TIMEOUT_MS)
        box.fill(text)
        if row is not None:
            first = self.page.locator(".quick-input-widget .monaco-list-row").first
            expect(first).to_contain_text(row, timeout=TIMEOUT_MS)
        self.page.keyboard.press("Enter")
        if keep_open:
            expect(box).not_to_have_value(text, timeout=TIMEOUT_MS)
            expect(box).to_be_visible(timeout=TIMEOUT_MS)
        else:
            expect(box).to_be_hidden(timeout=TIMEOUT_MS)

    def type(self, text: str) -> None:
        """Type at the cursor, key by key."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.page.keyboard.press("Enter")
            self.page.keyboard.type(line)

    def save(self) -> None:
        self.page.keyboard.press("Control+S")
        expect(self.page.locator(".tab.active.dirty")).to_have_count(0, timeout=TIMEOUT_MS)

    # --- endpoints ---

    def show_endpoints(self) -> None:
        self.page.get_by_role("tab", name=re.compile("^RouteWarden")).click()
        expect(self.page.locator(".sidebar .composite.title")).to_contain_text("Endpoints", ignore_case=True, timeout=TIMEOUT_MS)

    def endpoint_groups(self) -> dict[str, int]:
        """The rows of the Endpoints view that stand for an access: how many endpoints each has."""
        rows = (re.match(r"(\w+), (\d+) endpoints?\.", label) for label in self._view_labels())
        return {row[1]: int(row[2]) for row in rows if row is not None}

    def endpoint_rows(self) -> list[str]:
        """Labels of the endpoints that the view shows."""
        return [label.rpartition(",")[0] for label in self._view_labels() if re.match(r"[A-Z,]+ /", label)]

    def open_endpoint(self, label: str) -> None:
        self.page.locator(".sidebar .monaco-list-row").filter(has_text=label).first.click()

    def lenses(self) -> list[str]:
        """The texts of the code lenses in view."""
        found = self.page.locator(".editor-instance .codelens-decoration > :is(a, span)").all_inner_texts()
        return [text.strip().replace("\u00a0", " ") for text in found if text.strip() not in ("", "|")]

    def _view_labels(self) -> list[str]:
        labels = self.page.locator(".sidebar .monaco-list-row").evaluate_all("rows => rows.map(r => r.getAttribute('aria-label') || '')")
        return [str(label) for label in labels]

    def focus_editor(self) -> None:
        self.run_command("View: Focus Active Editor Group")

    def answer(self, text: str) -> None:
        """Type into the open input box and accept."""
        box = self.page.locator(".quick-input-widget input[type=text]").first
        box.fill(text)
        self.page.keyboard.press("Enter")
        expect(box).to_be_hidden(timeout=TIMEOUT_MS)

    def choose(self, command: str, labels: list[str]) -> None:
        """Run a command that asks for several of a list, and take these."""
        self.pick("F1", f">{command}", command, keep_open=True)
        for label in labels:
            self.page.mouse.move(5, 5)  # a row under the pointer has a tip that covers others
            self.page.locator(".quick-input-widget input[type=text]").first.fill(label)
            rows = self.page.locator(".quick-input-widget .monaco-list-row")
            expect(rows.first).to_contain_text(label, timeout=TIMEOUT_MS)
            rows.filter(has=self.page.get_by_text(label, exact=True)).first.click(position={"x": 12, "y": 8})
        self.page.locator(".quick-input-widget").get_by_role("button", name="OK").click()
        expect(self.page.locator(".quick-input-widget")).to_be_hidden(timeout=TIMEOUT_MS)

    def show_problems(self) -> None:
        self.run_command("Problems: Focus on Problems View")
        expect(self.page.locator(".markers-panel")).to_be_visible(timeout=TIMEOUT_MS)

    def quick_fixes(self) -> list[str]:
        """Open the menu of quick fixes at the cursor, once the light bulb offers it: its titles."""
        # VS Code asks for the bulb a moment after the cursor has moved, and drops a menu that is asked for meanwhile.
        until(lambda: bool(self.page.evaluate(HAS_BULB)), bool, self.page)
        self.page.keyboard.press("Control+.")
        expect(self._fixes().first).to_be_visible(timeout=TIMEOUT_MS)
        return [title.strip() for title in self._fixes().all_inner_texts()]

    def apply_quick_fix(self, title: str) -> None:
        self._fixes().filter(has_text=title).first.click()
        expect(self._fixes()).to_have_count(0, timeout=TIMEOUT_MS)

    def _fixes(self) -> Locator:
        return self.page.locator(".action-widget .monaco-list-row.action")

    def hover(self) -> str:
        """What the hover at the cursor says."""
        self.page.keyboard.press("Control+K")
        self.page.keyboard.press("Control+I")
        shown = self.page.locator(".monaco-hover:visible .monaco-hover-content")
        expect(shown.first).to_contain_text("·", timeout=TIMEOUT_MS)
        return shown.first.inner_text()

    def screenshot(self, name: str) -> Path:
        self.shots += 1
        path = ARTIFACTS / f"{self.name}-{self.shots}-{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path


@dataclass(frozen=True, slots=True)
class Window:
    """A window of VS Code on a copy of the sample workspace."""

    workbench: Workbench
    workspace: Path
    code_server: psutil.Process

    def server_processes(self) -> list[psutil.Process]:
        """The language servers that this window's extension host has started."""
        found = []
        for process in self.code_server.children(recursive=True):
            try:
                if process.status() != psutil.STATUS_ZOMBIE and process.cmdline()[1:2] == ["lsp"]:
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found


class OpenWindow(Protocol):
    """Opens VS Code on the test's workspace. At most once a test."""

    def __call__(self, *, trusted: bool = True, settings: dict[str, object] | None = None, folder: bool = True) -> Window: ...


def until(see: Callable[[], Seen], wanted: Callable[[Seen], bool], page: Page, seconds: float = TIMEOUT_MS / 1000) -> Seen:
    """What `see` gives, once it is `wanted`. Fails with the last thing seen. The browser runs on in between."""
    deadline = time.monotonic() + seconds
    while True:
        seen = see()
        if wanted(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {seconds} s; last: {seen!r}")
        page.evaluate("() => new Promise(done => requestAnimationFrame(done))")  # the next frame

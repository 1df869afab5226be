"""Writes today's findings and fixed texts into the pages: look at the diff before you believe it."""

from __future__ import annotations

from pathlib import Path

from tests.rules.analysed import all_fixed, encoded, label_of, seen_as_written
from tests.rules.scenario import Label, Scenario, pages, path_of, read_scenarios, with_labels


def rewrite_pages() -> None:
    for page in pages():
        rewrite(page)


def rewrite(page: Path) -> None:
    """The page with the labels and fixed blocks that the product gives today."""
    lines = page.read_text("utf-8").split("\n")
    replaced: list[tuple[int, int, list[str]]] = []
    for scenario in read_scenarios(page):
        seen = seen_as_written(scenario)
        found = [label_of(finding, seen) for finding in seen.findings]
        for block in scenario.blocks:
            if block.role not in ("bad", "fixed"):
                continue
            text = new_text(scenario, block.role, path_of(block), block.options.get("fix", ""), found)
            replaced.append((block.line, block.line + block.text.count("\n"), text.rstrip("\n").split("\n")))
    for start, end, new in sorted(replaced, reverse=True):
        lines[start:end] = new
    page.write_text("\n".join(lines), "utf-8")


def new_text(scenario: Scenario, role: str, path: str, fix_id: str, found: list[Label]) -> str:
    if role == "bad":
        return with_labels(scenario.files[path], [label for label in found if label.path == path])
    return str(all_fixed(scenario, fix_id, encoded(scenario.files)).text(path))

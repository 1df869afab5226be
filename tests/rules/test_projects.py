"""Small real-looking projects: every gap that a reviewer reports is found, and nothing else of the rule that the folder is named after.

`projects/RULE-NN-slug/expect.json` has `findings` (file, line, `alt` = other places where the gap may be reported) and `silent`. A row is met once; a
finding on an action counts at its name. Invariant: what is analysed has no expect.json beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from routewarden.analysis.project import Project

PROJECTS = sorted(Path(__file__).with_name("projects").iterdir())


def found(folder: Path) -> list[tuple[str, int]]:
    """(file, line) of each finding of the folder's rule."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "expect.json"}
    project = Project.in_memory(files)
    rule = folder.name.split("-", 1)[0]
    places = []
    for path, findings in project.findings().items():
        for finding in findings:
            span, text = project.locate(finding.site), project.text(path)
            if finding.rule == rule and span is not None and text is not None:
                places.append((path, text.line_of(span.start) + 1))
    return places


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_what_a_reviewer_reports_and_nothing_else(folder: Path) -> None:
    expected = json.loads((folder / "expect.json").read_text("utf-8"))
    rows = [{(row["file"], row["line"]), *((file, line) for file, line in row.get("alt", ()))} for row in expected["findings"]]
    noise = []
    for place in found(folder):
        met = next((row for row in rows if place in row), None)
        if met is None:
            noise.append(place)
        else:
            rows.remove(met)
    assert not rows, "missed"
    assert not noise

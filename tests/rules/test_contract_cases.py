"""The AP301 and AP302 cases of ../shared/rulecases (see its README.md): every row met and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from routewarden.analysis.files import DiskFiles, FileListing, FileSystem
from routewarden.analysis.project import Project
from routewarden.report.view import placed_findings

CASES = sorted(p.parent for p in (Path(__file__).parent / "contract_cases").glob("*/expect.json"))
JUDGED = {"AP301": ("AP301", "AP303"), "AP302": ("AP302",)}  # by the first part of a case's name


class WithoutAnswers(FileSystem):
    """A case as the product sees it: without the file that holds the answers."""

    def __init__(self, case: Path) -> None:
        self.files = DiskFiles(case)

    def list(self) -> FileListing:
        return self.files.list()

    def read(self, path: str) -> bytes:
        if path == "expect.json":
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.files.read(path)


def test_the_cases_are_there() -> None:
    assert len(CASES) == 8


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    rules = JUDGED[case.name[:5]]
    found = {(p.finding.rule, p.place.path, p.place.line) for p in placed_findings(Project(WithoutAnswers(case))) if p.finding.rule in rules}
    rows = json.loads((case / "expect.json").read_text("utf-8"))["findings"]
    open_rows = [{(row["rule"], row["file"], row["line"]), *((row["rule"], file, line) for file, line in row["alt"])} for row in rows]
    noise = []
    for finding in sorted(found):
        met = next((row for row in open_rows if finding in row), None)
        if met is None:
            noise.append(finding)
        else:
            open_rows.remove(met)
    assert not noise
    assert not open_rows

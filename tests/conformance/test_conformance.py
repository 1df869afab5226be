"""The register of each small app is what ASP.NET Core 10 measured it to be (`cases/*/truth.json`, see ../shared/conformance/README.md).

Where it is not, `deviations.toml` says which operation and why; an entry that no longer deviates fails as well.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from tests.conformance.scorer import deviations

from routewarden.analysis.project import Project

HERE = Path(__file__).parent
# `cases` are those of ../shared; `own` are ours, measured with `../shared/dotnet/oracle truth DIR`.
CASES = sorted(p.parent for folder in ("cases", "own") for p in (HERE / folder).glob("*/truth.json"))
ALLOWED: dict[str, dict[str, str]] = tomllib.loads((HERE / "deviations.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    truth = json.loads((case / "truth.json").read_text(encoding="utf-8"))
    found = deviations(truth, Project.on_disk(case).register.endpoints)
    assert found == sorted(ALLOWED.get(case.name, {}))


def test_cases_are_there() -> None:
    assert sum(case.parent.name == "cases" for case in CASES) == 74
    assert sum(case.parent.name == "own" for case in CASES) >= 14
    assert set(ALLOWED) <= {case.name for case in CASES}
    assert all(reason.strip() for entries in ALLOWED.values() for reason in entries.values())

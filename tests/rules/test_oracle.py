"""Every example compiles, and still does after each of its fixes: asked of Roslyn with the options of Microsoft.NET.Sdk.Web."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.rules.analysed import Files, analyse, encoded, fixed_files, rules_of
from tests.rules.oracle import Compiler, compiler, oracle_path
from tests.rules.scenario import Scenario, scenarios

from routewarden.text.source import SourceText

ORACLE = oracle_path()
SCENARIOS = scenarios()

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.xdist_group("oracle"),
    pytest.mark.skipif(ORACLE is None, reason="no .NET oracle: neither ../shared/dotnet nor ROUTEWARDEN_ORACLE"),
]


@pytest.fixture(scope="module")
def roslyn() -> Iterator[Compiler]:
    assert ORACLE is not None
    with compiler(ORACLE) as found:
        yield found


def decoded(files: Files) -> dict[str, str]:
    return {path: str(SourceText.from_bytes(data)) for path, data in files.items()}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_an_example_compiles(scenario: Scenario, roslyn: Compiler) -> None:
    assert roslyn.errors(scenario.files) == []


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if any(label.has_fix for label in s.labels)], ids=lambda scenario: scenario.name)
def test_every_fix_compiles(scenario: Scenario, roslyn: Compiler) -> None:
    before = analyse(encoded(scenario.files), rules_of(scenario), scenario.config)
    fixes = [(finding, fix) for finding in before.findings for fix in finding.fixes]
    assert fixes
    for finding, fix in fixes:
        errors = roslyn.errors(decoded(fixed_files(fix, before)))
        assert errors == [], f"{finding.message}\nafter {fix.title}"

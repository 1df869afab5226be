"""Every example of every page and case, as `scenario` reads them. ROUTEWARDEN_UPDATE=1 rewrites labels and fixed
blocks instead.
"""

from __future__ import annotations

import os

import pytest
from tests.rules.analysed import all_fixed, analyse, encoded, fixed_files, label_of, rules_of, seen_as_written
from tests.rules.scenario import Scenario, scenarios
from tests.rules.update import rewrite_pages

from routewarden.analysis.files import kind_of
from routewarden.analysis.finding import (
    AddCondition,
    EmptyValue,
    Finding,
    RemoveAttribute,
    RemoveCall,
    RemoveComment,
    RemoveOperation,
    RemoveStatement,
    ReplaceAttribute,
    ReplaceCall,
    SetValue,
    UseSetting,
)
from routewarden.facts.openapi import read_openapi
from routewarden.facts.settings import read_data
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText

if os.environ.get("ROUTEWARDEN_UPDATE"):
    rewrite_pages()
SCENARIOS = scenarios()

TAKING_AWAY = (
    AddCondition, RemoveAttribute, ReplaceAttribute, RemoveCall, RemoveComment, RemoveOperation, EmptyValue, UseSetting, SetValue, RemoveStatement,
    ReplaceCall,
)

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
each_variant = pytest.mark.parametrize(
    ("newline", "bom"), [("\n", False), ("\r\n", False), ("\r\n", True)], ids=["lf", "crlf", "crlf-bom"]
)


@each_variant
@each_scenario
def test_findings_are_the_labels(scenario: Scenario, newline: str, bom: bool) -> None:
    seen = seen_as_written(scenario, newline, bom)
    todo = {path for path, role in scenario.roles.items() if role.startswith("todo-")}
    found = [label for label in (label_of(finding, seen) for finding in seen.findings) if label.path not in todo]
    noisy = [f"noisy:   {label}" for label in found if label not in scenario.labels]
    missing = [f"missing: {label}" for label in scenario.labels if label not in found]
    assert not noisy + missing, "\n" + "\n".join(noisy + missing)
    assert len(found) == len(set(found)), "the same finding twice"


@each_scenario
def test_known_misses_and_known_noise_are_still_there(scenario: Scenario) -> None:
    reported = {finding.site.path for finding in seen_as_written(scenario).findings}
    for path, role in scenario.roles.items():
        if role == "todo-bad":
            assert path not in reported, f"{path} is found now: make it `bad`"
        if role == "todo-good":
            assert path in reported, f"{path} is silent now: make it `good`"


@each_scenario
def test_the_code_of_an_example_has_no_syntax_error(scenario: Scenario) -> None:
    for path, text in scenario.files.items():
        if path.endswith(".cs"):
            assert not parse(SourceText.from_str(text)).errors, path


FIXED = [(scenario, fix_id) for scenario in SCENARIOS for fix_id in scenario.fixed]


@each_variant
@pytest.mark.parametrize(("scenario", "fix_id"), FIXED, ids=[f"{s.name} [{f or 'preferred'}]" for s, f in FIXED])
def test_a_fix_gives_exactly_the_fixed_block(scenario: Scenario, fix_id: str, newline: str, bom: bool) -> None:
    after = all_fixed(scenario, fix_id, encoded(scenario.files, newline, bom))
    assert after.files == encoded({**scenario.files, **scenario.fixed[fix_id]}, newline, bom)
    assert not [f for f in after.findings if not asks_why(f, fix_id)]


def error_in(path: str, text: SourceText) -> str:
    return read_data(path, text).error if kind_of(path) == "settings" else read_openapi(path, text).error


def asks_why(finding: Finding, fix_id: str) -> bool:
    """A write that is open on purpose is the question that comes after the one which "it is meant to be public" answers."""
    return fix_id == "allow-anonymous" and finding.rule == "AP002"


@each_variant
@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.labels], ids=lambda scenario: scenario.name)
def test_every_fix_mends_its_finding_and_nothing_else(scenario: Scenario, newline: str, bom: bool) -> None:
    before = seen_as_written(scenario, newline, bom)
    for finding in before.findings:
        for fix in finding.fixes:
            files = fixed_files(fix, before)
            assert files != before.files, f"{fix.id} does nothing"
            edits = before.project.edits(fix)
            if not any(isinstance(step, TAKING_AWAY) for step in fix.steps):
                assert all(e.start == e.end for path in edits for e in edits[path]), f"{fix.id} takes text away"
            for path in edits:
                text = SourceText.from_bytes(files[path])
                broken = parse(text).errors if path.endswith(".cs") else error_in(path, text)
                assert not broken, f"{path} after {fix.id}"
                assert text.had_bom == bom
                if newline == "\r\n":
                    assert text.data.count(b"\n") == text.data.count(b"\r\n")
            after = analyse(files, rules_of(scenario), scenario.config)
            gone = {f.fingerprint for f in before.findings} - {f.fingerprint for f in after.findings}
            assert (finding.fingerprint in gone) == fix.mends, f"{fix.id} leaves its finding, or mends it and does not say so"
            new = {f.fingerprint for f in after.findings if not asks_why(f, fix.id)}
            assert not new - {f.fingerprint for f in before.findings}
            assert fixed_files(fix, after) == files, f"a second {fix.id} changes something"

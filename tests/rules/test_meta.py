"""What holds for every rule: its page's form, its id in the ledger, its criteria, and what its folder holds."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from tests.rules.scenario import ROOT, Scenario, pages, rule_folders, scenarios

from routewarden.analysis.criteria import overridden, shipped
from routewarden.analysis.finding import Severity
from routewarden.analysis.pages import HEADINGS, page, parse_page, source_path
from routewarden.analysis.registry import load_rules, rule_by_id
from routewarden.analysis.rule import Rule

each_rule = pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.id)
LEDGER = ROOT / "rules" / "LEDGER.md"


def ledger() -> dict[str, tuple[str, str, str]]:
    rows = re.findall(r"^\| (AP\d{3}) \| ([a-z0-9-]+) \| (\S+) \| (\S*) ?\|$", LEDGER.read_text("utf-8"), re.MULTILINE)
    assert len({row[0] for row in rows}) == len(rows), "an id twice in the ledger"
    assert len({row[1] for row in rows}) == len(rows), "a name twice in the ledger"
    return {rule_id: (name, since, removed) for rule_id, name, since, removed in rows}


def test_every_folder_is_a_rule() -> None:
    assert len(load_rules()) == len(rule_folders()) > 0


def test_ledger_and_rules_agree() -> None:
    present = {rule_id: (name, since) for rule_id, (name, since, removed) in ledger().items() if not removed}
    assert present == {rule.id: (rule.name, rule.since) for rule in load_rules()}


@each_rule
def test_the_id_gives_the_folder_and_the_name(rule: Rule) -> None:
    folder = rule.module.split(".")[1]
    assert folder == f"{rule.id.lower()}_{rule.name.replace('-', '_')}"
    assert rule_by_id(rule.id.lower()) is rule
    assert rule_by_id(rule.name) is rule
    # The name says what is bad, so that "allow <name>" reads well: no order, no ban.
    assert not re.match(r"(no|dont|disallow|require|must|use|banned)-", rule.name)


@each_rule
def test_the_page_has_its_form(rule: Rule) -> None:
    read = page(rule)
    assert read.title == f"{rule.name} ({rule.id})"
    assert re.fullmatch(r"An? [^.]+\.", read.summary), "one sentence that says what is found"
    assert tuple(read.sections) == HEADINGS
    assert all(read.sections.values()), "an empty section"
    assert read.has_fix
    assert read.why == read.sections["Why it matters"]
    assert read.how_to_fix == read.sections["How to fix"]
    assert rule.criteria.soc2[0] in read.why, "the page names the criterion that it bears on first"
    assert read.how_to_fix.startswith("- ")
    assert (ROOT / source_path(rule)).read_text("utf-8") == read.markdown


@each_rule
def test_the_page_never_claims_too_much(rule: Rule) -> None:
    assert not re.search(r"complian|violat|certifi(?!cate)|guarantee", page(rule).markdown, re.IGNORECASE)


@each_rule
def test_the_page_shows_bad_fixed_and_good(rule: Rule) -> None:
    roles = {block.role for block in page(rule).blocks}
    assert {"bad", "fixed", "good"} <= roles


@pytest.mark.parametrize("path", pages(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_block_of_code_is_a_test(path: object) -> None:
    for block in parse_page(path.read_text("utf-8")).blocks:  # type: ignore[attr-defined]
        assert block.role or block.language not in ("csharp", "json"), f"line {block.line}: a block that nobody runs"
        assert block.language, f"line {block.line}: a block without a language"


@pytest.mark.parametrize("path", pages(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_links_between_pages_lead_somewhere(path: object) -> None:
    text = path.read_text("utf-8")  # type: ignore[attr-defined]
    for target, anchor in re.findall(r"\]\((\.\.?/[^)#]+)(?:#([^)]+))?\)", text):
        linked = (path.parent / target).resolve()  # type: ignore[attr-defined]
        assert linked.is_file(), target
        sections = parse_page(linked.read_text("utf-8")).sections
        headings = [re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in sections]
        assert not anchor or anchor in headings, f"{target}#{anchor}"


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_bad_blocks_have_labels_and_others_none(scenario: Scenario) -> None:
    labelled = {label.path for label in scenario.labels}
    assert labelled == {path for path, role in scenario.roles.items() if role == "bad"}
    assert scenario.roles, "fixed text of nothing"


def test_messages_begin_with_their_subject() -> None:
    labels = [label for scenario in scenarios() for label in scenario.labels]
    assert labels
    for label in labels:
        # An endpoint, or what a rule that reads files is about: a member, a key, a file.
        assert re.match(r"`(?:[A-Z,]+ /[^`]*|allow [^`]*|[\w.:#-]+)` [a-z]", label.message), label.message
        assert not label.message.endswith("."), label.message


def test_every_criterion_has_a_name() -> None:
    assert shipped().unnamed(load_rules()) == ()
    assert shipped().version


@each_rule
def test_criteria_have_their_form(rule: Rule) -> None:
    criteria = shipped().of(rule)
    assert criteria.soc2
    assert all(re.fullmatch(r"CC\d\.\d", i) for i in criteria.soc2)
    assert all(re.fullmatch(r"API\d\d?:2023", i) for i in criteria.owasp)
    assert criteria.cwe


def test_a_team_overrides_the_mapping_and_names_what_it_adds() -> None:
    rule = load_rules()[0]
    mine = b'{"version": "acme-3", "soc2": {"CC9.9": "Ours"}, "rules": {"%s": {"soc2": ["CC9.9", "CC0.0"]}}}' % rule.id.encode()
    table = overridden(shipped(), mine)
    assert table.version == "acme-3"
    assert table.of(rule).soc2 == ("CC9.9", "CC0.0")
    assert table.of(rule).cwe == ()
    assert table.of(load_rules()[-1]) == load_rules()[-1].criteria
    assert table.unnamed(load_rules()) == ("CC0.0",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b'{"soc2": {}}', "version"),
        (b'{"version": 1}', "expected str @ ..version"),
        (b'{"version": "1", "sox": {}}', "sox"),
        (b'{"version": "1", "rules": {"AP001": {"soc2": ["CC6.1"], "cwe": ["x"]}}}', "cwe"),
    ],
)
def test_a_bad_override_says_what_is_wrong(text: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        overridden(shipped(), text)


def test_precedence_decides_within_a_gap() -> None:
    for first, second in pairwise(sorted(load_rules(), key=lambda rule: (rule.gap_key, rule.precedence))):
        assert (first.gap_key, first.precedence) != (second.gap_key, second.precedence), f"{first.id} or {second.id}?"


@each_rule
def test_a_rule_can_be_worse_than_information(rule: Rule) -> None:
    assert rule.severity is not Severity.INFO

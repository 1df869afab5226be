"""routewarden.toml: what it may say, and the words in which it is corrected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routewarden.analysis import config
from routewarden.analysis.config import Config, find_config, line_of_key, load_config, parse_config, read_config
from routewarden.analysis.contract_files import ContractSetting
from routewarden.analysis.finding import Severity
from routewarden.analysis.registry import load_rules
from routewarden.analysis.rule import RuleConfig, Setting

RULES: dict[str, tuple[Setting, ...]] = {"AP001": (), "AP004": (), "AP008": ()}
OWN = {"AP905": (Setting("most", 3, "", least=1),), "AP906": (Setting("names", ("a",), ""),)}
FILE = Path("/w/routewarden.toml")


def parse(text: str) -> tuple[Config, list[str]]:
    parsed, problems = parse_config(FILE, text.encode(), RULES)
    return parsed, [f"{problem.line}: {problem.message}" for problem in problems]


def test_a_file_may_say_all_of_this() -> None:
    text = """
        exclude = ["tests/", "*.Generated.cs"]
        fail-on = "high"
        [rules.AP001]
        enabled = false
        [rules.AP004]
        severity = "critical"
        enabled = true
    """
    rules = RuleConfig(frozenset({"AP001"}), {"AP004": Severity.CRITICAL})
    assert parse(text) == (Config(FILE, ("tests/", "*.Generated.cs"), Severity.HIGH, rules), [])


def test_documents_are_seen_from_the_scanned_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    shop = tmp_path / "src/Shop"
    shop.mkdir(parents=True)
    (tmp_path / "routewarden.toml").write_text(
        '[[openapi]]\ndocument = "src/Shop/api.json"\napp = "src/Shop/Shop.csproj"\nbase-path = "/api/"\n'
        '[[openapi]]\ndocument = "docs/old.yaml"\nignore = true\n[[openapi]]\ndocument = "**/v2.json"\napp = ["a", "b"]\n'
    )
    found, problems = load_config(shop, RULES)
    assert problems == ()
    assert found.contracts(shop) == (
        ContractSetting("api.json", ("Shop.csproj",), "/api"),
        ContractSetting("../docs/old.yaml", ignore=True),
        ContractSetting("**/v2.json", ("../a", "../b")),
    )


def test_an_empty_file_gives_the_defaults() -> None:
    assert parse("") == (Config(FILE, (), Severity.INFO, RuleConfig()), [])


def test_never() -> None:
    assert parse('fail-on = "never"')[0].fail_on is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('\nexclud = ["a"]', '2: unknown key "exclud"; did you mean "exclude"?'),
        ("zzz = 1", '1: unknown key "zzz"; known: exclude, fail-on, openapi, rules, waivers'),
        ('exclude = "a"', '1: "exclude" must be a list of patterns, such as ["tests/", "*.Generated.cs"]'),
        ("exclude = [1]", '1: "exclude" must be a list of patterns, such as ["tests/", "*.Generated.cs"]'),
        (
            'fail-on = "hihg"',
            '1: "fail-on" must be one of critical, high, medium, low, info, never; did you mean "high"?',
        ),
        ("fail-on = 3", '1: "fail-on" must be one of critical, high, medium, low, info, never'),
        ("[rules.AP01]\nenabled = false", '1: unknown rule "AP01"; did you mean "AP001"?'),
        ("[rules.ap004]", '1: unknown rule "ap004"; did you mean "AP004"?'),
        ("[rules.XX]", '1: unknown rule "XX"; known: AP001, AP004, AP008'),
        ('[rules]\nAP001 = "off"', '2: "AP001" must be a table: [rules.AP001]'),
        ("openapi = 1", '1: "openapi" must be tables: [[openapi]]'),
        ("[[openapi]]\napp = 'a.csproj'", '1: "document" must be a path or a pattern, such as "docs/*.yaml"'),
        ("[[openapi]]\ndocument = 'a'\napp = 3", '3: "app" must be a project file or a list of them, such as "src/Shop/Shop.csproj"'),
        ("[[openapi]]\ndocument = 'a'\nbase-path = 'b'", '3: "base-path" must begin with a slash, such as "/api"'),
        ("[[openapi]]\ndocument = 'a'\nignore = 'b'", '3: "ignore" must be true or false'),
        ("[[openapi]]\ndocument = 'a'\nbase = 'b'", '3: unknown key "base"; did you mean "base-path"?'),
        ("rules = 1", '1: "rules" must be a table with a table for each rule: [rules.AP001]'),
        ("[rules.AP004]\nenabled = true\nseverty = 1", '3: unknown key "severty"; did you mean "severity"?'),
        ("[rules.AP004]\nenabled = 1", '2: "enabled" must be true or false'),
        (
            '[rules.AP004]\nseverity = "never"',
            '2: "severity" must be one of critical, high, medium, low, info',
        ),
        ('rules.AP004.severity = "grave"', '1: "severity" must be one of critical, high, medium, low, info'),
        ("a = \n", "1: Invalid value"),
        ("a = 1\na = 2", "2: Cannot overwrite a value"),
        ('x = "', "1: Unterminated string"),
        ("a = " + "[" * 5000, "1: nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, problem: str) -> None:
    assert parse(text)[1] == [problem]


def test_every_problem_is_said_and_the_rest_counts() -> None:
    parsed, problems = parse('exclud = []\nfail-on = "low"\nother = 1\n[rules.AP001]\nenabled = false\n[rules.AP999]\n')
    assert [problem.partition(":")[0] for problem in problems] == ["1", "3", "6"]
    assert parsed.fail_on is Severity.LOW
    assert parsed.rules.disabled == {"AP001"}


def test_a_file_that_is_not_utf_8() -> None:
    assert parse_config(FILE, b"# ok\n# \xff", RULES)[1][0].message == "not UTF-8"
    assert str(parse_config(FILE, b"# ok\n# \xff", RULES)[1][0]) == "/w/routewarden.toml:2: not UTF-8"


def test_a_byte_order_mark_is_allowed() -> None:
    assert parse_config(FILE, b'\xef\xbb\xbffail-on = "low"', RULES)[0].fail_on is Severity.LOW


@given(st.text(alphabet="[]rules.AP01=\n\"'#{}, exclude-fon\\"))
def test_any_text_is_answered(text: str) -> None:
    parsed, problems = parse_config(FILE, text.encode(), RULES)
    assert parsed.path == FILE
    assert all(1 <= problem.line <= text.count("\n") + 1 for problem in problems)


def test_lines_of_keys() -> None:
    text = 'a = 1\n"rules".AP001.enabled = true # rules\n[rules."AP004"]\nenabled = 1\n[other]\nenabled = 2\n'
    assert [
        line_of_key(text, key)
        for key in (("a",), ("rules", "AP001", "enabled"), ("rules", "AP004", "enabled"), ("rules", "AP004"), ("zzz",))
    ] == [1, 2, 4, 3, 1]


# --- where it is looked for ------------------------------------------------------------------------------------------


def test_the_nearest_file_up_to_the_top_of_the_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "routewarden.toml").write_text("")
    repository = tmp_path / "repository"
    deep = repository / "src/Shop"
    deep.mkdir(parents=True)
    (repository / ".git").mkdir()
    assert find_config(deep) is None
    (repository / "routewarden.toml").write_text('exclude = ["/src/Shop/Old/"]')
    assert find_config(deep) == repository / "routewarden.toml"
    assert load_config(deep, RULES)[0].root_seen_from_file(deep) == "src/Shop/"
    (deep / "routewarden.toml").write_text("")
    assert find_config(deep) == deep / "routewarden.toml"
    assert load_config(deep, RULES)[0].root_seen_from_file(deep) == ""


def test_outside_of_a_repository_only_the_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "routewarden.toml").write_text("")
    (tmp_path / "src").mkdir()
    assert find_config(tmp_path / "src") is None
    assert load_config(tmp_path / "src", RULES) == (Config(), ())
    assert find_config(tmp_path) == tmp_path / "routewarden.toml"


def test_files_that_cannot_be_read_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "routewarden.toml"
    folder.mkdir()
    assert read_config(folder, RULES)[1][0].message == "not a plain file"
    folder.rmdir()
    folder.write_bytes(b"#" * (1024 * 1024 + 1))
    assert read_config(folder, RULES)[1][0].message == "larger than 1 MB"
    folder.write_bytes(b"")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert read_config(folder, RULES)[1][0].message == "cannot be read: Permission denied"


# --- the published schema --------------------------------------------------------------------------------------------


def test_the_schema_says_what_the_reader_reads() -> None:
    schema = json.loads((Path(__file__).parents[2] / "server/routewarden/schemas/routewarden.schema.json").read_text())
    assert tuple(schema["properties"]) == config.KEYS
    assert tuple(schema["properties"]["fail-on"]["enum"]) == config.FAIL_ON
    rule = schema["properties"]["rules"]["additionalProperties"]
    assert tuple(rule["properties"]) == config.RULE_KEYS
    assert rule["properties"]["severity"]["enum"] == [str(severity) for severity in Severity]
    assert not schema["additionalProperties"]
    assert not rule["additionalProperties"]
    defaults = {name: value["default"] for name, value in schema["properties"].items() if "default" in value}
    assert defaults == {"exclude": list(Config().exclude), "fail-on": str(Config().fail_on)}


# --- settings of single rules -----------------------------------------------------------------------------------------


def test_a_rule_has_settings_of_its_own() -> None:
    parsed, problems = parse_config(FILE, b'[rules.AP905]\nmost = 5\n[rules.AP906]\nnames = ["x", "y"]\n', OWN)
    assert problems == ()
    assert parsed.rules.settings == {"AP905": {"most": 5}, "AP906": {"names": ("x", "y")}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rules.AP905]\nmost = 0", '"most" must be a whole number, 1 or more'),
        ("[rules.AP905]\nmost = true", '"most" must be a whole number, 1 or more'),
        ('[rules.AP905]\nmost = "5"', '"most" must be a whole number, 1 or more'),
        ('[rules.AP906]\nnames = "x"', '"names" must be a list of texts'),
        ("[rules.AP906]\nnames = [1]", '"names" must be a list of texts'),
        ("[rules.AP905]\nnames = []", 'unknown key "names"; known: enabled, most, severity'),
    ],
)
def test_a_wrong_setting_of_a_rule_is_a_problem(text: str, message: str) -> None:
    parsed, problems = parse_config(FILE, text.encode(), OWN)
    assert [(p.line, p.message) for p in problems] == [(2, message)]
    assert parsed.rules.settings == {}


def test_the_schema_knows_the_settings_of_every_rule() -> None:
    schema = json.loads((Path(__file__).parents[2] / "server/routewarden/schemas/routewarden.schema.json").read_text())
    named = schema["properties"]["rules"]["properties"]
    for rule in load_rules():
        assert (rule.id in named) is bool(rule.settings), rule.id
        for setting in rule.settings:
            said = named[rule.id]["properties"][setting.name]
            assert said["description"] == setting.description
            assert said["default"] == (setting.default if isinstance(setting.default, int) else list(setting.default))
            assert said.get("minimum", 0) == setting.least

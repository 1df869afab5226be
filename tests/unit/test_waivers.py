"""Waivers in code, in routewarden.toml and in .apiposture.json: what they cover, when they end, what is said of bad ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routewarden.analysis.apiposture import read_suppressions
from routewarden.analysis.config import parse_config
from routewarden.analysis.finding import Finding, Waiver
from routewarden.analysis.project import Project
from routewarden.analysis.waiver_comments import as_comment, parse_waiver
from routewarden.analysis.workspace import open_folder, rule_settings

PROJECT = '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>'
HOST = (
    "using Microsoft.AspNetCore.Builder;\nvar builder = WebApplication.CreateBuilder(args);\nbuilder.Services.AddControllers();\n"
    "var app = builder.Build();\napp.UseHsts();\napp.UseHttpsRedirection();\napp.MapControllers();\n{0}app.Run();\n"
)
CONTROLLER = """using Microsoft.AspNetCore.Mvc;
namespace Shop;
[ApiController, Route("api/orders")]
public class OrdersController : ControllerBase
{{
    {0}[HttpDelete("{{id}}")]{1}
    public IActionResult Delete(int id){2} => Ok();{3}
}}
"""
ALLOW = 'routewarden: allow AP004 reason="a reason" owner="o" until=2027-03-31'
DAY = date(2026, 11, 24)


def project(*, before: str = "", attribute: str = "", name: str = "", after: str = "", maps: str = "", today: date | None = DAY) -> Project:
    return Project.in_memory(
        {"A.csproj": PROJECT, "Program.cs": HOST.format(maps), "A.cs": CONTROLLER.format(before, attribute, name, after)}, today
    )


def findings(of: Project) -> list[tuple[str, str | None]]:
    return [(f.rule, f.waived) for found in of.findings().values() for f in found]


# --- in code ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        {"before": f"// {ALLOW}\n    "},
        {"before": f"/* {ALLOW} */\n\n    // more words\n    "},
        {"before": f"/// {ALLOW}\n    "},
        {"before": f"/* {ALLOW} */ "},
        {"attribute": f" // {ALLOW}"},
        {"attribute": f"\n    // {ALLOW}"},
        {"name": f" /* {ALLOW} */"},
        {"after": f" // {ALLOW}"},
    ],
)
def test_a_comment_on_the_head_or_above_it(place: dict[str, str]) -> None:
    assert findings(project(**place)) == [("AP004", "a reason")]  # type: ignore[arg-type]


def test_a_waived_finding_keeps_its_waiver() -> None:
    [finding] = [f for found in project(before=f"// {ALLOW}\n    ").findings().values() for f in found]
    assert finding.waiver == Waiver(("AP004",), "a reason", "o", date(2027, 3, 31), "A.cs", 0)
    assert finding.fixes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[Route("""// {ALLOW}""")]\n    ', None),  # a string
        (f"// {ALLOW}\n    private void Other() {{ }}\n\n    ", "there is no such finding"),  # another declaration
        (f"#if NEVER\n    // {ALLOW}\n#endif\n    ", None),
        ("// routewarden: allow AP001 reason=\"r\"\n    ", "there is no such finding"),
        ("// routewarden: allow AP004\n    ", 'it gives no reason="..."'),
        ("// routewarden: allow AP004 reason=\"\"\n    ", 'it gives no reason="..."'),
        ("// routewarden: allow AP04 reason=\"r\"\n    ", "there is no rule `AP04`"),
        ("// routewarden: allow AP004 reason=\"r\" until=soon\n    ", "is not a day"),
        ("// routewarden: allow AP004 reason=\"r\" tomorrow\n    ", "`tomorrow` is not understood"),
        ("// routewarden: allow AP004 because=\"r\"\n    ", "`because` is not one of reason, owner, until"),
        ("// routewarden: allow\n    ", "it names no rule"),
    ],
)
def test_what_waives_nothing(text: str, said: str | None) -> None:
    of = project(before=text)
    found = [f for group in of.findings().values() for f in group]
    assert [f.waived for f in found if f.rule == "AP004"] == [None]
    stale = [f.message for f in found if f.rule == "AP901"]
    assert (len(stale) == 1 and said in stale[0]) if said else stale == []


def test_names_several_rules_and_rule_names() -> None:
    of = project(before='// routewarden: allow AP001, unauthorized-write reason="say \\"when\\""\n    ')
    assert findings(of) == [("AP004", 'say "when"')]


def test_a_map_call_over_several_lines() -> None:
    maps = f'// {ALLOW.replace("AP004", "AP008")}\napp.MapGroup("/g")\n   .MapGet("/x", () => 1);\n'
    of = project(before=f"// {ALLOW}\n    ", maps=maps)
    assert [w for _, w in findings(of)] == ["a reason", "a reason"]


def test_until_is_the_last_day() -> None:
    text = f"// {ALLOW}\n    "
    assert findings(project(before=text, today=date(2027, 3, 31))) == [("AP004", "a reason")]
    assert findings(project(before=text, today=None)) == [("AP004", "a reason")]
    later = project(before=text, today=date(2027, 4, 1))
    assert findings(later) == [("AP004", None), ("AP901", None)]
    [stale] = [f for found in later.findings().values() for f in found if f.rule == "AP901"]
    assert stale.message == "`allow AP004` expired: 2027-03-31 was its last day, and the gap is still there (owner: o)"
    span = later.locate(stale.site)
    assert span is not None and later.text("A.cs").data[span.start : span.end].decode() == ALLOW  # type: ignore[union-attr]


def test_edits_of_comments_and_of_lines_count() -> None:
    of = project()
    text = of.text("A.cs")
    assert text is not None
    of.open("A.cs", text)
    assert findings(of) == [("AP004", None)]
    at = text.data.index(b"[HttpDelete")
    of.edit("A.cs", at, at, f"// {ALLOW}\n".encode())
    assert findings(of) == [("AP004", "a reason")]
    end = at + len(f"// {ALLOW}\n".encode())
    of.edit("A.cs", end, end, b"void X() { }\n")
    assert [rule for rule, waived in findings(of) if waived is None] == ["AP004", "AP901"]
    of.edit("A.cs", at, end, b"")
    assert findings(of) == [("AP004", None)]
    of.close("A.cs")
    assert findings(of) == [("AP004", None)]


@given(st.text(max_size=60), st.text(max_size=20))
def test_what_is_written_is_read(reason: str, owner: str) -> None:
    plain = [" ".join(t.replace("*/", "").replace("*@", "").replace("-->", "").split()) for t in (reason, owner)]
    waiver = Waiver(("AP004",), plain[0] or "r", plain[1], date(2030, 1, 2))
    words = as_comment(waiver).removeprefix("routewarden: allow")
    assert parse_waiver(words, str) == (waiver, "")


@given(st.text(max_size=80))
def test_no_comment_fails(words: str) -> None:
    parse_waiver(words, lambda name: name if name.startswith("AP") else None)
    of = Project.in_memory({"A.cs": f"// routewarden: allow {words}\nclass A {{ }}"}, DAY)
    of.findings()


# --- in routewarden.toml ---------------------------------------------------------------------------------------------


def settings(text: str) -> tuple[tuple[Waiver, ...], list[tuple[int, str]]]:
    config, problems = parse_config(Path("routewarden.toml"), text.encode(), rule_settings())
    return config.waivers, [(problem.line, problem.message) for problem in problems]


GOOD = '[[waivers]]\nrule = "AP004"\n{0}\nreason = "r"\nowner = "o"\nuntil = 2027-03-31\n'


@pytest.mark.parametrize(
    ("limit", "waives"),
    [
        ('endpoint = "DELETE /api/orders/{id}"', True),
        ('endpoint = "/api/**"', True),
        ('endpoint = "GET /api/**"', False),
        ('path = "A.cs"', True),
        ('path = "src/"', False),
        ('fingerprint = "nope"', False),
        ('path = "**"\nendpoint = "/other"', False),
    ],
)
def test_a_table_covers_what_it_says(tmp_path: Path, limit: str, waives: bool) -> None:
    for name, text in {"A.csproj": PROJECT, "Program.cs": HOST.format(""), "A.cs": CONTROLLER.format("", "", "", "")}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "routewarden.toml").write_text(GOOD.format(limit))
    opened = open_folder(tmp_path, DAY)
    assert opened.problems == ()
    expected = [("AP004", "r")] if waives else [("AP004", None), ("AP901", None)]
    assert findings(opened.project) == expected


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    root = tmp_path / "src" / "Shop"
    root.mkdir(parents=True)
    for name, text in {"A.csproj": PROJECT, "Program.cs": HOST.format(""), "A.cs": CONTROLLER.format("", "", "", "")}.items():
        (root / name).write_text(text)
    (tmp_path / "routewarden.toml").write_text(GOOD.format('path = "src/Shop/A.cs"'))
    assert findings(open_folder(root, DAY).project) == [("AP004", "r")]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("waivers = 1\n", 1, "list of tables"),
        ('[[waivers]]\nrule = "AP004"\npath = "x"\n', 1, 'must give its "reason"'),
        ('[[waivers]]\nrule = "AP004"\nreason = "r"\n', 1, "must say what it is about"),
        ('[[waivers]]\nreason = "r"\npath = "x"\n', 1, 'must name its "rule"'),
        (GOOD.format('path = "a"') + GOOD.format('pth = "x"\npath = "b"'), 9, 'unknown key "pth"; did you mean "path"?'),
        (GOOD.format('path = "x"').replace("AP004", "AP-004"), 2, 'unknown rule "AP-004"; did you mean "AP004"?'),
        (GOOD.format('path = "x"').replace("2027-03-31", '"soon"'), 6, "must be a day"),
        (GOOD.format('path = "x"').replace("2027-03-31", "2027-03-31T10:00:00"), 6, "must be a day"),
        (GOOD.format("path = 1"), 3, '"path" must be a text'),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, said: str) -> None:
    waivers, problems = settings(text)
    assert any(at == line and said in message for at, message in problems), problems
    assert len(waivers) <= text.count("[[waivers]]") - 1 or not waivers


# --- in .apiposture.json ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "waives"),
    [
        ('{"suppressions": [{"route": "/api/*", "rules": ["AP004"], "reason": "known"}]}', True),
        ('{"Suppressions": [{"Route": "API/Orders/{id}", "reason": "known"}]}', True),
        ('{"suppressions": [{"reason": "known"}]}', True),
        ('{"suppressions": [{"route": "/api/*", "rules": ["AP001"], "reason": "known"}]}', False),
        ('{"suppressions": [{"route": "/other", "reason": "known"}]}', False),
    ],
)
def test_suppressions_of_apiposture(text: str, waives: bool) -> None:
    of = Project.in_memory(
        {"A.csproj": PROJECT, "Program.cs": HOST.format(""), "A.cs": CONTROLLER.format("", "", "", ""), ".apiposture.json": text}, DAY
    )
    assert [w for rule, w in findings(of) if rule == "AP004"] == ["known" if waives else None]


@pytest.mark.parametrize("text", ["{", "[]", '{"suppressions": 1}', '{"suppressions": [1]}', '{"suppressions": [{"rules": "AP001"}]}', "[" * 200_000])
def test_a_bad_file_is_said(text: str) -> None:
    assert read_suppressions(text.encode(), ".apiposture.json")[1]
    of = Project.in_memory({".apiposture.json": text}, DAY)
    assert [gap.path for gap in of.register.not_analysed] == [".apiposture.json"]


def test_a_finding_of_several_endpoints_is_waived_whole_or_not() -> None:
    from tests.cli.fake_analysis import finding

    from routewarden.analysis.waivers import judge

    both = Finding(**{**{f: getattr(finding("A.cs", "x"), f) for f in Finding.__slots__}, "also_endpoints": ("GET /b",)})
    one = Waiver(("AP004",), "r", endpoint="DELETE /orders", source="routewarden.toml")
    all_of = Waiver(("AP004",), "r", endpoint="**", source="routewarden.toml")
    assert judge([both], {}, [one], lambda _: None, DAY).findings[0].waived is None
    assert judge([both], {}, [all_of], lambda _: None, DAY).findings[0].waived == "r"

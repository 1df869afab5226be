"""The formats of `scan` for machines and people: valid, grouped, and harmless whatever the workspace holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.fake_analysis import FakeAnalysis, endpoint, finding
from tests.cli.test_commands import CONTROLLER, PROGRAM, PROJECT

from routewarden.analysis.finding import Related, Severity, Waiver
from routewarden.analysis.project import Project
from routewarden.analysis.registry import load_rules
from routewarden.cli.main import run
from routewarden.cli.scan import FORMATS
from routewarden.facts.sites import Site
from routewarden.model.register import Access, NotAnalysed
from routewarden.report.github import scan_annotations
from routewarden.report.junit import scan_junit
from routewarden.report.sarif import scan_sarif
from routewarden.report.scan_html import scan_html
from routewarden.report.scan_markdown import scan_markdown
from routewarden.report.view import Selection, placed_findings
from routewarden.text.source import SourceText, TextEdit, apply_edits

ROOT = Path(__file__).parents[2]
SAMPLE = str(ROOT / "examples/sample-workspace")
SARIF_SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text("utf-8"))  # of OASIS, as published
WAIVED = 'routewarden: allow AP004 reason="the [VPN]" owner="platform" until=2099-01-01'


def workspace() -> Project:
    orders = CONTROLLER.format("Orders")
    stock = CONTROLLER.format("Stock").replace("    [HttpDelete", f"    // {WAIVED}\n    [HttpDelete")
    files = {"Shop.csproj": PROJECT, "Program.cs": "using Microsoft.AspNetCore.Builder;\n" + PROGRAM, "Orders.cs": orders, "a b/Stock.cs": stock}
    return Project.in_memory(files, date(2026, 11, 24))


def selection(of: Project | FakeAnalysis, **options: object) -> Selection:
    return Selection(tuple(placed_findings(of)), **options)  # type: ignore[arg-type]


def sarif_of(of: Project, chosen: Selection) -> dict[str, object]:
    log = json.loads(scan_sarif(of, chosen, load_rules()))
    jsonschema.Draft4Validator(SARIF_SCHEMA).validate(log)
    [run_of_it] = log["runs"]
    return run_of_it  # type: ignore[no-any-return]


# --- SARIF -----------------------------------------------------------------------------------------------------------


def test_sarif_is_valid_and_complete() -> None:
    of = workspace()
    log = sarif_of(of, selection(of))
    open_one, waived = log["results"]  # type: ignore[misc]
    assert [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in (open_one, waived)] == ["Orders.cs", "a%20b/Stock.cs"]
    assert waived["suppressions"] == [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": "the \\[VPN\\]",
            "properties": {"owner": "platform", "until": "2099-01-01", "file": "a b/Stock.cs"},
        }
    ]
    assert "suppressions" not in open_one
    [[mark]] = [[f.fingerprint for f in of.findings()["Orders.cs"]]]
    assert open_one["partialFingerprints"] == {"routewarden/v1": mark}
    rule = log["tool"]["driver"]["rules"][open_one["ruleIndex"]]  # type: ignore[index]
    assert rule["id"] == open_one["ruleId"] == "AP004"
    assert rule["help"]["markdown"].startswith("# unauthorized-write (AP004)")
    assert {"security", "external/cwe/cwe-862", "SOC2/CC6.1"} <= set(rule["properties"]["tags"])


def test_fixes_in_sarif_are_the_fixes() -> None:
    of = workspace()
    [found] = of.findings()["Orders.cs"]
    [result] = [r for r in sarif_of(of, selection(of))["results"] if "suppressions" not in r]  # type: ignore[attr-defined]
    assert [fix["description"]["text"] for fix in result["fixes"]] == [plan.title for plan in found.fixes]
    for fix, plan in zip(result["fixes"], found.fixes, strict=True):
        for change in fix["artifactChanges"]:
            text = of.text(change["artifactLocation"]["uri"])
            assert text is not None
            edits = [
                TextEdit(at(text, r["deletedRegion"], "start"), at(text, r["deletedRegion"], "end"), r["insertedContent"]["text"])
                for r in change["replacements"]
            ]
            assert apply_edits(text, edits).data == apply_edits(text, of.edits(plan)[change["artifactLocation"]["uri"]]).data


def at(text: SourceText, region: dict[str, int], end: str) -> int:
    return text.offset(region[f"{end}Line"] - 1, region[f"{end}Column"] - 1)


def test_the_trail_and_the_baseline_are_in_sarif() -> None:
    files = {"A.cs": "class A { void Delete() {} }"}
    related = (Related(Site("A.cs", "class"), "the class [says] nothing"), Related(Site(""), "no place"))
    of = FakeAnalysis(files, (), (finding("A.cs", "Delete", related=related),), (NotAnalysed("B.cs", "why"),))
    of.edits = lambda plan: {}  # type: ignore[attr-defined]
    chosen = selection(of, baseline=frozenset({"f" * 8}))
    log = json.loads(scan_sarif(of, chosen, load_rules()))  # type: ignore[arg-type]
    jsonschema.Draft4Validator(SARIF_SCHEMA).validate(log)
    [result] = log["runs"][0]["results"]
    assert [r["message"]["text"] for r in result["relatedLocations"]] == ["the class \\[says\\] nothing"]
    assert result["baselineState"] == "unchanged"
    [notice] = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == "Not analysed, or not fully: why"


# --- hostile text ----------------------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>", "]]>", "&amp;", "%0A::error::x", "\n::error::x", "a|b", "`x`", "\x1b[31m", "\0", "\ud800", "\u202e",
    "../../etc/passwd",
    "javascript:alert(1)", '"><img src=x onerror=alert(1)>', "{{7*7}}", "=cmd()", "a:b,c",
]  # fmt: skip


def hostile(text: str) -> FakeAnalysis:
    waiver = Waiver(("AP004",), text, text, date(2030, 1, 1), text)
    found = finding(f"{text}.cs", "A", message=f"{text} `{text}`", related=(Related(Site(f"{text}.cs", "A"), text),))
    other = finding(f"{text}.cs", "B", message=text, waived=text)
    object.__setattr__(other, "waiver", waiver)
    for one in (found, other):
        object.__setattr__(one, "endpoint", f"GET /{text}")
    e = endpoint(f"/{text}", Access.UNKNOWN, app=text, reason=text, site=Site(f"{text}.cs", "A"))
    of = FakeAnalysis({f"{text}.cs": "A B"}, (e,), (found, other), (NotAnalysed(text, text),))
    of.edits = lambda plan: {}  # type: ignore[attr-defined]
    return of


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def check_hostile(text: str) -> None:
    of = hostile(text)
    chosen = selection(of)
    log = json.loads(scan_sarif(of, chosen, load_rules()))  # type: ignore[arg-type]
    jsonschema.Draft4Validator(SARIF_SCHEMA).validate(log)
    tags = Tags()
    page = scan_html(of, chosen)
    tags.feed(page)
    assert tags.seen <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "table", "tr", "th", "td", "code", "span", "details", "summary",
        "ul", "li", "a",
    }  # fmt: skip
    assert tags.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "style"}
    assert set(re.findall(r'href="([^"]*)"', page)) <= {f"#{i}" for i in re.findall(r'id="([^"]*)"', page)}
    page.encode()
    tree = ET.fromstring(scan_junit(of, chosen).encode())  # noqa: S314  (our own output)
    assert tree.get("tests") == "1"
    lines = scan_annotations(chosen).splitlines()
    assert len(lines) == 1 and lines[0].startswith("::error ")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", lines[0])
    scan_markdown(of, chosen).encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_workspace_is_obeyed(text: str) -> None:
    check_hostile(text)


@given(st.text(max_size=30))
def test_no_text_breaks_a_report(text: str) -> None:
    check_hostile(text)


# --- what they say ---------------------------------------------------------------------------------------------------


def test_groups_have_denominators() -> None:
    of = workspace()
    assert "| CC6.1 | " in scan_markdown(of, selection(of))
    assert "| 1 of 2 | 2 |" in scan_markdown(of, selection(of)), "one of two endpoints has a gap, the other's is waived"
    page = scan_html(of, selection(of))
    assert "1 of 2 endpoints have a gap." in page
    assert "waived: the [VPN], platform, until 2099-01-01" in page
    assert "default-src 'none'" in page


def test_junit_has_a_case_for_each_endpoint() -> None:
    of = workspace()
    tree = ET.fromstring(scan_junit(of, selection(of)).encode())  # noqa: S314  (our own output)
    assert (tree.get("tests"), tree.get("failures"), tree.get("skipped")) == ("2", "1", "1")
    passing = ET.fromstring(scan_junit(of, selection(of, fail_on=None)).encode())  # noqa: S314
    assert passing.get("failures") == "0"
    known = selection(of, baseline=frozenset(f.fingerprint for found in of.findings().values() for f in found))
    assert ET.fromstring(scan_junit(of, known).encode()).get("failures") == "0"  # noqa: S314


def test_annotations_begin_with_the_worst() -> None:
    found = (finding("A.cs", "x", severity=Severity.LOW), finding("A.cs", "y", severity=Severity.CRITICAL), finding("A.cs", "z", waived="w"))
    lines = scan_annotations(selection(FakeAnalysis({"A.cs": "x y z"}, (), found)), "src/").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::notice"]
    assert "file=src/A.cs,line=1" in lines[0]


@pytest.mark.parametrize("form", FORMATS)
def test_two_runs_give_the_same_bytes(form: str, tmp_path: Path) -> None:
    code = "import sys; from routewarden.cli.main import run; sys.exit(run(sys.argv[1:]))"
    import os

    outputs = []
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code, "scan", SAMPLE, "--format", form], capture_output=True, env=env, check=False)
        assert done.returncode == 1, done.stderr
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert str(ROOT).encode() not in outputs[0]


def test_more_reports_of_one_scan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sarif, page = tmp_path / "a.sarif", tmp_path / "a.html"
    assert run(["scan", SAMPLE, "--format", "json", "--report", f"sarif={sarif}", "--report", f"html={page}"]) == 1
    assert len(json.loads(capsys.readouterr().out)["findings"]) == len(json.loads(sarif.read_text())["runs"][0]["results"])
    assert page.read_text().startswith("<!doctype html>")
    assert run(["scan", SAMPLE, "--report", "pdf=x"]) == 2
    assert "FORMAT=FILE" in capsys.readouterr().err


def test_a_criterion_that_no_rule_looked_at_is_not_said_to_have_no_gap() -> None:
    of = workspace()
    off = frozenset({"AP107"})
    assert "| CC7.2 | " in scan_markdown(of, selection(of, rules_off=off))
    (row,) = (line for line in scan_markdown(of, selection(of, rules_off=off)).splitlines() if line.startswith("| CC7.2 | "))
    assert "not examined: AP107 off" in row
    assert "not examined: AP107 off" in scan_html(of, selection(of, rules_off=off))
    assert "not examined" not in scan_markdown(of, selection(of))

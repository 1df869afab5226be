"""Reports as text and JSON, made from an analysis that is written by hand."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from tests.cli.fake_analysis import FakeAnalysis, endpoint, finding

from routewarden.analysis.finding import FixPlan, Related, Severity
from routewarden.facts.sites import Site
from routewarden.model.register import Access, NotAnalysed
from routewarden.report.code_frame import code_frame
from routewarden.report.endpoints_report import print_endpoints
from routewarden.report.json_report import endpoints_json, scan_json
from routewarden.report.printable import printable
from routewarden.report.text_report import print_scan
from routewarden.report.view import Place, Selection, at_or_above, place_of, placed_findings
from routewarden.text.source import SourceText

SCHEMAS = Path(__file__).parents[2] / "server/routewarden/schemas"
CODE = "class A\n{\n\t[HttpDelete]\n\tpublic void Delete(int id) {}\n}\n"
TITLES = {"AP001": "undeclared-public-endpoint", "AP004": "unauthorized-write"}


def scan_text(analysis: FakeAnalysis, *, width: int | None = None, fail_on: Severity | None = Severity.INFO) -> str:
    """The report; with a width as on a terminal (without its colours), else as in a pipe."""
    stream = io.StringIO()
    console = Console(file=stream, width=width or 10_000, force_terminal=width is not None, no_color=True, markup=False)
    print_scan(console, analysis, TITLES, Selection(tuple(placed_findings(analysis)), fail_on))
    return stream.getvalue().replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "").replace("\x1b[1;2m", "")


def two_files() -> FakeAnalysis:
    why = Related(Site("A.cs", "class"), "the class has no [Authorize]")
    on_class = FixPlan("class", "add [Authorize] to the class", ())
    on_action = FixPlan("action", "add [Authorize] to the action", (), preferred=True)
    return FakeAnalysis(
        {"A.cs": CODE, "src/B.cs": CODE},
        (
            endpoint("/a", Access.PUBLIC),
            endpoint("/b", Access.UNKNOWN, reason="a filter of a package: `X`"),
            endpoint("/c", Access.AUTHENTICATED, app="src/Other/Other.csproj"),
        ),
        (
            finding("A.cs", "Delete(", severity=Severity.MEDIUM, rule="AP001", related=(why,), fixes=(on_class, on_action)),
            finding("A.cs", "HttpDelete", severity=Severity.LOW),
            finding("src/B.cs", "Delete(", severity=Severity.CRITICAL),
            finding("src/B.cs", "class", severity=Severity.LOW, waived="we know"),
        ),
        (NotAnalysed("src/C.cs", "partially analysed: line 3"),),
    )


# --- text ------------------------------------------------------------------------------------------------------------


def test_the_whole_report_in_a_pipe() -> None:
    expected = (Path(__file__).parent / "scan_report.txt").read_text()
    assert scan_text(two_files()) == expected


def test_no_findings_and_no_endpoints_are_two_different_things() -> None:
    assert scan_text(FakeAnalysis({}, (endpoint("/a", Access.RESTRICTED),))).endswith("\nNo findings · 1 endpoint, 0 public\n")
    assert "No ASP.NET Core endpoint was found." in scan_text(FakeAnalysis({}))


def test_the_threshold_is_said_where_it_lets_findings_pass() -> None:
    assert scan_text(two_files(), fail_on=Severity.HIGH).endswith("1 of them at or above high, which fails the scan\n")
    assert "fails the scan" not in scan_text(two_files(), fail_on=Severity.INFO)
    assert "fails the scan" not in scan_text(two_files(), fail_on=None)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    analysis = two_files()
    analysis.files["A.cs"] = CODE.replace("(int id)", "(int id, " + "string 名前, " * 30 + ")")
    analysis.found = tuple(
        finding(f.site.path, f.site.declaration, message="long words and `code` " * 12, related=f.related) for f in analysis.found
    )
    lines = scan_text(analysis, width=width).split("\n")
    assert max(map(cell_len, lines)) <= width
    assert any(cell_len(line) > width - 12 for line in lines)


def test_long_lists_are_cut_and_say_so() -> None:
    analysis = FakeAnalysis({}, not_analysed=tuple(NotAnalysed(f"{n:02}.cs", "why") for n in range(25)))
    report = scan_text(analysis)
    assert "  19.cs: why\n  … and 5 more files (--format json has all)\n" in report
    assert "20.cs" not in report


def test_a_file_that_is_gone_still_has_its_finding() -> None:
    report = scan_text(FakeAnalysis({}, (), (finding("gone.cs", "x"),)))
    assert "╭─ gone.cs:1:1\n" in report


HOSTILE = "\x1b]0;title\x07[red]x[/red]\r\n\u202egnp\x9b31m\ud800"


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    path = f"src/{HOSTILE}.cs"
    analysis = FakeAnalysis(
        {path: f"class A {{ {HOSTILE} }}"},
        (endpoint(f"/{HOSTILE}", Access.UNKNOWN, app=HOSTILE, reason=HOSTILE, site=Site(path, "A")),),
        (finding(path, "A", message=HOSTILE, related=(Related(Site(path, "A"), HOSTILE),), fixes=(FixPlan("a", HOSTILE, ()),)),),
        (NotAnalysed(path, HOSTILE),),
    )
    stream = io.StringIO()
    print_endpoints(Console(file=stream, width=200), analysis, analysis.register.endpoints, why=False)
    print_endpoints(Console(file=stream, width=200), analysis, analysis.register.endpoints, why=True)
    report = scan_text(analysis) + stream.getvalue()
    assert report.isprintable() or set(filter(lambda c: not c.isprintable(), report)) == {"\n"}
    assert "[red]x[/red]" in report
    assert "\\x1b]0;title\\x07" in report
    assert "\\u202e" in report


@given(st.text())
def test_printable_text_is_one_line_of_characters_that_show(text: str) -> None:
    shown = printable(text)
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\u202e\u2066\u200b" for c in shown)
    assert shown.encode().decode() == shown  # no lone surrogate
    assert len(shown) >= len(text)


def test_plain_text_is_left_alone() -> None:
    assert printable("src/Größe/名前 🙂.cs") == "src/Größe/名前 🙂.cs"


# --- code frames -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "meant", "width", "code", "carets"),
    [
        ("  public int Get() => 1;", "Get", 80, "  public int Get() => 1;", "             ^^^"),
        ("\tint\tGet()", "Get", 80, "    int Get()", "        ^^^"),
        ('名 = "前"; Get()', "Get", 80, '名 = "前"; Get()', "           ^^^"),
        ("x" * 100 + "Get" + "y" * 100, "Get", 40, "…" + "x" * 24 + "Get" + "y" * 11 + "…", " " * 25 + "^^^"),
        ("Get" + "y" * 100, "Get", 20, "Get" + "y" * 16 + "…", "^^^"),
        ("x" + "G" * 100, "G" * 100, 20, "x" + "G" * 17 + "…", " " + "^" * 18),
        ("a\x1bb Get", "Get", 80, "a\\x1bb Get", "       ^^^"),
    ],
)
def test_carets_stand_below_what_is_meant(line: str, meant: str, width: int, code: str, carets: str) -> None:
    text = SourceText.from_str(f"first\n{line}\nlast")
    start = line.encode().index(meant.encode())
    frame = code_frame(text.line_bytes(1), start, start + len(meant.encode()), width)
    assert (frame.code, frame.carets) == (code, carets)


@given(
    st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(20, 100),
)
def test_every_frame_fits_and_points_into_its_code(line: str, start: int, length: int, width: int) -> None:
    row = line.encode()
    start = min(start, len(row))
    frame = code_frame(SourceText.from_str(line).line_bytes(0), start, min(start + length, len(row)), width)
    assert "\n" not in frame.code
    assert cell_len(frame.code) <= width + 24  # a lead of characters that are shown as long escapes
    assert len(frame.carets.rstrip()) <= cell_len(frame.code)
    assert frame.carets.strip(" ").strip("^") == ""


def test_a_line_of_megabytes_costs_nothing() -> None:
    text = SourceText.from_str("x" * 5_000_000 + "Get" + "y" * 5_000_000)
    assert code_frame(text.line_bytes(0), 5_000_000, 5_000_003, 40).code == "…" + "x" * 24 + "Get" + "y" * 11 + "…"


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_scan_as_json() -> None:
    text = scan_json(two_files(), Selection(tuple(placed_findings(two_files()))))
    report = json.loads(text)
    jsonschema.validate(report, json.loads((SCHEMAS / "scan.schema.json").read_text()))
    assert (report["endpoints"], report["notAnalysed"]) == (3, [{"file": "src/C.cs", "reason": "partially analysed: line 3"}])
    assert [(f["file"], f["line"], f["rule"]) for f in report["findings"]] == [
        ("A.cs", 3, "AP004"),
        ("A.cs", 4, "AP001"),
        ("src/B.cs", 1, "AP004"),
        ("src/B.cs", 4, "AP004"),
    ]
    assert report["findings"][1] == {
        "rule": "AP001",
        "severity": "medium",
        "confidence": "high",
        "file": "A.cs",
        "line": 4,
        "column": 14,
        "endLine": 4,
        "endColumn": 21,
        "message": "`DELETE /orders` can be called by anyone",
        "fingerprint": "ffffffff",
        "endpoint": "DELETE /orders",
        "alsoEndpoints": [],
        "related": [{"file": "A.cs", "line": 1, "message": "the class has no [Authorize]"}],
        "waived": None,
        "waiver": None,
        "known": False,
        "criteria": {
            "soc2": ["CC6.1", "CC6.6"], "owasp": ["API2:2023", "API5:2023"], "cwe": [306, 862], "iso27001": ["8.3", "5.15", "8.26"],
        },
    }
    assert report["findings"][2]["waived"] == "we know"


def test_endpoints_as_json() -> None:
    analysis = FakeAnalysis({"A.cs": "class A\n{\n  void Get()"}, (endpoint("/orders/{id}", Access.RESTRICTED),))
    report = json.loads(endpoints_json(analysis, analysis.register.endpoints))
    jsonschema.validate(report, json.loads((SCHEMAS / "endpoints.schema.json").read_text()))
    assert report["endpoints"] == [
        {
            "methods": ["GET"],
            "route": "/orders/{id}",
            "pattern": "/orders/{id}",
            "required": {"controller": "Orders"},
            "access": "restricted",
            "policies": ["P"],
            "roles": ["R"],
            "schemes": ["S"],
            "reason": "",
            "kind": "action",
            "handler": "Shop.OrdersController.Get",
            "app": "src/Shop/Shop.csproj",
            "file": "A.cs",
            "line": 3,
            "column": 8,
            "trail": [
                {"file": None, "line": None, "why": "the framework says so"},
                {"file": "A.cs", "line": 1, "why": "the class says so"},
            ],
        }
    ]


def test_json_is_ascii_and_the_same_each_time() -> None:
    analysis = FakeAnalysis({}, (), (finding("Größe.cs", "x", message="\x9b\u2028 名"),), (NotAnalysed("é.cs", "ü"),))
    assert scan_json(analysis, Selection(tuple(placed_findings(analysis)))).isascii()
    assert scan_json(analysis, Selection(tuple(placed_findings(analysis)))) == scan_json(analysis, Selection(tuple(placed_findings(analysis))))
    assert json.loads(scan_json(analysis, Selection(tuple(placed_findings(analysis)))))["findings"][0]["message"] == "\x9b\u2028 名"


# --- places and thresholds -------------------------------------------------------------------------------------------


def test_columns_count_utf_16_code_units() -> None:
    analysis = FakeAnalysis({"A.cs": "é🙂x Get"})
    assert place_of(analysis, Site("A.cs", "Get")) == Place("A.cs", 1, 6, 1, 9)


def test_thresholds() -> None:
    medium = finding("A.cs", "x", severity=Severity.MEDIUM)
    assert [s for s in Severity if at_or_above(medium, s)] == [Severity.MEDIUM, Severity.LOW, Severity.INFO]
    assert not at_or_above(medium, None)
    assert not at_or_above(finding("A.cs", "x", severity=Severity.CRITICAL, waived="because"), Severity.INFO)

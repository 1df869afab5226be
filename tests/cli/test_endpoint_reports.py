"""The register as CSV and Markdown, `explain` for an endpoint, and the filters on the command line."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console
from tests.cli.fake_analysis import FakeAnalysis, endpoint

from routewarden.cli.endpoint_options import ACCESS
from routewarden.cli.main import run
from routewarden.cli.schema import SCHEMAS
from routewarden.facts.sites import Site
from routewarden.model.register import Access, NotAnalysed
from routewarden.report.endpoints_csv import COLUMNS, endpoints_csv
from routewarden.report.endpoints_markdown import endpoints_markdown
from routewarden.report.explanation import print_explanation

ROOT = Path(__file__).parents[2]
SAMPLE = str(ROOT / "examples/sample-workspace")
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", '"=1', "a,b", "x\ny", "\x1b[31m", "\ud800", "\0"]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(list(arguments)) == code
    out, err = capsys.readouterr()
    assert err == ""
    return out


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_csv_has_a_row_for_each_endpoint(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(shown(capsys, "endpoints", SAMPLE, "--format", "csv"))
    data = json.loads(shown(capsys, "endpoints", SAMPLE, "--format", "json"))["endpoints"]
    assert list(rows[0]) == list(COLUMNS)
    assert [(r["methods"], r["route"], r["access"], r["file"], r["line"]) for r in rows] == [
        (",".join(e["methods"]), e["route"], e["access"], e["file"], str(e["line"])) for e in data
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    hostile = endpoint(text, Access.UNKNOWN, app=text, reason=text, site=Site(f"{text}.cs", "A"))
    [row] = table(endpoints_csv(FakeAnalysis({}, (hostile,)), [hostile]))
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d"))]
    assert not [c for cell in row.values() for c in cell if not c.isprintable()]


@given(st.text())
def test_a_row_has_one_line_and_all_its_cells(text: str) -> None:
    hostile = endpoint(text, Access.UNKNOWN, reason=text)
    report = endpoints_csv(FakeAnalysis({}, (hostile,)), [hostile])
    assert report.count("\n") == report.count("\r\n") == 2
    assert len(table(report)[0]) == len(COLUMNS)
    report.encode()


# --- Markdown --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "a|b", "`x`", "[x](javascript:alert(1))", "![x](http://x)", "a\n\n# b", "\x1b[31m"])
def test_markdown_shows_and_does_not_obey(text: str) -> None:
    hostile = endpoint(f"/{text}", Access.UNKNOWN, app=text, reason=text, site=Site(f"{text}.cs", "A"))
    report = endpoints_markdown(FakeAnalysis({}, (hostile,), not_analysed=(NotAnalysed(text, text),)), [hostile])
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(report)
    assert set(re.findall(r"<(\w+)", html)) <= {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li"}
    assert html.count("<td>") == 6
    assert html.count("<h1>") == 1


def test_markdown_counts_by_access(capsys: pytest.CaptureFixture[str]) -> None:
    report = shown(capsys, "endpoints", SAMPLE, "--format", "markdown")
    assert "15 endpoints: 7 public, 2 anonymous, 5 authenticated, 1 restricted\n" in report
    assert "| DELETE | `/api/Orders/{id:int}` | restricted | policies: `Manager` |" in report


# --- filters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ((), 15),
        (("--method", "delete"), 2),
        (("--method", "DELETE", "--access", "restricted"), 1),
        (("--access", "public", "--access", "anonymous"), 9),
        (("--app", "Shop.Api"), 15),
        (("--app", "Other"), 0),
        (("--route", "/stock/**"), 2),
        (("--file", "src/Shop.Api/Endpoints"), 4),
        (("--writes", "--access", "public"), 4),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown"])
def test_filters(options: tuple[str, ...], count: int, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = shown(capsys, "endpoints", SAMPLE, "--format", form, *options)
    counted = {
        "text": lambda: int(report.strip().rsplit("\n", 1)[-1].split()[0]),
        "json": lambda: len(json.loads(report)["endpoints"]),
        "csv": lambda: len(table(report)),
        "markdown": lambda: int(report.split("\n")[2].split()[0]),
    }
    assert counted[form]() == count


def test_an_unknown_access_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["endpoints", SAMPLE, "--access", "secret"]) == 2
    assert "'secret' is not one of 'public'" in capsys.readouterr().err
    assert tuple(map(str, Access)) == ACCESS


def test_an_incomplete_register_counts_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "A.csproj").write_text('<Project Sdk="Microsoft.NET.Sdk.Web"')
    assert run(["endpoints", str(tmp_path)]) == 0
    assert run(["endpoints", str(tmp_path), "--strict"]) == 3


# --- explain ---------------------------------------------------------------------------------------------------------


def test_an_endpoint_is_explained_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    report = shown(capsys, "explain", "DELETE /api/orders/{id}", SAMPLE)
    assert report.startswith("DELETE /api/Orders/{id:int} · restricted\n")
    for piece in (
        "policies Manager\n",
        "handler  Shop.Api.Controllers.OrdersController.Delete\n",
        "  1. [Authorize] on a base class\n      ╭─ src/Shop.Api/Controllers/ApiControllerBase.cs:8:2\n    8 │ [Authorize]\n      │  ^^^^^^^^^\n",
        "  3. policy \"Manager\" requires claim position\n      ╭─ src/Shop.Api/Program.cs:16:13\n",
    ):
        assert piece in report


def test_each_endpoint_that_is_meant_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    report = shown(capsys, "explain", "/api/products/42", SAMPLE)
    assert report.startswith("3 endpoints\n")
    assert report.count("Decided by") == 3


def test_many_are_listed() -> None:
    many = tuple(endpoint(f"/a{n}", Access.PUBLIC) for n in range(6))
    stream = io.StringIO()
    print_explanation(Console(file=stream, width=200), FakeAnalysis({}, many), many)
    assert "Decided by" not in stream.getvalue()
    assert stream.getvalue().count("/a") == 6


def test_explained_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(shown(capsys, "explain", "DELETE /api/orders/{id}", SAMPLE, "--format", "json"))
    jsonschema.validate(report, json.loads(shown(capsys, "schema", "endpoints")))
    assert [step["line"] for e in report["endpoints"] for step in e["trail"]] == [8, 26, 16]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("DELETE /api/ordrs/{id}", "no endpoint DELETE /api/ordrs/{id}; did you mean\n  DELETE /api/Orders/{id:int}  (restricted)\n"),
        ("PUT /api/orders", "no endpoint PUT /api/orders; did you mean\n  GET /api/Orders  (authenticated)\n"),
        ("/zzzzzzzzzzzzzzzz", "no endpoint /zzzzzzzzzzzzzzzz; `routewarden endpoints` lists the 15 that there are\n"),
    ],
)
def test_near_misses_are_suggested(asked: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", asked, SAMPLE]) == 2
    assert capsys.readouterr().err.startswith(f"Error: {said}")


def test_hostile_text_is_explained_and_not_obeyed() -> None:
    hostile = endpoint("/\x1b]0;x\x07\u202e", Access.UNKNOWN, app="\x1b[1m", reason="\x9b", site=Site("\x1b.cs", "A"))
    stream = io.StringIO()
    print_explanation(Console(file=stream, width=200), FakeAnalysis({"\x1b.cs": "\x1bA\x1b"}, (hostile,)), (hostile,))
    assert set(filter(lambda c: not c.isprintable(), stream.getvalue())) == {"\n"}


# --- schemas ---------------------------------------------------------------------------------------------------------


def test_every_schema_is_served_as_it_is_published(capsys: pytest.CaptureFixture[str]) -> None:
    published = {path.name.removesuffix(".schema.json"): path for path in (ROOT / "server/routewarden/schemas").iterdir()}
    assert set(published) == set(SCHEMAS)
    for name, path in published.items():
        text = shown(capsys, "schema", name)
        assert text == path.read_text("utf-8")
        jsonschema.Draft202012Validator.check_schema(json.loads(text))
    assert [line.split()[0] for line in shown(capsys, "schema").splitlines()] == list(SCHEMAS)

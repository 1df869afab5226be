"""The commands as people and CI run them: arguments in, report and exit code out."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import jsonschema
import pytest

from routewarden import __version__
from routewarden.cli import workspace
from routewarden.cli.main import run

ROOT = Path(__file__).parents[2]
SAMPLE = str(ROOT / "examples/sample-workspace")
PROJECT = """<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
"""
AUTHORIZE = "Microsoft.AspNetCore.Authorization.Authorize"
PROGRAM = (
    "var builder = WebApplication.CreateBuilder(args);\nbuilder.Services.AddControllers();\n"
    "var app = builder.Build();\napp.UseHsts();\napp.UseHttpsRedirection();\napp.MapControllers();\napp.Run();\n"
)
CONTROLLER = """using Microsoft.AspNetCore.Mvc;
namespace Shop;
[ApiController, Route("[controller]")]
public class {0}Controller : ControllerBase
{{
    [HttpDelete("{{id}}")]
    public IActionResult Delete(int id) => Ok();
}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A workspace with one gap: DELETE /Orders/{id}, which is critical."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "Shop.csproj").write_text(PROJECT)
    (root / "Program.cs").write_text("using Microsoft.AspNetCore.Builder;\n" + PROGRAM)
    (root / "OrdersController.cs").write_text(CONTROLLER.format("Orders"))
    return root


def process(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "routewarden", *arguments], text=True, capture_output=True, **options)  # type: ignore[call-overload,no-any-return]


# --- scan and endpoints ----------------------------------------------------------------------------------------------


def test_scan_of_the_sample_workspace(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", SAMPLE]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    assert "`DELETE /api/Products/{id:int}` can be called by anyone" in out
    assert "src/Shop.Api/Controllers/ProductsController.cs:41:26" in out
    assert "ProductsController.cs ─" in out.split("\n")[0]  # the file with the worst finding comes first
    assert all(line == line.rstrip() for line in out.split("\n"))


@pytest.mark.parametrize("command", ["scan", "endpoints"])
def test_json_meets_its_schema(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    run([command, SAMPLE, "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    jsonschema.validate(report, json.loads((ROOT / f"server/routewarden/schemas/{command}.schema.json").read_text()))
    assert report["endpoints"]


def test_the_two_reports_agree(capsys: pytest.CaptureFixture[str]) -> None:
    run(["scan", SAMPLE, "--format", "json"])
    scan = json.loads(capsys.readouterr().out)
    run(["endpoints", SAMPLE, "--format", "json"])
    endpoints = json.loads(capsys.readouterr().out)["endpoints"]
    assert scan["endpoints"] == len(endpoints)
    public = {(f"{','.join(e['methods'])} {e['route']}", e["file"], e["line"]) for e in endpoints if e["access"] == "public"}
    assert {(f["endpoint"], f["file"], f["line"]) for f in scan["findings"]} == public


def test_endpoints_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["endpoints", SAMPLE]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[0] == "src/Shop.Api/Shop.Api.csproj"
    assert any(line.split()[:5] == ["restricted", "DELETE", "/api/Orders/{id:int}", "policy", "Manager"] for line in lines)
    assert run(["endpoints", SAMPLE, "--why"]) == 0
    assert "ApiControllerBase.cs:" in capsys.readouterr().out


def test_the_bytes_do_not_depend_on_where_they_are_made(shop: Path) -> None:
    first = process("scan", shop, "--format", "json").stdout
    assert process("scan", ".", "--format", "json", cwd=shop).stdout == first
    assert process("scan", "--format", "json", cwd=shop).stdout == first
    assert process("scan", "../shop/", "--format", "json", cwd=shop, env={"PYTHONHASHSEED": "7"}).stdout == first
    assert str(shop) not in first


def test_a_report_in_a_file_is_the_report(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("text", "json"):
        run(["scan", str(shop), "--format", form])
        shown = capsys.readouterr().out
        assert run(["scan", str(shop), "--format", form, "--output", str(tmp_path / "report")]) == 1
        assert capsys.readouterr().out == ""
        assert (tmp_path / "report").read_text("utf-8") == shown


# --- exit codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--fail-on", "critical"), 1),
        (("--fail-on", "never"), 0),
        (("--strict",), 1),
        (("--strict", "--fail-on", "never"), 0),
        (("--fail-on", "hihg"), 2),
        (("--format", "xml"), 2),
        (("--nonsense",), 2),
    ],
)
def test_exit_codes(shop: Path, options: tuple[str, ...], code: int) -> None:
    assert run(["scan", str(shop), *options]) == code


def test_findings_below_the_threshold_pass(shop: Path) -> None:
    text = (shop / "OrdersController.cs").read_text().replace("HttpDelete", "HttpGet").replace("Delete", "Get")
    (shop / "OrdersController.cs").write_text(text)
    assert run(["scan", str(shop), "--fail-on", "high"]) == 0
    assert run(["scan", str(shop), "--fail-on", "medium"]) == 1


def test_what_is_not_analysed_counts_only_when_asked_and_after_findings(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(shop / "Pipe.cs")
    assert run(["scan", str(shop), "--fail-on", "never"]) == 0
    assert "  Pipe.cs: not a plain file\n" in capsys.readouterr().out
    assert run(["scan", str(shop), "--fail-on", "never", "--strict"]) == 3
    assert run(["scan", str(shop), "--strict"]) == 1


def test_a_workspace_without_gaps(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (shop / "OrdersController.cs").read_text().replace("[ApiController", f"[{AUTHORIZE}, ApiController")
    (shop / "OrdersController.cs").write_text(text)
    assert run(["scan", str(shop), "--strict"]) == 0
    assert capsys.readouterr().out.endswith("\nNo findings · 1 endpoint, 0 public\n")


# --- configuration ---------------------------------------------------------------------------------------------------


def test_the_configuration_counts(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = shop / "routewarden.toml"
    config.write_text('fail-on = "never"')
    assert run(["scan", str(shop)]) == 0
    assert run(["scan", str(shop), "--fail-on", "info"]) == 1
    config.write_text('[rules.AP004]\nseverity = "low"\n[rules.AP001]\nenabled = false')
    capsys.readouterr()
    assert run(["scan", str(shop), "--format", "json"]) == 1
    assert [(f["rule"], f["severity"]) for f in json.loads(capsys.readouterr().out)["findings"]] == [("AP004", "low")]
    config.write_text('exclude = ["OrdersController.cs"]')
    assert run(["scan", str(shop)]) == 0


def test_excludes_mean_the_same_from_a_subfolder(shop: Path) -> None:
    (shop / ".git").mkdir()
    (shop / "old").mkdir()
    (shop / "OrdersController.cs").rename(shop / "old/OrdersController.cs")
    (shop / "old/Program.cs").write_text("using Microsoft.AspNetCore.Builder;\n" + PROGRAM)
    (shop / "old/Old.csproj").write_text(PROJECT)
    assert run(["scan", str(shop / "old")]) == 1
    (shop / "routewarden.toml").write_text('exclude = ["/old/OrdersController.cs"]')
    assert run(["scan", str(shop / "old")]) == 0


def test_a_bad_configuration_stops_the_scan(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "routewarden.toml").write_text('exclud = []\n[rules.AP-001]\nfail-on = "x"\n')
    monkeypatch.chdir(shop)
    assert run(["scan"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "Error: the configuration cannot be used\n"
        'routewarden.toml:1: unknown key "exclud"; did you mean "exclude"?\n'
        'routewarden.toml:2: unknown rule "AP-001"; did you mean "AP001"?\n'
    )


# --- input that cannot be used ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "nowhere does not exist"),
        ("shop/Program.cs", "shop/Program.cs is a file; give the folder of the application or of its repository"),
        ("shop/Program.cs/x", "shop/Program.cs/x cannot be read: Not a directory"),
        ("loop", "loop cannot be read: Symlink loop from 'loop'"),
        ("\x1b[31mred", "\\x1b[31mred does not exist"),
    ],
)
def test_bad_paths(
    shop: Path, path: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    Path("loop").symlink_to("loop")
    assert run(["scan", path]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"Error: {message}"[:60])


def test_an_output_that_cannot_be_written(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", str(shop), "--output", str(shop / "no/such/folder.json")]) == 2
    assert capsys.readouterr().err == f"Error: cannot write {shop}/no/such/folder.json: No such file or directory\n"


def test_a_full_disk_is_said(shop: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "routewarden", "scan", shop], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "Error: cannot write the report: No space left on device\n")


def test_a_reader_that_leaves_changes_no_verdict(shop: Path) -> None:
    for number in range(150):
        (shop / f"C{number}Controller.cs").write_text(CONTROLLER.format(f"C{number}"))
    child = subprocess.Popen(
        [sys.executable, "-m", "routewarden", "scan", shop], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    assert (child.wait(60), child.stderr.read()) == (1, "")
    child.stderr.close()


def test_ctrl_c(shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workspace, "_load", interrupt)
    assert run(["scan", str(shop)]) == 130
    assert capsys.readouterr() == ("", "\ninterrupted\n")


def test_a_bug_is_no_finding(shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(workspace, "_load", fail)
    assert run(["scan", str(shop)]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("LookupError: a bug\nThis is a bug in RouteWarden: please report it with the lines above.\n")


HOSTILE = {
    "Nul.cs": b"class A { \0\0 }",
    "Bom.cs": b"\xef\xbb\xbfclass B { }\r\nclass C { }\r",
    "Utf16.cs": "class Größe { }".encode("utf-16"),
    "Latin.cs": b"// caf\xe9\nclass D { }",
    "Separators.cs": "class E { }\u2028\u2029\x0c\x85class F { }".encode(),
    "Unclosed.cs": CONTROLLER.format("Unclosed").encode() + b"class G { void M() { " + b"{ (" * 2000,
    "Deep.cs": b"class H { int x = " + b"(" * 20_000 + b"1" + b")" * 20_000 + b"; }",
    "Empty.cs": b"",
    "Binary.cs": bytes(range(256)) * 64,
    "Long.cs": b"class I { string s = \"" + b"x" * 1_000_000 + b"\"; }",
    "Broken.csproj": b"<Project><PropertyGroup></Project>",
    "sub/Entities.csproj": b'<!DOCTYPE p [<!ENTITY a "aa">]><Project>&a;</Project>',
    "\x1b]0;title\x07.cs": CONTROLLER.format("Escape").encode(),
    "[red]markup[/red].cs": CONTROLLER.format("Markup").encode(),
}


def test_a_hostile_workspace_costs_only_its_own_lines(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in HOSTILE.items():
        (shop / name).parent.mkdir(exist_ok=True)
        (shop / name).write_bytes(content)
    os.mkfifo(shop / "Pipe.cs")
    (shop / "Loop").symlink_to(shop)
    (shop / "Passwd.cs").symlink_to("/etc/passwd")
    assert run(["scan", str(shop), "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    expected = {f"DELETE /{name}/{{id}}" for name in ("Orders", "Escape", "Markup", "Unclosed")}
    assert {f["endpoint"] for f in report["findings"]} == expected
    said = {item["file"] for item in report["notAnalysed"]}
    assert {"Pipe.cs", "Passwd.cs", "Broken.csproj", "sub/Entities.csproj", "Unclosed.cs"} <= said
    assert not said & {"OrdersController.cs", "Program.cs", "Bom.cs", "Utf16.cs", "Latin.cs", "Empty.cs", "Loop"}
    run(["scan", str(shop)])
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    assert "[red]markup[/red].cs" in out


# --- the other commands ----------------------------------------------------------------------------------------------


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    assert "AP004 unauthorized-write" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["AP004", "ap004", "unauthorized-write"])
def test_a_page_is_shown_as_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", name]) == 0
    [page] = (ROOT / "rules/routewarden_rules").glob("ap004*/rule.md")
    assert capsys.readouterr().out == page.read_text("utf-8")


@pytest.mark.parametrize(("name", "nearest"), [("AP-004", "AP004"), ("unautorised-write", "unauthorized-write")])
def test_an_unknown_rule(name: str, nearest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", name]) == 2
    assert capsys.readouterr().err == f"Error: unknown rule '{name}'; did you mean {nearest}?\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert [c for c in ("scan", "endpoints", "rules", "explain", "schema", "lsp") if f"\n  {c} " not in out] == []
    assert run([]) == 2


# --- on a terminal ---------------------------------------------------------------------------------------------------


def on_terminal(*arguments: str, **env: str) -> tuple[int, str]:
    """(exit code, everything that a terminal got) of a command whose stdout and stderr are one, 80 cells wide."""
    leader, follower = pty.openpty()
    env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLUMNS": "80", **env}
    child = subprocess.Popen([sys.executable, "-m", "routewarden", *arguments], stdout=follower, stderr=follower, env=env)
    os.close(follower)
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(leader)
    return child.wait(), b"".join(chunks).decode()


def test_a_terminal_gets_colour_and_progress(shop: Path) -> None:
    code, shown = on_terminal("scan", str(shop))
    assert code == 1
    assert "Analysing" in shown
    assert "\x1b[1;37;41mcritical" in shown


def test_no_color_is_obeyed(shop: Path) -> None:
    code, shown = on_terminal("scan", str(shop), NO_COLOR="1")
    assert code == 1
    assert "37;41m" not in shown
    assert "\x1b[36m" not in shown


def test_a_dumb_terminal_gets_no_progress(shop: Path) -> None:
    shown = on_terminal("scan", str(shop), TERM="dumb")[1]
    assert "Analysing" not in shown
    assert "\x1b" not in shown


def test_a_pipe_gets_no_progress(shop: Path) -> None:
    done = process("scan", shop)
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_a_page_on_a_terminal() -> None:
    code, shown = on_terminal("explain", "AP004")
    assert code == 0
    assert "unauthorized-write (AP004)" in shown


def test_a_console_without_unicode_is_no_reason_to_fail(shop: Path) -> None:
    done = process("scan", shop, env={"PYTHONIOENCODING": "ascii", "PATH": os.environ["PATH"]})
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.isascii()
    assert "DELETE /Orders/{id}" in done.stdout


# --- start-up --------------------------------------------------------------------------------------------------------


def test_the_version() -> None:
    assert process("--version").stdout == f"routewarden {__version__}\n"


def test_a_scan_imports_nothing_of_the_language_server(shop: Path) -> None:
    code = (
        "import sys; from routewarden.cli.main import run; run(['scan', sys.argv[1], '--output', '/dev/null']); "
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {'pygls', 'lsprotocol', 'asyncio'}))"
    )
    done = subprocess.run([sys.executable, "-c", code, shop], text=True, capture_output=True, check=True)
    assert done.stdout == "[]\n"


def test_the_version_is_there_at_once() -> None:
    """The bar is four bare interpreter starts."""

    def seconds(*arguments: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begin

    turns = [(seconds("-c", "pass"), seconds("-m", "routewarden", "--version")) for _ in range(9)]
    bare, version = (median(column) for column in zip(*turns, strict=True))
    assert version < 4 * bare

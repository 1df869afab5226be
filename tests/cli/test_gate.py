"""The gate: what a baseline knows, what a change touches, and what each does to the exit code."""

from __future__ import annotations

import json
import random
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.test_commands import CONTROLLER, PROGRAM, PROJECT

from routewarden.analysis.baseline import BaselineError, parse, render
from routewarden.analysis.project import Project
from routewarden.cli.main import run

SAMPLE = Path(__file__).parents[2] / "examples/sample-workspace"


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one commit: DELETE /Orders/{id} is open."""
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "src/Shop.csproj").write_text(PROJECT)
    (root / "src/Program.cs").write_text("using Microsoft.AspNetCore.Builder;\n" + PROGRAM)
    (root / "src/OrdersController.cs").write_text(CONTROLLER.format("Orders"))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return root


def report(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, list[str]]:
    code = run(["scan", *map(str, arguments), "--format", "json"])
    return code, [f["endpoint"] for f in json.loads(capsys.readouterr().out)["findings"]]


# --- baseline --------------------------------------------------------------------------------------------------------


def test_only_new_findings_fail(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = shop / "baseline.json"
    assert run(["baseline", "update", str(known), str(shop)]) == 0
    assert capsys.readouterr().err.startswith("1 finding in ")
    assert "OrdersController.cs" not in known.read_text() and "41" not in known.read_text().split("fingerprint")[0]
    assert report(capsys, shop, "--baseline", known) == (0, ["DELETE /Orders/{id}"])
    assert run(["scan", str(shop), "--baseline", str(known)]) == 0
    assert "No findings · 1 known" in capsys.readouterr().out
    (shop / "src/StockController.cs").write_text(CONTROLLER.format("Stock"))
    assert report(capsys, shop, "--baseline", known)[0] == 1
    assert run(["baseline", "update", str(known), str(shop)]) == 0
    assert report(capsys, shop, "--baseline", known)[0] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", 'no "findings"'),
        ('{"version": 2, "findings": []}', "its version is 2"),
        ('{"version": 1, "findings": [{}]}', "without a fingerprint"),
        ("<<<<<<< HEAD\n", "merge conflicts"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_baseline_is_bad_usage(shop: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "b.json").write_text(text)
    assert run(["scan", str(shop), "--baseline", str(shop / "b.json")]) == 2
    assert said in capsys.readouterr().err
    with pytest.raises(BaselineError):
        parse(text.encode())


def test_a_missing_baseline_is_bad_usage(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", str(shop), "--baseline", str(shop / "none.json")]) == 2
    assert "`routewarden baseline update" in capsys.readouterr().err


def fingerprints(files: dict[str, bytes]) -> set[str]:
    return {f.fingerprint for found in Project.in_memory(files).findings().values() for f in found}


METHOD = re.compile(r"(?m)^    \[Http.*?(?=^    \[Http|^\}$)", re.DOTALL)


def shuffled(text: str, rng: random.Random) -> str:
    """The methods of a controller in another order."""
    methods = [m[0].rstrip() + "\n\n" for m in METHOD.finditer(text)]
    if len(methods) < 2:
        return text
    first, last = METHOD.search(text), list(METHOD.finditer(text))[-1]
    assert first is not None
    rng.shuffle(methods)
    return text[: first.start()] + "".join(methods).rstrip() + "\n" + text[last.end() :]


def reformatted(text: str, rng: random.Random) -> str:
    """Other indentation, blank lines, line ends and comments."""
    lines = []
    for line in text.split("\n"):
        body = line.lstrip(" ")
        depth = (len(line) - len(body)) // 4
        if rng.random() < 0.3:
            lines.append("")
        if rng.random() < 0.2 and not body.startswith((".", "&&", "||")):
            lines.append("\t" * depth + "// moved")
        lines.append(("\t" if rng.random() < 0.5 else "   ") * depth + body)
    return rng.choice(("\n", "\r\n")).join(lines)


@given(st.integers(0, 10_000))
def test_moving_reformatting_and_renaming_leave_a_baseline_quiet(seed: int) -> None:
    rng = random.Random(seed)
    files = {p.relative_to(SAMPLE).as_posix(): p.read_bytes() for p in SAMPLE.rglob("*") if p.is_file() and p.suffix in (".cs", ".csproj")}
    known = parse(render(f for found in Project.in_memory(files).findings().values() for f in found).encode()).fingerprints
    assert len(known) >= 7
    folder = rng.choice(("lib/Other", "src/Shop.Api/Deeper", "x y"))
    moved: dict[str, bytes] = {}
    for path, data in files.items():
        text = data.decode()
        if path.endswith(".cs"):
            text = reformatted(shuffled(text, rng) if rng.random() < 0.7 else text, rng)
        place = path.replace("src/Shop.Api/", f"{folder}/", 1)
        if path.endswith("Controller.cs") and rng.random() < 0.5:
            place = place.replace("Controllers/", "Api/Moved/")
        moved[place] = text.encode()
    assert fingerprints(moved) == known


def test_a_baseline_merges_line_by_line() -> None:
    files = {p.relative_to(SAMPLE).as_posix(): p.read_bytes() for p in SAMPLE.rglob("*") if p.is_file()}
    found = [f for of in Project.in_memory(files).findings().values() for f in of]
    whole = render(found).splitlines()
    for at in range(len(found)):
        less = render(found[:at] + found[at + 1 :]).splitlines()
        assert len({line.rstrip(",") for line in whole} - {line.rstrip(",") for line in less}) == 1
    assert render(reversed(found)) == render(found)


# --- since -----------------------------------------------------------------------------------------------------------


def test_only_what_a_change_touches_is_reported(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = git(shop, "status", "--porcelain")
    assert report(capsys, shop, "--since", "HEAD") == (0, [])
    (shop / "src/StockController.cs").write_text(CONTROLLER.format("Stock"))
    assert report(capsys, shop, "--since", "HEAD") == (1, ["DELETE /Stock/{id}"])
    text = (shop / "src/OrdersController.cs").read_text()
    (shop / "src/OrdersController.cs").write_text("// moved\n\n" + text)
    assert report(capsys, shop, "--since", "HEAD") == (1, ["DELETE /Stock/{id}"])
    (shop / "src/OrdersController.cs").write_text(text.replace("Delete(int id)", "Delete( int id )"))
    assert report(capsys, shop, "--since", "HEAD") == (1, ["DELETE /Orders/{id}", "DELETE /Stock/{id}"])
    assert report(capsys, shop / "src", "--since", "HEAD")[1] == ["DELETE /Orders/{id}", "DELETE /Stock/{id}"]
    assert git(shop, "status", "--porcelain") != before, "only the test wrote here"


def test_what_another_file_opens_is_touched(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = (shop / "src/Program.cs").read_text()
    closed = program.replace("var app", "builder.Services.AddAuthorization(o => o.FallbackPolicy = o.DefaultPolicy);\nvar app")
    (shop / "src/Program.cs").write_text(closed)
    git(shop, "commit", "-qam", "closed")
    assert report(capsys, shop, "--since", "HEAD") == (0, [])
    (shop / "src/Program.cs").write_text(program)
    assert report(capsys, shop, "--since", "HEAD") == (1, ["DELETE /Orders/{id}"])
    assert report(capsys, shop, "--since", "HEAD~1") == (0, [])


@pytest.mark.parametrize("revision", ["nonsense", "--output=x", "HEAD:src", ""])
def test_a_revision_that_is_none(shop: Path, revision: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", str(shop), f"--since={revision}"]) == 2
    assert "Error: --since" in capsys.readouterr().err


def test_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", str(tmp_path), "--since", "HEAD"]) == 2
    assert "not a git repository" in capsys.readouterr().err


def test_the_day_of_a_scan_can_be_given(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shop / "src/OrdersController.cs"
    path.write_text(path.read_text().replace("    [HttpDelete", '    // routewarden: allow AP004 reason="r" until=2027-03-31\n    [HttpDelete'))
    assert run(["scan", str(shop), "--today", "2027-03-31"]) == 0
    assert run(["scan", str(shop), "--today", "2027-04-01"]) == 1
    assert run(["scan", str(shop), "--today", "soon"]) == 2

"""What a change does to the attack surface, from git; and fixes applied to files."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
from tests.cli.test_commands import CONTROLLER, PROGRAM, PROJECT
from tests.cli.test_gate import git

from routewarden.analysis.git_files import GitFiles, commit_of
from routewarden.analysis.project import Project
from routewarden.analysis.surface_diff import Change, access_change
from routewarden.cli.main import run
from routewarden.facts.sites import Site
from routewarden.model.register import Access, Endpoint, Verdict

USINGS = "using Microsoft.AspNetCore.Authorization;\n"
AUTH = "using Microsoft.AspNetCore.Builder;\n" + PROGRAM.replace(
    "var app", 'builder.Services.AddAuthorization(o => o.AddPolicy("Admin", p => p.RequireRole("Admin")));\nvar app'
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "Shop.csproj").write_text(PROJECT)
    (root / "Program.cs").write_text(AUTH)
    (root / "Orders.cs").write_text(USINGS + CONTROLLER.format("Orders").replace("    [HttpDelete", '    [Authorize("Admin")]\n    [HttpDelete'))
    (root / "Stock.cs").write_text(USINGS + CONTROLLER.format("Stock").replace("    [HttpDelete", "    [Authorize]\n    [HttpDelete"))
    commit(root, "one")
    return root


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)


Result = dict[str, list[dict[str, object]]]


def compared(root: Path, capsys: pytest.CaptureFixture[str], base: str = "HEAD~1", head: str = "HEAD") -> tuple[int, Result]:
    code = run(["diff", base, head, "--path", str(root), "--format", "json"])
    result = json.loads(capsys.readouterr().out)
    run(["schema", "diff"])
    jsonschema.validate(result, json.loads(capsys.readouterr().out))
    return code, result


def changes(result: Result) -> list[tuple[object, object, object]]:
    return [
        (c["change"], (c["before"] or {}).get("endpoint"), (c["after"] or {}).get("endpoint"))  # type: ignore[attr-defined]
        for c in result["endpoints"]
    ]


def test_access_that_is_loosened_fails(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shop / "Orders.cs"
    path.write_text(path.read_text().replace('[Authorize("Admin")]', "[Authorize]"))
    commit(shop, "two")
    code, result = compared(shop, capsys)
    assert code == 1
    assert changes(result) == [("loosened", "DELETE /Orders/{id}", "DELETE /Orders/{id}")]
    assert run(["diff", "HEAD~1", "--path", str(shop)]) == 1
    text = capsys.readouterr().out
    assert re.search(r"^loosened  `DELETE /Orders/\{id\}`: restricted \(Admin.*\) → authenticated  Orders\.cs:9$", text, re.MULTILINE)
    assert run(["diff", "HEAD~1", "--path", str(shop), "--format", "markdown"]) == 1
    report = capsys.readouterr().out
    assert "### Access loosened\n\n- ⚠️ `DELETE /Orders/{id}`\\: restricted" in report
    assert compared(shop, capsys, "HEAD", "HEAD~1")[0] == 0, "the way back tightens"


def test_added_removed_and_rerouted(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "Orders.cs").unlink()
    stock = shop / "Stock.cs"
    stock.write_text(stock.read_text().replace('"{id}"', '"{id}/all"'))
    (shop / "New.cs").write_text(CONTROLLER.format("New"))
    commit(shop, "two")
    code, result = compared(shop, capsys)
    assert code == 1, "anyone can call the new one"
    assert changes(result) == [
        ("added", None, "DELETE /New/{id}"),
        ("rerouted", "DELETE /Stock/{id}", "DELETE /Stock/{id}/all"),
        ("removed", "DELETE /Orders/{id}", None),
    ]
    assert [(f["rule"], f["file"], f["line"]) for f in result["opened"]] == [("AP004", "New.cs", 7)]
    assert [(c["file"], c["line"]) for c in result["endpoints"] if c["change"] == "removed"] == [("Orders.cs", 9)]


def test_nothing_changes(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shop / "Orders.cs"
    path.write_text("// moved\n\n" + path.read_text())
    commit(shop, "two")
    assert compared(shop, capsys)[1]["endpoints"] == []
    assert run(["diff", "HEAD~1", "--path", str(shop)]) == 0
    assert capsys.readouterr().out == "The attack surface is the same.\n"


def test_the_work_tree_is_not_touched_and_does_not_count(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(shop, "two")
    (shop / "Orders.cs").write_text("broken {{{")
    (shop / "Loose.cs").write_text(CONTROLLER.format("Loose"))
    index = (shop / ".git/index").read_bytes()
    tree = {p: p.read_bytes() for p in shop.rglob("*") if p.is_file()}
    assert compared(shop, capsys) == (0, compared(shop, capsys)[1])
    assert {p: p.read_bytes() for p in shop.rglob("*") if p.is_file()} == tree
    assert (shop / ".git/index").read_bytes() == index


def test_nothing_that_a_repository_configures_runs(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace, script = tmp_path / "it-ran", tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {trace}\ncat\n")
    script.chmod(0o755)
    (shop / ".gitattributes").write_text("*.cs diff=evil filter=evil\n")
    (shop / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (shop / ".git/hooks" / hook).write_text(script.read_text())
        (shop / ".git/hooks" / hook).chmod(0o755)
    commit(shop, "two")
    for key in ("core.fsmonitor", "diff.evil.textconv", "filter.evil.smudge", "diff.external", "core.pager", "core.sshCommand"):
        git(shop, "config", key, str(script))
    trace.unlink(missing_ok=True)
    assert compared(shop, capsys)[0] == 0
    assert run(["scan", str(shop), "--since", "HEAD~1"]) == 0
    assert not trace.exists()


def test_a_folder_of_a_repository(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "src").mkdir()
    for name in ("Shop.csproj", "Program.cs", "Orders.cs", "Stock.cs"):
        git(shop, "mv", name, f"src/{name}")
    commit(shop, "moved")
    (shop / "src/New.cs").write_text(CONTROLLER.format("New"))
    commit(shop, "two")
    result = compared(shop / "src", capsys)[1]
    assert [c["file"] for c in result["endpoints"]] == ["New.cs"]
    assert compared(shop, capsys, "HEAD~2", "HEAD~1")[1]["endpoints"] == [], "a moved folder changes no endpoint"


def test_a_commit_is_listed_and_read_like_its_checkout(shop: Path) -> None:
    (shop / ".gitignore").write_text("ignored/\n")
    (shop / "sub/bin").mkdir(parents=True)
    (shop / "sub/Sub.csproj").write_text(PROJECT)
    (shop / "sub/bin/Out.cs").write_text("class Out {}")
    (shop / "ignored").mkdir()
    (shop / "ignored/I.cs").write_text("class I {}")
    (shop / "Größe 名.cs").write_bytes(b"\xef\xbb\xbfclass G {}\r\n")
    (shop / "link.cs").symlink_to("Orders.cs")
    git(shop, "add", "-A")
    git(shop, "add", "-f", "ignored")
    git(shop, "commit", "-q", "-m", "two")
    files = GitFiles(shop, commit_of(shop, "HEAD"))
    disk = Project.on_disk(shop)
    assert disk.register.endpoints == Project(files).register.endpoints
    assert files.list().sources == disk.paths
    assert files.read("Größe 名.cs") == b"\xef\xbb\xbfclass G {}\r\n"
    for missing in ("link.cs", "../x", "none.cs"):
        with pytest.raises(OSError):
            files.read(missing)
    files.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nonsense"], "there is no commit 'nonsense'"), (["--", "-x"], "is no revision"), (["HEAD", "HEAD:Orders.cs"], "there is no commit")],
)
def test_bad_revisions(shop: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "--path", str(shop), *arguments]) == 2
    assert said in capsys.readouterr().err


def at(access: Access, policies: tuple[str, ...] = (), roles: tuple[str, ...] = ()) -> Endpoint:
    return Endpoint("action", ("GET",), "/", (), "H", "", Site("A.cs"), Verdict(access, (), policies, roles))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (at(Access.RESTRICTED), at(Access.AUTHENTICATED), Change.LOOSENED),
        (at(Access.AUTHENTICATED), at(Access.PUBLIC), Change.LOOSENED),
        (at(Access.GUARDED), at(Access.ANONYMOUS), Change.LOOSENED),
        (at(Access.AUTHENTICATED), at(Access.UNKNOWN), Change.LOOSENED),
        (at(Access.UNKNOWN), at(Access.PUBLIC), Change.LOOSENED),
        (at(Access.PUBLIC), at(Access.UNKNOWN), Change.CHANGED),
        (at(Access.PUBLIC), at(Access.ANONYMOUS), Change.CHANGED),
        (at(Access.PUBLIC), at(Access.GUARDED), Change.TIGHTENED),
        (at(Access.GUARDED), at(Access.AUTHENTICATED), Change.CHANGED),
        (at(Access.AUTHENTICATED), at(Access.AUTHENTICATED), None),
        (at(Access.RESTRICTED, ("A", "B")), at(Access.RESTRICTED, ("B", "A")), None),
        (at(Access.RESTRICTED, ("A", "B")), at(Access.RESTRICTED, ("A",)), Change.LOOSENED),
        (at(Access.RESTRICTED, ("A",)), at(Access.RESTRICTED, ("B",)), Change.CHANGED),
        (at(Access.RESTRICTED, (), ("A",)), at(Access.RESTRICTED, (), ("A", "B")), Change.LOOSENED),
        (at(Access.RESTRICTED, (), ("A", "B")), at(Access.RESTRICTED, (), ("B",)), Change.TIGHTENED),
        (at(Access.RESTRICTED, ("A",), ("A",)), at(Access.RESTRICTED, ("A",), ()), Change.LOOSENED),
    ],
)
def test_what_is_looser(before: Endpoint, after: Endpoint, change: Change | None) -> None:
    assert access_change(before, after) is change


# --- fix -------------------------------------------------------------------------------------------------------------

STALE = '    // routewarden: allow AP004 reason="was open once"\n'


def test_safe_fixes(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shop / "Stock.cs"
    clean = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" + clean.replace(b"    [Authorize]", STALE.encode() + b"    [Authorize]").replace(b"\n", b"\r\n"))
    path.chmod(0o600)
    given = path.read_bytes()
    (shop / "Read.cs").write_text(CONTROLLER.format("Read").replace("HttpDelete", "HttpGet"))
    assert run(["fix", str(shop), "--dry-run"]) == 1
    out, err = capsys.readouterr()
    assert "--- a/Stock.cs" in out and "Read.cs" not in out and err == "1 fix in 1 file\n"
    assert path.read_bytes() == given
    assert run(["fix", str(shop)]) == 0
    assert capsys.readouterr().out == "fixed Stock.cs\n"
    assert path.read_bytes() == b"\xef\xbb\xbf" + clean.replace(b"\n", b"\r\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert run(["fix", str(shop), "--dry-run"]) == 0


def test_preferred_fixes_close_the_gaps(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("Open", "Wide"):
        (shop / f"{name}.cs").write_text(CONTROLLER.format(name).replace("HttpDelete", "HttpGet"))
    assert run(["fix", str(shop), "--preferred", "--rule", "AP004"]) == 0
    assert capsys.readouterr().err == "0 fixes in 0 files\n"
    assert run(["fix", str(shop), "--preferred"]) == 0
    assert capsys.readouterr().err == "2 fixes in 2 files\n"
    assert run(["scan", str(shop), "--fail-on", "medium"]) == 0
    assert run(["fix", str(shop), "--rule", "AP999"]) == 2


def test_waived_findings_are_left_alone(shop: Path) -> None:
    path = shop / "Open.cs"
    path.write_text(CONTROLLER.format("Open").replace("    [HttpDelete", '    // routewarden: allow AP004 reason="r"\n    [HttpDelete'))
    given = path.read_bytes()
    assert run(["fix", str(shop), "--preferred"]) == 0
    assert path.read_bytes() == given


def test_git_is_needed_and_said(shop: Path, tmp_path: Path) -> None:
    import os
    import sys

    env = {**os.environ, "PATH": str(tmp_path)}
    command = [sys.executable, "-m", "routewarden", "diff", "HEAD", "--path", str(shop)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 2
    assert "git cannot be run" in done.stderr

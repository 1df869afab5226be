"""The files that teams paste into their pipelines: well-formed, with options that exist, and nothing for zizmor to find."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from routewarden.cli.commands import routewarden
from routewarden.cli.main import run

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml", *sorted((ROOT / "docs/ci").glob("*.yml"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_option_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    commands = re.findall(r"(?:bin/routewarden\"|\broutewarden) (scan|diff)\b", text)
    assert commands
    options = {
        option for name in set(commands) for parameter in routewarden.commands[name].params if isinstance(parameter, click.Option)
        for option in parameter.opts
    }  # fmt: skip
    used = {
        word.partition("=")[0].strip("\"'")
        for line in text.splitlines()
        if "routewarden" in line or "arguments" in line or line.lstrip().startswith("--")
        for word in re.findall(r"--[a-z-]+", line.replace("--quiet", "").replace("--disable-pip-version-check", ""))
    }
    assert used and used <= options, used - options


def test_the_action_is_run_as_it_is_written(tmp_path: Path) -> None:
    """The script of the scan step, with the inputs as GitHub would hand them over."""
    text = (ROOT / "action.yml").read_text("utf-8")
    script = text.partition("      id: scan\n")[2].partition("      run: |\n")[2]
    script = "\n".join(line.removeprefix("        ") for line in script.splitlines())
    program = tmp_path / "routewarden/bin/routewarden"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -m routewarden \"$@\"\n")
    program.chmod(0o755)
    import os

    env = {
        **os.environ, "RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_OUTPUT": str(tmp_path / "out"),
        "SCAN_PATH": str(ROOT / "examples/sample-workspace"), "FAIL_ON": "high", "BASELINE": "", "SINCE": "", "STRICT": "false",
        "SARIF": str(tmp_path / "a b.sarif"),
    }  # fmt: skip
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error title=")
    assert (tmp_path / "a b.sarif").read_text().startswith("{")
    assert (tmp_path / "summary.md").read_text().startswith("# RouteWarden")
    assert "exit-code=1" in (tmp_path / "out").read_text()
    evil = {**env, "SCAN_PATH": "$(touch it-ran)", "FAIL_ON": ""}
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], env=evil, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert not (tmp_path / "it-ran").exists()


def test_zizmor_finds_nothing() -> None:
    """https://docs.zizmor.sh: the workflows of this repository, the action and the workflow that teams copy."""
    zizmor = Path(sys.executable).parent / "zizmor"
    paths = [ROOT / ".github/workflows", ROOT / "action.yml", ROOT / "docs/ci/github-actions.yml"]
    done = subprocess.run([zizmor, "--offline", "--no-progress", "--quiet", *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hook_reports_what_a_commit_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.cli.test_commands import CONTROLLER, PROGRAM, PROJECT
    from tests.cli.test_gate import git

    (tmp_path / "Shop.csproj").write_text(PROJECT)
    (tmp_path / "Program.cs").write_text("using Microsoft.AspNetCore.Builder;\n" + PROGRAM)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "one")
    [entry] = re.findall(r"entry: routewarden (.*)", (ROOT / ".pre-commit-hooks.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    assert run(entry.split()) == 0
    (tmp_path / "Orders.cs").write_text(CONTROLLER.format("Orders"))
    assert run(entry.split()) == 1

#!/usr/bin/env python3
"""The two commands of the README, on a machine that has Python 3.11 or newer and Node.js and nothing else of ours.

    python3 dev.py run [PATH]         sets up and scans the sample workspace (or PATH)
    python3 dev.py test [ARGUMENT]    sets up and runs every check and test; arguments go to pytest

Invariant: only the standard library, because it runs before anything is installed. Everything goes into `.venv/`, `.tools/` and
`vscode-client/node_modules/`, none of which is in git; the editor tests also install Debian's Chromium when run as root.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
SAMPLE = ROOT / "examples" / "sample-workspace"
OLDEST = (3, 11)
PIP = "pip>=25.1"  # the first that knows --group


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run", *rest]:
            set_up(groups=())
            # The sample has gaps on purpose: finding them is the job done, not a failure.
            # PATH is the caller's: the scan runs where the command was given.
            return call(PYTHON, "-m", "routewarden", "scan", *(rest or [SAMPLE, "--fail-on", "never"]), folder=Path.cwd())
        case ["test", *rest]:
            set_up(groups=("dev",))
            return call(PYTHON, "-m", "pytest", *rest)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def set_up(groups: tuple[str, ...]) -> None:
    """Make `.venv` hold this project and the dependency groups; quick where it does already."""
    manifest = (ROOT / "pyproject.toml").read_bytes()
    stamp = VENV / f"installed-{'-'.join(groups) or 'plain'}-{hashlib.sha256(manifest).hexdigest()[:16]}"
    if stamp.exists() and PYTHON.exists():
        return
    say("setting up .venv")
    if not PYTHON.exists():
        make_venv()
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    check(*pip, "--upgrade", PIP)
    check(*pip, "--editable", str(ROOT), *(word for group in groups for word in ("--group", group)))
    stamp.touch()


def make_venv() -> None:
    python = find_python()
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        check(python, "-m", "venv", str(VENV))
    except SystemExit:
        shutil.rmtree(VENV, ignore_errors=True)
        say("python3 -m venv failed. On Debian: apt-get install python3-venv")
        raise


def find_python() -> str:
    """This interpreter, or another on PATH that is new enough."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(14, OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    raise SystemExit(f"dev.py: Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}")


def check(*command: str | Path) -> None:
    code = call(*command)
    if code != 0:
        raise SystemExit(code)


def call(*command: str | Path, folder: Path | None = None) -> int:
    return subprocess.run([str(word) for word in command], cwd=folder or ROOT, check=False).returncode


def say(what: str) -> None:
    print(f"dev.py: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

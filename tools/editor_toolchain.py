"""What the editor tests drive: VS Code as code-server (npm) and Chromium (Debian's package).

    python tools/editor_toolchain.py

installs what is missing: code-server into `.tools/`, which takes about three minutes, and as root on Debian the system packages.
VS Code's own builds are not npm packages; code-server is the same editor and extension host, served to a browser.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.node_toolchain import ROOT, TOOLS, ToolchainError, find_node, npm_install, run  # (the line above makes it importable)

CODE_SERVER = "4.139.1"  # VS Code 1.139.1
# For code-server's native modules, and for the browser. fonts-dejavu-core: an editor without a monospace font is no picture.
DEBIAN_PACKAGES = ("chromium", "g++", "make", "pkg-config", "libkrb5-dev", "libsecret-1-dev", "fonts-dejavu-core")


@dataclass(frozen=True, slots=True)
class EditorToolchain:
    node: Path
    code_server: Path  # its entry script
    chromium: Path


def ensure() -> EditorToolchain:
    """The tools, installed where they are missing. Raises ToolchainError with what to do where that is not possible."""
    folder = TOOLS / f"code-server-{CODE_SERVER}"
    complete = folder / "complete"  # npm leaves half an installation behind where it is interrupted
    if find_chromium() is None or not complete.exists():
        install_debian_packages()
    chromium = find_chromium()
    if chromium is None:
        raise ToolchainError(f"Chromium is not on PATH. On Debian: apt-get install {' '.join(DEBIAN_PACKAGES)}")
    node = find_node(24, below=25)  # the one major version that this code-server runs on
    entry = folder / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        try:
            npm_install(folder, {"private": True}, f"code-server@{CODE_SERVER}", node=node)
            run([str(node.bin / "node"), str(entry), "--version"], cwd=folder, env=node.environment())
        except ToolchainError as error:
            raise ToolchainError(f"{error}\ncode-server needs these packages of Debian: {' '.join(DEBIAN_PACKAGES)}") from error
        complete.touch()
    return EditorToolchain(node.bin / "node", entry, chromium)


def find_chromium() -> Path | None:
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((Path(path) for path in found if path is not None), None)


def install_debian_packages() -> None:
    """Where this is Debian and we may; elsewhere nothing, and what is missing is said later."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-q"], cwd=ROOT, env=env)
    run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *DEBIAN_PACKAGES], cwd=ROOT, env=env)


if __name__ == "__main__":
    try:
        print(ensure())
    except ToolchainError as error:
        sys.exit(f"editor_toolchain: {error}")

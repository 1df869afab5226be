"""Builds the VS Code extension for the platform it runs on, with the server inside as a standalone program.

    python tools/build_vsix.py [--out dist]

Needs the project installed with its `package` dependency group, and Node.js with npm. Leaves
`dist/routewarden-TARGET-VERSION.vsix` and prints its path. The server is built from this work tree by PyInstaller and must
answer `--version` and find the gaps of the sample workspace in an empty environment before anything is packaged. PyInstaller
does not cross-compile: one platform a run.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.node_toolchain import Node, ToolchainError, find_node, run  # (the line above makes it importable)

ROOT = Path(__file__).resolve().parents[1]
CLIENT = ROOT / "vscode-client"
BUILD = ROOT / "build"

# https://code.visualstudio.com/api/working-with-extensions/publishing-extension#platformspecific-extensions
TARGETS = {
    ("linux", "x86_64"): "linux-x64",
    ("linux", "aarch64"): "linux-arm64",
    ("win32", "AMD64"): "win32-x64",
    ("win32", "ARM64"): "win32-arm64",
    ("darwin", "x86_64"): "darwin-x64",
    ("darwin", "arm64"): "darwin-arm64",
}
# Imported by the standard library where present, and not needed by a program that opens no connection.
UNUSED_MODULES = ("ssl", "_ssl", "tkinter", "sqlite3", "curses", "readline")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the VSIX (default: dist)")
    out: Path = parser.parse_args().out
    try:
        print(build(out.resolve()))
    except ToolchainError as error:
        print(f"build_vsix: {error}", file=sys.stderr)
        return 1
    return 0


def build(out: Path) -> Path:
    """The path of a fresh VSIX in `out`. Raises ToolchainError."""
    target = TARGETS.get((sys.platform, platform.machine()))
    if target is None:
        raise ToolchainError(f"no VS Code target is known for {sys.platform} on {platform.machine()}")
    version = read_version()
    node = find_node(22)  # vsce's minimum
    say("server: PyInstaller")
    server = build_server()
    say("server: check in an empty environment")
    check_server(server, version)
    say("client: compile")
    compile_client(node)
    say("extension: package")
    stage = stage_extension(server, BUILD / "vsix" / target, runtime_packages(node))
    out.mkdir(parents=True, exist_ok=True)
    vsix = out / f"routewarden-{target}-{version}.vsix"
    vsce = CLIENT / "node_modules" / "@vscode" / "vsce" / "vsce"
    # The page of the rule about secrets shows made-up ones, which vsce takes for real.
    command = ["package", "--no-dependencies", "--allow-package-secrets", "slack", "--target", target, "--out", str(vsix)]
    node.run("node", str(vsce), *command, cwd=stage)
    return vsix


def read_version() -> str:
    """The version of the server and the client. Raises ToolchainError where they differ."""
    source = (ROOT / "server" / "routewarden" / "__init__.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    client = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))["version"]
    if match is None or match[1] != client:
        raise ToolchainError(f"versions differ: server {match and match[1]}, vscode-client/package.json {client}")
    return str(client)


def build_server() -> Path:
    """The folder that holds the standalone program."""
    arguments = ["--onedir", "--console", "--noconfirm", "--clean", "--log-level", "WARN", "--name", "routewarden"]
    arguments += ["--distpath", str(BUILD / "server"), "--workpath", str(BUILD / "pyinstaller"), "--specpath", str(BUILD)]
    arguments += ["--paths", str(ROOT / "server"), "--paths", str(ROOT / "rules")]
    for package in ("routewarden", "routewarden_rules"):
        # Rules and features are found by name at run time, so PyInstaller cannot see who imports them.
        arguments += ["--collect-submodules", package, "--collect-data", package]
    for module in UNUSED_MODULES:
        arguments += ["--exclude-module", module]
    if sys.platform == "linux":
        arguments.append("--strip")
    entry = ROOT / "server" / "routewarden" / "__main__.py"
    run([sys.executable, "-m", "PyInstaller", *arguments, str(entry)], cwd=ROOT, env=dict(os.environ))
    return BUILD / "server" / "routewarden"


def check_server(folder: Path, version: str) -> None:
    """Raise ToolchainError unless the program runs with nothing of this machine but its own folder."""
    program = folder / ("routewarden.exe" if sys.platform == "win32" else "routewarden")
    # Windows starts no program without SystemRoot.
    env = {name: value for name, value in os.environ.items() if name == "SystemRoot"}
    said = subprocess.run([program, "--version"], env=env, capture_output=True, text=True, check=False, timeout=120)
    if said.returncode != 0 or version not in said.stdout:
        raise ToolchainError(f"{program} --version: {said.returncode} {said.stdout}{said.stderr}")
    sample = ROOT / "examples" / "sample-workspace"
    scan = subprocess.run(
        [program, "scan", str(sample), "--format", "json"], env=env, capture_output=True, check=False, timeout=120
    )
    if scan.returncode != 1 or not json.loads(scan.stdout)["findings"]:
        raise ToolchainError(f"{program} scan found nothing in {sample}: {scan.returncode} {scan.stderr.decode()}")


def compile_client(node: Node) -> None:
    lock, installed = CLIENT / "package-lock.json", CLIENT / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        node.run("npm", "ci", "--no-audit", "--no-fund", cwd=CLIENT)
    node.run("npm", "run", "compile", cwd=CLIENT)


def stage_extension(server: Path, stage: Path, packages: list[Path]) -> Path:
    """Lay out in `stage` what the VSIX holds."""
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    for name in ("package.json", "README.md", ".vscodeignore", "images", "out"):
        source = CLIENT / name
        if source.is_dir():
            shutil.copytree(source, stage / name)
        else:
            shutil.copy2(source, stage / name)
    for name in ("LICENSE", "CHANGELOG.md"):
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, stage / name)
    shutil.copytree(server, stage / "bundled" / "server", symlinks=False)
    (stage / "THIRD_PARTY_NOTICES.txt").write_text(third_party_notices(packages), encoding="utf-8")
    return stage


def runtime_packages(node: Node) -> list[Path]:
    """The folders of the npm packages that are bundled into the extension."""
    npm = shutil.which("npm", path=node.environment()["PATH"])
    if npm is None:
        raise ToolchainError("npm is not on PATH")
    listed = subprocess.run(
        [npm, "ls", "--omit=dev", "--all", "--parseable"],
        cwd=CLIENT,
        env=node.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(Path(line) for line in listed.stdout.splitlines() if Path(line) != CLIENT)


def third_party_notices(packages: list[Path]) -> str:
    """The licences of what the extension carries: npm packages, Python distributions, Python itself."""
    parts = ["The RouteWarden extension carries the following software, each under its own licence.\n"]
    for package in packages:
        name = json.loads((package / "package.json").read_text(encoding="utf-8"))
        texts = [file for file in sorted(package.iterdir()) if is_licence(file.name)]
        parts.append(notice(f"{name['name']} {name['version']} ({name['license']})", texts))
    for name in sorted(python_requirements("routewarden")):
        distribution = importlib.metadata.distribution(name)
        files = [Path(str(file.locate())) for file in distribution.files or () if is_licence(file.name)]
        licence = distribution.metadata["License-Expression"] or distribution.metadata["License"] or ""
        parts.append(notice(f"{name} {distribution.version} ({licence.splitlines()[0] if licence else 'see below'})", files))
    python = list(Path(sysconfig.get_path("stdlib")).glob("LICENSE*"))
    parts.append(notice(f"Python {platform.python_version()} (Python-2.0)", python))
    framework = ROOT / "server" / "routewarden" / "framework" / "data" / "NOTICE.txt"
    parts.append(notice("Facts about .NET's public API", [framework]))
    return "\n".join(parts)


def is_licence(name: str) -> bool:
    return name.upper().startswith(("LICENSE", "LICENCE", "NOTICE", "COPYING"))


def notice(title: str, files: list[Path]) -> str:
    texts = [file.read_text(encoding="utf-8", errors="replace").strip() for file in files if file.is_file()]
    return f"{'=' * 100}\n{title}\n{'=' * 100}\n" + "\n\n".join(texts) + "\n"


def python_requirements(name: str) -> Iterator[str]:
    """The distributions that `name` needs on this machine, directly or through others, each once."""
    seen, waiting = {name}, [name]
    while waiting:
        for line in importlib.metadata.requires(waiting.pop()) or ():
            requirement = Requirement(line)
            if requirement.name in seen or not (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                continue
            seen.add(requirement.name)
            waiting.append(requirement.name)
            yield requirement.name


def say(what: str) -> None:
    print(f"build_vsix: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

"""The packaged extension in a real VS Code without a Python to fall back on.

Invariant: the extension under test is the VSIX as users get it, built from this work tree; code-server and all it starts see a
PATH on which there is no Python. Each test has its own copy of the sample workspace, its own server and its own profile.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright
from tests.editor.workbench import ARTIFACTS, TIMEOUT_MS, OpenWindow, Window, Workbench
from tools.editor_toolchain import EditorToolchain, ensure

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "sample-workspace"
VIEWPORT = ViewportSize(width=1500, height=950)
# What code-server's own scripts call. No Python.
COMMANDS = ("sh", "bash", "env", "cat", "ls", "ps", "uname", "which", "readlink", "dirname", "basename", "sed", "grep")
# Settings that make typing literal and pictures calm; none of them is ours.
SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.disableAIFeatures": True,
    "chat.commandCenter.enabled": False,
    "workbench.reduceMotion": "on",
    "files.autoSave": "off",  # in a browser VS Code saves by itself
    "editor.minimap.enabled": False,
    "editor.autoClosingBrackets": "never",
    "editor.autoClosingQuotes": "never",
    "editor.autoIndent": "none",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.suggestOnTriggerCharacters": False,
    "editor.parameterHints.enabled": False,
    "problems.defaultViewMode": "tree",
    "problems.sortOrder": "position",
    "security.workspace.trust.startupPrompt": "never",
    "security.workspace.trust.banner": "never",
    "telemetry.telemetryLevel": "off",
}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def toolchain() -> EditorToolchain:
    return ensure()


@pytest.fixture(scope="session")
def vsix(toolchain: EditorToolchain) -> Path:
    """The extension, built from this work tree; ROUTEWARDEN_VSIX names one that is built already."""
    if given := os.environ.get("ROUTEWARDEN_VSIX"):
        return Path(given)
    command = [sys.executable, str(ROOT / "tools" / "build_vsix.py")]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return Path(built.stdout.strip())


@pytest.fixture(scope="session")
def path_without_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bin")
    for name in COMMANDS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    assert shutil.which("sh", path=str(folder))
    for name in ("python", "python3"):
        assert shutil.which(name, path=str(folder)) is None
    return str(folder)


@pytest.fixture(scope="session")
def extensions(
    toolchain: EditorToolchain, vsix: Path, path_without_python: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder in which VS Code has installed the extension."""
    folder = tmp_path_factory.mktemp("extensions")
    profile = tmp_path_factory.mktemp("install-profile")
    command = [str(toolchain.node), str(toolchain.code_server), "--extensions-dir", str(folder), "--user-data-dir", str(profile)]
    command += ["--install-extension", str(vsix)]
    env = environment(path_without_python, profile)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was successfully installed" in done.stdout, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def browser(toolchain: EditorToolchain) -> Iterator[Browser]:
    # Module scope: Playwright runs an event loop in this thread, and other modules have their own.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=toolchain.chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    # The name is in the pictures.
    copy = tmp_path / "shop"
    shutil.copytree(SAMPLE, copy)
    return copy


@pytest.fixture
def open_window(
    request: pytest.FixtureRequest,
    toolchain: EditorToolchain,
    extensions: Path,
    path_without_python: str,
    browser: Browser,
    workspace: Path,
    tmp_path: Path,
) -> Iterator[OpenWindow]:
    """Opens VS Code on the workspace: `open_window(trusted=True, settings={})`. At most once a test."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:60]
    profile = tmp_path / "profile"
    ARTIFACTS.mkdir(exist_ok=True)
    for old in ARTIFACTS.glob(f"{name}-*"):
        old.unlink()
    opened: list[Window] = []
    with running_code_servers(toolchain, extensions, path_without_python) as start:

        def open_it(*, trusted: bool = True, settings: dict[str, object] | None = None, folder: bool = True) -> Window:
            user = profile / "User"
            user.mkdir(parents=True)
            (user / "settings.json").write_text(json.dumps(SETTINGS | (settings or {})))
            process, address = start(profile, workspace, trusted)
            page = browser.new_page(viewport=VIEWPORT)
            page.set_default_timeout(TIMEOUT_MS)
            page.goto(f"{address}/?folder={workspace}" if folder else f"{address}/?ew=true")
            page.locator(".monaco-workbench .statusbar").wait_for()
            window = Window(Workbench(page, name), workspace, process)
            opened.append(window)
            return window

        yield open_it
        for window in opened:
            window.workbench.screenshot("end")
            window.workbench.page.close()
    for log in profile.rglob("*RouteWarden*.log"):
        shutil.copy(log, ARTIFACTS / f"{name}-{log.name}")


@contextmanager
def running_code_servers(
    toolchain: EditorToolchain, extensions: Path, path: str
) -> Iterator[Callable[[Path, Path, bool], tuple[psutil.Process, str]]]:
    """A function that starts a code-server and gives its process and address; all are ended at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(profile: Path, workspace: Path, trusted: bool) -> tuple[psutil.Process, str]:
        arguments = ["--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check"]
        arguments += ["--user-data-dir", str(profile), "--extensions-dir", str(extensions)]
        if trusted:
            arguments.append("--disable-workspace-trust")
        output = profile / "code-server.log"
        with output.open("wb") as log:
            process = subprocess.Popen(
                [toolchain.node, toolchain.code_server, *arguments, workspace],
                env=environment(path, profile),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return psutil.Process(process.pid), listening_address(process, output)

    try:
        yield start
    finally:
        for process in started:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            process.terminate()
            _, alive = psutil.wait_procs(family, timeout=10)
            for straggler in alive:
                straggler.kill()


def environment(path: str, home: Path) -> dict[str, str]:
    """All that code-server gets: nothing of this process's virtual environment."""
    # VSCODE_CLI: or VS Code would ask a login shell for a PATH, and /etc/profile gives it the machine's.
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "SHELL": "/bin/sh", "VSCODE_CLI": "1"}


def listening_address(process: subprocess.Popen[bytes], output: Path, seconds: float = 60) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := re.search(r"HTTP server listening on (http://\S+?)/?\s", output.read_text()):
            return found[1]
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"code-server did not start:\n{output.read_text()}")

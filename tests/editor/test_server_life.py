"""How the extension runs its server: trust, crashes, an own server, restarts; and that it says so."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect
from tests.editor.workbench import TIMEOUT_MS, OpenWindow, Window, until

pytestmark = pytest.mark.editor


def is_ready(text: str) -> bool:
    return "finding" in text


def wait_for_another(window: Window, old: psutil.Process) -> None:
    until(window.server_processes, lambda found: len(found) == 1 and found != [old], window.workbench.page)


def test_an_untrusted_workspace_is_analysed_and_nothing_of_it_runs(
    open_window: OpenWindow, workspace: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "it-ran"
    own = workspace / "server.sh"
    own.write_text(f"#!/bin/sh\ntouch {trace}\n")
    own.chmod(0o755)
    (workspace / ".vscode").mkdir()
    (workspace / ".vscode" / "settings.json").write_text(json.dumps({"routewarden.server.path": str(own)}))

    window = open_window(trusted=False)
    editor = window.workbench
    expect(editor.page.locator(".statusbar")).to_contain_text("Restricted Mode", timeout=TIMEOUT_MS)
    until(editor.status, is_ready, editor.page)
    (server,) = window.server_processes()
    assert "/bundled/server/" in server.exe()
    assert not trace.exists()


def test_a_crashed_server_is_started_again_and_not_for_ever(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    until(editor.status, is_ready, editor.page)
    for _ in range(4):
        (server,) = window.server_processes()
        server.kill()
        wait_for_another(window, server)
        until(editor.status, is_ready, editor.page)

    (server,) = window.server_processes()
    server.kill()
    until(editor.status, lambda text: "stopped" in text, editor.page)
    message = editor.notification("ended 5 times within 3 minutes")
    expect(message).to_be_visible(timeout=TIMEOUT_MS)
    editor.screenshot("given-up")
    assert window.server_processes() == []

    message.get_by_role("button", name="Restart").click()
    until(editor.status, is_ready, editor.page)
    assert len(window.server_processes()) == 1


def test_restart_replaces_the_server(open_window: OpenWindow) -> None:
    window = open_window()
    editor = window.workbench
    until(editor.status, is_ready, editor.page)
    (old,) = window.server_processes()
    editor.run_command("RouteWarden: Restart Server")
    wait_for_another(window, old)
    until(editor.status, is_ready, editor.page)
    assert not psutil.pid_exists(old.pid)

    editor.run_command("RouteWarden: Show Output")
    output = editor.page.locator(".output-view .view-lines")
    expect(output).to_contain_text("bundled/server/routewarden", timeout=TIMEOUT_MS)


def test_a_server_path_that_leads_nowhere_is_said(open_window: OpenWindow) -> None:
    window = open_window(settings={"routewarden.server.path": "/nowhere/routewarden"})
    editor = window.workbench
    message = editor.notification("The server that routewarden.server.path names cannot be run")
    expect(message).to_be_visible(timeout=TIMEOUT_MS)
    until(editor.status, lambda text: "stopped" in text, editor.page)
    editor.screenshot("no-server")


def test_a_program_that_is_no_server_is_said(open_window: OpenWindow, tmp_path: Path) -> None:
    program = tmp_path / "no-server"
    program.write_text("#!/bin/sh\necho 'no such command: lsp' >&2\nexit 2\n")
    program.chmod(0o755)
    window = open_window(settings={"routewarden.server.path": str(program)})
    editor = window.workbench
    until(editor.status, lambda text: "stopped" in text, editor.page)
    message = editor.page.locator(".notification-list-item")
    expect(message).to_have_count(1, timeout=TIMEOUT_MS)  # one message, not one for each attempt
    expect(message.first).to_contain_text("RouteWarden: The server")
    editor.screenshot("no-server")
    editor.run_command("RouteWarden: Show Output")
    output = editor.page.locator(".output-view .view-lines")
    expect(output).to_contain_text("no such command: lsp", timeout=TIMEOUT_MS)

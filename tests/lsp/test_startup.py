"""What the command line pays for the language server's libraries: nothing."""

from __future__ import annotations

import subprocess
import sys


def test_the_command_line_does_not_import_the_protocol() -> None:
    code = "import sys, routewarden.cli.main; print([m for m in sys.modules if m.startswith(('lsprotocol', 'pygls'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"

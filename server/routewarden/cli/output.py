"""Where reports go: stdout or a file, as UTF-8, and how they are coloured.

Invariant: a reader that goes away early (`| head`) is no error and changes no exit code; a report that cannot be written is one.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING

from routewarden.cli.options import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

_PIPE_WIDTH = 10_000  # tables in a pipe or file are never folded


@contextmanager
def report_stream(output: Path | None = None) -> Iterator[IO[str]]:
    """The stream of a report: a file, or stdout. Raises BadInput where it cannot be written."""
    try:
        if output is not None:
            with output.open("w", encoding="utf-8", newline="\n") as file:
                yield file
        else:
            if isinstance(sys.stdout, TextIOWrapper):
                # A console with another code page shows escapes for what it cannot show, instead of failing.
                sys.stdout.reconfigure(errors="backslashreplace", newline="\n")
            yield sys.stdout
            sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except OSError as error:
        if output is None:
            silence_stdout()
        raise BadInput(f"cannot write {output or 'the report'}: {error.strerror or error}") from error


def silence_stdout() -> None:
    """Let the interpreter flush what is left into nothing (https://docs.python.org/3/library/signal.html#note-on-sigpipe)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report_console(stream: IO[str]) -> Console:
    """A console on a stream: coloured and as wide as the terminal if it is one (NO_COLOR, FORCE_COLOR are obeyed), else plain."""
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(file=stream, highlight=False, markup=False, emoji=False, width=_PIPE_WIDTH)

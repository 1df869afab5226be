"""The door of the command line: `routewarden COMMAND`, and `python -m routewarden`.

Invariant: stdout carries the report and nothing else; exit codes are those of `cli.exit_codes`; nobody sees a traceback for a bad
argument, an unreadable file, a closed pipe or Ctrl+C. Starting is cheap: the version is answered before click is imported, and
commands import the engine, rich and pygls inside the functions that need them.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from routewarden import __version__
from routewarden.cli.exit_codes import INTERNAL_ERROR, INTERRUPTED, OK


def main() -> NoReturn:
    """Run the command that the arguments name, and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of the command that the arguments name."""
    if arguments == ["--version"]:
        return _print_version()
    import click

    from routewarden.cli.commands import routewarden
    from routewarden.cli.output import silence_stdout

    try:
        result = routewarden.main(arguments, prog_name="routewarden", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the help (`| head`) has seen enough
        silence_stdout()
        return OK
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo("This is a bug in RouteWarden: please report it with the lines above.", err=True)
        return INTERNAL_ERROR
    return result if isinstance(result, int) else OK


def _print_version() -> int:
    sys.stdout.write(f"routewarden {__version__}\n")
    return OK

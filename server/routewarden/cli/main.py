"""The command line: `routewarden COMMAND`.

Invariant: stdout carries the report and nothing else; exit codes are those of `cli.exit_codes`; nobody sees a traceback for a bad
argument, an unreadable file, a closed pipe or Ctrl+C. Starting is cheap: the modules of commands import the engine, rich and
pygls inside the functions that need them.
"""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

import click

from routewarden import __version__
from routewarden.cli.endpoints import endpoints
from routewarden.cli.exit_codes import INTERNAL_ERROR, INTERRUPTED, OK
from routewarden.cli.lsp import lsp
from routewarden.cli.output import silence_stdout
from routewarden.cli.rules import explain, rules
from routewarden.cli.scan import scan


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, package_name="routewarden", prog_name="routewarden")
def routewarden() -> None:
    """Who may reach each endpoint of an ASP.NET Core code base, and why."""


for command in (scan, endpoints, rules, explain, lsp):
    routewarden.add_command(command)


def main() -> NoReturn:
    """Run the command that the arguments name, and exit."""
    sys.exit(run())


def run() -> int:
    """The exit code of the command that the arguments name."""
    try:
        result = routewarden.main(prog_name="routewarden", standalone_mode=False)
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
        traceback.print_exc()
        click.echo("This is a bug in RouteWarden: please report it with the lines above.", err=True)
        return INTERNAL_ERROR
    return result if isinstance(result, int) else OK

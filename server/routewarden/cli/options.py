"""Arguments and options that several commands share, and the error for input that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from routewarden.cli.exit_codes import BAD_USAGE

FC = TypeVar("FC", bound=Callable[..., Any])


def format_option(*forms: str) -> Callable[[FC], FC]:
    """`--format`, with these choices; the first is the default."""
    return click.option("--format", "form", type=click.Choice(forms), default=forms[0], show_default=True, help="Form of the report.")


output_option = click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report to a file instead of stdout."
)


class BadInput(click.ClickException):
    """A path, a configuration or an output file that cannot be used. Its message is printed without the usage line."""

    exit_code = BAD_USAGE


def _given_path(_context: click.Context, _parameter: click.Parameter, value: str) -> Path:
    """`scan "$UNSET"` in a pipeline must not pass for a scan of the current folder."""
    if not value:
        raise BadInput("the path is empty; give the folder of the application, or leave the argument out for the current one")
    return Path(value)


path_argument = click.argument("path", type=str, default=".", required=False, callback=_given_path)

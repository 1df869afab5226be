"""Arguments and options that several commands share, and the error for input that cannot be used."""

from __future__ import annotations

from pathlib import Path

import click

from routewarden.cli.exit_codes import BAD_USAGE

path_argument = click.argument("path", type=click.Path(path_type=Path), default=Path(), required=False)
format_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the report."
)
output_option = click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report to a file instead of stdout."
)


class BadInput(click.ClickException):
    """A path, a configuration or an output file that cannot be used. Its message is printed without the usage line."""

    exit_code = BAD_USAGE

"""`routewarden endpoints`: the register of endpoints, with who may reach each and why."""

from __future__ import annotations

from pathlib import Path

import click

from routewarden.cli.options import format_option, output_option, path_argument
from routewarden.cli.output import report_console, report_stream
from routewarden.cli.workspace import open_workspace


@click.command()
@path_argument
@format_option
@click.option("--why", is_flag=True, help="Show the decisions behind each access (the JSON always has them).")
@output_option
def endpoints(path: Path, form: str, why: bool, output: Path | None) -> None:
    """List every HTTP endpoint, who may reach it, and where that is decided."""
    project, _ = open_workspace(path)
    with report_stream(output) as stream:
        if form == "json":
            from routewarden.report.json_report import endpoints_json

            stream.write(endpoints_json(project))
        else:
            from routewarden.report.endpoints_report import print_endpoints

            print_endpoints(report_console(stream), project, why=why)

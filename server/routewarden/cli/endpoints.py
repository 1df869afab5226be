"""`routewarden endpoints`: the register of endpoints, with who may reach each and why."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from routewarden.cli.endpoint_options import (
    access_option,
    app_option,
    endpoint_filter,
    file_option,
    method_option,
    route_option,
    writes_option,
)
from routewarden.cli.exit_codes import INCOMPLETE, OK
from routewarden.cli.options import format_option, output_option, path_argument
from routewarden.cli.output import report_console, report_stream
from routewarden.cli.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routewarden.model.register import Endpoint
    from routewarden.report.writes_report import DoingAnalysis


@click.command()
@path_argument
@format_option("text", "json", "csv", "markdown")
@method_option
@access_option
@app_option
@route_option
@file_option
@writes_option
@click.option("--why", is_flag=True, help="Show the decisions behind each access (the JSON always has them).")
@click.option("--strict", is_flag=True, help="Exit with 3 if a file could not be analysed, or not fully.")
@output_option
def endpoints(
    path: Path,
    form: str,
    methods: tuple[str, ...],
    access: tuple[str, ...],
    apps: tuple[str, ...],
    routes: tuple[str, ...],
    files: tuple[str, ...],
    writes: bool,
    why: bool,
    strict: bool,
    output: Path | None,
) -> int:
    """List every HTTP endpoint, who may reach it, and where that is decided.

    Of filters with the same name one has to match, of different ones all.

    Exit codes: 0 listed, 2 bad usage or configuration, 3 an incomplete analysis (--strict).
    """
    project, _ = open_workspace(path)
    chosen = endpoint_filter(methods=methods, access=access, apps=apps, routes=routes, files=files, writes=writes)
    with report_stream(output) as stream:
        if writes and form == "text":
            from routewarden.report.writes_report import print_writes

            print_writes(report_console(stream), project, chosen.select(project.register.endpoints))
        else:
            _write(stream, project, chosen.select(project.register.endpoints), form, why=why, writes=writes)
    return INCOMPLETE if strict and project.register.not_analysed else OK


def _write(stream: IO[str], project: DoingAnalysis, chosen: Sequence[Endpoint], form: str, *, why: bool, writes: bool) -> None:
    if form == "json":
        from routewarden.report.json_report import endpoints_json

        stream.write(endpoints_json(project, chosen, project if writes else None))
    elif form == "csv":
        from routewarden.report.endpoints_csv import endpoints_csv

        stream.write(endpoints_csv(project, chosen))
    elif form == "markdown":
        from routewarden.report.endpoints_markdown import endpoints_markdown

        stream.write(endpoints_markdown(project, chosen))
    else:
        from routewarden.report.endpoints_report import print_endpoints

        print_endpoints(report_console(stream), project, chosen, why=why)

"""`routewarden openapi`: the OpenAPI document that the code of an app amounts to."""

from __future__ import annotations

from pathlib import Path

import click

from routewarden.cli.endpoint_options import app_option, endpoint_filter
from routewarden.cli.exit_codes import INCOMPLETE, OK
from routewarden.cli.options import BadInput, output_option, path_argument
from routewarden.cli.output import report_stream
from routewarden.cli.workspace import open_workspace


@click.command()
@path_argument
@app_option
@click.option("--strict", is_flag=True, help="Exit with 3 if a file could not be analysed, or not fully.")
@output_option
def openapi(path: Path, apps: tuple[str, ...], strict: bool, output: Path | None) -> int:
    """Write the OpenAPI 3.1 document that the code amounts to, with who may call, as JSON.

    Nothing is built or started. PATH with several apps needs --app.

    Exit codes: 0 written, 2 bad usage, several apps or none, 3 an incomplete analysis (--strict).
    """
    project, _ = open_workspace(path)
    from routewarden.report.openapi_document import is_documentable, openapi_json
    from routewarden.report.printable import printable

    register = project.register
    chosen = endpoint_filter(apps=apps).select(register.endpoints)
    by_app = {app: [e for e in chosen if e.app == app.project] for app in register.apps}
    served = {app: own for app, own in by_app.items() if is_documentable(own)}
    if len(served) != 1:
        names = ", ".join(printable(app.project or app.name) for app in served)
        raise BadInput(f"several apps serve an API; choose one with --app: {names}" if served else "no app with an API is here")
    for app, endpoints in served.items():
        with report_stream(output) as stream:
            stream.write(openapi_json(app, endpoints))
    return INCOMPLETE if strict and register.not_analysed else OK

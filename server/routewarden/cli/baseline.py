"""`routewarden baseline update`: write down the findings of today, so that only new ones fail a scan."""

from __future__ import annotations

from pathlib import Path

import click

from routewarden.cli.exit_codes import OK
from routewarden.cli.options import path_argument
from routewarden.cli.output import report_stream
from routewarden.cli.workspace import open_workspace


@click.group()
def baseline() -> None:
    """Keep the list of known findings."""


@baseline.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@path_argument
def update(file: Path, path: Path) -> int:
    """Write the findings of PATH to FILE: commit it, and give it to `routewarden scan --baseline FILE`.

    What is closed by now is no longer in it. Waived findings have their waiver and are left out.
    """
    project, _ = open_workspace(path)
    from routewarden.analysis.baseline import parse, render

    text = render(finding for found in project.findings().values() for finding in found)
    with report_stream(file) as stream:
        stream.write(text)
    count = len(parse(text.encode()).fingerprints)
    click.echo(f"{count} finding{'' if count == 1 else 's'} in {file}", err=True)
    return OK

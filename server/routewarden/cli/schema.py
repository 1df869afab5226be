"""`routewarden schema`: the JSON Schemas of what RouteWarden writes and reads, as this version has them."""

from __future__ import annotations

import click

from routewarden.cli.output import report_stream

SCHEMAS = {  # name: what it describes
    "endpoints": "routewarden endpoints --format json",
    "scan": "routewarden scan --format json",
    "diff": "routewarden diff --format json",
    "routewarden": "routewarden.toml",
}


@click.command()
@click.argument("name", type=click.Choice(list(SCHEMAS)), required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of a format; without NAME, list them."""
    from importlib import resources

    with report_stream() as stream:
        if name is None:
            stream.writelines(f"{key:<12}{about}\n" for key, about in SCHEMAS.items())
        else:
            folder = resources.files("routewarden").joinpath("schemas")
            stream.write(folder.joinpath(f"{name}.schema.json").read_text("utf-8"))

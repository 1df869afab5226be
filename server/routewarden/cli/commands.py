"""All commands, as click sees them."""

from __future__ import annotations

import click

from routewarden import __version__
from routewarden.cli.baseline import baseline
from routewarden.cli.diff import diff
from routewarden.cli.endpoints import endpoints
from routewarden.cli.explain import explain
from routewarden.cli.fix import fix
from routewarden.cli.lsp import lsp
from routewarden.cli.openapi import openapi
from routewarden.cli.rules import rules
from routewarden.cli.scan import scan
from routewarden.cli.schema import schema


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="routewarden %(version)s")
def routewarden() -> None:
    """Who may reach each endpoint of an ASP.NET Core code base, and why."""


for command in (scan, diff, baseline, fix, endpoints, explain, openapi, rules, schema, lsp):
    routewarden.add_command(command)

"""Options that choose endpoints, shared by the commands that show some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from routewarden.analysis.endpoint_query import EndpointFilter

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "ANY")
ACCESS = ("public", "anonymous", "authenticated", "restricted", "guarded", "unknown")

app_option = click.option(
    "--app", "apps", multiple=True, metavar="GLOB", help="Only apps whose project has this name (Shop.Api) or path (src/**)."
)
method_option = click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice(METHODS, case_sensitive=False),
    help="Only endpoints that answer this verb; ANY: that answer every verb.",
)
access_option = click.option("--access", multiple=True, type=click.Choice(ACCESS), help="Only endpoints with this access.")
route_option = click.option(
    "--route", "routes", multiple=True, metavar="GLOB", help="Only routes like this: * within a segment, ** across them (/api/**)."
)
file_option = click.option("--file", "files", multiple=True, metavar="GLOB", help="Only endpoints of these files or folders (src/Admin).")
writes_option = click.option(
    "--writes", is_flag=True,
    help="Only endpoints that may change state, by their verb; text and JSON have what each does to data, and the record that it leaves.",
)


def endpoint_filter(
    *,
    methods: tuple[str, ...] = (),
    access: tuple[str, ...] = (),
    apps: tuple[str, ...] = (),
    routes: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    writes: bool = False,
) -> EndpointFilter:
    """The filter that the options ask for."""
    from routewarden.analysis.endpoint_query import EndpointFilter
    from routewarden.model.register import Access

    return EndpointFilter(frozenset(methods), frozenset(map(Access, access)), apps, routes, files, writes)

"""`routewarden explain`: the page of a rule, or the decisions behind the access of an endpoint."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routewarden.cli.endpoint_options import app_option, endpoint_filter
from routewarden.cli.exit_codes import OK
from routewarden.cli.options import BadInput, format_option, output_option, path_argument
from routewarden.cli.output import report_console, report_stream

if TYPE_CHECKING:
    from routewarden.analysis.endpoint_query import EndpointQuery
    from routewarden.analysis.rule import Rule


@click.command()
@click.argument("what")
@path_argument
@app_option
@format_option("text", "json")
@output_option
def explain(what: str, path: Path, apps: tuple[str, ...], form: str, output: Path | None) -> int:
    """Explain a rule, or who may reach an endpoint and which lines decide that.

    WHAT is a rule by id (AP004) or name (unauthorized-write), or an endpoint of the code in PATH: "DELETE /api/orders/{id}",
    "/api/orders/{id}" for every verb, or a URL such as "/api/orders/42".

    Exit codes: 0 explained, 2 there is no such rule or endpoint.
    """
    from routewarden.analysis.endpoint_query import parse_query
    from routewarden.analysis.registry import load_rules, rule_by_id

    rule = rule_by_id(what)
    query = None if rule is not None else parse_query(what)
    if rule is not None:
        _show_page(rule, output)
    elif query is not None:
        _show_trail(query, path, apps, form, output)
    else:
        raise BadInput(_unknown(what, load_rules()))
    return OK


def _show_page(rule: Rule, output: Path | None) -> None:
    from routewarden.analysis.pages import page

    with report_stream(output) as stream:
        console = report_console(stream)
        if console.is_terminal:
            from rich.markdown import Markdown

            console.print(Markdown(page(rule).markdown, hyperlinks=False))
        else:
            stream.write(page(rule).markdown)


def _show_trail(query: EndpointQuery, path: Path, apps: tuple[str, ...], form: str, output: Path | None) -> None:
    from routewarden.analysis.endpoint_query import find_endpoints
    from routewarden.cli.workspace import open_workspace
    from routewarden.report.printable import printable

    project, _ = open_workspace(path)
    answer = find_endpoints(endpoint_filter(apps=apps).select(project.register.endpoints), query)
    if not answer.found:
        asked = printable(f"{','.join(query.methods)} {query.route}".strip())
        near = "".join(f"\n  {printable(endpoint.label)}  ({endpoint.access})" for endpoint in answer.near)
        total = len(project.register.endpoints)
        hint = f"did you mean{near}" if near else f"`routewarden endpoints` lists the {total} that there are" if total else "there is none"
        raise BadInput(f"no endpoint {asked}; {hint}")
    with report_stream(output) as stream:
        if form == "json":
            from routewarden.report.json_report import endpoints_json

            stream.write(endpoints_json(project, answer.found))
        else:
            from routewarden.report.explanation import print_explanation

            print_explanation(report_console(stream), project, answer.found)


def _unknown(name: str, known: tuple[Rule, ...]) -> str:
    names = [alias for rule in known for alias in (rule.id, rule.name)]
    close = difflib.get_close_matches(name.lower(), [alias.lower() for alias in names], n=1)
    nearest = next((alias for alias in names if close and alias.lower() == close[0]), None)
    hint = f"did you mean {nearest}?" if nearest else f"known: {', '.join(rule.id for rule in known)}"
    return f"unknown rule {name!r}; {hint}"

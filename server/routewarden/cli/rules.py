"""`routewarden rules` and `routewarden explain RULE`: the rules and their pages."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

from routewarden.cli.options import BadInput

if TYPE_CHECKING:
    from routewarden.analysis.rule import Rule


@click.command()
def rules() -> None:
    """List the rules."""
    from rich.text import Text

    from routewarden.analysis.pages import has_fix, page
    from routewarden.analysis.registry import load_rules
    from routewarden.cli.output import report_console, report_stream
    from routewarden.report.tables import plain_table, print_table
    from routewarden.report.text_report import SEVERITY_STYLE

    table = plain_table(header=True)
    for heading in ("Rule", "Severity", "Fix", "Finds"):
        table.add_column(heading, no_wrap=heading != "Finds", overflow="fold")
    for rule in load_rules():
        table.add_row(
            Text.assemble((rule.id, "bold"), f" {rule.name}"),
            Text(str(rule.severity), SEVERITY_STYLE[rule.severity]),
            "yes" if has_fix(rule) else "",
            Text(page(rule).summary),
        )
    with report_stream() as stream:
        print_table(report_console(stream), table)


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Show the page of a RULE, given by id (AP004) or name (unauthorized-write)."""
    from routewarden.analysis.pages import page
    from routewarden.analysis.registry import load_rules, rule_by_id
    from routewarden.cli.output import report_console, report_stream

    found = rule_by_id(rule)
    if found is None:
        raise BadInput(_unknown(rule, load_rules()))
    with report_stream() as stream:
        console = report_console(stream)
        if console.is_terminal:
            from rich.markdown import Markdown

            console.print(Markdown(page(found).markdown, hyperlinks=False))
        else:
            stream.write(page(found).markdown)


def _unknown(name: str, known: tuple[Rule, ...]) -> str:
    names = [alias for rule in known for alias in (rule.id, rule.name)]
    close = difflib.get_close_matches(name.lower(), [alias.lower() for alias in names], n=1)
    nearest = next((alias for alias in names if close and alias.lower() == close[0]), None)
    hint = f"did you mean {nearest}?" if nearest else f"known: {', '.join(rule.id for rule in known)}"
    return f"unknown rule {name!r}; {hint}"

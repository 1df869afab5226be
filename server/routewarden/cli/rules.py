"""`routewarden rules`: the rules, one line each."""

from __future__ import annotations

import click


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

"""`routewarden scan`: analyse a folder, report, and say by the exit code whether it may pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from routewarden.cli.exit_codes import FINDINGS, INCOMPLETE, OK
from routewarden.cli.options import format_option, output_option, path_argument
from routewarden.cli.output import report_console, report_stream
from routewarden.cli.workspace import open_workspace

if TYPE_CHECKING:
    from routewarden.analysis.finding import Severity
    from routewarden.report.view import Analysis

SEVERITIES = ("critical", "high", "medium", "low", "info", "never")


@click.command()
@path_argument
@format_option("text", "json")
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Exit with 1 only for findings at or above this severity.  [default: fail-on of routewarden.toml, or info]",
)
@click.option("--strict", is_flag=True, help="Exit with 3 if a file could not be analysed, or not fully.")
@output_option
def scan(path: Path, form: str, fail_on: str | None, strict: bool, output: Path | None) -> int:
    """Find endpoints that the wrong people can reach.

    PATH is the folder of an application or of a whole repository; the current one if it is left out.

    Exit codes: 0 nothing at or above the threshold, 1 findings, 2 bad usage or configuration, 3 no findings but an incomplete
    analysis (--strict).
    """
    project, config = open_workspace(path)
    from routewarden.analysis.finding import Severity

    threshold = config.fail_on if fail_on is None else None if fail_on == "never" else Severity(fail_on)
    _report(project, form, threshold, output)
    return _exit_code(project, threshold, strict=strict)


def _exit_code(analysis: Analysis, threshold: Severity | None, *, strict: bool) -> int:
    from routewarden.report.view import at_or_above

    findings = (finding for findings in analysis.findings().values() for finding in findings)
    if any(at_or_above(finding, threshold) for finding in findings):
        return FINDINGS
    return INCOMPLETE if strict and analysis.register.not_analysed else OK


def _report(analysis: Analysis, form: str, threshold: Severity | None, output: Path | None) -> None:
    with report_stream(output) as stream:
        if form == "json":
            from routewarden.report.json_report import scan_json

            stream.write(scan_json(analysis))
        else:
            from routewarden.analysis.registry import load_rules
            from routewarden.report.text_report import print_scan

            print_scan(report_console(stream), analysis, {rule.id: rule.name for rule in load_rules()}, threshold)

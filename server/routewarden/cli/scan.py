"""`routewarden scan`: analyse a folder, report, and say by the exit code whether it may pass."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from routewarden.cli.exit_codes import FINDINGS, INCOMPLETE, OK
from routewarden.cli.options import BadInput, format_option, output_option, path_argument
from routewarden.cli.output import report_console, report_stream
from routewarden.cli.workspace import folder_of, open_workspace

if TYPE_CHECKING:
    from routewarden.analysis.finding import Finding
    from routewarden.analysis.project import Project
    from routewarden.report.view import Selection

SEVERITIES = ("critical", "high", "medium", "low", "info", "never")
FORMATS = ("text", "json", "sarif", "github", "junit", "markdown", "html")


def _reports(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, Path]]:
    found = []
    for value in values:
        form, _, path = value.partition("=")
        if form not in FORMATS or not path:
            raise BadInput(f"--report {value}: must be FORMAT=FILE, with a format of {', '.join(FORMATS)}")
        found.append((form, Path(path)))
    return found


today_option = click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day that waivers expire by, such as 2026-11-24, instead of the clock's."
)


@click.command()
@path_argument
@format_option(*FORMATS)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Exit with 1 only for findings at or above this severity.  [default: fail-on of routewarden.toml, or info]",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only findings that this file does not know can fail the scan; `routewarden baseline update` writes it.",
)
@click.option(
    "--since", metavar="REV", help="Report only what changed since this commit touches: the findings that it opened, and those on its lines."
)
@click.option("--strict", is_flag=True, help="Exit with 3 if a file could not be analysed, or not fully.")
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=FILE", callback=_reports, help="Write one more report of the same scan to a file."
)
@today_option
@output_option
def scan(
    path: Path,
    form: str,
    fail_on: str | None,
    baseline: Path | None,
    since: str | None,
    strict: bool,
    reports: list[tuple[str, Path]],
    today: datetime | None,
    output: Path | None,
) -> int:
    """Find endpoints that the wrong people can reach.

    PATH is the folder of an application or of a whole repository; the current one if it is left out.

    Waived and known findings stay in the reports and never fail the scan.

    Exit codes: 0 nothing at or above the threshold, 1 findings, 2 bad usage or configuration, 3 no findings but an incomplete
    analysis (--strict).
    """
    known = _baseline(baseline)  # before the work, which may take a while
    base = _base_commit(path, since)
    project, config = open_workspace(path, today.date() if today else None)
    from routewarden.analysis.finding import Severity
    from routewarden.report.view import Selection, placed_findings

    threshold = config.fail_on if fail_on is None else None if fail_on == "never" else Severity(fail_on)
    placed = placed_findings(project)
    everything = len(placed)
    if base is not None:
        kept = {id(finding) for finding in _touched(project, path, base, today)}
        placed = [item for item in placed if id(item.finding) in kept]
    selection = Selection(tuple(placed), threshold, known, everything - len(placed), config.rules.disabled)
    prefix = _prefix(path) if "github" in (form, *(name for name, _ in reports)) else ""
    with report_stream(output) as stream:
        _write(stream, project, selection, form, prefix)
    for name, file in reports:
        with report_stream(file) as stream:
            _write(stream, project, selection, name, prefix)
    if selection.failing:
        return FINDINGS
    return INCOMPLETE if strict and project.register.not_analysed else OK


def _baseline(path: Path | None) -> frozenset[str] | None:
    if path is None:
        return None
    from routewarden.analysis.baseline import BaselineError, read
    from routewarden.report.printable import printable

    shown = printable(str(path))
    try:
        return read(path).fingerprints
    except BaselineError as error:
        raise BadInput(f"{shown} is no baseline: {error}") from None
    except OSError as error:
        raise BadInput(f"{shown} cannot be read: {error.strerror or error}; `routewarden baseline update {shown}` writes it") from None


def _base_commit(path: Path, since: str | None) -> str | None:
    if since is None:
        return None
    from routewarden.analysis.git_files import GitError, commit_of

    try:
        return commit_of(folder_of(path), since)
    except GitError as error:
        raise BadInput(f"--since {since}: {error}") from None


def _touched(project: Project, path: Path, commit: str, today: datetime | None) -> list[Finding]:
    from functools import cache

    from routewarden.analysis.git_files import GitFiles
    from routewarden.analysis.touched import changed_lines, touched
    from routewarden.analysis.workspace import open_files

    root = folder_of(path)
    files = GitFiles(root, commit, config_excludes(root))
    try:
        base = open_files(root, files, today.date() if today else None)
        before = frozenset(finding.fingerprint for found in base.findings().values() for finding in found)
        lines = cache(lambda at: changed_lines(files, at, project.text(at)))
        findings = [finding for found in project.findings().values() for finding in found]
        return touched(findings, before, lines, project.lines_of)
    finally:
        files.close()


def config_excludes(root: Path) -> tuple[str, ...]:
    """What the settings of today leave out: both states are looked at with the same eyes."""
    from routewarden.analysis.config import load_config
    from routewarden.analysis.workspace import rule_settings

    return load_config(root, rule_settings())[0].exclude


def _prefix(path: Path) -> str:
    """The scanned folder as its repository sees it; GitHub wants paths from there."""
    from routewarden.analysis.git_files import GitError, prefix_of

    try:
        return prefix_of(folder_of(path))
    except GitError:
        return ""


def _write(stream: IO[str], project: Project, selection: Selection, form: str, prefix: str) -> None:
    from routewarden.analysis.registry import load_rules

    if form == "text":
        from routewarden.report.text_report import print_scan

        print_scan(report_console(stream), project, {rule.id: rule.name for rule in load_rules()}, selection)
        return
    stream.write(_rendered(project, selection, form, prefix))


def _rendered(project: Project, selection: Selection, form: str, prefix: str) -> str:
    from routewarden.analysis.registry import load_rules
    from routewarden.report import github, json_report, junit, sarif, scan_html, scan_markdown

    match form:
        case "json":
            return json_report.scan_json(project, selection)
        case "sarif":
            return sarif.scan_sarif(project, selection, load_rules())
        case "github":
            return github.scan_annotations(selection, prefix)
        case "junit":
            return junit.scan_junit(project, selection)
        case "markdown":
            return scan_markdown.scan_markdown(project, selection)
    return scan_html.scan_html(project, selection)

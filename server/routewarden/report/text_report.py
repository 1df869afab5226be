"""The report of `scan` for people: findings worst first by file with the code, then the endpoints, then what was not analysed.

Invariant: every text of the workspace goes through `printable`, and styles are put on afterwards, as spans: nothing in a file
name or a route can act as markup. In a pipe (`width` None) lines are neither wrapped nor cut, and there is no colour.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.text import Text

from routewarden.analysis.finding import Finding, Severity
from routewarden.analysis.runner import SEVERITY_ORDER
from routewarden.model.register import Access, Endpoint, NotAnalysed
from routewarden.report.framed_code import code_lines, gutter_of, place_line
from routewarden.report.headlines import headlines
from routewarden.report.printable import printable
from routewarden.report.tables import plain_table, print_table
from routewarden.report.view import Analysis, PlacedFinding, Selection, at_or_above, place_of

SEVERITY_STYLE = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold blue",
    Severity.INFO: "dim",
}
ACCESS_STYLE = {
    Access.PUBLIC: "bold red",
    Access.ANONYMOUS: "yellow",
    Access.AUTHENTICATED: "green",
    Access.RESTRICTED: "green",
    Access.GUARDED: "cyan",
    Access.UNKNOWN: "magenta",
}
_INDENT = 10
_LISTED = 20  # files or reasons that are named; the JSON report has all
_WHYS = 4
_CODE = re.compile(r"`[^`]+`")


def print_scan(console: Console, analysis: Analysis, titles: Mapping[str, str], selection: Selection) -> None:
    """Print the report. `titles`: names of rules by id."""
    width = console.width if console.is_terminal else None
    waived = sum(item.finding.waived is not None for item in selection.placed)
    known = [item for item in selection.placed if item.finding.waived is None and selection.is_known(item.finding)]
    placed = [item for item in selection.placed if item.finding.waived is None and item not in known]
    for path, group in _worst_first(placed):
        _print(console, _file_line(path, len(group), width), Text())
        for item in group:
            _print(console, *_finding_lines(analysis, item, titles.get(item.finding.rule, ""), width), Text())
    _print_endpoints(console, analysis.register.endpoints)
    _print_unknown(console, analysis.register.endpoints, width)
    _print_not_analysed(console, analysis.register.not_analysed, width)
    notes = [
        *([f"{waived} waived"] if waived else []),
        *([f"{len(known)} known"] if known else []),
        *([f"{selection.left_out} not touched"] if selection.left_out else []),
    ]
    _print(console, *_summary(analysis, [item.finding for item in placed], notes, selection.fail_on, width))


def _print(console: Console, *lines: Text) -> None:
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _rank(item: PlacedFinding) -> int:
    return SEVERITY_ORDER[item.finding.severity]


def _worst_first(placed: list[PlacedFinding]) -> list[tuple[str, list[PlacedFinding]]]:
    groups: dict[str, list[PlacedFinding]] = {}
    for item in sorted(placed, key=lambda p: (_rank(p), p.place)):
        groups.setdefault(item.place.path, []).append(item)
    return list(groups.items())  # in the order of each file's worst finding


# --- findings --------------------------------------------------------------------------------------------------------


def _file_line(path: str, count: int, width: int | None) -> Text:
    label = f" {_count(count, 'finding')}"
    line = Text.assemble(("── ", "dim"), (printable(path), "bold"), " ")
    fill = max(2, (width or 100) - line.cell_len - len(label))
    return line.append("─" * fill, "dim").append(label, "dim")


def _finding_lines(analysis: Analysis, item: PlacedFinding, title: str, width: int | None) -> Iterator[Text]:
    finding = item.finding
    yield Text.assemble(
        (f"{finding.severity:<{_INDENT - 2}}", SEVERITY_STYLE[finding.severity]),
        "  ",
        (finding.rule, "bold"),
        f" {title}",
        (f"  ({finding.confidence} confidence)", "dim"),
    )
    for line in wrapped(finding.message, _INDENT, width):
        yield styled_code(Text(" " * _INDENT + line))
    notes = [*(("why", text) for text in _whys(analysis, finding)), *_fix_note(finding)]
    gutter = gutter_of(item.place)
    edge = " " * (gutter + 1)
    yield place_line(item.place, gutter)
    yield from code_lines(analysis, finding.site, gutter, width, _caret_style(finding.severity))
    for at, (kind, text) in enumerate(notes):
        last = at == len(notes) - 1
        for number, line in enumerate(wrapped(text, gutter + 9, width)):
            corner = ("╰─ " if last else "├─ ") if number == 0 else ("   " if last else "│  ")
            head = f"{kind}  " if number == 0 else "     "
            yield styled_code(Text.assemble((edge + corner, "dim"), (head, "green" if kind == "fix" else "dim"), line))


def _caret_style(severity: Severity) -> str:
    return SEVERITY_STYLE[severity].replace(" on red", "").replace("white", "red")


def _whys(analysis: Analysis, finding: Finding) -> Iterator[str]:
    """The decisions behind the finding, each with its place."""
    for item in finding.related[:_WHYS]:
        yield f"{item.message} ({place_of(analysis, item.site)})"
    if len(finding.related) > _WHYS:
        yield f"… and {len(finding.related) - _WHYS} more"


def _fix_note(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.fixes:
        first, *others = sorted(finding.fixes, key=lambda plan: not plan.preferred)
        yield "fix", first.title + (f"  (the editor offers {len(others)} more)" if others else "")


# --- endpoints -------------------------------------------------------------------------------------------------------


def _print_endpoints(console: Console, endpoints: tuple[Endpoint, ...]) -> None:
    if not endpoints:
        return
    by_app: dict[str, Counter[Access]] = {}
    for endpoint in endpoints:
        by_app.setdefault(endpoint.app, Counter())[endpoint.access] += 1
    shown = [access for access in Access if any(counts[access] for counts in by_app.values())]
    table = plain_table(header=True)
    table.show_footer = len(by_app) > 1
    table.add_column("Endpoints", footer=Text("total", "bold"), overflow="fold")
    for access in shown:
        total = sum(counts[access] for counts in by_app.values())
        table.add_column(str(access), footer=Text(str(total), "bold"), justify="right", style=ACCESS_STYLE[access])
    table.add_column("total", footer=Text(str(len(endpoints)), "bold"), justify="right", style="bold")
    for app, counts in sorted(by_app.items()):
        cells = [Text(str(counts[access])) if counts[access] else Text("·", "dim") for access in shown]
        table.add_row(Text(printable(app) or "(no project)"), *cells, Text(str(counts.total())))
    print_table(console, table)
    console.print()


def _print_unknown(console: Console, endpoints: tuple[Endpoint, ...], width: int | None) -> None:
    reasons = Counter(e.verdict.reason or "no reason given" for e in endpoints if e.access is Access.UNKNOWN)
    if not reasons:
        return
    _print(console, Text(f"Access unknown: {_count(reasons.total(), 'endpoint')}", "bold magenta"))
    for reason, count in reasons.most_common(_LISTED):
        for number, line in enumerate(wrapped(reason, 8, width)):
            _print(console, styled_code(Text(f"{count if number == 0 else '':>6}  {line}")))
    _print_rest(console, len(reasons), "reason")


def _print_not_analysed(console: Console, items: tuple[NotAnalysed, ...], width: int | None) -> None:
    if not items:
        return
    _print(console, Text(f"Not analysed, or not fully: {_count(len(items), 'file')}", "bold yellow"))
    for item in items[:_LISTED]:
        for number, line in enumerate(wrapped(f"{item.path}: {item.reason}", 4, width)):
            _print(console, Text(f"{'  ' if number == 0 else '    '}{line}"))
    _print_rest(console, len(items), "file")


def _print_rest(console: Console, count: int, what: str) -> None:
    if count > _LISTED:
        _print(console, Text(f"  … and {_count(count - _LISTED, f'more {what}')} (--format json has all)", "dim"))
    _print(console, Text())


# --- summary ---------------------------------------------------------------------------------------------------------


def _summary(
    analysis: Analysis, findings: list[Finding], notes: list[str], fail_on: Severity | None, width: int | None
) -> Iterator[Text]:
    register = analysis.register
    counts = Counter(finding.severity for finding in findings)
    by_severity = ", ".join(f"{counts[severity]} {severity}" for severity in Severity if counts[severity])
    public = sum(endpoint.access is Access.PUBLIC for endpoint in register.endpoints)
    parts = [
        f"{_count(len(findings), 'finding')} ({by_severity})" if findings else "No findings",
        *notes,
        f"{_count(len(register.endpoints), 'endpoint')}, {public} public",
        *([f"{_count(len(register.not_analysed), 'file')} not fully analysed"] if register.not_analysed else []),
    ]
    failing = sum(at_or_above(finding, fail_on) for finding in findings)
    style = "bold red" if failing else "bold green" if register.endpoints else "bold yellow"
    yield from (Text(line, style) for line in wrapped(" · ".join(parts), 0, width))
    if not register.endpoints:
        advice = "No ASP.NET Core endpoint was found. Is this the folder of an ASP.NET Core application?"
        yield from (Text(line, "yellow") for line in wrapped(advice, 0, width))
    for said in headlines(findings):
        yield from (styled_code(Text(line)) for line in wrapped(said, 0, width))
    if findings and fail_on is not None and failing != len(findings):
        yield Text(f"{failing} of them at or above {fail_on}, which fails the scan", "dim")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# --- text ------------------------------------------------------------------------------------------------------------


def wrapped(text: str, indent: int, width: int | None) -> list[str]:
    """The lines of a text that is printed behind `indent` cells."""
    safe = printable(text)
    if width is None:
        return [safe]
    return textwrap.wrap(safe, max(30, width - indent), break_on_hyphens=False) or [""]


def styled_code(line: Text) -> Text:
    """Style the parts in backticks."""
    line.highlight_regex(_CODE, "cyan")
    return line

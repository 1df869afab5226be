"""The report of `scan` as one HTML file without scripts, links to outside or anything to load: by SOC 2 criterion, with denominators.

Invariant: every text of the workspace is escaped, and a content security policy forbids the page everything but its own style.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable

from routewarden import __version__
from routewarden.model.register import Access
from routewarden.report.criteria_groups import CriterionGroup, criteria_groups
from routewarden.report.printable import printable
from routewarden.report.view import Analysis, PlacedFinding, Selection, place_of

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1b2733; background: #fff; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 2.2rem; } table { border-collapse: collapse; width: 100%; margin: .6rem 0 1.2rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid #d8dee5; }
code { font: 13px ui-monospace, monospace; }
td.n { white-space: nowrap; } details { margin: .1rem 0; } summary { cursor: pointer; } li { margin: .1rem 0; }
.critical, .high, .public { color: #a40e26; font-weight: 600; } .medium, .anonymous, .unknown { color: #8a5200; font-weight: 600; }
.low, .info { color: #3b5b7a; } .waived { color: #5b6672; }
.bar { display: inline-block; height: .6rem; background: #a40e26; vertical-align: middle; }
@media (prefers-color-scheme: dark) { body { color: #dce3ea; background: #12181f; } th, td { border-color: #2c3742; }
.critical, .high, .public { color: #ff8a94; } .medium, .anonymous, .unknown { color: #e7b168; } .low, .info { color: #8fb6dc; } }
@media print { details { display: block; } }
"""


def scan_html(analysis: Analysis, selection: Selection) -> str:
    register = analysis.register
    groups = criteria_groups(analysis, selection)
    open_ones = [item for item in selection.placed if item.finding.waived is None]
    waived = len(selection.placed) - len(open_ones)
    access = Counter(endpoint.access for endpoint in register.endpoints)
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>RouteWarden</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>RouteWarden</h1>",
        f"<p>{len(register.endpoints)} endpoints, {len(open_ones)} open findings, {waived} waived; {len(selection.failing)} fail the scan.</p>",
        "<h2>Who may reach the endpoints</h2>",
        _table(("", "Endpoints"), ((f'<span class="{a}">{a}</span>', str(access[a])) for a in Access if access[a])),
        "<h2>By SOC 2 criterion</h2>",
        _table(("Criterion", "", "Endpoints with a gap", "Findings"), (_criterion(group) for group in groups)),
        *(_group(analysis, selection, group) for group in groups if group.findings),
        "<h2>Endpoints</h2>",
        _table(
            ("Endpoint", "Access", "Handler", "Code"),
            (
                (
                    f"<code>{_text(e.label)}</code>",
                    f'<span class="{e.access}">{e.access}</span>',
                    f"<code>{_text(e.handler)}</code>",
                    f"<code>{_text(f'{(at := place_of(analysis, e.site)).path}:{at.line}')}</code>",
                )
                for e in register.endpoints
            ),
        ),
    ]
    if register.not_analysed:
        items = "".join(f"<li><code>{_text(item.path)}</code>: {_text(item.reason)}</li>" for item in register.not_analysed)
        parts.append(f"<h2>Not analysed, or not fully</h2>\n<p>They count as unknown, never as clean.</p>\n<ul>{items}</ul>")
    parts.append(f"<p class=\"waived\">RouteWarden {_text(__version__)}</p>\n</body>\n</html>\n")
    return "\n".join(parts)


def _criterion(group: CriterionGroup) -> tuple[str, ...]:
    share = round(100 * group.with_gap / group.endpoints) if group.endpoints else 0
    name = f'<a href="#{group.id}">{group.id}</a>' if group.findings else group.id
    bar = f' <span class="bar" style="width:{share}px"></span>' if share else ""
    return name, _text(group.name), f"{group.extent}{bar}", str(len(group.findings))


def _group(analysis: Analysis, selection: Selection, group: CriterionGroup) -> str:
    rows = (_row(analysis, selection, item) for item in group.findings)
    heading = f'<h3 id="{group.id}">{group.id} {_text(group.name)}</h3>\n<p>{group.with_gap} of {group.endpoints} endpoints have a gap.</p>'
    return heading + "\n" + _table(("Severity", "Rule", "Finding", "Code"), rows)


def _row(analysis: Analysis, selection: Selection, item: PlacedFinding) -> tuple[str, ...]:
    finding = item.finding
    severity = f'<span class="{finding.severity}">{finding.severity}</span>'
    if finding.waived is not None:
        waiver = finding.waiver
        owner = f", {waiver.owner}" if waiver is not None and waiver.owner else ""
        until = f", until {waiver.until}" if waiver is not None and waiver.until else ""
        severity = f'<span class="waived">waived: {_text(finding.waived + owner + until)}</span>'
    elif selection.is_known(finding):
        severity += ' <span class="waived">known</span>'
    why = "".join(
        f"<li>{_text(item.message)} <code>{_text(str(place_of(analysis, item.site)))}</code></li>" for item in finding.related if item.site.path
    )
    more = f"<details><summary>why</summary><ul>{why}</ul></details>" if why else ""
    return severity, finding.rule, _code_parts(finding.message) + more, f"<code>{_text(f'{item.place.path}:{item.place.line}')}</code>"


def _table(header: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>"


def _code_parts(text: str) -> str:
    """What a message quotes in backticks, as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _text(text)
    return "".join(f"<code>{_text(part)}</code>" if at % 2 else _text(part) for at, part in enumerate(parts))


def _text(text: str) -> str:
    return html.escape(printable(text))

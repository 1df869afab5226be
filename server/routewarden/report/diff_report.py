"""What a change does to the attack surface, as text, Markdown (for a comment on a pull request) and JSON.

Invariant: as in the other reports: printable text, Markdown that shows and does not obey, the same bytes for the same commits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.text import Text

from routewarden.analysis.finding import Finding
from routewarden.analysis.surface_diff import Change, EndpointChange, SurfaceDiff
from routewarden.facts.sites import Site
from routewarden.model.register import Endpoint
from routewarden.report.markdown import code, prose
from routewarden.report.printable import printable
from routewarden.report.text_report import SEVERITY_STYLE, styled_code
from routewarden.report.view import Place
from routewarden.report.wording import demands

Where = Callable[[Site, bool], Place]  # a site, and whether it is of the new state
_STYLE = {
    Change.LOOSENED: "bold red", Change.ADDED: "cyan", Change.REROUTED: "cyan", Change.CHANGED: "yellow", Change.TIGHTENED: "green",
    Change.REMOVED: "dim",
}  # fmt: skip
_MOST = 200  # rows of a Markdown section


def described(endpoint: Endpoint) -> str:
    """`restricted (Admin)`."""
    names = [name for _, found in demands(endpoint) for name in found]
    asked = ", ".join(names)
    return f"{endpoint.access} ({asked})" if asked else str(endpoint.access)


def sentence(change: EndpointChange) -> str:
    """`DELETE /api/orders/{id}`: restricted (Admin) → authenticated; labels in backticks."""
    before, after = change.before, change.after
    if before is None or after is None:
        return f"`{change.endpoint.label}`: {described(change.endpoint)}"
    name = f"`{before.label}` → `{after.label}`" if change.kind is Change.REROUTED else f"`{after.label}`"
    access = f"{described(before)} → {described(after)}" if change.access is not None else described(after)
    return f"{name}: {access}"


def print_diff(console: Console, diff: SurfaceDiff, where: Where) -> None:
    for change in diff.changes:
        place = where(change.endpoint.site, change.after is not None)
        line = Text.assemble((f"{change.kind:<10}", "bold red" if change.is_loosening else _STYLE[change.kind]))
        line.append_text(styled_code(Text(printable(sentence(change))))).append(f"  {printable(f'{place.path}:{place.line}')}", "dim")
        console.print(line, soft_wrap=True, highlight=False)
    for title, findings, new in (("opened", diff.opened, True), ("closed", diff.closed, False)):
        for finding in findings:
            place = where(finding.site, new)
            line = Text.assemble((f"{title:<10}", SEVERITY_STYLE[finding.severity] if new else "green"), f"{finding.rule} {finding.severity}: ")
            line.append_text(styled_code(Text(printable(finding.message)))).append(f"  {printable(f'{place.path}:{place.line}')}", "dim")
            console.print(line, soft_wrap=True, highlight=False)
    console.print(Text(_summary(diff), "bold red" if diff.is_loosening else "bold"), soft_wrap=True)


def _summary(diff: SurfaceDiff) -> str:
    if not diff.changes and not diff.opened and not diff.closed:
        return "The attack surface is the same."
    counts = [(kind, sum(change.kind is kind for change in diff.changes)) for kind in Change]
    parts = [f"{count} {kind}" for kind, count in counts if count]
    for word, found in (("opened", diff.opened), ("closed", diff.closed)):
        if found:
            parts.append(f"{len(found)} finding{'' if len(found) == 1 else 's'} {word}")
    return ", ".join(parts)


def diff_markdown(diff: SurfaceDiff, where: Where) -> str:
    lines = ["## Attack surface", "", _summary(diff) if not diff.is_loosening else f"**{_summary(diff)}**"]
    titles = {
        Change.LOOSENED: "Access loosened", Change.ADDED: "Endpoints added", Change.REROUTED: "Endpoints re-routed",
        Change.CHANGED: "Access changed", Change.TIGHTENED: "Access tightened", Change.REMOVED: "Endpoints removed",
    }  # fmt: skip
    for kind, title in titles.items():
        rows = [change for change in diff.changes if change.kind is kind]
        if rows:
            lines += ["", f"### {title}", ""]
            for change in rows[:_MOST]:
                place = where(change.endpoint.site, change.after is not None)
                warning = "⚠️ " if change.is_loosening else ""
                lines.append(f"- {warning}{prose(sentence(change))} ({code(f'{place.path}:{place.line}')})")
            lines += [f"- … and {len(rows) - _MOST} more"] if len(rows) > _MOST else []
    for title, findings, new in (("Findings opened", diff.opened, True), ("Findings closed", diff.closed, False)):
        if findings:
            lines += ["", f"### {title}", ""]
            lines += [_finding_line(finding, where(finding.site, new)) for finding in findings[:_MOST]]
            lines += [f"- … and {len(findings) - _MOST} more"] if len(findings) > _MOST else []
    return "\n".join(lines) + "\n"


def _finding_line(finding: Finding, place: Place) -> str:
    return f"- {finding.rule} ({finding.severity}): {prose(finding.message)} ({code(f'{place.path}:{place.line}')})"


def diff_json(diff: SurfaceDiff, where: Where, base: str, head: str) -> str:
    content = {
        "base": base,
        "head": head,
        "loosened": diff.is_loosening,
        "endpoints": list(_changes(diff, where)),
        "opened": [_finding(finding, where(finding.site, True)) for finding in diff.opened],
        "closed": [_finding(finding, where(finding.site, False)) for finding in diff.closed],
    }
    return json.dumps(content, indent=2) + "\n"


def _changes(diff: SurfaceDiff, where: Where) -> Iterator[dict[str, object]]:
    for change in diff.changes:
        place = where(change.endpoint.site, change.after is not None)
        yield {
            "change": str(change.kind),
            "loosens": change.is_loosening,
            "before": _side(change.before),
            "after": _side(change.after),
            "file": place.path,
            "line": place.line,
        }


def _side(endpoint: Endpoint | None) -> dict[str, object] | None:
    if endpoint is None:
        return None
    verdict = endpoint.verdict
    return {
        "endpoint": endpoint.label, "app": endpoint.app, "access": str(verdict.access), "policies": list(verdict.policies),
        "roles": list(verdict.roles), "schemes": list(verdict.schemes), "reason": verdict.reason,
    }  # fmt: skip


def _finding(finding: Finding, place: Place) -> dict[str, object]:
    return {
        "rule": finding.rule, "severity": str(finding.severity), "message": finding.message, "endpoint": finding.endpoint,
        "fingerprint": finding.fingerprint, "file": place.path, "line": place.line,
    }  # fmt: skip

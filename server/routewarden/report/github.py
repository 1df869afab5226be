"""Findings as GitHub's workflow commands: annotations in the files of a pull request.

Invariant: one command a line, whatever a message holds; GitHub shows the first ten of each kind, so the worst come first.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from routewarden.analysis.finding import Severity
from routewarden.analysis.runner import SEVERITY_ORDER
from routewarden.report.printable import printable
from routewarden.report.view import PlacedFinding, Selection

_COMMAND = {
    Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "notice", Severity.INFO: "notice",
}  # fmt: skip


def scan_annotations(selection: Selection, prefix: str = "") -> str:
    """A line for each finding that is neither waived nor known. `prefix`: the scanned folder as the repository sees it."""
    shown = [item for item in selection.placed if item.finding.waived is None and not selection.is_known(item.finding)]
    shown.sort(key=lambda item: (SEVERITY_ORDER[item.finding.severity], item.place))
    return "".join(f"{_line(item, prefix)}\n" for item in shown)


def _line(item: PlacedFinding, prefix: str) -> str:
    place, finding = item.place, item.finding
    properties = {
        "title": f"{finding.rule} ({finding.severity})", "file": prefix + place.path, "line": str(place.line), "endLine": str(place.end_line),
        "col": str(place.column), "endColumn": str(place.end_column),
    }  # fmt: skip
    if place.line != place.end_line:
        del properties["col"], properties["endColumn"]  # allowed within one line only
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMAND[finding.severity]} {shown}::{_data(finding.message)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

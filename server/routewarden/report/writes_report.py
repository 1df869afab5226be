"""What the endpoints of a workspace write, each with the check that protects it and the record that it leaves.

Invariant: an operation without a record says so; one whose path could not be followed to its end does too. Printable text only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from rich.console import Console
from rich.text import Text

from routewarden.facts.sites import Site
from routewarden.model.operations.endpoint_operations import DataOperation, EndpointOperations
from routewarden.model.register import Endpoint
from routewarden.report.printable import printable
from routewarden.report.view import Analysis, place_of

_VERBS = {"delete": "deletes", "overwrite": "overwrites", "insert": "adds"}


class DoingAnalysis(Analysis, Protocol):
    """An analysis that knows what endpoints do."""

    def operations_of(self, endpoint: Endpoint) -> EndpointOperations: ...


def print_writes(console: Console, analysis: DoingAnalysis, endpoints: Sequence[Endpoint]) -> None:
    """Every endpoint with its access, and below it each operation with its path and its record."""
    count = missing = 0
    for endpoint in endpoints:
        done = analysis.operations_of(endpoint)
        place = place_of(analysis, endpoint.site)
        who = f"{endpoint.access}{_demands(endpoint)}"
        where = printable(f"{place.path}:{place.line}")
        console.print(Text.assemble((printable(endpoint.label), "bold"), f"  {printable(who)}  ", (where, "cyan")), soft_wrap=True)
        for line in _lines(analysis, done):
            console.print(line, soft_wrap=True)
        count += len(done.operations)
        missing += sum(1 for o in done.operations if o.destructive and not o.record)
    said = f"{len(endpoints)} endpoint{'' if len(endpoints) == 1 else 's'}, {count} operation{'' if count == 1 else 's'} on data"
    console.print(Text(f"{said}; {missing} destroy or overwrite without a record", "bold"), soft_wrap=True)


def _demands(endpoint: Endpoint) -> str:
    verdict = endpoint.verdict
    parts = [*(f"role {role}" for role in verdict.roles), *(f"policy {policy}" for policy in verdict.policies)]
    return f" ({', '.join(parts)})" if parts else ""


def _lines(analysis: Analysis, done: EndpointOperations) -> Iterator[Text]:
    if not done.operations:
        yield Text("    no operation on data was found", "dim")
    for operation in done.operations:
        path = "".join(f" → {step.to}" for step in operation.path)
        yield Text.assemble(
            f"    {_VERBS[operation.kind]}: {printable(operation.what)}", (f"  {_at(analysis, operation.site)}", "cyan"), (printable(path), "dim")
        )
        yield Text(f"      record: {printable(_record(analysis, operation))}", "green" if operation.record else "yellow")
    for site, name in done.unresolved:
        yield Text(f"    not followed: {printable(name)}  {_at(analysis, site)}", "dim")
    if done.truncated:
        yield Text("    longer paths were cut", "dim")


def _record(analysis: Analysis, operation: DataOperation) -> str:
    if not operation.record:
        return "none"
    return f"{operation.record} at {_at(analysis, operation.record_site)}" if operation.record_site is not None else operation.record


def _at(analysis: Analysis, site: Site) -> str:
    place = place_of(analysis, site)
    return printable(f"{place.path}:{place.line}")


def operations_json(analysis: Analysis, done: EndpointOperations) -> list[dict[str, object]]:
    """The same as data: `kind`, `what`, place, `path` and `record` (null = none)."""
    return [
        {
            "kind": o.kind, "what": o.what, **_place(analysis, o.site),
            "path": [{**_place(analysis, step.site), "calls": step.to} for step in o.path],
            "record": {"what": o.record, **(_place(analysis, o.record_site) if o.record_site is not None else {})} if o.record else None,
        }
        for o in done.operations
    ]


def _place(analysis: Analysis, site: Site) -> dict[str, object]:
    place = place_of(analysis, site)
    return {"file": place.path, "line": place.line, "column": place.column}

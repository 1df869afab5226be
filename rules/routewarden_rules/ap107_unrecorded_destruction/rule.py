"""AP107: a destructive operation that leaves no audit record.

Invariant: one finding an endpoint, on the endpoint: the line that deletes may serve every entity of a generic repository. Whether a record
stands on the path is the engine's answer (`routewarden.model.operations`); here is only what is said about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from routewarden.analysis.finding import AddLogCall, Confidence, Finding, FixPlan, Related, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.facts.sites import Site
from routewarden.model.operations.endpoint_operations import DELETE, DataOperation, EndpointOperations
from routewarden.model.register import WRITE_METHODS, Endpoint, Register

_VERBS = {DELETE: ("deletes", "deleted"), "overwrite": ("overwrites", "changed")}
_NAMED = 2  # operations that the message names


def check(endpoint: Endpoint, done: EndpointOperations, _: Register) -> Iterator[Finding]:
    """The one finding of an endpoint that destroys or overwrites something without a record."""
    gaps = sorted((o for o in done.operations if _is_gap(endpoint, o)), key=_weight)
    if not gaps:
        return
    worst = gaps[0]
    deletes = worst.kind == DELETE
    yield Finding(
        rule=RULE.id,
        severity=Severity.MEDIUM if deletes else Severity.LOW,
        confidence=Confidence.HIGH if deletes and not done.truncated and not (done.unresolved and len(worst.path) > 1) else Confidence.MEDIUM,
        site=_name_of(endpoint.site),
        message=f"`{endpoint.label}` {_said(gaps)} without a log call or audit record on its path{_limits(done)}",
        endpoint=endpoint.label,
        related=tuple(_related(worst)),
        fixes=tuple(_fixes(endpoint, worst)),
    )


def headline(findings: Sequence[Finding]) -> str:
    """`14 endpoints delete data without a log call or audit trail: ...`."""
    deleting = sorted({label for f in findings if " deletes data " in f.message for label in _labels(f)})
    others = {label for f in findings for label in _labels(f)} - set(deleting)
    if not deleting:
        count = len(others)
        return f"{count} endpoint{'' if count == 1 else 's'} overwrite{'s' if count == 1 else ''} data without a log call or audit trail"
    count = len(deleting)
    said = f"{count} endpoint{'' if count == 1 else 's'} delete{'s' if count == 1 else ''} data without a log call or audit trail"
    said += f", {len(others)} more overwrite{'s' if len(others) == 1 else ''} it" if others else ""
    return f"{said}: {', '.join(f'`{label}`' for label in deleting)}"


def _labels(finding: Finding) -> tuple[str, ...]:
    return (*([finding.endpoint] if finding.endpoint else []), *finding.also_endpoints)


def _is_gap(endpoint: Endpoint, operation: DataOperation) -> bool:
    """What a GET changes in passing (a counter, the time of the last visit) is not what an auditor asks for; what it deletes is."""
    if operation.record or not operation.destructive:
        return False
    writes = not endpoint.methods or any(m in WRITE_METHODS for m in endpoint.methods)
    return operation.kind == DELETE or writes


def _weight(operation: DataOperation) -> tuple[bool, int, Site]:
    """Deletions first, then the nearest."""
    return operation.kind != DELETE, len(operation.path), operation.site


def _said(gaps: list[DataOperation]) -> str:
    """`deletes Order (Remove)`; where the way is longer, by what."""
    parts = []
    for gap in gaps[:_NAMED]:
        verb = _VERBS[gap.kind][0]
        through = f" in `{gap.path[-1].to}`" if gap.path else ""
        parts.append(f"{verb} data ({gap.what}{through})")
    more = f" and {len(gaps) - _NAMED} more" if len(gaps) > _NAMED else ""
    return " and ".join(parts) + more


def _limits(done: EndpointOperations) -> str:
    """What was not followed, so that nobody takes the finding for more than it is."""
    said = []
    if done.unresolved:
        count = len(done.unresolved)
        names = ", ".join(dict.fromkeys(f"`{name}`" for _, name in done.unresolved[:2]))
        said.append(f"{count} call{'' if count == 1 else 's'} on the way could not be followed: {names}{' ...' if count > 2 else ''}")
    if done.truncated:
        said.append("longer paths were cut")
    return f" ({'; '.join(said)})" if said else ""


def _related(operation: DataOperation) -> Iterator[Related]:
    for step in operation.path:
        yield Related(step.site, f"calls {step.to}")
    yield Related(operation.site, f"{operation.what}: no record before or after it")


def _fixes(endpoint: Endpoint, operation: DataOperation) -> Iterator[FixPlan]:
    """A log call where the operation can be named: in the handler if it stands on a line of its own there, else further in."""
    if endpoint.handler_site is None or endpoint.handler_site.path.endswith(".cshtml"):
        return
    places = (*(step.site for step in operation.path), operation.site)
    what = operation.entity or "data"
    step = AddLogCall(endpoint.handler_site, places, _VERBS[operation.kind][1], what)
    yield FixPlan("log-call", "Log the operation with ILogger", (step,), preferred=True)


def _name_of(site: Site) -> Site:
    """The called name of a Map call; sites of declarations point at names anyway."""
    return Site(site.path, site.declaration, f"{site.part}:name") if site.part.startswith("node:") and not site.part.endswith(":name") else site


RULE = Rule(
    id="AP107",
    name="unrecorded-destruction",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC7.2", "CC7.3"), (), (778,), ("8.15",)),
    since="0.2.0",
    module=__name__,
    on_operations=check,
    headline=headline,
)

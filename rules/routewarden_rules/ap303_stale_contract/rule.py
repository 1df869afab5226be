"""AP303: an operation of an OpenAPI document that nothing in its app serves."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.analysis.finding import Confidence, DeprecateOperation, Finding, FixPlan, Related, RemoveOperation, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Contract, Operation, Register
from routewarden_rules._shared import contract


def check(register: Register) -> Iterator[Finding]:
    for document in register.contracts.documents:
        for operation in document.stale:
            yield _finding(document, operation, register)


def _finding(document: Contract, operation: Operation, register: Register) -> Finding:
    names = {app.project: app.name for app in register.apps}
    apps = ", ".join(sorted({names.get(app, app) or "the app" for app in document.apps}))
    promise = "; `deprecated` promises that it still works" if operation.deprecated else ""
    confidence = contract.sureness(document, register)
    return Finding(
        rule="AP303",
        severity=Severity.MEDIUM,
        confidence=confidence,
        site=operation.site,
        message=f"`{operation.label}` is in the document but nothing in {apps} serves it{promise}",
        endpoint=operation.label,
        related=(Related(operation.path_site, "the path of the operation"),) if operation.path_site.path != operation.site.path else (),
        fixes=tuple(_fixes(operation)),
    )


def _fixes(operation: Operation) -> Iterator[FixPlan]:
    title = f"Remove {operation.method} {operation.path} from the document"
    yield FixPlan("remove-operation", title, (RemoveOperation(operation.site),), preferred=True)
    if not operation.deprecated:
        yield FixPlan("deprecate-operation", "Mark the operation as deprecated", (DeprecateOperation(operation.site),), mends=False)


RULE = Rule(
    id="AP303",
    name="stale-contract",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC7.1",), ("API9:2023",), (1059,), ("5.9",)),
    since="0.2.0",
    module=__name__,
    on_register=check,
)

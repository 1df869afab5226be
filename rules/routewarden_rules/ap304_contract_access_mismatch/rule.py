"""AP304: an OpenAPI document and the code disagree on who may call an operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from routewarden.analysis.finding import Confidence, Finding, Related, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Access, Contract, Endpoint, Operation, Register
from routewarden_rules._shared import exposure

_OPEN = (Access.PUBLIC, Access.ANONYMOUS)
_CLOSED = (Access.AUTHENTICATED, Access.RESTRICTED)


def check(register: Register) -> Iterator[Finding]:
    for document in register.contracts.documents:
        if not document.says_security:
            continue
        for served in document.served:
            endpoints = [endpoint for endpoint, _ in served.by]
            if served.operation.asks_for_login:
                for endpoint in endpoints:
                    if endpoint.access in _OPEN:
                        yield _open(document, served.operation, endpoint, register)
            elif not served.operation.security and all(endpoint.access in _CLOSED for endpoint in endpoints):
                yield _closed(served.operation, endpoints[0])


def _open(document: Contract, operation: Operation, endpoint: Endpoint, register: Register) -> Finding:
    """The document asks for a login, the code for none: the dangerous side."""
    schemes = " or ".join(dict.fromkeys(" and ".join(names) for names in operation.security))
    asked = f"`{document.path}` asks for {schemes}" + ("" if operation.own_security else " everywhere")
    # A document that asks everywhere may have forgotten what was opened on purpose.
    doubtful = endpoint.access is Access.ANONYMOUS and not operation.own_security
    severity = Severity.LOW if doubtful else Severity.CRITICAL if "DELETE" in endpoint.methods else Severity.HIGH
    by_nature = endpoint.nature is not None
    fixes = exposure.closing_fixes(endpoint, register) if endpoint.access is Access.PUBLIC else ()
    return Finding(
        rule=RULE.id,
        severity=Severity.LOW if by_nature else severity,
        confidence=Confidence.LOW if doubtful else Confidence.MEDIUM if by_nature else Confidence.HIGH,
        site=exposure.name_of(endpoint.site),
        message=f"`{endpoint.label}` can be called by anyone, but {asked}",
        endpoint=endpoint.label,
        related=(Related(operation.site, "the operation in the document"),),
        fixes=tuple(replace(plan, safe=plan.safe and not doubtful) for plan in fixes),
    )


def _closed(operation: Operation, endpoint: Endpoint) -> Finding:
    """The document asks for nothing, the code does: callers learn it from a 401."""
    who = "a signed-in user" if endpoint.access is Access.AUTHENTICATED else "certain users"
    return Finding(
        rule=RULE.id,
        severity=Severity.LOW,
        confidence=Confidence.HIGH if operation.own_security else Confidence.LOW,
        site=operation.site,
        message=f"`{operation.label}` is for {who} in the code, but the document says that anyone may call it",
        endpoint=operation.label,
        related=(Related(endpoint.site, "the endpoint"),),
    )


RULE = Rule(
    id="AP304",
    name="contract-access-mismatch",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.1",), ("API2:2023", "API9:2023"), (863,), ("5.15", "8.26")),
    since="0.2.0",
    module=__name__,
    on_register=check,
    gap=exposure.GAP,
    precedence=45,
)

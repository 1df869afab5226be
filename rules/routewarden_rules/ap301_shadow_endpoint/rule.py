"""AP301: an endpoint that no OpenAPI document of its app has, or one that is hidden where there is none."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.analysis.finding import AddOperation, Confidence, Finding, FixPlan, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Access, Endpoint, Register, Undocumented
from routewarden_rules._shared import contract, exposure

_OPEN = (Access.PUBLIC, Access.ANONYMOUS)


def check(register: Register) -> Iterator[Finding]:
    for missing in register.contracts.undocumented:
        yield _shadow(missing)
    documented = {app for document in register.contracts.documents for app in document.apps}
    for endpoint in register.endpoints:
        if endpoint.excluded_from_docs and endpoint.app not in documented and _is_hidden_api(endpoint):
            yield _hidden(endpoint, register)


def _shadow(missing: Undocumented) -> Finding:
    endpoint = missing.endpoint
    where = f"`{missing.documents[0]}`" if len(missing.documents) == 1 else f"the {len(missing.documents)} OpenAPI documents of its app"
    version = f" for version {missing.version}" if missing.version else ""
    severity = Severity.MEDIUM if endpoint.writes or endpoint.access in _OPEN else Severity.LOW
    return Finding(
        rule=RULE.id,
        severity=severity,
        confidence=Confidence.HIGH,
        site=exposure.name_of(endpoint.site),
        message=f"`{endpoint.label}` is served but {where} {'has' if len(missing.documents) == 1 else 'have'} no such operation{version}",
        endpoint=endpoint.label,
        fixes=tuple(_fixes(missing)),
    )


def _fixes(missing: Undocumented) -> Iterator[FixPlan]:
    methods = missing.endpoint.methods
    if not methods:
        return  # which verbs it is meant for, only a person knows
    steps = tuple(AddOperation(missing.place, missing.place_path, method, missing.parameters, missing.openapi) for method in methods)
    yield FixPlan("add-operation", f"Add `{','.join(methods)} {missing.place_path}` to {missing.place.path}", steps, preferred=True)


def _is_hidden_api(endpoint: Endpoint) -> bool:
    """Hidden on purpose is one thing for an error page, another for something that anyone can call."""
    return endpoint.kind in ("action", "minimal", "fastendpoint") and endpoint.access in _OPEN and endpoint.nature is None


def _hidden(endpoint: Endpoint, register: Register) -> Finding:
    how = "IgnoreApi" if endpoint.kind == "action" else "ExcludeFromDescription"
    return Finding(
        rule=RULE.id,
        severity=Severity.MEDIUM if exposure.writes_by_verb(endpoint) else Severity.LOW,
        confidence=Confidence.MEDIUM if exposure.writes_by_verb(endpoint) else Confidence.LOW,
        site=exposure.name_of(endpoint.site),
        message=f"`{endpoint.label}` is kept out of every OpenAPI document ({how}) and anyone can call it",
        endpoint=endpoint.label,
        fixes=exposure.closing_fixes(endpoint, register) if endpoint.access is Access.PUBLIC else (),
    )


RULE = Rule(
    id="AP301",
    name="shadow-endpoint",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC7.1", "CC6.1"), ("API9:2023",), (1059,), ("5.9", "8.26")),
    since="0.2.0",
    module=__name__,
    on_register=check,
    gap=contract.GAP,
    precedence=10,
)

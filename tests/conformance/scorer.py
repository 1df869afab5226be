"""Compares a register with what ASP.NET Core itself answered, operation by operation.

An operation is one method ("*": any) on one route, as ASP.NET Core prints it, with the values that conventional routing or a page fixes.
Stricter than ../shared/score/score_conformance.py: routes are equal to the letter, parameter names included. Access is compared as
the probes can tell it: nobody's (`public`), any signed-in caller's (`authenticated`), or less (`restricted`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from routewarden.model.register import Access, Endpoint

Operation = tuple[str, str, tuple[tuple[str, str], ...]]
_SAID = {
    Access.PUBLIC: "public", Access.ANONYMOUS: "public", Access.AUTHENTICATED: "authenticated", Access.RESTRICTED: "restricted",
    Access.GUARDED: "restricted", Access.UNKNOWN: "unknown",
}
_MEASURED = frozenset({"public", "authenticated", "restricted"})  # an operation that no request reaches has no measured access


def deviations(truth: Mapping[str, Any], register: Iterable[Endpoint]) -> list[str]:
    """Every difference, one line each, sorted; empty where the register is the framework's endpoint table."""
    measured = Counter(op for row in truth["endpoints"] if not row.get("suppressLink") for op in _of_truth(row))
    said = Counter(op for endpoint in register for op in _of_endpoint(endpoint))
    open_ = {(operation, access) for operation, access in measured if access not in _MEASURED}
    for operation, access in open_:  # take over whatever was said, where something was
        for other in [(o, a) for (o, a) in said if o == operation]:
            count = min(measured[operation, access], said[other])
            measured.subtract({(operation, access): count})
            said.subtract({other: count})
    missing, extra = +(measured - said), +(said - measured)
    found: list[str] = []
    for operation, access in sorted(missing.elements()):
        instead = next((a for o, a in extra if o == operation and extra[o, a] > 0), None)
        if instead is None:
            found.append(f"missing {_label(operation)} ({access})")
        else:
            extra.subtract({(operation, instead): 1})
            found.append(f"access {_label(operation)}: {access}, said {instead}")
    found += [f"extra {_label(operation)} ({access})" for operation, access in sorted((+extra).elements())]
    return sorted(found)


def _of_truth(row: Mapping[str, Any]) -> list[tuple[Operation, str]]:
    return [((m, _route(row["route"]), _fixed(row["route"], row["kind"], row["required"])), row["access"]) for m in row["methods"] or ["*"]]


def _of_endpoint(endpoint: Endpoint) -> list[tuple[Operation, str]]:
    fixed = _fixed(endpoint.route, endpoint.kind, dict(endpoint.required))
    return [((m, _route(endpoint.route), fixed), _SAID[endpoint.access]) for m in endpoint.methods or ("*",)]


def _route(route: str) -> str:
    return route if route == "/" else route.rstrip("/")


def _fixed(route: str, kind: str, required: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Values that tell rows of one pattern apart; attribute routes spell theirs out."""
    if kind != "page" and not any("{" + key in route.lower() for key in ("controller", "action")):
        return ()
    return tuple(sorted(required.items()))


def _label(operation: Operation) -> str:
    method, route, fixed = operation
    return " ".join([method, route, *(f"{k}={v}" for k, v in fixed)])

"""The middleware pipeline: where authorization runs, and which own middleware a request meets before its endpoint.

Invariant: what stands after the endpoints is never reached by a request that matches one. WebApplication puts routing and
authorization before everything else where start-up code does not (WebApplicationBuilder.ConfigureApplication):
https://github.com/dotnet/aspnetcore/blob/main/src/DefaultBuilder/src/WebApplicationBuilder.cs. Where a call is not known that may
add authorization, it is taken to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from routewarden.model import guards
from routewarden.model.guards import Guard
from routewarden.model.probe import Request

if TYPE_CHECKING:
    from routewarden.model.app_draft import PipelineStep
    from routewarden.model.evaluator import Evaluator
    from routewarden.model.values import Value

UNKNOWN_STEP = "?"  # name of a step whose call is declared nowhere known
_ENDPOINTS = frozenset({"UseEndpoints", "UseMvc", "UseMvcWithDefaultRoute"})


class Enforcement(Enum):
    """What the authorization middleware does for endpoints."""

    FULL = "full"
    BLIND = "blind"  # it runs before routing: the fallback policy meets every request, metadata none
    NONE = "none"


def before_endpoints(ev: Evaluator) -> list[PipelineStep]:
    """The steps that a request to an endpoint passes, in order; those of `Map` branches are not among them."""
    found = []
    for step in ev.app.pipeline:
        if step.path:
            continue
        if step.name in _ENDPOINTS and not step.gates:
            break
        found.append(step)
    return found


def enforcement(ev: Evaluator) -> Enforcement:
    names = [s.name for s in ev.app.pipeline if not s.path]
    passed = [s.name for s in before_endpoints(ev)]
    if not names and not ev.app.is_web_application:
        return Enforcement.FULL  # no pipeline was seen at all: the host is not in the workspace
    if UNKNOWN_STEP in passed or ev.gaps or _is_legacy(names):
        return Enforcement.FULL
    if "UseAuthorization" in passed:
        if "UseRouting" in passed and passed.index("UseRouting") > passed.index("UseAuthorization"):
            return Enforcement.BLIND
        return Enforcement.FULL
    if ev.app.is_web_application and "UseAuthorization" not in names:
        return Enforcement.BLIND if "UseRouting" in passed else Enforcement.FULL
    return Enforcement.NONE


def _is_legacy(names: Iterable[str]) -> bool:
    return any(n in ("UseMvc", "UseMvcWithDefaultRoute") for n in names)


def gates(ev: Evaluator, request: Request | None, metadata: Sequence[Value]) -> list[Guard]:
    """What own middleware refuses on the way to an endpoint."""
    found = []
    for step in before_endpoints(ev):
        if step.name in ("Use", "UseMiddleware"):
            guard = _gate(ev, step, request, metadata)
            if guard is not None:
                found.append(guard)
    return found


def _gate(ev: Evaluator, step: PipelineStep, request: Request | None, metadata: Sequence[Value]) -> Guard | None:
    """What a middleware refuses; asked for a request to anywhere first, since most refuse none, or all alike."""
    anywhere: guards.Outcome = ev.memo("middleware").of(id(step), lambda: guards.of_middleware(ev, step, None, ()))
    if anywhere.guard is None or not anywhere.looked_at_endpoint:
        return anywhere.guard
    return guards.of_middleware(ev, step, request, metadata).guard

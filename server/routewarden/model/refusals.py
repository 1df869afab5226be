"""Results and status codes that refuse a caller, noted on the request that is tried.

Invariant: a result counts where it is made: code that makes a ForbidResult means to answer with it.
https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.mvc.controllerbase
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model.probe import HTTP, MVC
from routewarden.model.values import Const, Instance, TypeValue, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

_TYPES = {
    "UnauthorizedResult": 401, "UnauthorizedObjectResult": 401, "ForbidResult": 403, "ChallengeResult": 401, "UnauthorizedHttpResult": 401,
    "ForbidHttpResult": 403, "ChallengeHttpResult": 401, "UnauthorizedHttpObjectResult": 401,
}
_CALLS = {"Unauthorized": 401, "Forbid": 403, "Challenge": 401}
_MAKERS = (MVC + "ControllerBase", MVC + "RazorPages.PageModel", MVC + "RazorPages.PageBase", HTTP + "Results", HTTP + "TypedResults")
_REDIRECTS = (
    "RedirectResult", "RedirectToActionResult", "RedirectToRouteResult", "RedirectToPageResult", "LocalRedirectResult", "RedirectHttpResult",
)
_ANSWERS = frozenset({
    "Ok", "Created", "CreatedAtAction", "CreatedAtRoute", "Accepted", "AcceptedAtAction", "AcceptedAtRoute", "NoContent", "File", "PhysicalFile",
    "Content", "Json", "View", "PartialView", "Page", "SignIn", "Text", "Stream", "Bytes", "VirtualFile",
})
_CODES = {"Unauthorized": 401, "Forbidden": 403}  # members of HttpStatusCode


def status_of(value: Value | None) -> int | None:
    """A status code, as a number or a member of HttpStatusCode."""
    if isinstance(value, Const) and isinstance(value.value, int) and not isinstance(value.value, bool):
        return value.value
    return _CODES.get(value.value) if isinstance(value, Const) and isinstance(value.value, str) else None


def created(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], site: Site | None) -> None:
    """A result object is made."""
    probe = ev.probe
    if probe is None:
        return
    simple = of.name.rsplit(".", 1)[-1].split("`")[0]
    if simple in _TYPES and of.name.startswith("Microsoft.AspNetCore."):
        probe.note(ev, "challenge" if simple.startswith("Challenge") else "status", site, f"answers with {simple}")
    elif simple in _REDIRECTS and of.name.startswith("Microsoft.AspNetCore."):
        probe.note(ev, "redirect", site, "redirects")
    elif simple in ("StatusCodeResult", "ObjectResult") and passed and status_of(passed[0].value) in (401, 403) and simple == "StatusCodeResult":
        probe.note(ev, "status", site, f"answers {status_of(passed[0].value)}")


def result_call(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], where: CallSite) -> None:
    """`Unauthorized()` in a controller, `Results.Forbid()`, `StatusCode(403)`: a result that refuses is made."""
    probe = ev.probe
    if probe is None:
        return
    name = where.name
    if name in _ANSWERS and any(ev.world.is_assignable(of, TypeValue(maker)) for maker in _MAKERS):
        probe.answers.append(tuple(ev.conditions))
    if name not in (*_CALLS, "StatusCode", "Problem", "Json", "Text", "Content") and not name.startswith("Redirect"):
        return
    if not any(ev.world.is_assignable(of, TypeValue(maker)) for maker in _MAKERS):
        return
    if name in _CALLS:
        probe.note(ev, "challenge" if name == "Challenge" else "status", where.site, f"`{name}` answers {_CALLS[name]}")
    elif name.startswith("Redirect"):
        probe.note(ev, "redirect", where.site, "redirects")
    else:
        given = [p for p in passed if p.name == "statusCode"] or (list(passed) if name in ("StatusCode",) else [])
        code = status_of(given[0].value) if given else None
        if code in (401, 403):
            probe.note(ev, "status", where.site, f"answers {code}")


def assigned(ev: Evaluator, owner: Instance, name: str, value: Value, site: Site) -> None:
    """`Response.StatusCode = 401`, `new JsonResult(...) { StatusCode = 403 }`."""
    if ev.probe is not None and name == "StatusCode" and status_of(value) in (401, 403) and owner.type.name.startswith("Microsoft.AspNetCore."):
        ev.probe.note(ev, "status", site, f"answers {status_of(value)}")

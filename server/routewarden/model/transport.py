"""What an app says about transport and origins while it starts: HTTPS, HSTS, the CORS policies in force, and what it sets on options.

Invariant: of the pipeline as it is in Production; a call that is made only in Development is not there. Where a step of the pipeline is
declared nowhere known, it may do anything, and nothing is said to be missing.
https://learn.microsoft.com/aspnet/core/security/enforcing-ssl
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.facts.syntax_nodes import nodes
from routewarden.model import cors, weaknesses
from routewarden.model.pipeline import UNKNOWN_STEP
from routewarden.model.register import Weakness
from routewarden.model.values import Instance, TypeValue

if TYPE_CHECKING:
    from routewarden.model.controllers import Controller
    from routewarden.model.cors import Opening, Use
    from routewarden.model.evaluator import Evaluator

_REDIRECTS = ("UseHttpsRedirection", "UseHttpsEnforcement")
_REWRITES = ("AddRedirectToHttps", "AddRedirectToHttpsPermanent")
_REQUIRE_HTTPS = "Microsoft.AspNetCore.Mvc.RequireHttpsAttribute"
_BEHIND_PROXY = ("UseForwardedHeaders", "UseCertificateForwarding")
_GRADES = {"any": "medium", "star": "medium", "predicate": "medium", "sloppy": "medium"}


def of_app(ev: Evaluator, controllers: Iterable[Controller], unconfigured: Evaluator | None, redirects_itself: bool) -> Iterator[Weakness]:
    """The weaknesses of a host. `unconfigured`: the same host started without any appsettings file, where that was tried."""
    uses = cors.in_force(ev, controllers)
    open_sites: set[Site] = set()
    for use in uses:
        found = cors.opening(ev, use.policy)
        if found is not None:
            open_sites.add(found.site)
            yield open_weakness(found, use, ev.app.project, configuration_at(ev, found.site))
    if unconfigured is not None:
        for use in cors.in_force(unconfigured, controllers):
            found = cors.opening(unconfigured, use.policy)
            if found is not None and found.site not in open_sites and not found.conditions:
                open_sites.add(found.site)
                yield _fallback(ev, found, use)
    yield from weaknesses.of_observations(ev, ev.observed, ev.app.project)
    yield from _https(ev, redirects_itself)


# --- origins -------------------------------------------------------------------------------------------------------------


def open_weakness(found: Opening, use: Use, app: str, configuration: str) -> Weakness:
    """A policy in force that lets every origin in."""
    name = f'policy "{use.policy.name}"' if use.policy.name else "default policy" if use.policy.name == "" else "policy"
    what = {
        "any": f"lets every origin in ({name})", "star": f'lets every origin in: "*" ({name})',
        "predicate": f"says yes to every origin ({name})", "sloppy": f"says yes to {found.example} too ({name})",
    }[found.kind]
    credentials = ", with credentials" if found.credentials else ""
    grade = "high" if found.credentials else _GRADES[found.kind]
    condition = f", if `{found.conditions[-1]}`" if found.conditions else ""
    related = ((use.site, f"{use.text} puts it in force"),) if use.site is not None else ()
    return Weakness(
        f"cors-{found.kind}", cors.name_site(found.site), found.text.split("(", 1)[0], what + credentials + condition,
        "low" if found.conditions else grade, app, use.policy.name or "", related, configuration,
    )


def _fallback(ev: Evaluator, found: Opening, use: Use) -> Weakness:
    related = ((use.site, f"{use.text} puts it in force"),) if use.site is not None else ()
    text = "lets every origin in where the settings name none"
    return Weakness(
        "cors-fallback", cors.name_site(found.site), found.text.split("(", 1)[0], text, "high" if found.credentials else "low", ev.app.project,
        use.policy.name or "", related, configuration_at(ev, found.site),
    )


def configuration_at(ev: Evaluator, site: Site) -> str:
    """What an IConfiguration is called where the site is: a parameter, or the builder of top-level statements; "" where none is known."""
    root = site.declaration.split("~", 1)[0]
    body = ev.read.get((site.path, root)) or ()
    if root == "<main>":
        for statement in body:
            made = statement.value if isinstance(statement, ir.Local) else None
            function = made.function if isinstance(made, ir.Call) else None
            is_builder = isinstance(function, ir.Member) and function.name in ("CreateBuilder", "CreateSlimBuilder")
            if isinstance(statement, ir.Local) and is_builder and isinstance(function, ir.Member) and isinstance(function.target, ir.Name):
                return f"{statement.name}.Configuration" if function.target.name == "WebApplication" else ""
        return ""
    facts = ev.world.types.index.facts(site.path)
    for part in facts.types:
        for member in part.members:
            if member.id != root:
                continue
            for parameter in member.parameters:
                if parameter.type is not None and parameter.type.name.rsplit(".", 1)[-1] in ("IConfiguration", "ConfigurationManager"):
                    return parameter.name
                if parameter.type is not None and parameter.type.name.rsplit(".", 1)[-1] == "WebApplicationBuilder":
                    return f"{parameter.name}.Configuration"
            for held in part.members:
                if held.kind in ("field", "property") and held.type is not None and held.type.name.rsplit(".", 1)[-1] == "IConfiguration":
                    return held.name
            for parameter in part.parameters or ():
                if parameter.type is not None and parameter.type.name.rsplit(".", 1)[-1] == "IConfiguration":
                    return parameter.name
    return ""


# --- HTTPS ---------------------------------------------------------------------------------------------------------------


def _https(ev: Evaluator, redirects_itself: bool) -> Iterator[Weakness]:
    steps = ev.app.pipeline
    names = {step.name for step in steps}
    site = ev.app.built
    serves = ev.app.is_web_application or bool(names) or bool(ev.app.endpoints)
    if site is None or not serves or UNKNOWN_STEP in names:
        return
    redirects = redirects_itself or bool(names & set(_REDIRECTS)) or _rewrites(ev) or _by_filter(ev)
    sends = "UseHsts" in names
    if redirects and sends:
        return
    behind = sorted(names & set(_BEHIND_PROXY))
    proxy = f"; {behind[0]} says that a proxy stands before it, which may do it" if behind else ""
    if redirects:
        missing, grade, kind = "never sends HSTS: a browser's first request can be held back on plain HTTP", "low", "hsts"
    elif sends:
        missing, grade, kind = "never redirects to HTTPS: HSTS alone does not reach a request over plain HTTP", "medium", "https"
    else:
        missing, grade, kind = "neither redirects to HTTPS nor sends HSTS: it answers over plain HTTP", "medium", "https"
    only = _not_reached(ev, "UseHttpsRedirection") if not redirects else None
    note = "; UseHttpsRedirection is not reached in Production" if only is not None else ""
    related = ((only, "not reached in Production"),) if only is not None else ()
    yield Weakness(kind, cors.name_site(site), ev.app.name, missing + note + proxy, "low" if behind else grade, ev.app.project, "", related)


def _rewrites(ev: Evaluator) -> bool:
    return any(_calls(ev, name) for name in _REWRITES)


def _by_filter(ev: Evaluator) -> bool:
    """`[RequireHttps]` for every controller."""
    for item in ev.app.filters.items:
        of = item if isinstance(item, TypeValue) else item.type if isinstance(item, Instance) else None
        if of is not None and ev.world.is_assignable(of, TypeValue(_REQUIRE_HTTPS)):
            return True
    return False


def _calls(ev: Evaluator, name: str) -> bool:
    return next(_sites_of(ev, name), None) is not None


def _not_reached(ev: Evaluator, name: str) -> Site | None:
    """A call that start-up code holds, and does not make in Production."""
    return next(_sites_of(ev, name), None)


def _sites_of(ev: Evaluator, name: str) -> Iterator[Site]:
    for (path, body), statements in list(ev.read.items()):
        for node in nodes(statements or ()):
            if isinstance(node, ir.Call) and isinstance(node.function, ir.Member) and node.function.name == name:
                yield Site(path, body, f"node:{node.node}")

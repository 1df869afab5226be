"""An analysis made by hand, so that reports are tested without the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routewarden.analysis.finding import Confidence, Finding, FixPlan, Related, Severity
from routewarden.facts.sites import Site, Span
from routewarden.model.register import Access, Endpoint, NotAnalysed, Register, TrailStep, Verdict
from routewarden.text.source import SourceText


@dataclass
class FakeAnalysis:
    """Sites are located by their `declaration`, which is the text that stands there."""

    files: dict[str, str]
    endpoints: tuple[Endpoint, ...] = ()
    found: tuple[Finding, ...] = ()
    not_analysed: tuple[NotAnalysed, ...] = ()
    gone: set[str] = field(default_factory=set)

    @property
    def register(self) -> Register:
        return Register((), self.endpoints, self.not_analysed)

    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        paths = {finding.site.path for finding in self.found}
        return {path: tuple(f for f in self.found if f.site.path == path) for path in paths}

    def text(self, path: str) -> SourceText | None:
        return SourceText.from_str(self.files[path]) if path in self.files else None

    def locate(self, site: Site) -> Span | None:
        text = self.text(site.path)
        at = -1 if text is None else text.data.find(site.declaration.encode())
        return None if at < 0 else Span(at, at + len(site.declaration.encode()))


def finding(
    path: str,
    needle: str,
    *,
    rule: str = "AP004",
    severity: Severity = Severity.HIGH,
    message: str = "`DELETE /orders` can be called by anyone",
    related: tuple[Related, ...] = (),
    fixes: tuple[FixPlan, ...] = (),
    waived: str | None = None,
) -> Finding:
    return Finding(
        rule,
        severity,
        Confidence.HIGH,
        Site(path, needle),
        message,
        endpoint="DELETE /orders",
        related=related,
        fixes=fixes,
        fingerprint="f" * 8,
        waived=waived,
    )


SHOP = "src/Shop/Shop.csproj"


def endpoint(route: str, access: Access, *, app: str = SHOP, reason: str = "", site: Site | None = None) -> Endpoint:
    trail = (TrailStep(None, "the framework says so"), TrailStep(Site("A.cs", "class"), "the class says so"))
    return Endpoint(
        kind="action",
        methods=("GET",),
        route=route,
        required=(("controller", "Orders"),),
        handler="Shop.OrdersController.Get",
        app=app,
        site=site or Site("A.cs", "Get"),
        verdict=Verdict(access, trail, policies=("P",), roles=("R",), schemes=("S",), reason=reason),
    )

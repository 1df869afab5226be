"""AP105: what an app does to transport, certificates, cookies and origins, as it is in Production."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from routewarden.analysis.finding import Confidence, Finding, Related, Severity
from routewarden.analysis.rule import CodeFile, Criteria, FileCheck, Rule, SettingsFile, Workspace
from routewarden.model.register import Weakness
from routewarden_rules.ap105_insecure_transport import fixes

_GRADES = {"high": Severity.HIGH, "medium": Severity.MEDIUM, "low": Severity.LOW}
# What code has to hold to be tried outside of start-up; names of members that are looked at, and addresses.
_MATTERS = re.compile(
    rb"CertificateCustomValidation|CertificateValidation|DangerousAcceptAny|RequireHttpsMetadata|SslProtocols|SecurityProtocol"
    rb"|Access-Control-Allow-Origin|AccessControlAllowOrigin|CookieOptions|CookieBuilder|CookieSecurePolicy|HttpOnly|\.Cookies\b|http://"
    rb"|CorsPolicy|AllowAnyOrigin|SetIsOriginAllowed|WithOrigins|UseCors|IsHttps"
)
_SETTINGS = "settings"


def may_matter(data: bytes, is_test: bool) -> bool:
    return not is_test and _MATTERS.search(data) is not None


def read_code(file: CodeFile) -> bool:
    """Whether the file has code of its own that sends plain HTTP to HTTPS."""
    return fixes.redirects(file)


def read_settings(file: SettingsFile) -> str | None:
    """That the file is there, for fixes that add a key to it."""
    return _SETTINGS if file.path.rsplit("/", 1)[-1].lower() == "appsettings.json" else None


def judge(results: Mapping[str, Any], workspace: Workspace) -> Iterator[Finding]:
    settings = [path for path, result in results.items() if result == _SETTINGS]
    code = {path: result for path, result in results.items() if result != _SETTINGS}
    redirecting = {workspace.project_of(path) for path, redirects in code.items() if redirects}
    for weakness in workspace.weaknesses(tuple(code), redirecting):
        if not workspace.is_test(weakness.site.path):
            yield _finding(weakness, settings)


def _finding(weakness: Weakness, settings: list[str]) -> Finding:
    return Finding(
        rule=RULE.id,
        severity=_GRADES[weakness.grade],
        confidence=Confidence.HIGH if weakness.grade == "high" else Confidence.MEDIUM,
        site=weakness.site,
        message=f"`{weakness.subject}` {weakness.text}",
        subject=f"{weakness.kind}:{weakness.subject}:{weakness.about}",
        app=weakness.app,
        related=tuple(Related(site, text) for site, text in weakness.related),
        fixes=tuple(fixes.of(weakness, settings)),
    )


RULE = Rule(
    id="AP105",
    name="insecure-transport",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.7", "CC6.6"), ("API8:2023",), (319, 942, 614, 295), ("8.24", "8.26", "8.9")),
    since="0.1.0",
    module=__name__,
    on_files=FileCheck(judge, read_code, read_settings, may_matter=may_matter),
)

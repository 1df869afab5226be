"""What can be done about each weakness: origins from the settings, HTTPS where the pipeline begins, or the weakening taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from routewarden.analysis.finding import AddSetting, EnforceHttps, FixPlan, FixStep, RemoveStatement, ReplaceCall, SetValue
from routewarden.analysis.rule import CodeFile
from routewarden.facts.sites import Site
from routewarden.model.register import Weakness

_KEY = "Cors:AllowedOrigins"


def redirects(file: CodeFile) -> bool:
    """Whether a member looks at `IsHttps` and redirects: a filter or middleware that does what UseHttpsRedirection does."""
    for part in file.facts.types:
        for member in part.members:
            for body in (member.body, *(b for _, b in member.accessors)):
                text = repr(file.body(body)) if body is not None else ""
                if "'IsHttps'" in text and ("Redirect" in text or "'https'" in text or "https://" in text):
                    return True
    return False


def of(weakness: Weakness, settings: Collection[str]) -> Iterator[FixPlan]:
    """The plans for a weakness; `settings` are the appsettings files of the workspace."""
    site, kind = _whole(weakness.site), weakness.kind
    if kind in ("https", "hsts"):
        redirection = kind == "https"
        hsts = kind == "hsts" or "HSTS alone" not in weakness.text
        shown = " and ".join(n for n, wanted in (("UseHsts", hsts), ("UseHttpsRedirection", redirection)) if wanted)
        yield FixPlan("enforce-https", f"Add {shown} where the pipeline begins", (EnforceHttps(site, redirection, hsts),), preferred=True)
    elif kind.startswith("cors-") and kind not in ("cors-header", "cors-reflected"):
        if weakness.configuration:
            steps: list[FixStep] = [ReplaceCall(site, weakness.subject, _origins(weakness.configuration))]
            file = _settings_of(weakness, settings)
            if file:
                steps.append(AddSetting(Site(file), _KEY))
            yield FixPlan("origins-from-settings", f"Take the origins from the settings ({_KEY})", tuple(steps), preferred=True)
    elif kind in ("cors-header", "cors-reflected"):
        yield _remove(weakness, site, "Remove the header: UseCors writes it for the origins of a policy")
    elif kind == "certificate":
        yield _remove(weakness, site, f"Remove {weakness.subject}: the platform checks certificates")
    elif kind == "https-metadata":
        yield _set(site, "true", "Set RequireHttpsMetadata to true")
    elif kind == "tls":
        value = "*.SystemDefault" if weakness.subject == "SecurityProtocol" else "*.None"
        yield _set(site, value, "Let the operating system choose its current protocols")
    elif kind == "cookie-http-only" and weakness.subject == "HttpOnly":
        yield _set(site, "true", "Set HttpOnly to true")
    elif kind == "cookie-secure":
        value = "true" if weakness.subject == "Secure" and " is off" in f" {weakness.text}" else "*.Always"
        yield _set(site, value, "Send the cookie over HTTPS only")
    elif kind == "cleartext":
        yield FixPlan("https", "Use https", (SetValue(site, "https://", "http://"),), preferred=True)


def _remove(weakness: Weakness, site: Site, title: str) -> FixPlan:
    return FixPlan("remove", title, (RemoveStatement(site, weakness.subject),), preferred=True)


def _set(site: Site, value: str, title: str) -> FixPlan:
    return FixPlan("set", title, (SetValue(site, value),), preferred=True)


def _origins(configuration: str) -> str:
    return f'WithOrigins({configuration}.GetSection("{_KEY}").Get<string[]>() ?? new string[0])'


def _settings_of(weakness: Weakness, settings: Collection[str]) -> str:
    """The appsettings.json beside the project file of the app, or beside the code where there is none."""
    folder = (weakness.app or weakness.site.path).rpartition("/")[0]
    wanted = f"{folder}/appsettings.json" if folder else "appsettings.json"
    return next((path for path in settings if path.lower() == wanted.lower()), "")


def _whole(site: Site) -> Site:
    """The call whose name a site is: "node:17" of "node:17:name"."""
    return replace(site, part=site.part.removesuffix(":name"))

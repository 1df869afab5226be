"""What code sets that weakens transport, certificates, cookies or origins, noted while it is evaluated.

Invariant: nothing is judged here; each observation has the value as it is in Production and the conditions that are decided at run time.
A branch for Development alone is not taken, and so leaves nothing. `model.weaknesses` says what an observation means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model.values import Const, TypeValue, Value, type_name

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

ORIGIN_HEADER = "access-control-allow-origin"
CALLBACKS = frozenset({
    "ServerCertificateCustomValidationCallback", "ServerCertificateValidationCallback", "RemoteCertificateValidationCallback",
})
ACCEPTS_ANYTHING = "DangerousAcceptAnyServerCertificateValidator"  # a static property of HttpClientHandler
PROTOCOLS = frozenset({"SslProtocols", "EnabledSslProtocols", "SecurityProtocol"})
ADDRESSES = frozenset({"BaseAddress", "Address", "Authority", "MetadataAddress"})
COOKIES = frozenset({"SecurePolicy", "Secure", "HttpOnly", "Cookie"})
_WATCHED = CALLBACKS | PROTOCOLS | ADDRESSES | COOKIES | {"RequireHttpsMetadata", "Name", "AccessControlAllowOrigin"}
NAMES = (_WATCHED - {"Name", "Address", "Secure", "Cookie"}) | {
    "Cookies", "CookieBuilder", "CookieSecurePolicy", ACCEPTS_ANYTHING, "UseCors", "AddCors", "AllowAnyOrigin",
    "SetIsOriginAllowed", "WithOrigins",
}
"""What code has to name for any of this; addresses and headers that are written as texts besides."""
_NAMED = frozenset({
    "Microsoft.AspNetCore.Http.CookieBuilder", "Microsoft.AspNetCore.Builder.CookieBuilder", "Microsoft.AspNetCore.Http.RequestPathBaseCookieBuilder",
})
_HTTP_CALLS = frozenset(
    f"{verb}{what}Async" for verb in ("Get", "Post", "Put", "Patch", "Delete") for what in ("", "String", "Stream", "FromJson", "AsJson", "ByteArray")
)


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """`what`: the member that was set, or the method that was called."""

    what: str
    owner: str  # full name of the object's type, "" where it is not known
    target: Value
    values: tuple[Value, ...]
    site: Site
    conditions: tuple[str, ...]


def written(ev: Evaluator, owner: Value, name: str, value: Value, site: Site) -> None:
    """`owner.name = value`."""
    if name not in _WATCHED:
        return
    of = owner.name if isinstance(owner, TypeValue) else type_name(owner) or ""
    if name == "Name" and of not in _NAMED:
        return
    ev.observed.append(Observation(name, of, owner, (value,), site, tuple(ev.conditions)))


def in_initializer(ev: Evaluator, name: str, node: int) -> None:
    """The last one stands in an object initializer: its place is the member there, not the whole creation."""
    if ev.observed and ev.observed[-1].what == name and ev.observed[-1].site.part == f"node:{node}":
        last = ev.observed[-1]
        ev.observed[-1] = replace(last, site=replace(last.site, part=f"node:{node}:{name}"))


def header(ev: Evaluator, owner: Value, keys: Sequence[Value], value: Value, site: Site) -> None:
    """`headers["Access-Control-Allow-Origin"] = value`."""
    key = keys[0].value if keys and isinstance(keys[0], Const) else None
    if isinstance(key, str) and key.lower() == ORIGIN_HEADER:
        ev.observed.append(Observation(ORIGIN_HEADER, type_name(owner) or "", owner, (value,), site, tuple(ev.conditions)))


def called(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> None:
    """Calls that write the header, append a cookie, or fetch from an address."""
    values = tuple(p.value for p in passed)
    first = values[0].value if values and isinstance(values[0], Const) else None
    name = where.name
    if name in ("Append", "Add", "TryAdd", "Set", "SetCommaSeparatedValues", "AppendCommaSeparatedValues") and isinstance(first, str):
        own = type_name(target) or ""
        if first.lower() == ORIGIN_HEADER:
            ev.observed.append(Observation(ORIGIN_HEADER, own, target, values[1:2], where.site, tuple(ev.conditions)))
        elif name == "Append" and own == "Microsoft.AspNetCore.Http.IResponseCookies":
            ev.observed.append(Observation("cookie", own, target, values, where.site, tuple(ev.conditions)))
    elif (name in _HTTP_CALLS or name == "ForAddress") and isinstance(first, str) and first.lower().startswith("http://"):
        ev.observed.append(Observation("fetch", type_name(target) or "", target, values[:1], where.site, tuple(ev.conditions)))

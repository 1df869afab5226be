"""What an observation means: a weakness of transport, certificates, cookies or origins, or nothing.

Invariant: only a value that is known to be weak in Production counts; one that is decided at run time is no weakness, and one that is set
under a condition that is decided at run time is a lesser one. Cookies that scripts have to read (antiforgery, consent, culture) are exempt.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from routewarden.model import observed
from routewarden.model.observed import Observation
from routewarden.model.register import Weakness
from routewarden.model.values import NULL, Closure, Const, Instance, MethodGroup, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_WEAK_PROTOCOLS = {"Tls": "TLS 1.0", "Tls11": "TLS 1.1", "Ssl2": "SSL 2", "Ssl3": "SSL 3"}
_AGAINST_FORGERY = re.compile(r"xsrf|csrf|antiforgery|requestverification", re.IGNORECASE)
_READ_BY_SCRIPTS = re.compile(r"consent|cookiepolicy|cultur|locale|lang|theme|timezone", re.IGNORECASE)
_CREDENTIAL = re.compile(r"(^|[^a-z])(auth|session|sid|jwt|token|refresh|access|identity|login|remember)", re.IGNORECASE)
_LOCAL_NAMES = ("localhost", "host.docker.internal", "wwwroot")
_LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".svc", ".lan", ".home", ".test", ".example", ".invalid", ".localdomain")


def of_observations(ev: Evaluator, observations: Iterable[Observation], app: str) -> Iterator[Weakness]:
    """The weaknesses that these amount to, in their order."""
    observations = list(observations)
    for o in observations:
        if o.what == "RequireHttpsMetadata":
            found = _metadata(o, app)
        elif o.what in observed.CALLBACKS:
            found = _certificate(ev, o, app)
        elif o.what in observed.PROTOCOLS:
            found = _protocols(o, app)
        elif o.what in ("SecurePolicy", "Secure", "HttpOnly", "Cookie"):
            found = _cookie(o, observations, app)
        elif o.what == "cookie":
            found = _hand_made(o, app)
        elif o.what in observed.ADDRESSES or o.what == "fetch":
            found = _cleartext(o, app)
        elif o.what in (observed.ORIGIN_HEADER, "AccessControlAllowOrigin"):
            found = _header(o, app)
        else:
            found = None
        if found is not None:
            yield found


def _const(value: Value | None) -> object:
    return value.value if isinstance(value, Const) else None


def _lesser(o: Observation, grade: str) -> str:
    return "low" if o.conditions else grade


def _if(o: Observation) -> str:
    return f", if `{o.conditions[-1]}`" if o.conditions else ""


def _metadata(o: Observation, app: str) -> Weakness | None:
    if _const(o.values[0]) is not False or not isinstance(_const(o.values[0]), bool):
        return None
    text = "is switched off: the keys that tokens are checked with may come over plain HTTP" + _if(o)
    return Weakness("https-metadata", o.site, "RequireHttpsMetadata", text, _lesser(o, "medium"), app)


def _certificate(ev: Evaluator, o: Observation, app: str) -> Weakness | None:
    value = o.values[0]
    if _const(value) == observed.ACCEPTS_ANYTHING:
        accepts = True
    elif isinstance(value, (Closure, MethodGroup)):
        with ev.question():
            before, ev.conditions = ev.conditions, []
            accepts = ev.truth(ev.apply(value, _arguments(value))) is True
            ev.conditions = before
    else:
        accepts = False
    if not accepts:
        return None
    return Weakness("certificate", o.site, o.what, "accepts every server certificate" + _if(o), _lesser(o, "high"), app)


def _arguments(value: Closure | MethodGroup) -> list[Value]:
    parameters = value.code.parameters if isinstance(value, Closure) else value.methods[0].facts.parameters if value.methods else ()
    return [Unknown(None, "what the server showed") for _ in parameters]


def _protocols(o: Observation, app: str) -> Weakness | None:
    text = _const(o.values[0])
    if not isinstance(text, str):
        return None
    weak = [_WEAK_PROTOCOLS[name] for part in text.split(",") if (name := part.strip()) in _WEAK_PROTOCOLS]
    if not weak:
        return None
    return Weakness("tls", o.site, o.what, f"allows {' and '.join(weak)}" + _if(o), _lesser(o, "medium"), app)


# --- cookies -------------------------------------------------------------------------------------------------------------


def _cookie(o: Observation, observations: Iterable[Observation], app: str) -> Weakness | None:
    value = o.values[0]
    name = _cookie_name(o, observations)
    shown = f"cookie `{name}`" if name else "cookie"
    if o.what == "Cookie":
        held = value.fields if isinstance(value, Instance) and value.type.name.endswith(".CookieBuilder") else None
        if held is None or _const(held.get("HttpOnly")) is True or _is_exempt(o, name or str(_const(held.get("Name")) or "")):
            return None
        text = "is replaced by a new builder without HttpOnly: scripts can read the cookie"
        return Weakness("cookie-http-only", o.site, "Cookie", text + _if(o), _lesser(o, "low"), app)
    if _is_exempt(o, name):
        return None
    if o.what == "HttpOnly":
        if _const(value) is False:
            return Weakness("cookie-http-only", o.site, "HttpOnly", f"is off: scripts can read the {shown}" + _if(o), _lesser(o, "medium"), app, name)
        return None
    if o.what == "Secure" and _const(value) is False and o.owner.endswith(".CookieOptions"):
        return Weakness("cookie-secure", o.site, "Secure", f"is off: the {shown} goes over plain HTTP too" + _if(o), _lesser(o, "medium"), app, name)
    if _const(value) == "None" and o.owner.endswith(("CookieBuilder", "CookiePolicyOptions", "")):
        return Weakness("cookie-secure", o.site, o.what, f"is None: the {shown} goes over plain HTTP too" + _if(o), _lesser(o, "medium"), app, name)
    if _const(value) == "SameAsRequest" and o.owner.endswith("CookiePolicyOptions"):
        text = "is SameAsRequest: what is set over plain HTTP goes over plain HTTP"
        return Weakness("cookie-secure", o.site, o.what, text + _if(o), "low", app)
    return None


def _cookie_name(o: Observation, observations: Iterable[Observation]) -> str:
    """What the cookie is called: by its builder in the same lambda, or where the options are used."""
    for other in observations:
        if other.what == "Name" and (other.site.path, other.site.declaration) == (o.site.path, o.site.declaration):
            return str(_const(other.values[0]) or "")
        if other.what == "cookie" and any(v is o.target for v in other.values):
            return str(_const(other.values[0]) or "")
    held = o.target.fields.get("Name") if isinstance(o.target, Instance) else None
    return str(_const(held) or "")


def _is_exempt(o: Observation, name: str) -> bool:
    return bool(_AGAINST_FORGERY.search(name)) or (bool(_READ_BY_SCRIPTS.search(name)) and not _CREDENTIAL.search(name))


def _hand_made(o: Observation, app: str) -> Weakness | None:
    """`Response.Cookies.Append("token", ...)` of something that lets its holder in, without HttpOnly or Secure."""
    name = _const(o.values[0])
    if not isinstance(name, str) or not _CREDENTIAL.search(name) or _is_exempt(o, name):
        return None
    options = o.values[2] if len(o.values) > 2 else NULL
    if not isinstance(options, Instance) and options is not NULL:
        return None
    held = options.fields if isinstance(options, Instance) else {}
    states = {flag: held.get(flag, Const(False)) for flag in ("HttpOnly", "Secure")}
    if any(flag in held and _const(held[flag]) is False for flag in states):
        return None  # said where it is switched off
    missing = [flag for flag, value in states.items() if _const(value) is False]
    if not missing:
        return None
    text = f"is a credential in a cookie without {' and '.join(missing)}"
    return Weakness("cookie-hand-made", o.site, name, text + _if(o), _lesser(o, "medium"), app)


# --- addresses and headers -----------------------------------------------------------------------------------------------


def _cleartext(o: Observation, app: str) -> Weakness | None:
    value = o.values[0]
    given = value.arguments[0] if isinstance(value, Instance) and value.type.name == "System.Uri" and value.arguments else value
    text = _const(given)
    if not isinstance(text, str) or not text.lower().startswith("http://") or is_local(text):
        return None
    if o.what in ("Address", "Authority", "MetadataAddress", "BaseAddress") and not o.owner and o.what != "BaseAddress":
        return None
    host = urlsplit(text).hostname or "?"
    subject = o.what if o.what != "fetch" else "http://" + host
    verb = f"is plain HTTP to {host}" if o.what != "fetch" else "is asked over plain HTTP"
    text = f"{verb}: what is sent can be read and changed on the way"
    return Weakness("cleartext", o.site, subject, text + _if(o), _lesser(o, "medium"), app)


def is_local(address: str) -> bool:
    """A host that plain HTTP does not leave the machine or the private network for: loopback, private addresses, names without a dot."""
    try:
        host = (urlsplit(address).hostname or "").lower()
    except ValueError:
        return True
    named = host in _LOCAL_NAMES or host.endswith(_LOCAL_ENDINGS) or "." not in host.strip(".")
    if not host or "{" in host or (named and ":" not in host):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _header(o: Observation, app: str) -> Weakness | None:
    if not o.values or str(_const(o.values[0]) or "").strip() != "*":
        return None
    text = "is `*`, written by hand: any site may read the answer"
    return Weakness("cors-header", o.site, "Access-Control-Allow-Origin", text + _if(o), _lesser(o, "medium"), app)

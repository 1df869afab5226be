"""What code sees of a request that is tried on it: HttpContext, the caller, headers, the path, the endpoint's metadata.

Invariant: a caller brings no headers, cookies, query or claims of their own, but what says that they are signed in; a parameter of the
route is none of the texts that code looks for in a path. What is not modelled is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from routewarden.model import callers, imperative
from routewarden.model.probe import HTTP, MVC, NEXT, Probe, typed
from routewarden.model.values import NULL, CallerText, Const, DictValue, Instance, ListValue, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

_PATH = "<path>"
_ABSENT = "<absent>"
_ATTRIBUTES = "<attributes>"
_REFUSING_EXTENSIONS = {"ChallengeAsync": 401, "ForbidAsync": 403}
_OF_ENDPOINT = frozenset({HTTP + "PathString", HTTP + "Endpoint"})
_FILTER_CONTEXT = MVC + "Filters.FilterContext"
_BAGS = ("IHeaderDictionary", "IQueryCollection", "IRequestCookieCollection", "IFormCollection", "ISession")


def stand_in(ev: Evaluator, of: TypeValue | None) -> Value | None:
    """The object that stands for a type wherever it is declared: HttpContext, the caller, request and response."""
    probe = ev.probe
    if probe is None or of is None:
        return None
    name = of.name
    if name in _OF_ENDPOINT:
        probe.looked_at_endpoint = True
    known = probe.objects.get(name)
    if known is None:
        made = _made(ev, probe, name)
        if made is None:
            return None
        known = probe.objects[name] = made
    return known


def _made(ev: Evaluator, probe: Probe, name: str) -> Value | None:
    if name == HTTP + "HttpContext":
        fields: dict[str, Value] = {"Items": DictValue([])}
        return Instance(typed(ev, name), fields)
    if name == "System.Security.Claims.ClaimsPrincipal":
        return callers.principal(ev, probe.signed_in)
    if name in (HTTP + "HttpRequest", HTTP + "HttpResponse", "Microsoft.Extensions.Primitives.ConnectionInfo"):
        return Instance(typed(ev, name))
    if name == HTTP + "PathString":
        if probe.request is None:
            return Instance(typed(ev, name), {_PATH: Unknown(None, "the path")})
        return Instance(typed(ev, name), {_PATH: Const(probe.request.path), "Value": _text(probe.request.path), "HasValue": Const(True)})
    if name.rsplit(".", 1)[-1] in _BAGS and name.startswith("Microsoft.AspNetCore.Http"):
        return Instance(typed(ev, name), {_ABSENT: Const(probe.signed_in)})
    if name == HTTP + "Endpoint" and probe.request is not None:
        return Instance(typed(ev, name), {"Metadata": ListValue(list(probe.metadata), True, typed(ev, HTTP + "EndpointMetadataCollection"))})
    return None


def _text(path: str) -> Value:
    return Const(path) if "{" not in path else Instance(TypeValue("System.String"), {_PATH: Const(path)})


def _descriptor(ev: Evaluator, probe: Probe) -> Instance:
    """The ActionDescriptor of a filter context."""
    metadata = ListValue(list(probe.metadata))
    reflected = {_ATTRIBUTES: metadata}
    action = probe.request.action if probe.request is not None else {}
    named: dict[str, Value] = {"RouteValues": _dictionary(action)}
    for key, name in (("controller", "ControllerName"), ("action", "ActionName")):
        if key in action:
            named[name] = Const(action[key])
    return Instance(typed(ev, MVC + "Controllers.ControllerActionDescriptor"), {
        "EndpointMetadata": metadata, "MethodInfo": Instance(typed(ev, "System.Reflection.MethodInfo"), dict(reflected)),
        "ControllerTypeInfo": Instance(typed(ev, "System.Reflection.TypeInfo"), dict(reflected)), **named,
    })


def _dictionary(values: Mapping[str, str]) -> DictValue:
    return DictValue([(Const(k), Const(v)) for k, v in values.items()])


# --- hooks of the evaluator ----------------------------------------------------------------------------------------------


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call while a request is tried; None where it is nothing special."""
    name = where.name
    if isinstance(target, ListValue) and name in ("GetMetadata", "GetRequiredMetadata", "GetOrderedMetadata"):
        wanted = where.type_arguments[0] if where.type_arguments else None
        found = [v for v in target.items if wanted is not None and isinstance(v, Instance) and ev.world.is_assignable(v.type, wanted)]
        return ListValue(list(found)) if name == "GetOrderedMetadata" else found[-1] if found else NULL
    if isinstance(target, CallerText) and name in ("ToString", "ToLower", "ToUpper", "ToLowerInvariant", "ToUpperInvariant", "Trim", "Split"):
        return target
    if name == "AuthorizeAsync" and ev.probe is not None and imperative.is_service(target):
        return imperative.authorize(ev, passed)
    if not isinstance(target, Instance):
        return None
    if NEXT in target.fields:
        return Unknown(None, "the rest of the pipeline")
    if _ATTRIBUTES in target.fields and name in ("GetCustomAttribute", "GetCustomAttributes", "IsDefined"):
        return reflected(ev, target, passed, where)
    if _ABSENT in target.fields:
        return _absent_call(target, name, passed)
    if _PATH in target.fields:
        return _path_call(target, name, passed)
    own = target.type.name
    if name == "GetEndpoint":
        return stand_in(ev, TypeValue(HTTP + "Endpoint")) or Unknown(typed(ev, HTTP + "Endpoint"), "the endpoint")
    if name in _REFUSING_EXTENSIONS and own == HTTP + "HttpContext" and ev.probe is not None:
        ev.probe.note(ev, "status", where.site, f"`{name}` answers {_REFUSING_EXTENSIONS[name]}")
        return NULL
    if name == "Redirect" and own == HTTP + "HttpResponse" and ev.probe is not None:
        ev.probe.note(ev, "redirect", where.site, "redirects")
        return NULL
    if name == "AuthenticateAsync" and own == HTTP + "HttpContext" and ev.probe is not None:
        result = typed(ev, "Microsoft.AspNetCore.Authentication.AuthenticateResult")
        user = stand_in(ev, TypeValue("System.Security.Claims.ClaimsPrincipal")) or NULL
        return Instance(result, {
            "Succeeded": Const(ev.probe.signed_in), "Principal": user if ev.probe.signed_in else NULL, "None": Const(not ev.probe.signed_in),
            "Failure": NULL,
        })
    return None


def reflected(ev: Evaluator, target: Instance, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`GetCustomAttribute<T>()` and its kin on an object that holds attributes."""
    held = target.fields.get(_ATTRIBUTES)
    if not isinstance(held, ListValue):
        return None
    wanted = where.type_arguments[0] if where.type_arguments else next((p.value for p in passed if isinstance(p.value, TypeValue)), None)
    found = [v for v in held.items if wanted is None or (isinstance(v, Instance) and ev.world.is_assignable(v.type, wanted))]
    if where.name == "IsDefined":
        return Const(bool(found))
    return ListValue(list(found)) if where.name == "GetCustomAttributes" else found[0] if found else NULL


def _absent_call(target: Instance, name: str, passed: Sequence[Passed]) -> Value | None:
    key = passed[0].value.value if passed and isinstance(passed[0].value, Const) else None
    if _is_sent(target, key):
        return Unknown(None, "what the caller sends to sign in")
    if name in ("TryGetValue", "ContainsKey", "Any"):
        return Const(False)
    return NULL if name in ("GetString", "Get", "GetInt32", "FirstOrDefault") else None


def _is_sent(target: Instance, key: object) -> bool:
    """A signed-in caller sends something to say so."""
    signed_in = target.fields[_ABSENT]
    return isinstance(signed_in, Const) and signed_in.value is True and (key is None or str(key).lower() in ("authorization", "cookie"))


def element(target: Value, keys: Sequence[Value]) -> Value | None:
    """`Request.Headers["X-Key"]`."""
    if not isinstance(target, Instance) or _ABSENT not in target.fields:
        return None
    key = keys[0].value if keys and isinstance(keys[0], Const) else None
    return Unknown(TypeValue("System.String"), "what the caller sends to sign in") if _is_sent(target, key) else CallerText("")


def property_value(ev: Evaluator, target: Value, name: str, declared: TypeValue | None) -> Value | None:
    """A property of a stand-in, or one that is declared as a type with a stand-in."""
    if ev.probe is None:
        return None
    if isinstance(target, Instance):
        if _ABSENT in target.fields:
            if name == "Keys":
                return ListValue([Const(k) for k in ("Authorization", "Cookie") if _is_sent(target, k)])
            if name not in ("Count", "Id"):
                return element(target, [Const(name)])
        if target.type.name == HTTP + "HttpRequest" and name == "Method":
            ev.probe.looked_at_endpoint = True
            methods = ev.probe.request.methods if ev.probe.request is not None else ()
            return Const(methods[0]) if len(methods) == 1 else Unknown(TypeValue("System.String"), "the method of the request")
        if name == "RouteData":
            ev.probe.looked_at_endpoint = True
            if ev.probe.request is None or not ev.probe.request.action:
                return None
            return Instance(typed(ev, "Microsoft.AspNetCore.Routing.RouteData"), {"Values": _dictionary(ev.probe.request.action)})
        if name in ("ActionDescriptor", "Filters") and ev.world.is_assignable(target.type, TypeValue(_FILTER_CONTEXT)):
            ev.probe.looked_at_endpoint = True
            if ev.probe.request is None:
                return None
            return _filters(ev, ev.probe) if name == "Filters" else _descriptor(ev, ev.probe)
    return stand_in(ev, declared)


def _filters(ev: Evaluator, probe: Probe) -> ListValue:
    filter_type = TypeValue(MVC + "Filters.IFilterMetadata")
    return ListValue([v for v in probe.metadata if isinstance(v, Instance) and ev.world.is_assignable(v.type, filter_type)])


# --- the path ------------------------------------------------------------------------------------------------------------


def _path_call(target: Instance, name: str, passed: Sequence[Passed]) -> Value | None:
    path = target.fields[_PATH]
    if name in ("ToString", "ToLower", "ToLowerInvariant", "ToUriComponent", "TrimEnd", "Trim"):
        known = target.fields.get("Value")
        if isinstance(known, Const) and isinstance(known.value, str):
            return Const(known.value.lower() if "Lower" in name else known.value)
        return target
    wanted = passed[0].value if passed else None
    if isinstance(wanted, Instance):
        wanted = wanted.fields.get("Value") or (wanted.arguments[0] if wanted.arguments else wanted)
    if not isinstance(path, Const) or not isinstance(path.value, str) or not isinstance(wanted, Const) or not isinstance(wanted.value, str):
        return Unknown(TypeValue("System.Boolean"), "the path of the request") if name in _PATH_TESTS else None
    if name == "StartsWithSegments":
        return Const(_starts_with_segments(path.value, wanted.value))
    if name not in _PATH_TESTS:
        return None
    ignore = any(isinstance(p.value, Const) and "IgnoreCase" in str(p.value.value) for p in passed[1:])
    text, part = (path.value.lower(), wanted.value.lower()) if ignore else (path.value, wanted.value)
    if name == "StartsWith":
        return Const(text.split("{", 1)[0].startswith(part))
    if name == "Contains":
        return Const(any(part in piece for piece in _literals(text)))
    if name == "EndsWith":
        return Const(text.rsplit("}", 1)[-1].endswith(part))
    return Const(text == part)


_PATH_TESTS = frozenset({"StartsWithSegments", "StartsWith", "Contains", "EndsWith", "Equals"})


def _literals(text: str) -> list[str]:
    return [piece.rsplit("}", 1)[-1] for piece in text.split("{")]


def _starts_with_segments(path: str, prefix: str) -> bool:
    """PathString.StartsWithSegments: whole segments, in any case. A parameter is taken to be none of the texts that code looks for."""
    have = [s.lower() for s in path.strip("/").split("/")]
    for index, segment in enumerate(s.lower() for s in prefix.strip("/").split("/") if s):
        if index >= len(have):
            return False
        if have[index] != segment:
            return False
    return True

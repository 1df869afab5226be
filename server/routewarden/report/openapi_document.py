"""The OpenAPI 3.1 document that the code of one app amounts to, without building or starting it.

Invariant: what is in it is known. Paths, verbs, path parameters and who may call come from the register; bodies and answers are not
described, because types are not read. What OpenAPI cannot say is in `x-routewarden-...`: access `unknown` with its reason, routes with an unknown
part, and endpoints of one path and verb that only constraints tell apart. Deterministic: sorted, no clock.
https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from routewarden import __version__
from routewarden.model.paths import RoutePath, Shape, json_type, paths_of
from routewarden.model.register import Access, App, Endpoint
from routewarden.model.templates import parameters

_ANY = ("get", "put", "post", "delete", "options", "head", "patch")  # an endpoint for every verb
_VERBS = frozenset({*_ANY, "trace"})  # those that OpenAPI 3.1 has a place for
_NO_API = frozenset({"page", "fallback", "assets", "components", "docs"})
_LOGIN = "login"
_PARAMETER = re.compile(r"\{([^{}]*)\}")


def openapi_json(app: App, endpoints: Iterable[Endpoint]) -> str:
    """The document as JSON. `endpoints`: those of the app."""
    return json.dumps(openapi_document(app, endpoints), indent=2) + "\n"


def openapi_document(app: App, endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The document as Python has it."""
    paths: dict[Shape, tuple[str, dict[str, Any]]] = {}
    unknown: list[str] = []
    schemes: set[str] = set()
    for endpoint in sorted(endpoints, key=lambda e: (e.route, e.methods, e.handler)):
        if endpoint.kind in _NO_API or not endpoint.api:
            continue
        for path in dict.fromkeys(_documented(endpoint)):
            if any("{?}" in segment for segment in path.shape):
                unknown.append(endpoint.label)
                continue
            operation = _operation(endpoint, schemes)
            _, item = paths.setdefault(path.shape, (path.text, {}))
            _add(item, endpoint, path.text, operation)
    written = dict(sorted(paths.values(), key=lambda pair: pair[0]))
    _number(written)
    for text, item in written.items():
        described = list(_described(item.pop("x-parameters", {}), text))
        if described:
            item["parameters"] = described
    document: dict[str, Any] = {
        "openapi": "3.1.1",
        "info": {"title": app.name or "app", "version": "0", "description": f"Read from the code by RouteWarden {__version__}; nothing was started."},
        "paths": written,
    }
    if schemes:
        document["components"] = {"securitySchemes": {name: _scheme(name) for name in sorted(schemes)}}
    if unknown:
        document["x-routewarden-unknown-routes"] = sorted(set(unknown))
    return document


def _documented(endpoint: Endpoint) -> list[RoutePath]:
    """The paths of an endpoint, one spelling of each API version."""
    found: dict[tuple[str, int], RoutePath] = {}
    for path in paths_of(endpoint.route, endpoint.required, endpoint.api_versions):
        found.setdefault((path.version, len(path.shape)), path)
    return list(found.values())


def _add(item: dict[str, Any], endpoint: Endpoint, text: str, operation: Mapping[str, Any]) -> None:
    """Puts an operation into its path item; of several for one verb, the first is described and the others are named."""
    types = item.setdefault("x-parameters", {})
    known = parameters(endpoint.route)
    for at, name in enumerate(_PARAMETER.findall(text)):
        of = known.get(name.lower())
        types.setdefault(at, json_type(of) if of is not None else ("string", ""))
    for verb in [m.lower() for m in endpoint.methods] or _ANY:
        if verb not in _VERBS:
            item.setdefault("x-routewarden-other-verbs", []).append(verb.upper())
        elif verb in item:
            item[verb].setdefault("x-routewarden-also", []).append(endpoint.label)
        else:
            item[verb] = dict(operation)


def _operation(endpoint: Endpoint, schemes: set[str]) -> dict[str, Any]:
    verdict = endpoint.verdict
    simple = endpoint.handler.split(".")
    tag = simple[-2] if endpoint.kind == "action" and len(simple) > 1 else ""
    operation: dict[str, Any] = {"tags": [tag.removesuffix("Controller") or tag]} if tag else {}
    operation["summary"] = simple[-1]
    responses: dict[str, Any] = {"default": {"description": "What the handler answers; it is not read."}}
    names = list(verdict.schemes) or [_LOGIN]
    if endpoint.access in (Access.AUTHENTICATED, Access.RESTRICTED, Access.GUARDED):
        responses["401"] = {"description": "Nobody is signed in."}
        operation["security"] = [{name: list(verdict.roles)} for name in names]
        schemes.update(names)
    elif endpoint.access is Access.UNKNOWN:
        operation["security"] = [{}, {name: [] for name in names}]
        schemes.update(names)
    else:
        operation["security"] = []
    if endpoint.access in (Access.RESTRICTED, Access.GUARDED):
        responses["403"] = {"description": "Somebody else is signed in."}
    operation["responses"] = dict(sorted(responses.items()))
    operation["x-routewarden-access"] = str(endpoint.access)
    if verdict.policies:
        operation["x-routewarden-policies"] = list(verdict.policies)
    if verdict.reason:
        operation["x-routewarden-reason"] = verdict.reason
    if endpoint.excluded_from_docs:
        operation["x-routewarden-hidden"] = True
    return operation


def _described(types: Mapping[int, tuple[str, str]], text: str) -> Iterable[dict[str, Any]]:
    for at, name in enumerate(_PARAMETER.findall(text)):
        of, form = types.get(at, ("string", ""))
        yield {"name": name, "in": "path", "required": True, "schema": {"type": of, **({"format": form} if form else {})}}


def _number(paths: Mapping[str, dict[str, Any]]) -> None:
    """Gives each operation an id of its own: verb and path."""
    seen: set[str] = set()
    for text, item in paths.items():
        for verb in sorted(_VERBS & item.keys()):
            base = f"{verb}_" + (re.sub(r"\W+", "_", text).strip("_") or "root")
            name, number = base, 1
            while name in seen:
                number += 1
                name = f"{base}_{number}"
            seen.add(name)
            item[verb] = {"operationId": name, **item[verb]}


def _scheme(name: str) -> dict[str, Any]:
    unknown = "The code says that a caller has to sign in; how, only the running app knows."
    how = unknown if name == _LOGIN else f"The app's authentication scheme {name}."
    return {"type": "apiKey", "in": "header", "name": "Authorization", "description": how}


def is_documentable(endpoints: Sequence[Endpoint]) -> bool:
    """Whether a document of these endpoints would have an operation."""
    return any(endpoint.kind not in _NO_API and endpoint.api for endpoint in endpoints)

"""Finds endpoints of a register: by filters, or by what a person writes for one (`DELETE /api/orders/{id}`, `/api/orders/42`).

Invariant: pure functions of a register. Routes are compared as ASP.NET Core compares them, without regard to case; what a person
leaves out (the verb, constraints, a leading slash) does not count against a match. No pattern here can take long, whatever the route.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from routewarden.model.register import Access, Endpoint

ANY = "ANY"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", ANY)
_NEAR = 5
_LONGEST = 500  # characters of one segment of a URL
_PARAMETERS = 2  # of one segment, `{name}.{extension}`
_SPELLED = 150  # characters of a route that are compared for their spelling, which takes time quadratic in them
_PARAMETER = re.compile(r"\{(\*{0,2})([^{}:=?]*)([^{}]*)\}")  # {id:int}, {**path}, {page=1}, {id?}


@dataclass(frozen=True, slots=True)
class EndpointFilter:
    """What to keep: each field that is not empty must match, by any of its values.

    `routes` and `files` are globs (`*` within a segment, `**` across them), without regard to case for routes; a file pattern also
    takes all files of a folder that it names. `apps` are globs of the project's path or its name.
    """

    methods: frozenset[str] = frozenset()  # ANY: those for every verb; another verb takes these too, because they answer it
    access: frozenset[Access] = frozenset()
    apps: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    writes: bool = False  # only endpoints that may change state, by their verb

    @property
    def keeps_all(self) -> bool:
        return self == EndpointFilter()

    def select(self, endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
        """The endpoints that match, in their order."""
        routes = [glob(pattern if pattern.startswith(("/", "*")) else f"/{pattern}", ignore_case=True) for pattern in self.routes]
        apps = [glob(pattern, ignore_case=True) for pattern in self.apps]
        files = [glob(pattern.removeprefix("./"), below=True) for pattern in self.files]
        return tuple(
            endpoint
            for endpoint in endpoints
            if (not self.methods or self._has_method(endpoint))
            and (not self.access or endpoint.access in self.access)
            and (not self.writes or endpoint.writes)
            and (not routes or any(r.fullmatch(route_of(endpoint)) for r in routes))
            and (not apps or any(a.fullmatch(endpoint.app) or a.fullmatch(app_name(endpoint.app)) for a in apps))
            and (not files or any(f.fullmatch(endpoint.site.path) for f in files))
        )

    def _has_method(self, endpoint: Endpoint) -> bool:
        return not endpoint.methods if self.methods == {ANY} else not endpoint.methods or not self.methods.isdisjoint(endpoint.methods)


def glob(pattern: str, *, ignore_case: bool = False, below: bool = False) -> re.Pattern[str]:
    """A glob as a regular expression; `below`: it also matches what lies in a folder that it names."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.rstrip("/") if below else pattern)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    text = "".join(meaning.get(part, re.escape(part)) for part in _without_repeats(parts))
    return re.compile(text + ("(?:/.*)?" if below else ""), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _without_repeats(parts: Iterable[str]) -> Iterable[str]:
    """`****` means what `**` does, and costs less."""
    last = ""
    for part in parts:
        if part and not (part == last and part.startswith("*")):
            yield part
            last = part


def route_of(endpoint: Endpoint) -> str:
    """The route as it is shown: that of a conventional endpoint with its own controller and action."""
    return endpoint.label.partition(" ")[2]


def app_name(app: str) -> str:
    """`Shop.Api` of `src/Shop.Api/Shop.Api.csproj`."""
    return app.rpartition("/")[2].removesuffix(".csproj")


# --- one endpoint ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EndpointQuery:
    """What a person wrote for an endpoint: `methods` empty = any of them."""

    methods: tuple[str, ...]
    route: str  # with a leading slash


def parse_query(text: str) -> EndpointQuery | None:
    """`DELETE /api/orders/{id}`, `GET,POST /x`, `/x`, `api/x`; None where it cannot be an endpoint."""
    first, _, rest = text.strip().partition(" ")
    methods = tuple(method for method in first.upper().split(",") if method)
    if rest.strip() and methods and all(re.fullmatch(r"[A-Z]+", method) for method in methods):
        route = rest.strip()
    elif "/" in text or text.strip().startswith("{"):
        methods, route = (), text.strip()
    else:
        return None
    return EndpointQuery(methods, "/" + route.removeprefix("~").lstrip("/"))


@dataclass(frozen=True, slots=True)
class Answer:
    """`found`: what the query means; `near`: what it may have meant where it means nothing."""

    found: tuple[Endpoint, ...]
    near: tuple[Endpoint, ...] = ()


def find_endpoints(endpoints: Sequence[Endpoint], query: EndpointQuery) -> Answer:
    """The endpoints of a query: by route, else by route without the names of its parameters, else as a URL that they would match."""
    url = query.route.partition("?")[0].rstrip("/").casefold() or "/"
    ways: tuple[Callable[[Endpoint], bool], ...] = (
        lambda e: _plain(route_of(e)) == _plain(query.route),
        lambda e: _shape(route_of(e)) == _shape(query.route),
        lambda e: "{" not in url and _matches_url(route_of(e), url),
    )
    other_verbs: list[Endpoint] = []
    for way in ways:
        on_route = [endpoint for endpoint in endpoints if way(endpoint)]
        found = [endpoint for endpoint in on_route if _answers(endpoint, query.methods)]
        if found:
            return Answer(tuple(found))
        other_verbs += [endpoint for endpoint in on_route if endpoint not in other_verbs]
    return Answer((), tuple(_near(endpoints, query, other_verbs)))


def _answers(endpoint: Endpoint, methods: tuple[str, ...]) -> bool:
    if not methods:
        return True
    return not endpoint.methods if methods == (ANY,) else not endpoint.methods or set(methods) <= set(endpoint.methods)


def _near(endpoints: Sequence[Endpoint], query: EndpointQuery, first: list[Endpoint]) -> list[Endpoint]:
    """Those on the route with another verb, then those that are spelled alike."""
    by_route: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_route.setdefault(_plain(route_of(endpoint))[:_SPELLED], []).append(endpoint)
    close = difflib.get_close_matches(_plain(query.route)[:_SPELLED], list(by_route), n=_NEAR, cutoff=0.6)
    alike = [endpoint for route in close for endpoint in by_route[route]]
    alike.sort(key=lambda endpoint: not _answers(endpoint, query.methods))
    return list(dict.fromkeys((*first, *alike)))[:_NEAR]


def _plain(route: str) -> str:
    """Without case and constraints: `/orders/{id:int}` is `/orders/{id}`."""
    return _PARAMETER.sub(lambda match: "{" + match[2] + "}", route).casefold().rstrip("/") or "/"


def _shape(route: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", _plain(route))


def _matches_url(route: str, url: str) -> bool:
    """Whether a template matches a URL (casefolded), its constraints aside.

    https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
    """
    segments = route.strip("/").casefold().split("/") if route.strip("/") else []
    given = url.strip("/").split("/") if url.strip("/") else []
    for at, segment in enumerate(segments):
        parameters = _PARAMETER.findall(segment)
        if any(stars for stars, _, _ in parameters):
            return True  # a catch-all is the last segment
        if at >= len(given):
            # What may be left out is a whole segment: {id?} or {page=1}.
            if len(parameters) == 1 and _PARAMETER.fullmatch(segment) and (parameters[0][2].endswith("?") or "=" in parameters[0][2]):
                continue
            return False
        if len(parameters) > _PARAMETERS:
            continue  # such a pattern would be slow to match
        literals = [re.escape(part) for part in _PARAMETER.sub("\0", segment).split("\0")]
        if re.fullmatch(".+".join(literals), given[at][:_LONGEST], re.DOTALL) is None:
            return False
    return len(given) <= len(segments)

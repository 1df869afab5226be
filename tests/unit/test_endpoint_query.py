"""Filters over a register, and what a person may write for an endpoint."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routewarden.analysis.endpoint_query import EndpointFilter, EndpointQuery, find_endpoints, glob, parse_query
from routewarden.facts.sites import Site
from routewarden.model.register import Access, Endpoint, Verdict


def endpoint(label: str, access: Access = Access.PUBLIC, app: str = "src/Shop/Shop.csproj", path: str = "src/Shop/A.cs") -> Endpoint:
    verbs, _, route = label.partition(" ")
    methods = () if verbs == "ANY" else tuple(verbs.split(","))
    return Endpoint("minimal", methods, route, (), "H", app, Site(path), Verdict(access, ()))


ORDERS = [
    endpoint("GET /api/orders"),
    endpoint("GET /api/orders/{id:int}", Access.AUTHENTICATED),
    endpoint("DELETE /api/orders/{orderId:int}", Access.RESTRICTED),
    endpoint("GET,POST /api/Reports", path="src/Shop/Admin/Reports.cs"),
    endpoint("ANY /hook", app="tools/Hook"),
    endpoint("GET /files/{*path}"),
    endpoint("GET /pages/{number=1}"),
]


def labels(endpoints: tuple[Endpoint, ...]) -> list[str]:
    return [e.label for e in endpoints]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (EndpointFilter(), [e.label for e in ORDERS]),
        (EndpointFilter(methods=frozenset({"DELETE"})), ["DELETE /api/orders/{orderId:int}", "ANY /hook"]),
        (EndpointFilter(methods=frozenset({"ANY"})), ["ANY /hook"]),
        (EndpointFilter(access=frozenset({Access.RESTRICTED})), ["DELETE /api/orders/{orderId:int}"]),
        (EndpointFilter(access=frozenset({Access.RESTRICTED, Access.AUTHENTICATED})), ["GET /api/orders/{id:int}",
          "DELETE /api/orders/{orderId:int}"]),
        (EndpointFilter(apps=("shop",)), [e.label for e in ORDERS if "Shop" in e.app]),
        (EndpointFilter(apps=("tools/**",)), ["ANY /hook"]),
        (EndpointFilter(routes=("api/*",)), ["GET /api/orders", "GET,POST /api/Reports"]),
        (EndpointFilter(routes=("/API/orders/**",)), ["GET /api/orders/{id:int}", "DELETE /api/orders/{orderId:int}"]),
        (EndpointFilter(files=("src/Shop/Admin/",)), ["GET,POST /api/Reports"]),
        (EndpointFilter(files=("**/Reports.cs",)), ["GET,POST /api/Reports"]),
        (EndpointFilter(writes=True), ["DELETE /api/orders/{orderId:int}", "GET,POST /api/Reports", "ANY /hook"]),
        (EndpointFilter(methods=frozenset({"GET"}), routes=("/api/**",), access=frozenset({Access.PUBLIC})),
         ["GET /api/orders", "GET,POST /api/Reports"]),
    ],
)
def test_filters(chosen: EndpointFilter, expected: list[str]) -> None:
    assert labels(chosen.select(ORDERS)) == expected


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("DELETE /api/orders/{id}", EndpointQuery(("DELETE",), "/api/orders/{id}")),
        ("get,post api/x", EndpointQuery(("GET", "POST"), "/api/x")),
        ("ANY /", EndpointQuery(("ANY",), "/")),
        ("/api/x", EndpointQuery((), "/api/x")),
        ("~/x", EndpointQuery((), "/x")),
        ("api/x", EndpointQuery((), "/api/x")),
        ("AP004", None),
        ("unauthorized-write", None),
        ("", None),
    ],
)
def test_what_an_endpoint_may_be_written_as(text: str, query: EndpointQuery | None) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("DELETE /api/orders/{orderId:int}", ["DELETE /api/orders/{orderId:int}"]),
        ("delete /API/orders/{orderid}", ["DELETE /api/orders/{orderId:int}"]),
        ("DELETE /api/orders/{id}", ["DELETE /api/orders/{orderId:int}"]),
        ("/api/orders/{id}", ["GET /api/orders/{id:int}"]),  # the name of a parameter counts before its place
        ("/api/orders/{x}", ["GET /api/orders/{id:int}", "DELETE /api/orders/{orderId:int}"]),
        ("/api/orders/42?full=1", ["GET /api/orders/{id:int}", "DELETE /api/orders/{orderId:int}"]),
        ("POST /hook", ["ANY /hook"]),
        ("POST /api/reports/", ["GET,POST /api/Reports"]),
        ("GET /files/a/b/c.txt", ["GET /files/{*path}"]),
        ("GET /files", ["GET /files/{*path}"]),
        ("GET /pages", ["GET /pages/{number=1}"]),
        ("GET /pages/3", ["GET /pages/{number=1}"]),
    ],
)
def test_endpoints_are_found(asked: str, found: list[str]) -> None:
    query = parse_query(asked)
    assert query is not None
    assert labels(find_endpoints(ORDERS, query).found) == found


@pytest.mark.parametrize(("asked", "first"), [("PUT /api/orders/{id}", "GET /api/orders/{id:int}"), ("GET /api/ordres", "GET /api/orders")])
def test_near_misses(asked: str, first: str) -> None:
    query = parse_query(asked)
    assert query is not None
    answer = find_endpoints(ORDERS, query)
    assert answer.found == ()
    assert labels(answer.near)[0] == first


def test_no_route_makes_a_match_slow() -> None:
    hostile = [endpoint(f"GET /{piece * 400}") for piece in ("{a}-", "{a}", "{*a}/", "a{b?}", "{a=1}/")]
    query = EndpointQuery((), "/" + "-" * 3_000 + "!")
    started = time.perf_counter()
    find_endpoints(hostile, query)
    EndpointFilter(routes=("*" * 300, "**/" * 40 + "x")).select(hostile)
    assert time.perf_counter() - started < 5


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_glob_never_fails(pattern: str, text: str) -> None:
    glob(pattern).fullmatch(text)
    assert glob("**").fullmatch(text)
    query = parse_query(f"GET /{pattern}")
    assert query is not None
    find_endpoints([endpoint(f"GET /{text}")], query)

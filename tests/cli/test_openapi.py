"""`routewarden openapi`: the document is valid for a maintained validator, and has the operations of the framework's endpoint table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from routewarden.analysis.project import Project
from routewarden.report.openapi_document import is_documentable, openapi_document, openapi_json

CONFORMANCE = Path(__file__).parents[1] / "conformance"
CASES = sorted(p.parent for p in (CONFORMANCE / "cases").glob("*/truth.json"))
VERBS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH")
# Apps whose table no document can hold.
NOT_COMPARED = {
    "104-accept-verbs-a": "LOCK and UNLOCK: OpenAPI has no place for other verbs",
    "117-custom-verbs-a": "PURGE, LOCK",
    "113-conventional-areas-a": "conventional routes: the table has one pattern, the document one path an action",
    "114-mixed-routing-a": "conventional routes",
    "122-razor-pages-a": "Razor pages alone",
    "216-razor-pages-a": "Razor pages alone",
    "120-dev-only-ignoreapi-a": "measured in a Debug build: `#if DEBUG` is read as a Release build has it",
    "301-map-methods-a": "a fallback, which is no operation",
}
COMPARED = [case.name for case in CASES if case.name not in NOT_COMPARED]


def documents(case: Path) -> list[dict[str, Any]]:
    register = Project.on_disk(case).register
    by_app = [(app, [e for e in register.endpoints if e.app == app.project]) for app in register.apps]
    return [openapi_document(app, own) for app, own in by_app if is_documentable(own)]


def operations(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(verb.upper(), shape(path)) for path, item in document["paths"].items() for verb in item if verb.upper() in VERBS}


def shape(route: str) -> str:
    return re.sub(r"\{(?:[^{}]|\{[^{}]*\})*\}", "{}", route).lower().rstrip("/")


def table(truth: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The framework's answer, an optional parameter at the end left out and not."""
    found = set()
    for row in truth["endpoints"]:
        for verb in row["methods"] or VERBS:
            found.add((verb, shape(row["route"])))
            if re.search(r"/\{[^{}]*(\?|=[^{}]*)\}/?$", row["route"]):
                found.add((verb, shape(row["route"].rstrip("/").rpartition("/")[0])))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_document_is_valid(case: Path) -> None:
    for document in documents(case):
        validate(document)


@pytest.mark.parametrize("name", COMPARED)
def test_the_document_has_the_operations_of_the_endpoint_table(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    (document,) = documents(case)
    assert operations(document) == table(json.loads((case / "truth.json").read_text("utf-8")))


def test_most_apps_are_compared() -> None:
    assert len(COMPARED) >= 60
    assert set(NOT_COMPARED) <= {case.name for case in CASES}


def test_who_may_call_is_in_it() -> None:
    code = """
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddAuthorization();
        var app = builder.Build();
        app.MapGet("/open/{id:guid}", (Guid id) => id);
        app.MapGet("/mine", () => 1).RequireAuthorization();
        app.MapGet("/admin", [Microsoft.AspNetCore.Authorization.Authorize(Roles = "Boss")] () => 1);
        app.MapGet(args[0], () => 1);
        app.Run();
    """
    register = Project.in_memory({"Program.cs": code}).register
    document = openapi_document(register.apps[0], register.endpoints)
    paths = document["paths"]
    assert paths["/open/{id}"]["get"]["security"] == []
    assert paths["/open/{id}"]["parameters"][0]["schema"] == {"type": "string", "format": "uuid"}
    assert paths["/mine"]["get"]["security"] == [{"login": []}]
    assert paths["/admin"]["get"]["security"] == [{"login": ["Boss"]}]
    assert set(paths["/admin"]["get"]["responses"]) == {"401", "403", "default"}
    assert document["x-routewarden-unknown-routes"] == ["GET /{?}"]


def test_a_hostile_route_is_data() -> None:
    code = 'var app = WebApplication.Create(); app.MapGet("/<script>/{a}/\u0000=cmd|x", () => 1); app.Run();'
    register = Project.in_memory({"Program.cs": code}).register
    text = openapi_json(register.apps[0], register.endpoints)
    assert text.isascii()
    validate(json.loads(text))

"""OpenAPI documents: read with places, put together, matched with apps; and what hostile ones can do."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routewarden.analysis.contract_files import ContractSetting
from routewarden.analysis.files import DiskFiles, MemoryFiles
from routewarden.analysis.project import Project
from routewarden.facts.openapi import OpenApiFile, keys_of, pointer, read_openapi
from routewarden.facts.sites import Site
from routewarden.model.paths import paths_of, same_version, shape_of_path
from routewarden.model.register import Contract
from routewarden.text.source import SourceText

JSON = """{
  "openapi": "3.0.3",
  "info": { "title": "Ü", "version": "2" },
  "servers": [ { "url": "{scheme}://h:1/{base}", "variables": { "scheme": { "default": "https" }, "base": { "default": "api/" } } } ],
  "security": [ { "key": [] }, {} ],
  "paths": {
    "/a/{id}": { "get": { "deprecated": true, "security": [] }, "parameters": [], "post": {} },
    "/b": { "$ref": "other.yaml#/x" }
  },
  "components": { "securitySchemes": { "key": {} }, "pathItems": { "P": { "put": {} } } }
}"""
YAML = """openapi: "3.1.0"
info: {title: Ü, version: "2"}
paths:
  /a/{id}:
    get:
      deprecated: true
    post: {}
  /alias: *item
"""


def read(path: str, text: str) -> OpenApiFile:
    return read_openapi(path, SourceText.from_str(text))


def at(file: OpenApiFile, *keys: str, part: str = "name") -> str:
    span = file.locate(Site("", pointer(*keys), part))
    assert span is not None
    return file.text.data[span.start : span.end].decode()


def test_json_has_its_facts_and_places() -> None:
    file = read("x.json", JSON)
    facts = file.facts
    assert (facts.version, facts.title, facts.release, facts.servers, facts.hosts) == ("3.0.3", "Ü", "2", ("/api",), ("h:1",))
    assert facts.security == (("key",), ())
    assert [(o.method, o.deprecated, o.security) for o in facts.paths[0].operations] == [("GET", True, ()), ("POST", False, None)]
    assert facts.paths[1].ref == "other.yaml#/x"
    assert [(i.path, i.operations[0].method) for i in facts.items] == [("P", "PUT")]
    assert at(file, "paths", "/a/{id}", "get") == '"get"'
    assert at(file, "paths", "/a/{id}", "post", part="whole") == '"post": {}'
    assert at(file, "components", "pathItems", "P", "put") == '"put"'


def test_a_text_that_is_no_json_is_read_as_far_as_it_goes() -> None:
    broken = read("x.json", JSON.replace('"post": {}', '"post": {,'))
    assert "expected" in broken.error or "unexpected" in broken.error
    assert not broken.facts.complete
    assert at(broken, "paths", "/a/{id}", "get") == '"get"'
    commented = read("x.json", JSON.replace('"paths"', '// note\n  "paths"'))
    assert commented.facts == read("x.json", JSON).facts


def test_yaml_reads_alike_and_follows_no_alias() -> None:
    file = read("x.yaml", YAML.replace("*item", "&item {get: {}}\n  /other: *item"))
    assert [(p.path, p.opaque, [o.method for o in p.operations]) for p in file.facts.paths] == [
        ("/a/{id}", False, ["GET", "POST"]), ("/alias", False, ["GET"]), ("/other", True, []),
    ]
    assert at(file, "paths", "/a/{id}", "get") == "get"


def test_swagger_two_has_a_base_path() -> None:
    facts = read("x.yaml", 'swagger: "2.0"\nhost: h\nbasePath: /v1/\nsecurityDefinitions: {k: {}}\npaths: {}\n').facts
    assert (facts.version, facts.servers, facts.hosts, facts.schemes) == ("2.0", ("/v1",), ("h",), ("k",))


@given(st.text())
def test_pointers_come_back(key: str) -> None:
    assert keys_of(pointer("paths", key)) == ("paths", key)


@given(st.text(alphabet='{}[]",:/ \n"openapi3.0pathsget$ref*&-', max_size=200))
def test_any_text_is_answered(text: str) -> None:
    for name in ("x.json", "x.yaml"):
        file = read(name, text)
        for first, whole in file.places.values():
            assert 0 <= first.start <= first.end <= len(file.text.data)
            assert whole.start <= whole.end <= len(file.text.data)


# --- paths ---------------------------------------------------------------------------------------------------------------


def test_a_route_answers_with_and_without_its_optional_end() -> None:
    assert [p.text for p in paths_of("/a/{b:int}/{c?}/{d=1}")] == ["/a/{b}/{c}/{d}", "/a/{b}/{c}", "/a/{b}"]
    assert [p.text for p in paths_of("/{controller=Home}/{action=Index}/{id?}", (("controller", "Home"), ("action", "Index")))] == [
        "/Home/Index/{id}", "/Home/Index", "/Home", "/",
    ]
    assert [p.text for p in paths_of("/x/{**rest}")] == ["/x/{rest}"]


def test_versions_stand_in_the_path() -> None:
    found = paths_of("/v{version:apiVersion}/x", (), ("1.0", "2.5"))
    assert [(p.text, p.version) for p in found] == [("/v1/x", "1.0"), ("/v1.0/x", "1.0"), ("/v2.5/x", "2.5")]
    assert same_version("v1", "1.0")
    assert not same_version("v1", "1.1")


def test_shapes_ignore_case_slashes_and_names() -> None:
    assert shape_of_path("/Api//Orders/{orderId}/") == shape_of_path("/api/orders/{id}") == ("api", "orders", "{}")
    assert shape_of_path("/x/{a}.{b}") == ("x", "{}.{}")


# --- documents of a workspace --------------------------------------------------------------------------------------------------


def app(*routes: str) -> str:
    maps = "\n".join(f'app.MapGet("{route}", () => 1);' for route in routes)
    return f"var app = WebApplication.Create(args);\n{maps}\napp.Run();\n"


def document(*paths: str, title: str = "T", **more: object) -> str:
    return json.dumps({"openapi": "3.0.0", "info": {"title": title, "version": "1"}, "paths": {p: {"get": {}} for p in paths}, **more})


WEB = '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><ImplicitUsings>enable</ImplicitUsings>{}</PropertyGroup>{}</Project>'


def contracts(files: Mapping[str, str], said: tuple[ContractSetting, ...] = ()) -> list[Contract]:
    project = Project(MemoryFiles({p: t.encode() for p, t in files.items()}), contracts=said)
    return list(project.register.contracts.documents)


def two_apps(**more: str) -> dict[str, str]:
    return {
        "src/Shop/Shop.csproj": WEB.format("", ""), "src/Shop/Program.cs": app("/orders", "/status", "/x"),
        "src/Stock/Stock.csproj": WEB.format("", ""), "src/Stock/Program.cs": app("/items", "/status", "/x"), **more,
    }


def test_the_build_says_where_it_writes_the_document() -> None:
    files = two_apps(**{
        "src/Shop/Shop.csproj": WEB.format("<OpenApiDocumentsDirectory>../../docs</OpenApiDocumentsDirectory>", ""),
        "docs/Shop.json": document("/status", "/x"), "docs/Stock.json": document("/status", "/x"),
    })
    assert [(c.path, c.apps) for c in contracts(files)] == [
        ("docs/Shop.json", ("src/Shop/Shop.csproj",)), ("docs/Stock.json", ("src/Stock/Stock.csproj",)),
    ]


def test_overlap_and_names_find_the_app() -> None:
    assert [c.apps for c in contracts(two_apps(**{"docs/a.json": document("/items", "/x")}))] == [("src/Stock/Stock.csproj",)]
    assert [c.apps for c in contracts(two_apps(**{"docs/a.json": document("/x", title="Stock API")}))] == [("src/Stock/Stock.csproj",)]


def test_a_document_of_somebody_else_is_none() -> None:
    assert contracts(two_apps(**{"docs/a.json": document("/charges", "/refunds")})) == []
    client = WEB.format("", '<ItemGroup><OpenApiReference Include="clients/pay.json" /></ItemGroup>')
    assert contracts(two_apps(**{"src/Shop/Shop.csproj": client, "src/Shop/clients/pay.json": document("/x")})) == []


def test_what_a_team_says_counts() -> None:
    files = two_apps(**{"docs/a.json": document("/x", "/y")})
    said = ContractSetting("docs/*.json", ("src/Stock/Stock.csproj",), "/base")
    (found,) = contracts(files, (said,))
    assert (found.apps, found.base, [o.route for o in found.stale]) == (("src/Stock/Stock.csproj",), "/base", ["/base/x", "/base/y"])
    assert contracts(files, (ContractSetting("docs/*.json", ignore=True),)) == []


def test_parts_beside_a_document_and_references_are_put_together() -> None:
    files = {
        "Program.cs": app("/a", "/b", "/c", "/d"),
        "spec/root.json": document("/a"),
        "spec/part.json": json.dumps({"paths": {"/b": {"get": {}}}}),
        "spec/ref.yaml": 'openapi: 3.0.0\npaths:\n  /c: {$ref: "../items/c.yaml"}\n  /d: {$ref: "../items/all.yaml#/paths/~1d"}\n',
        "items/c.yaml": "get: {}\n",
        "items/all.yaml": "paths:\n  /d:\n    get: {}\n",
    }
    found = {c.path: [s.operation.site for s in c.served] for c in contracts(files)}
    assert found == {
        "spec/ref.yaml": [Site("items/c.yaml", "#/get"), Site("items/all.yaml", "#/paths/~1d/get")],
        "spec/root.json": [Site("spec/root.json", "#/paths/~1a/get")],
    }
    del files["spec/ref.yaml"]
    (one,) = contracts(files)
    assert [s.operation.site.path for s in one.served] == ["spec/root.json", "spec/part.json"]


def test_an_unknown_route_excuses() -> None:
    code = app("/a").replace("app.Run", 'app.MapGroup("/plug").MapGet(args[0], () => 1);\napp.Run')
    (found,) = contracts({"Program.cs": code, "openapi.json": document("/a", "/plug/x", "/gone")})
    assert ([o.path for o in found.stale], found.complete) == (["/gone"], True)


def test_a_route_of_which_nothing_is_known_leaves_doubt() -> None:
    code = app("/a").replace("app.Run", "app.MapGet(args[0], () => 1);\napp.Run")
    (found,) = contracts({"Program.cs": code, "openapi.json": document("/a", "/gone")})
    assert ([o.path for o in found.stale], found.complete) == (["/gone"], False)


# --- hostile ---------------------------------------------------------------------------------------------------------------------


def reasons(files: Mapping[str, str | bytes]) -> list[str]:
    return [f"{gap.path}: {gap.reason}" for gap in Project.in_memory(files).register.not_analysed]


def test_a_reference_never_leaves_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("get: {}\n")
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "Program.cs").write_text(app("/a", "/b"))
    refs = ["../secret.yaml", "/etc/passwd", "file:///etc/passwd", "http://h/x", "%2e%2e/secret.yaml", "..\\secret.yaml", "C:/x"]
    refs += ["loop.json", "link.yaml"]
    paths = "".join(f'  /p{n}:\n    $ref: "{ref}"\n'.replace("\\", "\\\\") for n, ref in enumerate(refs))
    (shop / "openapi.yaml").write_text(f"openapi: 3.0.0\npaths:\n  /a:\n    get: {{}}\n  /b:\n    get: {{}}\n{paths}")
    (shop / "loop.json").write_text('{"$ref": "loop.json", "get": {}}')
    (shop / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    project = Project(DiskFiles(shop))
    (found,) = project.register.contracts.documents
    assert len(found.served) == 2
    assert not found.complete
    assert not any("secret" in site.path or site.path.startswith(("/", "..")) for site in found.path_sites)
    said = "\n".join(f"{gap.path}: {gap.reason}" for gap in project.register.not_analysed)
    assert "openapi.yaml: `$ref: ../secret.yaml` is not followed: it leaves the workspace" in said


BOMB = "openapi: 3.0.0\na: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(20)
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("openapi.json", '{"openapi":"3.0.0","paths":' + '{"/a":' * 200_000),
        ("openapi.json", '{"openapi":"3.0.0","x":' + "[" * 1_000_000),
        ("openapi.yaml", "openapi: 3.0.0\nx: " + "[" * 200_000),
        ("openapi.yaml", BOMB + "paths: {/a: *t}\n"),
        ("openapi.json", '{"openapi":"3.0.0","paths":{"' + "/{a" * 50_000 + '":{"get":{}}}}'),
        ("openapi.json", "\ufeff{\0}\u2028"),
        ("openapi.json", '{"openapi":"3.0.0","paths":{' + ",".join(f'"/p{n}":{{"get":{{}}}}' for n in range(8_000)) + "}}"),
    ],
    ids=["paths-in-paths", "deep-array", "deep-yaml", "alias-bomb", "braces", "nul", "many"],
)
def test_a_hostile_document_costs_little_and_hides_nothing(name: str, text: str) -> None:
    start = time.monotonic()
    project = Project.in_memory({"Program.cs": app("/a"), name: text})
    assert [e.route for e in project.register.endpoints] == ["/a"]
    project.findings()
    assert time.monotonic() - start < 60  # a hang, not a measure


def test_a_document_that_is_too_large_is_said() -> None:
    big = b'{"openapi": "3.0.0", "paths": {}, "x": "' + b"x" * 100_000_000 + b'"}'
    assert reasons({"Program.cs": app("/a"), "openapi.json": big, "data.json": big}) == ["openapi.json: larger than 8 MB"]


# --- incremental -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["openapi.json", "openapi.yaml"])
def test_edits_of_a_document_equal_a_fresh_start(name: str) -> None:
    files = {"Program.cs": app("/a", "/b/{id}"), name: JSON.replace('"/b"', '"/b/{x}"').replace("api/", "") if name.endswith("json") else YAML}
    project = Project.in_memory(files)
    project.findings()
    text = SourceText.from_str(files[name])
    project.open(name, text)
    rng = random.Random(name)
    tokens = [b'"', b"{", b"}", b",", b":", b"get", b"/a", b"\n  ", b"delete: {}\n", b'"delete": {},', b"$ref", b"paths", b"security"]
    undo: list[tuple[int, int, bytes]] = []
    for _ in range(60):
        data = project.text(name).data  # type: ignore[union-attr]
        if undo and rng.random() < 0.5:
            start, end, new = undo.pop()
        else:
            start = rng.choice([i for i in range(len(data) + 1) if i == len(data) or data[i] & 0xC0 != 0x80])
            new, end = rng.choice(tokens), start
            undo.append((start, start + len(new), b""))
        project.edit(name, start, end, new)
        fresh = Project.in_memory({**files, name: project.text(name).data})  # type: ignore[union-attr]
        assert project.register == fresh.register
        assert project.findings() == fresh.findings()
        for finding in project.findings().get(name, ()):
            assert project.locate(finding.site) == fresh.locate(finding.site)

"""The shipped symbol table says what the reference assemblies say, and its builder is reproducible."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from pathlib import Path

import pytest
from tools.build_framework_table import SOURCES, build, main

from routewarden.framework import layout
from routewarden.framework.table import SHIPPED, AttributeUsage, FrameworkParameter, FrameworkTable, load
from routewarden.framework.type_names import identity_of, parse_type_name


@pytest.fixture(scope="module")
def table() -> FrameworkTable:
    return load()


def test_attribute_class(table: FrameworkTable) -> None:
    found = table.type("Microsoft.AspNetCore.Authorization.AuthorizeAttribute")
    assert found is not None
    assert (found.namespace, found.name, found.kind, found.base) == (
        "Microsoft.AspNetCore.Authorization", "AuthorizeAttribute", "class", "System.Attribute",
    )
    assert found.interfaces == ("Microsoft.AspNetCore.Authorization.IAuthorizeData",)
    assert found.attribute_usage == AttributeUsage(multiple=True, inherited=True)
    assert found.constructors == ((), (FrameworkParameter("policy", "System.String"),))
    assert found.properties["Roles"] == "System.String"
    assert found.origin == "aspnetcore"


def test_types_are_found_by_identity_and_by_arity_and_are_the_same_object(table: FrameworkTable) -> None:
    by_identity = table.type("System.Collections.Generic.Dictionary`2")
    assert by_identity is not None and by_identity is table.type("System.Collections.Generic.Dictionary", 2)
    assert table.type("System.Collections.Generic.Dictionary") is None
    assert table.type("System.Collections.Generic.Dictionary", 1) is None


def test_nested_type_of_a_generic_type(table: FrameworkTable) -> None:
    keys = table.type("System.Collections.Generic.Dictionary`2.KeyCollection")
    assert keys is not None
    assert keys.containing == "System.Collections.Generic.Dictionary`2"
    assert (keys.namespace, keys.name, keys.arity, keys.generic) == (
        "System.Collections.Generic", "KeyCollection", 0, ("TKey", "TValue"),
    )
    assert table.type("System.Collections.Generic.Dictionary.KeyCollection", 2) is keys


def test_a_name_that_nothing_declares_is_not_there(table: FrameworkTable) -> None:
    assert table.type("Microsoft.AspNetCore.Authorization.Authorize") is None
    assert not table.has_type("AuthorizeAttribute")
    assert table.types_named("NoSuchThingAnywhere") == ()
    assert table.extension_methods("NoSuchThingAnywhere") == ()
    assert not table.has_namespace("Microsoft.AspNetCore.Nowhere")
    assert table.types_in("Microsoft.AspNetCore.Nowhere") == ()


def test_simple_names(table: FrameworkTable) -> None:
    assert table.types_named("ControllerBase") == ("Microsoft.AspNetCore.Mvc.ControllerBase",)
    assert {"System.Threading.Tasks.Task", "System.Threading.Tasks.Task`1"} <= set(table.types_named("Task"))


def test_namespaces(table: FrameworkTable) -> None:
    assert table.has_namespace("Microsoft")  # it declares no type, but encloses namespaces that do
    assert table.has_namespace("Microsoft.AspNetCore.Mvc")
    assert not table.has_namespace("Microsoft.AspNetCore.Mvc.ControllerBase")
    enclosing = {n[:at] for ns in table.namespaces for n in [f"{ns}."] for at in range(len(n)) if n[at] == "."}
    assert [n for n in sorted(enclosing) if not table.has_namespace(n)] == []
    assert "System.Threading.Tasks.Task`1" in table.types_in("System.Threading.Tasks")
    assert all(n.startswith("System.Threading.Tasks.") for n in table.types_in("System.Threading.Tasks"))


def test_extension_methods_say_what_they_return(table: FrameworkTable) -> None:
    found = {(t.full_name, m.returns) for t, m in table.extension_methods("MapGroup")}
    assert (
        "Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions",
        "Microsoft.AspNetCore.Routing.RouteGroupBuilder",
    ) in found
    owners = {t for _, t in table.extension_types("MapGroup")}
    assert owners == {t for t, _ in found}
    _, method = next(
        (t, m) for t, m in table.extension_methods("RequireAuthorization") if len(m.parameters) == 1
    )
    assert method.generic == ("TBuilder",)
    assert method.constraints == (("TBuilder", "Microsoft.AspNetCore.Builder.IEndpointConventionBuilder"),)


def test_methods_of_two_assemblies_in_classes_of_one_name_are_united(table: FrameworkTable) -> None:
    methods = table.type("Microsoft.Extensions.DependencyInjection.ServiceCollectionExtensions")
    assert methods is not None
    assert methods.methods_named("Scan")  # Scrutor
    assert methods.methods_named("AddAWSService")  # AWSSDK.Extensions.NETCore.Setup


def test_parameter_modifiers_and_optional_parameters(table: FrameworkTable) -> None:
    concat = table.type("System.String")
    assert concat is not None
    parameters = [p for m in concat.methods_named("Concat") for p in m.parameters]
    assert any(p.modifier == "params" and p.type == "System.String[]" for p in parameters)
    parse = table.type("System.Int32")
    assert parse is not None
    assert any(p.modifier == "out" for m in parse.methods_named("TryParse") for p in m.parameters)
    assert any(p.optional for m in parse.methods_named("Parse") for p in m.parameters)


def test_constants_and_enum_values(table: FrameworkTable) -> None:
    scheme = table.type("Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationDefaults")
    assert scheme is not None and scheme.constants["AuthenticationScheme"] == "Cookies"
    verbs = table.type("System.DayOfWeek")
    assert verbs is not None and verbs.kind == "enum" and verbs.values["Wednesday"] == 3 and verbs.base == "System.Enum"


@pytest.mark.parametrize(
    ("full_name", "of", "expected"),
    [
        ("Microsoft.AspNetCore.Mvc.HttpGetAttribute", "Microsoft.AspNetCore.Mvc.Routing.IRouteTemplateProvider", True),
        ("Microsoft.AspNetCore.Mvc.HttpGetAttribute", "System.Attribute", True),
        ("Microsoft.AspNetCore.Mvc.HttpGetAttribute", "Microsoft.AspNetCore.Authorization.IAuthorizeData", False),
        ("System.Collections.Generic.List`1", "System.Collections.Generic.IEnumerable`1", True),
        ("System.Collections.Generic.List`1", "System.Collections.Generic.List`1", True),
        ("System.Collections.Generic.List`1", "System.Object", True),
        ("System.Nowhere", "System.Object", False),
    ],
)
def test_is_subtype(table: FrameworkTable, full_name: str, of: str, expected: bool) -> None:
    assert table.is_subtype(full_name, of) is expected


def test_what_is_asked_in_any_order_is_the_same(table: FrameworkTable) -> None:
    namespaces = ("System", "Microsoft.AspNetCore.Mvc", "Carter", "FastEndpoints", "System.Linq")
    names = [n for namespace in namespaces for n in table.types_in(namespace)]
    random.Random(1).shuffle(names)
    fresh = FrameworkTable(SHIPPED)
    for name in names:  # more blocks than are kept inflated
        found = fresh.type(name)
        again = table.type(name)
        assert found is not None and again is not None and found.full_name == name
        assert (found.base, found.interfaces, found.methods) == (again.base, again.interfaces, again.methods)


@pytest.mark.parametrize("text", ["System.String", "A.B<C.D, E<F[]>>[]", "T", "System.Nullable<System.Int32>", "A.B<C>[][]"])
def test_type_names_round_trip(text: str) -> None:
    assert str(parse_type_name(text)) == text


def test_identities_of_type_names() -> None:
    assert identity_of("A.List<B, C<D, E>>") == "A.List`2"
    assert identity_of("A.B") == "A.B"


def test_a_deeply_nested_type_name_does_not_exhaust_the_stack() -> None:
    assert parse_type_name("A<" * 5000 + "B" + ">" * 5000).name == "A"


# --- the builder ---


ROWS = {
    "netcore.jsonl.gz": [
        {"type": "N.Box<T>", "assembly": "A", "kind": "class", "generic": ["T"]},
        {"type": "N.Box.Lid<T>", "assembly": "A", "kind": "class", "generic": ["T"], "constants": {"Max": 3}},
        {"type": "N.Box.Lid.Knob<T, U>", "assembly": "A", "kind": "struct", "generic": ["T", "U: System.IDisposable, N.Box<T>"]},
        {"type": "N.More", "assembly": "A", "kind": "static class", "methods": [
            {"name": "Do", "returns": "System.Void", "parameters": ["N.Box<T> box"], "generic": ["T"],
             "static": True, "extension": True},
        ]},
        {"type": "N.More.<G>$0123.<M>$4567", "assembly": "A", "kind": "class"},
    ],
    "aspnetcore.jsonl.gz": [{"type": "N.Box<T>", "assembly": "B", "kind": "sealed class", "generic": ["T"]}],
    "packages.jsonl.gz": [
        {"type": "N.More", "assembly": "C", "kind": "static class", "methods": [
            {"name": "Be", "returns": "System.Int32", "parameters": ["System.Int32 x"], "static": True, "extension": True},
        ]},
        {"type": "Bare", "assembly": "C", "kind": "interface", "obsolete": True},
        {"type": "N.Late", "assembly": "C", "kind": "enum", "values": {"One": 1, "Minus": -1}},
    ],
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    folder.mkdir()
    for name in SOURCES:
        lines = "".join(json.dumps(row) + "\n" for row in ROWS[name])
        (folder / name).write_bytes(gzip.compress(lines.encode()))
    (folder / "packages.txt").write_text("c 1.0: C\n", encoding="utf-8")
    return folder


def test_built_table_answers(source: Path, tmp_path: Path) -> None:
    assert main([str(source), str(tmp_path / "out")]) == 0
    table = FrameworkTable(tmp_path / "out" / "api.bin")
    assert len(table) == 6
    box, lid, knob = table.type("N.Box`1"), table.type("N.Box`1.Lid"), table.type("N.Box`1.Lid.Knob`1")
    assert box is not None and lid is not None and knob is not None
    assert (box.assembly, box.kind, box.origin) == ("A", "class", "netcore")
    assert lid.constants == {"Max": 3}
    assert (knob.containing, knob.arity, knob.base) == ("N.Box`1.Lid", 1, "System.ValueType")
    assert knob.constraints == (("U", "System.IDisposable"), ("U", "N.Box<T>"))
    bare, late = table.type("Bare"), table.type("N.Late")
    assert bare is not None and bare.namespace == "" and bare.obsolete and bare.base is None
    assert late is not None and late.values == {"One": 1, "Minus": -1}
    more = table.type("N.More")
    assert more is not None and [m.name for m in more.methods] == ["Be", "Do"]
    assert "c 1.0: C" in (tmp_path / "out" / "NOTICE.txt").read_text(encoding="utf-8")


def test_building_twice_gives_equal_bytes(source: Path) -> None:
    assert hashlib.sha256(build(source)).digest() == hashlib.sha256(build(source)).digest()


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "api.bin").write_bytes(b"\0" * 2 * layout.HEADER.size)
    with pytest.raises(ValueError, match="not a symbol table"):
        FrameworkTable(tmp_path / "api.bin")

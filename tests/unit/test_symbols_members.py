"""Members, base types and simple names over the workspace and the framework."""

from __future__ import annotations

import pytest
from tests.unit.symbols_workspace import Workspace

from routewarden.model.member_lookup import (
    FrameworkMember,
    Meaning,
    WorkspaceMember,
    member_type,
    members_named,
    resolve_member_access,
    resolve_simple_name,
)
from routewarden.model.symbols import NamedType, Namespace, Type, is_abstract, is_static


def members(work: Workspace, type_name: str, name: str) -> list[str]:
    return [m.declaring.full_name for m in members_named(work.resolver, work.type(type_name), name)]


def shown(meaning: Meaning | None) -> str | None:
    """ "type X" "namespace X" "Owner.Member" of a meaning."""
    if meaning is None:
        return None
    if isinstance(meaning, tuple):
        return f"{meaning[0].declaring.full_name}.{meaning[0].name}"
    return f"namespace {meaning.name}" if isinstance(meaning, Namespace) else f"type {meaning}"


def look_up(work: Workspace, dotted: str, inside: str) -> str | None:
    scope = work.scope(inside)
    first, *rest = dotted.split(".")
    meaning = resolve_simple_name(work.resolver, first, scope)
    for name in rest:
        if meaning is None:
            return None
        meaning = resolve_member_access(work.resolver, meaning, name, scope)
    return shown(meaning)


# --- bases ---


def test_arguments_are_put_into_the_bases() -> None:
    work = Workspace({
        "a.cs": """
            using System.Collections.Generic;
            class Repo<T> : List<T>, IStore<T, int> { } interface IStore<K, V> : IRead<V> { } interface IRead<T> { }
            class Orders : Repo<string> { }
            """,
    })
    above = work.resolver.supertypes(work.type("Orders"))
    assert [str(t) for t in above.classes] == ["Repo<String>", "List<String>", "Object"]
    assert {"IStore<String, Int32>", "IRead<Int32>", "IEnumerable<String>"} <= {str(t) for t in above.interfaces}
    assert above.unresolved == ()


def test_implied_bases() -> None:
    source = "class C { } struct S { } enum E : byte { A } record R(int X); record struct V; interface I { } delegate void D();"
    work = Workspace({"a.cs": source})
    bases = {name: work.resolver.bases(work.type(name)).base for name in "CSERVID"}
    assert {name: base and base.full_name for name, base in bases.items()} == {
        "C": "System.Object", "S": "System.ValueType", "E": "System.Enum", "R": "System.Object", "V": "System.ValueType",
        "I": None, "D": "System.MulticastDelegate",
    }


def test_an_unresolved_base_makes_the_answer_unknown_and_a_resolved_one_does_not() -> None:
    source = "using Microsoft.AspNetCore.Mvc; class A : Vendor.Base { } class B : A { } class C : ControllerBase { }"
    work = Workspace({"a.cs": source})
    controller = "Microsoft.AspNetCore.Mvc.ControllerBase"
    assert work.resolver.supertypes(work.type("B")).unresolved == ("Vendor.Base",)
    assert work.resolver.is_subtype(work.type("B"), controller) is None
    assert work.resolver.is_subtype(work.type("B"), "A") is True
    assert work.resolver.is_subtype(work.type("C"), controller) is True
    assert work.resolver.is_subtype(work.type("C"), "Microsoft.AspNetCore.Mvc.Controller") is False


def test_framework_types_with_internal_interfaces_are_known() -> None:
    work = Workspace({"a.cs": "class U { }"})
    found = work.resolver.named("Microsoft.AspNetCore.Builder.WebApplication")
    assert found is not None
    assert work.resolver.is_subtype(found, "Microsoft.AspNetCore.Routing.IEndpointRouteBuilder") is True
    assert work.resolver.is_subtype(found, "System.Attribute") is False


def test_kinds() -> None:
    work = Workspace({"a.cs": "abstract class A { } static class S { } class C { } interface I { }"})
    assert [is_abstract(work.type(n).symbol) for n in "ASCI"] == [True, True, False, True]
    assert [is_static(work.type(n).symbol) for n in "ASCI"] == [False, True, False, False]


# --- members ---


def test_members_of_the_nearest_type_come_first() -> None:
    work = Workspace({
        "a.cs": """
            using Microsoft.AspNetCore.Mvc;
            class Base : ControllerBase { int Ok() => 1; } class C : Base { int Ok(string s) => 1; }
            """,
    })
    found = members(work, "C", "Ok")
    assert found[:2] == ["C", "Base"]
    assert set(found[2:]) == {"Microsoft.AspNetCore.Mvc.ControllerBase"}


def test_members_of_an_interface_include_those_of_its_interfaces() -> None:
    work = Workspace({"a.cs": "interface IA { void M(); } interface IB : IA { } class C : IB { }"})
    assert members(work, "IB", "M") == ["IA"]
    assert members(work, "C", "M") == []


def of_member(work: Workspace, type_name: str, name: str) -> str:
    found = members_named(work.resolver, work.type(type_name), name)
    return str(member_type(work.resolver, found[0]))


def test_types_of_members_have_the_arguments_put_in() -> None:
    work = Workspace({
        "a.cs": """
            using System.Collections.Generic; using System.Threading.Tasks; using Microsoft.EntityFrameworkCore;
            class Repo<T> { protected DbSet<T> Set; Task<List<T>> All() => null; T this[int i] => default; }
            class Orders : Repo<string> { } record Line(int Count) { } enum Color { Red }
            class Numbers : List<long> { } class Db : DbContext { }
            """,
    })
    assert of_member(work, "Orders", "Set") == "DbSet<String>"
    assert of_member(work, "Orders", "All") == "Task<List<String>>"
    assert of_member(work, "Line", "Count") == "Int32"
    assert of_member(work, "Color", "Red") == "Color"
    assert of_member(work, "Numbers", "Find") == "Int64"
    assert of_member(work, "Numbers", "Count") == "Int32"
    assert of_member(work, "Db", "Database") == "DatabaseFacade"


def test_framework_constants_and_enum_values() -> None:
    work = Workspace({"a.cs": "class U { }"})
    scheme = work.resolver.named("Microsoft.AspNetCore.Authentication.JwtBearer.JwtBearerDefaults")
    day = work.resolver.named("System.DayOfWeek")
    assert scheme is not None and day is not None
    constant, = members_named(work.resolver, scheme, "AuthenticationScheme")
    assert isinstance(constant, FrameworkMember) and (constant.kind, constant.value) == ("constant", "Bearer")
    value = members_named(work.resolver, day, "Friday")[0]
    assert isinstance(value, FrameworkMember) and value.value == 5 and str(member_type(work.resolver, value)) == "DayOfWeek"


# --- simple names ---

NAMES = """
using static Shop.Routes; using Tools = Shop.Helpers; using System;
namespace Shop
{
    static class Routes { public const string Orders = "orders"; public static int Depth; public int Not; class Deep { } }
    class Base { protected int Inherited; public class Nested { } }
    enum Color { Red }
    class User : Base
    {
        Color Color { get; set; }
        int Own;
        class Inner { int Mine; }
        void Own2() { }
    }
    namespace Helpers { static class Text { public static string Upper(string s) => s; } }
}
"""


@pytest.mark.parametrize(
    ("name", "inside", "meaning"),
    [
        ("Own", "Shop.User", "Shop.User.Own"),
        ("Own", "Shop.User.Inner", "Shop.User.Own"),
        ("Inherited", "Shop.User.Inner", "Shop.Base.Inherited"),
        ("Nested", "Shop.User", "type Nested"),
        ("Routes", "Shop.User", "type Routes"),
        ("Helpers", "Shop.User", "namespace Shop.Helpers"),
        ("Tools", "Shop.User", "namespace Shop.Helpers"),
        ("Orders", "Shop.User", "Shop.Routes.Orders"),
        ("Depth", "Shop.User", "Shop.Routes.Depth"),
        ("Not", "Shop.User", None),  # `using static` brings no instance members
        ("Math", "Shop.User", "type Math"),
        ("Nowhere", "Shop.User", None),
        ("Tools.Text.Upper", "Shop.User", "Shop.Helpers.Text.Upper"),
        ("Helpers.Text.Upper", "Shop.User", "Shop.Helpers.Text.Upper"),
        ("Shop.Routes.Orders", "Shop.User", "Shop.Routes.Orders"),
        ("System.String.Empty", "Shop.User", "System.String.Empty"),
        ("Color.Red", "Shop.User", "Shop.Color.Red"),  # "Color Color": the property's type has the member
        ("Base.Nested", "Shop.User", "type Nested"),
        ("User.Nested", "Shop.User", "type Nested"),
        ("Own.MaxValue", "Shop.User", "System.Int32.MaxValue"),
        ("Routes.Nowhere", "Shop.User", None),
    ],
)
def test_simple_names_and_member_access(name: str, inside: str, meaning: str | None) -> None:
    assert look_up(Workspace({"a.cs": NAMES}), name, inside) == meaning


def test_top_level_statements_see_the_usings_of_the_file() -> None:
    work = Workspace({"a.cs": "using System; using static System.Math; Console.WriteLine(Max(1, 2));"})
    scope = work.resolver.scope("a.cs")
    assert shown(resolve_simple_name(work.resolver, "Console", scope)) == "type Console"
    assert shown(resolve_simple_name(work.resolver, "Max", scope)) == "System.Math.Max"


def test_what_a_member_is_made_of() -> None:
    work = Workspace({"a.cs": "record R(int X) { int Y = 3; }"})
    of: Type = work.type("R")
    assert isinstance(of, NamedType)
    x, = members_named(work.resolver, of, "X")
    y, = members_named(work.resolver, of, "Y")
    assert isinstance(x, WorkspaceMember) and x.facts is None and x.parameter is not None and x.name == "X"
    assert isinstance(y, WorkspaceMember) and y.facts is not None and y.facts.kind == "field" and y.path == "a.cs"

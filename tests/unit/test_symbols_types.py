"""Namespace and type names resolve as the C# compiler resolves them."""

from __future__ import annotations

import pytest
from tests.unit.symbols_workspace import Workspace

from routewarden.facts.declarations import FileFacts, UsingDirective
from routewarden.facts.project_evaluation import ProjectFacts
from routewarden.facts.syntax_ir import TypeRef
from routewarden.framework.table import load
from routewarden.model.resolver import Resolver
from routewarden.model.symbols import ArrayType, NamedType
from routewarden.model.workspace_types import FactsIndex, Project, TypeParameter, WorkspaceTypes, linked_project

AUTHORIZE = "Microsoft.AspNetCore.Authorization.AuthorizeAttribute"
CONTROLLER = """
using Microsoft.AspNetCore.Authorization;
namespace Shop.Api.Controllers;
[Authorize] public class Orders { }
"""


# --- attributes ---


def test_the_framework_attribute_needs_its_using() -> None:
    assert Workspace({"a.cs": CONTROLLER}).attribute("Authorize", "Shop.Api.Controllers.Orders") == AUTHORIZE
    bare = Workspace({"a.cs": CONTROLLER.replace("using", "// using")})
    assert bare.attribute("Authorize", "Shop.Api.Controllers.Orders") is None


@pytest.mark.parametrize("namespace", ["Shop.Api.Controllers", "Shop.Api", "Shop"])
def test_a_workspace_attribute_in_an_enclosing_namespace_shadows_the_framework(namespace: str) -> None:
    own = f"namespace {namespace}; public class AuthorizeAttribute : System.Attribute {{ }}"
    found = Workspace({"a.cs": CONTROLLER, "b.cs": own}).attribute("Authorize", "Shop.Api.Controllers.Orders")
    assert found == f"{namespace}.AuthorizeAttribute"


@pytest.mark.parametrize("namespace", ["Shop.Api.Filters", "Shop.Other", "Api"])
def test_a_workspace_attribute_elsewhere_does_not(namespace: str) -> None:
    own = f"namespace {namespace}; public class AuthorizeAttribute : System.Attribute {{ }}"
    found = Workspace({"a.cs": CONTROLLER, "b.cs": own}).attribute("Authorize", "Shop.Api.Controllers.Orders")
    assert found == AUTHORIZE


def test_both_spellings_of_an_attribute_name() -> None:
    work = Workspace({"a.cs": CONTROLLER})
    assert work.attribute("AuthorizeAttribute", "Shop.Api.Controllers.Orders") == AUTHORIZE
    assert work.attribute("Microsoft.AspNetCore.Authorization.Authorize", "Shop.Api.Controllers.Orders") == AUTHORIZE
    assert work.attribute("global::Microsoft.AspNetCore.Authorization.Authorize", "Shop.Api.Controllers.Orders") == AUTHORIZE


def test_a_class_that_is_no_attribute_does_not_count() -> None:
    # `Authorize` is a command here; the compiler takes AuthorizeAttribute, found further out.
    work = Workspace({"a.cs": CONTROLLER, "b.cs": "namespace Shop.Api; public class Authorize { }"})
    assert work.attribute("Authorize", "Shop.Api.Controllers.Orders") == AUTHORIZE


def test_an_attribute_class_without_the_suffix() -> None:
    work = Workspace({"a.cs": CONTROLLER, "b.cs": "namespace Shop; public class Audited : System.Attribute { }"})
    assert work.attribute("Audited", "Shop.Api.Controllers.Orders") == "Shop.Audited"


def test_an_attribute_whose_base_nobody_declares_is_taken() -> None:
    own = "namespace Shop; public class GateAttribute : Vendor.BaseGateAttribute { }"
    work = Workspace({"a.cs": CONTROLLER, "b.cs": own})
    assert work.attribute("Gate", "Shop.Api.Controllers.Orders") == "Shop.GateAttribute"
    assert work.resolver.is_subtype(work.type("Shop.GateAttribute"), "Microsoft.AspNetCore.Authorization.IAuthorizeData") is None


def test_a_derived_attribute_is_an_authorize_attribute() -> None:
    own = "using Microsoft.AspNetCore.Authorization; namespace Shop; class AdminAttribute : AuthorizeAttribute { }"
    work = Workspace({"a.cs": CONTROLLER, "b.cs": own})
    gate = work.type("Shop.AdminAttribute")
    assert work.resolver.is_subtype(gate, "Microsoft.AspNetCore.Authorization.IAuthorizeData") is True
    assert work.resolver.is_subtype(gate, "Microsoft.AspNetCore.Authorization.IAllowAnonymous") is False


def test_an_attribute_of_an_unknown_package_stays_unknown() -> None:
    # bitwarden: RequireFeature comes from a package; the class of that name in Shop.Old is not meant.
    user = CONTROLLER.replace("using Microsoft.AspNetCore.Authorization;", "using Vendor.Features;")
    old = "namespace Shop.Old; public class RequireFeatureAttribute : System.Attribute { }"
    assert Workspace({"a.cs": user, "b.cs": old}).attribute("RequireFeature", "Shop.Api.Controllers.Orders") is None


# --- namespaces and usings ---


def test_the_nearest_namespace_wins() -> None:
    work = Workspace({
        "a.cs": "namespace A { class X { } namespace B { class X { } class User { } } }",
        "b.cs": "class X { } class User { }",
    })
    assert work.name("X", "A.B.User") == "A.B.X"
    assert work.name("A.X", "A.B.User") == "A.X"
    assert work.name("global::X", "A.B.User") == "X"
    assert work.name("X", "User") == "X"


def test_a_using_inside_a_namespace_is_nearer_than_one_of_the_file() -> None:
    work = Workspace({
        "a.cs": "using Far; namespace A { using Near; class User { } } class Outside { }",
        "b.cs": "namespace Far { class X { } } namespace Near { class X { } }",
    })
    assert work.name("X", "A.User") == "Near.X"
    assert work.name("X", "Outside") == "Far.X"


def test_usings_of_a_sibling_namespace_do_not_apply() -> None:
    work = Workspace({"a.cs": "namespace A { using System.Text; class U { } } namespace B { class V { } }"})
    assert work.name("StringBuilder", "A.U") == "System.Text.StringBuilder"
    assert work.name("StringBuilder", "B.V") is None


def test_a_using_inside_a_namespace_may_be_relative() -> None:
    work = Workspace({
        "a.cs": "namespace A { using Inner; class U { } }",
        "b.cs": "namespace A.Inner { class X { } } namespace Inner { class Y { } }",
    })
    assert work.name("X", "A.U") == "A.Inner.X"
    assert work.name("Y", "A.U") is None


def test_usings_do_not_import_nested_namespaces() -> None:
    work = Workspace({"a.cs": "using A; class U { }", "b.cs": "namespace A.B { class X { } }"})
    assert work.name("B.X", "U") is None
    assert work.name("A.B.X", "U") == "A.B.X"


def test_a_partly_qualified_name_starts_at_an_enclosing_namespace() -> None:
    work = Workspace({"a.cs": "namespace Shop.Api { class U { } } namespace Shop.Data { class X { } }"})
    assert work.name("Data.X", "Shop.Api.U") == "Shop.Data.X"


def test_a_name_leads_past_a_namespace_that_has_no_such_type() -> None:
    # Polly is a namespace of the table, but this project has its own class of that name.
    work = Workspace({"a.cs": "using Pets; namespace Zoo { class U { } } namespace Pets { class Polly { class Wing { } } }"})
    assert work.name("Polly", "Zoo.U") == "Pets.Polly"
    assert work.name("Polly.Wing", "Zoo.U") == "Pets.Polly.Wing"


def test_global_usings_of_other_files_and_of_the_project() -> None:
    sources = {
        "p/globals.cs": "global using System.Text; global using Json = System.Text.Json.JsonSerializer;",
        "p/a.cs": "class U { }",
        "q/b.cs": "class V { }",
    }
    usings = (UsingDirective(TypeRef("System.Xml"), is_global=True),)
    work = Workspace(sources, Project("p", usings=usings), Project("q"))
    assert work.name("StringBuilder", "U") == "System.Text.StringBuilder"
    assert work.name("Json", "U") == "System.Text.Json.JsonSerializer"
    assert work.name("XmlReader", "U") == "System.Xml.XmlReader"
    assert [work.name(n, "V") for n in ("StringBuilder", "Json", "XmlReader")] == [None, None, None]


def test_implicit_usings_of_the_sdk() -> None:
    facts = ProjectFacts("p", sdk="Microsoft.NET.Sdk.Web", implicit_usings=True, usings_removed=("System.IO",))
    work = Workspace({"p/a.cs": "class U { }"}, linked_project(facts))
    assert work.name("Task<int>", "U") == "System.Threading.Tasks.Task`1"
    assert work.name("WebApplication", "U") == "Microsoft.AspNetCore.Builder.WebApplication"
    assert work.name("File", "U") is None
    off = Workspace({"p/a.cs": "class U { }"}, linked_project(ProjectFacts("p", sdk="Microsoft.NET.Sdk.Web")))
    assert off.name("Task<int>", "U") is None


def test_two_imported_candidates_are_ambiguous() -> None:
    clash = "namespace A { class X { } } namespace B { class X { } }"
    assert Workspace({"a.cs": "using A; using B; class U { }", "b.cs": clash}).name("X", "U") is None


def test_an_imported_workspace_type_wins_over_an_imported_framework_type() -> None:
    # Code written before .NET 9 had System.Threading.Lock.
    work = Workspace({"a.cs": "using System.Threading; using Own; class U { }", "b.cs": "namespace Own { class Lock { } }"})
    assert work.name("Lock", "U") == "Own.Lock"


# --- aliases ---


def test_aliases_of_types_namespaces_and_constructed_types() -> None:
    work = Workspace({
        "a.cs": """
            using Auth = Microsoft.AspNetCore.Authorization;
            using Names = System.Collections.Generic.List<string>;
            using Pair = (int, string);
            using Gate = Shop.Gate;
            class U { } namespace Shop { class Gate { } }
            """,
    })
    assert work.name("Auth.AuthorizeAttribute", "U") == AUTHORIZE
    assert work.name("Auth::AuthorizeAttribute", "U") == AUTHORIZE
    assert str(work.resolve("Names", "U")) == "List<String>"
    assert str(work.resolve("Pair", "U")) == "ValueTuple<Int32, String>"
    assert work.name("Gate", "U") == "Shop.Gate"
    assert work.attribute("Auth.Authorize", "U") == AUTHORIZE


def test_an_alias_does_not_see_its_sibling_usings() -> None:
    work = Workspace({"a.cs": "using System.Text; using B = StringBuilder; using C = D; using D = System.Guid; class U { }"})
    assert work.name("B", "U") is None
    assert work.name("C", "U") is None
    assert work.name("D", "U") == "System.Guid"


def test_a_type_of_the_namespace_is_nearer_than_an_alias_of_the_file() -> None:
    work = Workspace({"a.cs": "using X = System.Guid; namespace A { class X { } class U { } }"})
    assert work.name("X", "A.U") == "A.X"


def test_using_static_brings_nested_types() -> None:
    outer = "namespace Shop { class Outer { public class In { } } }"
    work = Workspace({"a.cs": "using static Shop.Outer; class U { }", "b.cs": outer})
    assert work.name("In", "U") == "Shop.Outer.In"


# --- nested types, type parameters, generics ---


def test_nested_types_of_enclosing_types_and_of_their_bases() -> None:
    work = Workspace({
        "a.cs": "namespace A { class Base<T> { public class Item { } } class Item { } }",
        "b.cs": "namespace A { class Outer : Base<int> { class Own { } class Inner { } } }",
    })
    assert work.name("Own", "A.Outer.Inner") == "A.Outer.Own"
    found = work.resolve("Item", "A.Outer.Inner")
    assert isinstance(found, NamedType) and found.full_name == "A.Base`1.Item"
    assert str(found.arguments[0]) == "Int32"
    assert work.name("Outer.Item", "A.Outer.Inner") == "A.Base`1.Item"


def test_attributes_of_a_type_see_what_is_nested_in_it_and_its_bases_do_not() -> None:
    work = Workspace({
        "a.cs": """
            class MarkAttribute : System.Attribute { } interface ISide { }
            [Mark] class C : ISide { class MarkAttribute : System.Attribute { } interface ISide { } }
            """,
    })
    assert work.attribute("Mark", "C") == "C.MarkAttribute"
    assert [i.full_name for i in work.resolver.bases(work.type("C")).interfaces] == ["ISide"]
    assert work.name("ISide", "C") == "C.ISide"


def test_arity_tells_types_apart() -> None:
    work = Workspace({"a.cs": "namespace A { class Box { } class Box<T> { } class Box<T, U> { } class User { } }"})
    assert [work.name(n, "A.User") for n in ("Box", "Box<int>", "Box<int, int>", "Box<int, int, int>")] == [
        "A.Box", "A.Box`1", "A.Box`2", None,
    ]


def test_type_parameters_come_before_types() -> None:
    box = "class Box<T> { class In { } void M<K>(K k) { } }"
    work = Workspace({"a.cs": f"class T {{ }} class K {{ }} {box} class Free {{ void M<K>() {{ }} }}"})
    assert work.resolve("T", "Box`1.In") == TypeParameter("T", "Box`1")
    assert work.resolve("K", "Box`1", "M") == TypeParameter("K", work.member("Box`1", "M").id)
    assert work.name("K", "Box`1") == "K"
    assert work.name("T", "Free", "M") == "T"


def test_arguments_of_a_nested_type_of_a_generic_type() -> None:
    work = Workspace({"a.cs": "class Outer<T> { public class In<U> { } public class Plain { } } class User { }"})
    found = work.resolve("Outer<int>.In<string>", "User")
    assert isinstance(found, NamedType) and found.full_name == "Outer`1.In`1"
    assert [str(a) for a in found.arguments] == ["Int32", "String"]
    plain = work.resolve("Outer<int>.Plain", "User")
    assert isinstance(plain, NamedType) and plain.full_name == "Outer`1.Plain" and [str(a) for a in plain.arguments] == ["Int32"]
    keys = work.resolve("System.Collections.Generic.Dictionary<int, string>.KeyCollection", "User")
    assert isinstance(keys, NamedType) and keys.full_name == "System.Collections.Generic.Dictionary`2.KeyCollection"


def test_special_types() -> None:
    work = Workspace({"a.cs": "enum E { } class C { } class U { }"})
    assert work.name("int", "U") == "System.Int32"
    assert str(work.resolve("int?", "U")) == "Nullable<Int32>"
    assert str(work.resolve("E?", "U")) == "Nullable<E>"
    assert work.name("C?", "U") == "C"
    array = work.resolve("C[][]", "U")
    assert isinstance(array, ArrayType) and isinstance(array.element, ArrayType) and str(array) == "C[][]"
    assert str(work.resolve("(int, C)", "U")) == "ValueTuple<Int32, C>"
    unknown = work.resolve("System.Collections.Generic.List<Nowhere>", "U")
    assert isinstance(unknown, NamedType) and unknown.arguments == (None,)


def test_verbatim_and_escaped_names_are_the_same_name() -> None:
    work = Workspace({"a.cs": "class @event { } class U { }"})
    assert work.name("@event", "U") == "event"


# --- parts, projects, files ---


def test_parts_make_one_type() -> None:
    work = Workspace({
        "b.cs": "using System; namespace A; [Obsolete] public partial class C : IDisposable { void M() { } }",
        "a.cs": "namespace A; [Serializable] abstract partial class C : Base { int F; } class Base { }",
    })
    found = work.types.all("A.C")
    assert len(found) == 1
    symbol = found[0]
    assert [p for p, _ in symbol.parts] == ["a.cs", "b.cs"]
    assert symbol.modifiers == {"public", "partial", "abstract"}
    assert [(s.path, s.part, a.type.name) for s, a in symbol.attributes] == [
        ("a.cs", "attribute:0", "Serializable"), ("b.cs", "attribute:0", "Obsolete"),
    ]
    assert [(p, m.name) for p, m in symbol.members] == [("a.cs", "F"), ("b.cs", "M")]
    above = work.resolver.supertypes(NamedType(symbol))
    assert [t.full_name for t in above.all] == ["A.Base", "System.Object", "System.IDisposable"]
    assert work.types.of_part(*work.part("A.C")) is symbol


def test_the_own_project_wins_then_those_referred_to() -> None:
    sources = {p: f"namespace N; class X {{ }} class In{p[0].upper()} {{ }}" for p in ("a/x.cs", "b/x.cs", "c/x.cs")}
    work = Workspace(sources | {"d/u.cs": "namespace N; class InD { }"}, Project("a", ("b",)), Project("b"), Project("c"),
                     Project("d", ("e",)), Project("e", ("b",)))

    def project(inside: str) -> str:
        found = work.resolve("X", inside)
        assert isinstance(found, NamedType)
        return str(getattr(found.symbol, "project", ""))

    assert [project(f"N.{name}") for name in ("InA", "InB", "InC", "InD")] == ["a", "b", "c", "b"]


def test_a_project_that_is_not_referred_to_never_shadows() -> None:
    own = "namespace Shop; public class AuthorizeAttribute : System.Attribute { }"
    sources = {"web/a.cs": CONTROLLER, "tests/b.cs": own}
    unseen = Workspace(sources, Project("web"), Project("tests", ("web",)))
    assert unseen.attribute("Authorize", "Shop.Api.Controllers.Orders") == AUTHORIZE
    seen = Workspace(sources, Project("web", ("tests",)), Project("tests"))
    assert seen.attribute("Authorize", "Shop.Api.Controllers.Orders") == "Shop.AuthorizeAttribute"


def test_a_type_of_a_project_that_is_not_referred_to_is_better_than_nothing() -> None:
    sources = {"web/a.cs": "using Shared; class U { }", "lib/b.cs": "namespace Shared { class X { } }"}
    work = Workspace(sources, Project("web"), Project("lib"))
    assert work.name("X", "U") == "Shared.X"


def test_projects_that_refer_to_each_other_end() -> None:
    work = Workspace({"a/a.cs": "class U { }"}, Project("a", ("b",)), Project("b", ("a",)))
    assert work.types.visible("a") == ("a", "b")


def test_a_file_local_type_is_its_file_s_own() -> None:
    work = Workspace({
        "a.cs": "file class X { } class U { }", "b.cs": "class V { }", "c.cs": "namespace N { class W { } } file class X { }",
    })
    found, other = work.resolve("X", "U"), work.resolve("X", "N.W")
    assert isinstance(found, NamedType) and found.symbol is work.types.all("X")[0]
    assert isinstance(other, NamedType) and other.symbol is work.types.all("X")[1]
    assert [t.parts[0][0] for t in work.types.all("X")] == ["a.cs", "c.cs"]
    assert work.name("X", "V") is None


class CountingIndex(FactsIndex):
    """Remembers which files were read."""

    def __init__(self, index: FactsIndex) -> None:
        super().__init__(index.files, {p: index.project_of(p) for p in index.files})
        self.read: set[str] = set()

    def facts(self, path: str) -> FileFacts:
        self.read.add(path)
        return super().facts(path)


def test_only_files_that_may_declare_a_name_are_read() -> None:
    sources = {f"f{i}.cs": f"namespace N; class C{i} : C{i + 1} {{ }}" for i in range(50)}
    sources["f50.cs"] = "namespace N; class C50 { }"
    work = Workspace(sources)
    index = CountingIndex(work.index)
    resolver = Resolver(WorkspaceTypes(index, {}), load())
    path, part = work.part("N.C47")
    assert resolver.resolve_type(TypeRef("C48"), resolver.scope(path, part)) is not None
    assert index.read <= {"f47.cs", "f48.cs", "f49.cs", "f50.cs"}
    assert resolver.resolve_attribute(TypeRef("Obsolete"), resolver.scope(path, part)) is None
    assert index.read <= {"f47.cs", "f48.cs", "f49.cs", "f50.cs"}


# --- code that does not compile ---


@pytest.mark.parametrize(
    "source",
    [
        "class A : B { } class B : A { } class U { }",
        "class A : A.B { class B { } } class U { }",
        "class A<T> : A<A<T>> { } class U { }",
        "interface A<T> : A<A<T>>, B<A<T>> { } interface B<T> : A<B<T>> { } class U { }",
        "using X = Y; using Y = X; class A { } class U { }",
        "namespace A { using A; using A.A; namespace A { class A : A { } } } class U { }",
        "class A { class A { class A : A { } } } class U { }",
    ],
)
def test_cycles_end(source: str) -> None:
    work = Workspace({"a.cs": source})
    for path, facts in work.index.files.items():
        for part in facts.types:
            symbol = work.types.of_part(path, part)
            assert symbol is not None
            work.resolver.supertypes(NamedType(symbol, symbol.type_parameters))
            for name in ("A", "A<int>", "X", "Y", "A.A.A"):
                work.resolve(name, part.id)


def test_long_chains_of_bases_and_namespaces() -> None:
    classes = "".join(f"class C{i} : C{i + 1} {{ }} " for i in range(3000)) + "class C3000 : Nowhere { } class U { }"
    work = Workspace({"a.cs": f"namespace {'.'.join('N' * 200)} {{ {classes} }}"})
    prefix = ".".join("N" * 200)
    above = work.resolver.supertypes(work.type(f"{prefix}.C0"))
    assert len(above.classes) == 3000
    assert above.unresolved == ("Nowhere",)
    assert work.resolver.is_subtype(work.type(f"{prefix}.C0"), "System.Attribute") is None

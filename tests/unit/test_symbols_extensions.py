"""Extension methods are found where the compiler finds them, and for receivers that fit."""

from __future__ import annotations

import pytest
from tests.unit.symbols_workspace import Workspace

from routewarden.facts.project_evaluation import ProjectFacts
from routewarden.model.extension_lookup import ExtensionMethod, extension_methods, return_type
from routewarden.model.workspace_types import Project, linked_project

WEB = linked_project(ProjectFacts("web", sdk="Microsoft.NET.Sdk.Web", implicit_usings=True))


def found(work: Workspace, name: str, inside: str, receiver: str) -> tuple[ExtensionMethod, ...]:
    return extension_methods(work.resolver, name, work.scope(inside), work.resolve(receiver, inside))


def owners(methods: tuple[ExtensionMethod, ...]) -> list[str]:
    return list(dict.fromkeys(m.member.declaring.full_name for m in methods))


def returns(work: Workspace, methods: tuple[ExtensionMethod, ...]) -> set[str]:
    return {str(return_type(work.resolver, m)) for m in methods}


def test_what_a_route_builder_s_methods_return() -> None:
    work = Workspace({"web/a.cs": "class U { }"}, WEB)
    groups = found(work, "MapGroup", "U", "WebApplication")
    assert owners(groups) == ["Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions"]
    assert returns(work, groups) == {"RouteGroupBuilder"}
    assert all(m.certain for m in groups)
    assert "RouteHandlerBuilder" in returns(work, found(work, "MapGet", "U", "RouteGroupBuilder"))
    # The receiver's type comes out again: public static TBuilder RequireAuthorization<TBuilder>(this TBuilder builder)
    assert returns(work, found(work, "RequireAuthorization", "U", "RouteGroupBuilder")) == {"RouteGroupBuilder"}
    assert returns(work, found(work, "AllowAnonymous", "U", "RouteHandlerBuilder")) == {"RouteHandlerBuilder"}


def test_a_receiver_that_does_not_meet_the_constraint_does_not_fit() -> None:
    work = Workspace({"web/a.cs": "class U { }"}, WEB)
    assert found(work, "RequireAuthorization", "U", "string") == ()
    assert found(work, "MapGet", "U", "IServiceCollection") == ()


def test_the_namespace_must_be_imported() -> None:
    work = Workspace({"a.cs": "class U { } namespace N { using System.Linq; class V { } }"})
    assert found(work, "Select", "U", "int[]") == ()
    assert owners(found(work, "Select", "N.V", "int[]")) == ["System.Linq.Enumerable"]


def test_elements_are_told_from_the_receiver() -> None:
    work = Workspace({"a.cs": "using System.Linq; using System.Collections.Generic; class Orders : List<string> { } class U { }"})
    assert returns(work, found(work, "First", "U", "Orders")) == {"String"}
    assert "IEnumerable<Int32>" in returns(work, found(work, "Where", "U", "int[]"))
    assert returns(work, found(work, "ToList", "U", "IEnumerable<Orders>")) == {"List<Orders>"}


EXTENSION = "public static class {name} {{ public static int Go(this {receiver} x) => 1; }}"


def extension(namespace: str, name: str, receiver: str) -> str:
    return f"namespace {namespace} {{ {EXTENSION.format(name=name, receiver=receiver)} }}"


def test_the_closest_namespace_wins_and_an_unfit_one_is_passed_over() -> None:
    sources = {
        "a.cs": "using Far; namespace A.B { class U { } }",
        "b.cs": extension("A.B", "Strings", "string") + extension("A", "Numbers", "int") + extension("Far", "All", "object"),
    }
    work = Workspace(sources)
    assert owners(found(work, "Go", "A.B.U", "string")) == ["A.B.Strings"]
    assert owners(found(work, "Go", "A.B.U", "int")) == ["A.Numbers"]
    assert owners(found(work, "Go", "A.B.U", "System.Guid")) == ["Far.All"]


def test_a_workspace_extension_in_an_enclosing_namespace_comes_before_the_framework_s() -> None:
    own = "namespace Shop { static class X { public static int MapGet(this WebApplication a, string p) => 1; } }"
    work = Workspace({"web/a.cs": "namespace Shop.Api { class U { } }", "web/b.cs": own}, WEB)
    assert owners(found(work, "MapGet", "Shop.Api.U", "WebApplication")) == ["Shop.X"]
    assert owners(found(work, "MapGet", "Shop.Api.U", "RouteGroupBuilder")) == [
        "Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions",
    ]


def test_using_static_brings_the_extensions_of_a_class() -> None:
    both = extension("N", "One", "int") + extension("N", "Two", "int")
    work = Workspace({"a.cs": "using static N.Two; class U { }", "b.cs": both})
    assert owners(found(work, "Go", "U", "int")) == ["N.Two"]


def test_generic_extensions_of_the_workspace() -> None:
    source = """
        using System.Collections.Generic;
        static class X {
            public static List<T> Pages<T>(this IEnumerable<T> items, int n) => null;
            public static T Log<T>(this T x) => x;
            public static int Both<T>(this Dictionary<T, T> x) => 1;
        }
        class Orders : List<string> { }
        """
    work = Workspace({"a.cs": source})
    assert returns(work, found(work, "Pages", "Orders", "Orders")) == {"List<String>"}
    assert returns(work, found(work, "Log", "Orders", "Orders")) == {"Orders"}
    both = found(work, "Both", "Orders", "Dictionary<int, int>")
    assert [m.certain for m in both] == [True]


@pytest.mark.parametrize(
    ("receiver", "fits"),
    [
        ("Child", True), ("Parent", True), ("Other", False), ("IChild", False), ("Child[]", False),
        ("Strange", None), ("System.Collections.Generic.List<Child>", False),
    ],
)
def test_receivers(receiver: str, fits: bool | None) -> None:
    source = """
        class Parent { } class Child : Parent { } class Other { } interface IChild { } class Strange : Vendor.Base { } class U { }
        """
    work = Workspace({"a.cs": source, "b.cs": "static class X { public static int Go(this Parent x) => 1; }"})
    verdicts = [m.certain for m in found(work, "Go", "U", receiver)]
    assert verdicts == ([] if fits is False else [fits is True])


def test_covariant_receivers() -> None:
    source = """
        using System.Collections.Generic;
        class P { } class C : P { } static class X { public static int Go(this IEnumerable<P> x) => 1; }
        """
    work = Workspace({"a.cs": source})
    assert [m.certain for m in found(work, "Go", "P", "List<C>")] == [True]
    assert found(work, "Go", "P", "List<int>") == ()


def test_an_unknown_receiver_gets_doubtful_candidates() -> None:
    work = Workspace({"a.cs": "namespace A { class U { } }", "b.cs": extension("A", "X", "Vendor.Thing")})
    methods = extension_methods(work.resolver, "Go", work.scope("A.U"), None)
    assert [(m.member.declaring.full_name, m.certain) for m in methods] == [("A.X", False)]
    assert [m.certain for m in found(work, "Go", "A.U", "string")] == [False]  # what Vendor.Thing is, nobody knows


def test_projects_that_are_not_referred_to_come_last() -> None:
    sources = {
        "a/u.cs": "namespace N { class U { } }",
        "b/x.cs": extension("N", "B", "object"),
        "c/x.cs": extension("N", "C", "object"),
    }
    work = Workspace(sources, Project("a", ("b",)), Project("b"), Project("c"))
    assert owners(found(work, "Go", "N.U", "string")) == ["N.B"]
    alone = Workspace(sources, Project("a"), Project("b"), Project("c"))
    assert owners(found(alone, "Go", "N.U", "string")) == ["N.B", "N.C"]


def test_members_of_an_extension_block() -> None:
    block = "static class X { extension(string x) { public int Go() => 1; } extension<T>(T[] x) { public T Top() => x[0]; } }"
    work = Workspace({"a.cs": f"{block} class U {{ }}"})
    assert owners(found(work, "Go", "U", "string")) == ["X"]
    assert found(work, "Go", "U", "int") == ()
    assert owners(found(work, "Top", "U", "string[]")) == ["X"]


def test_an_ordinary_static_method_is_no_extension() -> None:
    work = Workspace({"a.cs": "static class X { public static int Go(string x) => 1; } class U { }"})
    assert found(work, "Go", "U", "string") == ()

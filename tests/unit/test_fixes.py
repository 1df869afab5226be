"""Every step of a fix plan on exact text: what is inserted, where, and that nothing else moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from routewarden.analysis.finding import AddAttribute, AppendCall, FixPlan, FixStep, RemoveAttribute
from routewarden.analysis.fixes import render
from routewarden.facts.file import FileUnit, extract
from routewarden.facts.sites import Site
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText, apply_edits

AUTHORIZATION = "Microsoft.AspNetCore.Authorization"
BUILDER = "Microsoft.AspNetCore.Builder"
PATH = "A.cs"


def unit_of(text: str) -> FileUnit:
    return extract(parse(SourceText.from_bytes(text.encode())))


def node(unit: FileUnit, declaration: str, called: str) -> Site:
    """The site of the first call of a name in a body."""
    for number in range(200):
        span = unit.locate(Site(PATH, declaration, f"node:{number}:name"))
        if span is None:
            break
        if unit.tree.text.data[span.start : span.end].decode().split("<")[0] == called:
            return Site(PATH, declaration, f"node:{number}")
    raise AssertionError(f"no call of {called} in {declaration}")


def the_lambda(unit: FileUnit, declaration: str) -> Site:
    for number in range(200):
        site = Site(PATH, declaration, f"node:{number}")
        span = unit.locate(site)
        if span is None:
            break
        found = unit.tree.root.named_descendant_for_byte_range(span.start, span.end)
        if found is not None and found.type == "lambda_expression":
            return site
    raise AssertionError(f"no lambda in {declaration}")


@dataclass(frozen=True)
class Case:
    name: str
    step: Callable[[FileUnit], FixStep]
    before: str
    after: str
    in_scope: bool = True


def authorize(declaration: str, text: str = "Authorize") -> Callable[[FileUnit], FixStep]:
    return lambda _: AddAttribute(Site(PATH, declaration), text, AUTHORIZATION)


def authorize_lambda(declaration: str) -> Callable[[FileUnit], FixStep]:
    return lambda unit: AddAttribute(the_lambda(unit, declaration), "Authorize", AUTHORIZATION)


def require(declaration: str, called: str, text: str = "RequireAuthorization()") -> Callable[[FileUnit], FixStep]:
    return lambda unit: AppendCall(node(unit, declaration, called), text, BUILDER)


def remove(declaration: str, number: int, name: str = "") -> Callable[[FileUnit], FixStep]:
    return lambda _: RemoveAttribute(Site(PATH, declaration, f"attribute:{number}"), name)


CASES = [
    # --- attributes on declarations ---
    Case(
        "above the attributes and below the documentation comment",
        authorize("C.M()"),
        "class C\n{\n    /// <summary>Does.</summary>\n    // why\n    [HttpGet]\n    public int M() => 1;\n}\n",
        "class C\n{\n    /// <summary>Does.</summary>\n    // why\n    [Authorize]\n    [HttpGet]\n    public int M() => 1;\n}\n",
    ),
    Case(
        "tabs are copied",
        authorize("C.M()"),
        "class C\n{\n\t\tpublic int M() => 1;\n}\n",
        "class C\n{\n\t\t[Authorize]\n\t\tpublic int M() => 1;\n}\n",
    ),
    Case(
        "a declaration without modifiers",
        authorize("C.M()"),
        "class C\n{\n  int M() => 1;\n}\n",
        "class C\n{\n  [Authorize]\n  int M() => 1;\n}\n",
    ),
    Case(
        "a declaration that shares its line",
        authorize("C.M()"),
        "class C { public int M() => 1; }",
        "class C { [Authorize] public int M() => 1; }",
    ),
    Case(
        "the second member of a line",
        authorize("C.N()"),
        "class C\n{\n    int M() => 1; int N() => 1;\n}\n",
        "class C\n{\n    int M() => 1; [Authorize] int N() => 1;\n}\n",
    ),
    Case("a class", authorize("N.C"), "namespace N;\nclass C { }\n", "namespace N;\n[Authorize]\nclass C { }\n"),
    Case(
        "a class with a primary constructor and attributes",
        authorize("N.C"),
        "namespace N;\n\n[ApiController, Route(\"x\")]\npublic sealed class C(IDb db) : B(db)\n{\n}\n",
        "namespace N;\n\n[Authorize]\n[ApiController, Route(\"x\")]\npublic sealed class C(IDb db) : B(db)\n{\n}\n",
    ),
    Case("a record", authorize("R"), "record R(int X);\n", "[Authorize]\nrecord R(int X);\n"),
    Case("a record struct", authorize("R"), "record struct R(int X);\n", "[Authorize]\nrecord struct R(int X);\n"),
    Case("a generic class", authorize("C`1"), "class C<T> where T : C { }\n", "[Authorize]\nclass C<T> where T : C { }\n"),
    Case(
        "a nested class",
        authorize("Outer.Inner"),
        "class Outer\n{\n    public class Inner\n    {\n    }\n}\n",
        "class Outer\n{\n    [Authorize]\n    public class Inner\n    {\n    }\n}\n",
    ),
    Case(
        "a policy",
        authorize("C", 'Authorize(Policy = "Admin")'),
        "class C { }\n",
        '[Authorize(Policy = "Admin")]\nclass C { }\n',
    ),
    Case(
        "text outside ASCII stays where it is",
        authorize("C.M()"),
        "// größer 😀\u2028\nclass C\n{\n    // é\n    int M() => 1; // ü\n}\n",
        "// größer 😀\u2028\nclass C\n{\n    // é\n    [Authorize]\n    int M() => 1; // ü\n}\n",
    ),
    # --- attributes on lambdas ---
    Case(
        "a lambda with parentheses",
        authorize_lambda("<main>"),
        'app.MapGet("/x", (int id) => id);\n',
        'app.MapGet("/x", [Authorize] (int id) => id);\n',
    ),
    Case(
        "a lambda with a bare parameter",
        authorize_lambda("<main>"),
        'app.MapGet("/x", context => context.Go());\n',
        'app.MapGet("/x", [Authorize] (context) => context.Go());\n',
    ),
    Case(
        "an async lambda with a bare parameter",
        authorize_lambda("<main>"),
        'app.MapGet("/x", async context => await context.Go());\n',
        'app.MapGet("/x", [Authorize] async (context) => await context.Go());\n',
    ),
    Case(
        "a lambda that has an attribute",
        authorize_lambda("<main>"),
        'app.MapGet("/x", [Tags("a")] static () => 1);\n',
        'app.MapGet("/x", [Authorize] [Tags("a")] static () => 1);\n',
    ),
    # --- calls ---
    Case(
        "a statement of one line",
        require("<main>", "MapGet"),
        'app.MapGet("/x", () => 1);\n',
        'app.MapGet("/x", () => 1).RequireAuthorization();\n',
    ),
    Case(
        "the end of a chain of one line",
        require("<main>", "MapGet"),
        'app.MapGet("/x", () => 1).WithName("x");\n',
        'app.MapGet("/x", () => 1).WithName("x").RequireAuthorization();\n',
    ),
    Case(
        "a chain over lines",
        require("<main>", "MapGet"),
        'app.MapGet("/x", () => 1)\n    .WithName("x") // named\n    .Produces<int>();\n',
        'app.MapGet("/x", () => 1)\n    .WithName("x") // named\n    .Produces<int>()\n    .RequireAuthorization();\n',
    ),
    Case(
        "a chain over lines with tabs, the semicolon on its own",
        require("<main>", "MapGet"),
        'app.MapGet("/x", () => 1)\n\t\t.WithName("x") // last\n\t\t;\n',
        'app.MapGet("/x", () => 1)\n\t\t.WithName("x")\n\t\t.RequireAuthorization() // last\n\t\t;\n',
    ),
    Case(
        "a Map call on its own line",
        require("<main>", "MapGet"),
        'app\n  .MapGet("/x", () => 1);\n',
        'app\n  .MapGet("/x", () => 1)\n  .RequireAuthorization();\n',
    ),
    Case(
        "a handler over lines",
        require("<main>", "MapPost"),
        'app.MapPost("/x", (int a) =>\n{\n    return a;\n});\n',
        'app.MapPost("/x", (int a) =>\n{\n    return a;\n}).RequireAuthorization();\n',
    ),
    Case(
        "assigned to a variable",
        require("<main>", "MapGet"),
        'var e = app.MapGet("/x", () => 1);\n',
        'var e = app.MapGet("/x", () => 1).RequireAuthorization();\n',
    ),
    Case(
        "returned",
        require("C.M(WebApplication)", "MapGet"),
        'static class C\n{\n    static object M(WebApplication app) => app.MapGet("/x", () => 1);\n}\n',
        'static class C\n{\n    static object M(WebApplication app) => app.MapGet("/x", () => 1).RequireAuthorization();\n}\n',
    ),
    Case(
        "an argument",
        require("<main>", "MapGet"),
        'Named(app.MapGet("/x", () => 1), "x");\n',
        'Named(app.MapGet("/x", () => 1).RequireAuthorization(), "x");\n',
    ),
    Case(
        "a group with a variable",
        require("<main>", "MapGroup"),
        'var g = app.MapGroup("/g")\n    .WithTags("a");\ng.MapGet("/x", () => 1);\n',
        'var g = app.MapGroup("/g")\n    .WithTags("a")\n    .RequireAuthorization();\ng.MapGet("/x", () => 1);\n',
    ),
    Case(
        "a group whose chain goes on with an endpoint",
        require("<main>", "MapGroup"),
        'app.MapGroup("/g").WithTags("a").MapGet("/x", () => 1).WithName("x");\n',
        'app.MapGroup("/g").WithTags("a").RequireAuthorization().MapGet("/x", () => 1).WithName("x");\n',
    ),
    Case(
        "before a call that returns nothing",
        require("<main>", "MapGet"),
        'app.MapGet("/x", () => 1).WithName("x").Finally(b => { });\n',
        'app.MapGet("/x", () => 1).WithName("x").RequireAuthorization().Finally(b => { });\n',
    ),
    Case(
        "before a call that nobody knows",
        require("<main>", "MapGet"),
        'app.MapGet("/x", () => 1).Ours();\n',
        'app.MapGet("/x", () => 1).RequireAuthorization().Ours();\n',
    ),
    Case(
        "through a null-forgiving operator",
        require("<main>", "MapGet"),
        'app.MapGet("/x", () => 1)!.WithName("x");\n',
        'app.MapGet("/x", () => 1)!.WithName("x").RequireAuthorization();\n',
    ),
    Case(
        "a policy by name",
        require("<main>", "MapGet", 'RequireAuthorization("Admin")'),
        'app.MapGet("/x", () => 1);\n',
        'app.MapGet("/x", () => 1).RequireAuthorization("Admin");\n',
    ),
    # --- removal ---
    Case(
        "an attribute with a line of its own",
        remove("C.M()", 1, "AllowAnonymous"),
        "class C\n{\n    [HttpGet]\n    [AllowAnonymous]\n    int M() => 1;\n}\n",
        "class C\n{\n    [HttpGet]\n    int M() => 1;\n}\n",
    ),
    Case(
        "an attribute before the declaration on one line",
        remove("C.M()", 0),
        "class C\n{\n    [AllowAnonymous] int M() => 1;\n}\n",
        "class C\n{\n    int M() => 1;\n}\n",
    ),
    Case(
        "the first of a list",
        remove("C.M()", 0),
        "class C\n{\n    [AllowAnonymous, HttpGet]\n    int M() => 1;\n}\n",
        "class C\n{\n    [HttpGet]\n    int M() => 1;\n}\n",
    ),
    Case(
        "the last of a list",
        remove("C.M()", 1),
        "class C\n{\n    [HttpGet(\"a\"),\n     AllowAnonymous]\n    int M() => 1;\n}\n",
        "class C\n{\n    [HttpGet(\"a\")]\n    int M() => 1;\n}\n",
    ),
    Case(
        "a comment behind it stays",
        remove("C.M()", 0),
        "class C\n{\n    [AllowAnonymous] // open\n    int M() => 1;\n}\n",
        "class C\n{\n    // open\n    int M() => 1;\n}\n",
    ),
    # --- the using that goes with it ---
    Case(
        "a using at its sorted place, System first",
        authorize("C"),
        "using System.Linq;\nusing Microsoft.AspNetCore.Mvc;\nusing Zoo;\n\nclass C { }\n",
        "using System.Linq;\nusing Microsoft.AspNetCore.Authorization;\n"
        "using Microsoft.AspNetCore.Mvc;\nusing Zoo;\n\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "a using in plain alphabetical order, at the end",
        authorize("C"),
        "using Bar;\nusing Foo; // kept\n\nclass C { }\n",
        "using Bar;\nusing Foo; // kept\nusing Microsoft.AspNetCore.Authorization;\n\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "before static usings and aliases, after global ones",
        authorize("C"),
        "global using A;\nusing static System.Math;\nusing X = System.String;\nclass C { }\n",
        "global using A;\nusing Microsoft.AspNetCore.Authorization;\nusing static System.Math;\nusing X = System.String;\n"
        "[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "only global usings",
        authorize("C"),
        "global using A;\n\nclass C { }\n",
        "global using A;\nusing Microsoft.AspNetCore.Authorization;\n\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "usings of a namespace with braces",
        authorize("N.C"),
        "namespace N\n{\n    using System;\n    using Zoo;\n\n    class C { }\n}\n",
        "namespace N\n{\n    using System;\n    using Microsoft.AspNetCore.Authorization;\n"
        "    using Zoo;\n\n    [Authorize]\n    class C { }\n}\n",
        in_scope=False,
    ),
    Case(
        "usings of a file-scoped namespace",
        authorize("N.C"),
        "namespace N;\n\nusing System;\n\nclass C { }\n",
        "namespace N;\n\nusing System;\nusing Microsoft.AspNetCore.Authorization;\n\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "no using yet: below the header",
        authorize("N.C"),
        "// Copyright (c) Shop. All rights reserved.\n\nnamespace N;\nclass C { }\n",
        "// Copyright (c) Shop. All rights reserved.\n\n"
        "using Microsoft.AspNetCore.Authorization;\n\nnamespace N;\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "no using yet: a header that touches the namespace",
        authorize("N.C"),
        "// Copyright (c) Shop.\nnamespace N;\nclass C { }\n",
        "// Copyright (c) Shop.\n\nusing Microsoft.AspNetCore.Authorization;\n\nnamespace N;\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "no using yet: above the comment of the first class",
        authorize("C"),
        "#nullable enable\n/// <summary>C.</summary>\nclass C { }\n",
        "#nullable enable\nusing Microsoft.AspNetCore.Authorization;\n\n/// <summary>C.</summary>\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "not between #if and #endif",
        authorize("C"),
        "using Bar;\n#if NET8_0_OR_GREATER\nusing Zoo;\n#endif\n\nclass C { }\n",
        "using Bar;\nusing Microsoft.AspNetCore.Authorization;\n#if NET8_0_OR_GREATER\n"
        "using Zoo;\n#endif\n\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "imported by the file already",
        authorize("C"),
        "using Microsoft.AspNetCore.Authorization;\nclass C { }\n",
        "using Microsoft.AspNetCore.Authorization;\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "code that stands in a namespace below it",
        authorize("Microsoft.AspNetCore.Authorization.Ours.C"),
        "namespace Microsoft.AspNetCore.Authorization.Ours;\nclass C { }\n",
        "namespace Microsoft.AspNetCore.Authorization.Ours;\n[Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "a type of the file with that name",
        authorize("C"),
        "using System;\nclass AuthorizeAttribute : Attribute { }\nclass C { }\n",
        "using System;\nclass AuthorizeAttribute : Attribute { }\n[Microsoft.AspNetCore.Authorization.Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "an alias with that name",
        authorize("C"),
        "using Authorize = Ours.GateAttribute;\nclass C { }\n",
        "using Authorize = Ours.GateAttribute;\n[Microsoft.AspNetCore.Authorization.Authorize]\nclass C { }\n",
        in_scope=False,
    ),
    Case(
        "a using for an extension method",
        require("C.M(IEndpointRouteBuilder)", "MapGet"),
        "using System;\n\nstatic class C\n{\n    static void M(IEndpointRouteBuilder e)\n"
        "    {\n        e.MapGet(\"/x\", () => 1);\n    }\n}\n",
        "using System;\nusing Microsoft.AspNetCore.Builder;\n\n"
        "static class C\n{\n    static void M(IEndpointRouteBuilder e)\n    {\n"
        "        e.MapGet(\"/x\", () => 1).RequireAuthorization();\n    }\n}\n",
        in_scope=False,
    ),
]


def applied(text: SourceText, step: FixStep, in_scope: bool) -> SourceText:
    unit = extract(parse(text))
    plan = FixPlan("fix", "Fix", (step,))
    return apply_edits(text, render(plan, {PATH: unit}.get, lambda _path, _namespace: in_scope).get(PATH, ()))


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_step_gives_exactly_this_text(case: Case, newline: str) -> None:
    before = SourceText.from_bytes(b"\xef\xbb\xbf" + case.before.replace("\n", newline).encode())
    step = case.step(unit_of(case.before))
    after = applied(before, step, case.in_scope)
    assert str(after) == case.after.replace("\n", newline)
    assert after.had_bom
    assert not parse(after).errors


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_second_application_changes_nothing(case: Case) -> None:
    before = SourceText.from_str(case.before)
    step = case.step(unit_of(case.before))
    if isinstance(step, RemoveAttribute):
        step = RemoveAttribute(step.site, "AllowAnonymous")
    after = applied(before, step, case.in_scope)
    assert after != before
    assert applied(after, step, case.in_scope) == after


@pytest.mark.parametrize(
    "there",
    ["[Authorize]", "[Authorize()]", "[AuthorizeAttribute]", f"[ global::{AUTHORIZATION}.Authorize ]", "[A, Authorize]"],
)
def test_an_attribute_that_is_there_is_not_added(there: str) -> None:
    text = SourceText.from_str(f"{there}\nclass C {{ }}\n")
    assert applied(text, AddAttribute(Site(PATH, "C"), "Authorize", AUTHORIZATION), False) == text


def test_an_attribute_of_another_namespace_is_another() -> None:
    text = SourceText.from_str("[Ours.Authorize]\nclass C { }\n")
    after = applied(text, AddAttribute(Site(PATH, "C"), "Authorize", AUTHORIZATION), True)
    assert str(after) == "[Authorize]\n[Ours.Authorize]\nclass C { }\n"


def test_an_attribute_with_other_arguments_is_another() -> None:
    text = SourceText.from_str('[Authorize(Policy = "A")]\nclass C { }\n')
    after = applied(text, AddAttribute(Site(PATH, "C"), 'Authorize(Policy = "B")', AUTHORIZATION), True)
    assert str(after) == '[Authorize(Policy = "B")]\n[Authorize(Policy = "A")]\nclass C { }\n'


def test_a_short_name_that_means_another_type_elsewhere_is_written_in_full() -> None:
    unit = unit_of("using Ours;\nclass C { }\n")
    plan = FixPlan("fix", "Fix", (AddAttribute(Site(PATH, "C"), "Authorize", AUTHORIZATION),))
    edits = render(plan, {PATH: unit}.get, lambda *_: False, lambda _site, _name: "Ours.AuthorizeAttribute")
    assert [edit.new for edit in edits[PATH]] == ["[Microsoft.AspNetCore.Authorization.Authorize]\n"]


def test_a_short_name_that_already_means_the_right_type_needs_no_using() -> None:
    unit = unit_of("class C { }\n")
    plan = FixPlan("fix", "Fix", (AddAttribute(Site(PATH, "C"), "Authorize", AUTHORIZATION),))
    edits = render(plan, {PATH: unit}.get, lambda *_: False, lambda _site, name: f"{AUTHORIZATION}.{name}")
    assert [edit.new for edit in edits[PATH]] == ["[Authorize]\n"]


def test_a_using_that_would_make_a_name_of_the_file_ambiguous_is_not_added() -> None:
    before = SourceText.from_str("using Ours;\nclass C { IAuthorizationService service; }\n")
    known = {
        "IAuthorizationService": "Ours.IAuthorizationService",
        f"{AUTHORIZATION}.IAuthorizationService": f"{AUTHORIZATION}.IAuthorizationService",
    }
    units = {PATH: extract(parse(before))}
    add = FixPlan("fix", "Fix", (AddAttribute(Site(PATH, "C"), "Authorize", AUTHORIZATION),))
    edits = render(add, units.get, lambda *_: False, lambda _site, name: known.get(name))
    assert [edit.new for edit in edits[PATH]] == [f"[{AUTHORIZATION}.Authorize]\n"]


def test_a_call_whose_using_would_make_a_name_ambiguous_is_not_appended() -> None:
    before = SourceText.from_str('app.MapGet("/x", (Thing t) => 1);\n')
    unit = extract(parse(before))
    known = {"Thing": "Ours.Thing", f"{BUILDER}.Thing": f"{BUILDER}.Thing"}
    append = FixPlan("fix", "Fix", (AppendCall(node(unit, "<main>", "MapGet"), "RequireAuthorization()", BUILDER),))
    assert render(append, {PATH: unit}.get, lambda *_: False, lambda _site, name: known.get(name)) == {}
    assert render(append, {PATH: unit}.get, lambda *_: True, lambda _site, name: known.get(name)) != {}


def test_two_steps_share_one_using() -> None:
    before = SourceText.from_str("using System;\nclass C { }\nclass D { }\n")
    steps = tuple(AddAttribute(Site(PATH, name), "Authorize", AUTHORIZATION) for name in "CD")
    edits = render(FixPlan("fix", "Fix", steps), {PATH: extract(parse(before))}.get, lambda *_: False)
    assert str(apply_edits(before, edits[PATH])) == (
        "using System;\nusing Microsoft.AspNetCore.Authorization;\n[Authorize]\nclass C { }\n[Authorize]\nclass D { }\n"
    )


@pytest.mark.parametrize(
    "step",
    [
        AddAttribute(Site(PATH, "Gone"), "Authorize", AUTHORIZATION),
        AddAttribute(Site("Gone.cs", "C"), "Authorize", AUTHORIZATION),
        AppendCall(Site(PATH, "<main>", "node:99"), "RequireAuthorization()", BUILDER),
        RemoveAttribute(Site(PATH, "C", "attribute:5")),
    ],
    ids=["declaration", "file", "call", "attribute"],
)
def test_a_plan_whose_place_is_gone_gives_no_edit_at_all(step: FixStep) -> None:
    good = AddAttribute(Site(PATH, "C"), "Authorize", AUTHORIZATION)
    assert render(FixPlan("fix", "Fix", (good, step)), {PATH: unit_of("class C { }\n")}.get, lambda *_: True) == {}


def test_a_delegate_cannot_carry_an_attribute() -> None:
    unit = unit_of('app.MapGet("/x", delegate(int x) { return 1; });\n')
    sites = [Site(PATH, "<main>", f"node:{number}") for number in range(5)]
    for site in sites:
        plan = FixPlan("fix", "Fix", (AddAttribute(site, "Authorize", AUTHORIZATION),))
        assert render(plan, {PATH: unit}.get, lambda *_: True) == {}


def test_an_attribute_of_another_name_is_left_alone() -> None:
    text = SourceText.from_str("[HttpGet]\nclass C { }\n")
    assert applied(text, RemoveAttribute(Site(PATH, "C", "attribute:0"), "AllowAnonymous"), True) == text

"""Legal C# that the grammar cannot read, or misreads without an error: each construct has the members that the compiler sees.

Every snippet stands in a class between two members, so that what it does to its surroundings shows. The compiler itself is asked
(`pytest -m oracle`) whether the snippets are C# at all.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.rules.oracle import Compiler, compiler, oracle_path

from routewarden.syntax.tree import Node, SyntaxTree, parse
from routewarden.text.source import SourceText

STATEMENTS = {
    "async": (
        "bool async = true; if (async) { async = !async; } Use(async, async ? 1 : 2); Use(async: async, more: 0); "
        "async.ToString();"
    ),
    "async lambda": (
        "Func<Task> f = async () => await Task.Yield(); Func<int, Task> g = async x => { await Task.Yield(); }; "
        "bool async = f == null;"
    ),
    "async call": "int async(int x) => x; Use(true, async(1)); _ = async(2);",
    "required": "var required = new List<int>(); required.Add(1); required = null; foreach (var x in required ?? []) { }",
    "partial": "var partial = false; partial = true; if (partial && !partial) { } partial.ToString();",
    "required in": "foreach (var required in new[] { 1 }) { Use(true, required); } foreach (var partial in new[] { 1 }) { }",
    "first in brackets": (
        "int type = 1, method = 2; int[] xs = [type, method]; xs = [type]; "
        "type = xs[method - 2] + xs[type is 1 ? 0 : 0]; xs = [..xs, type];"
    ),
    "field first in brackets": (
        "int field = 0, property = 0, param = 0; int[] xs = [field]; int[] ys = [property, param]; "
        "xs[field] = ys[param];"
    ),
    "empty interpolated string": 'Use($"", $@"", $"" + $"{1}"); Use($"", "x", "");',
    "null-conditional assignment": (
        "Box box = new(); box?.Value = 1; box?.Next.Value += 2; box?.Next?.Value ??= 3; box?.Items[0] = 4; box?[1] = 5;"
    ),
    "null-conditional event": (
        "Box box = new(); box?.Changed += OnChanged; box?.Get<Box>(1, (2, 3)).Changed -= OnChanged; "
        "var y = box?.Value == 1;"
    ),
    "null-conditional alone": (
        "Box box = new(); bool c = true; var y = c ? [1] : new[] { 2 }; Box async = box?.Next; box = c ? box : async; "
        "async = box;"
    ),
    "braces around a hole": (
        'int x = 1; var s = $"{{{x}}}"; s = $"{{{string.Join(",", new[] { "a", "}" })}}}"; s = $"{{ {x} }}"; '
        's = $"}}{x}{{";'
    ),
    "braces around a raw hole": 'int x = 1; var s = $$"""{{{x}}}"""; s = $$"""{ "a": {{x}} }"""; s = $"""a "{x}" b""";',
    "quotes around a hole": 'int x = 1; var s = $@"a ""{x}"" b"; s = @$"""{x}"""; s = $@"""{x}""{x}""";',
    "format": 'var d = DateTime.Now; var s = $"{d::MM/dd}{d:hh\\\\:mm}{d,10:yyyy-MM-dd}{(d > d ? 1 : 2):N0}";',
    "list pattern with a name": (
        "int[] xs = [1]; if (xs is [..] ys && ys.Length > 1) { } if (xs is [1, ..] or [.., 2]) { } "
        "if (xs is [1] zs) { }"
    ),
    "slice with a pattern": (
        "int[] xs = [1]; if (xs is [var a, .. var rest] && rest.Length > a) { } if (xs is [_, .. {} many]) { }"
    ),
    "slice in arms": (
        "int[] xs = [1]; "
        "int y = xs switch { [2, .., var last] => last, [1, .. var r] when r.Length > 1 => 1, _ => 0 }; "
        "switch (xs) { case [var only] when only > 1: break; case [1, 2] all when all.Length > 0: break; } xs = [..xs];"
    ),
    "lambda with a modifier": (
        "Try f = (text, out result) => { result = 1; return true; }; By g = (ref x) => x; "
        "f = (string text, out int result) => Get(out result);"
    ),
    "lambda with a first modifier": (
        "Out f = (out int x) => x = 1; By g = (ref readonly int x) => x; By h = (scoped ref x) => x; "
        "In i = (in int x) => x;"
    ),
    "spaces of Unicode": "int\u2003x\xa0=\u30001;\u2028Use(true, x);\x1a bool async = false; async = true;",
}
MEMBERS = {
    "ref partial struct": "public ref partial struct Parts { } readonly ref partial struct Others { }",
    "allows ref struct": (
        "void Any<T>() where T : allows ref struct { } class D<T> where T : IDisposable, allows ref struct { }"
    ),
    "compound assignment": (
        "class Sum { public void operator +=(int x) { } public void operator checked -=(int x) { } "
        "public void operator -=(int x) { } }"
    ),
    "shift assignment": (
        "class Bits { public void operator >>>=(int x) { } public void operator <<=(int x) { } "
        "public void operator ++() { } }"
    ),
    "async member": "bool async; Task Run() => async ? Task.CompletedTask : null; async Task Wait() { await Task.Yield(); }",
    "attribute targets": (
        "[return: NotNull] [method: Obsolete] object Name() => 1; [field: NonSerialized] int Value { get; set; } "
        "bool async() => async();"
    ),
}
FRAME = """\
using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Tasks;
class Box {{
    public int? Value; public Box Next; public List<int> Items; public event Action Changed;
    public int this[int i] {{ set {{ }} }}
    public T Get<T>(int a, (int, int) b) => default;
}}
delegate bool Try(string text, out int result);
delegate int By(ref int x);
delegate int Out(out int x);
delegate int In(in int x);
class C {{
    static void Use(object async, object more, object third = null) {{ }}
    static bool Get(out int x) {{ x = 1; return true; }}
    static void OnChanged() {{ }}
    void Before() {{ {statements} }}
    {members}
    void After() {{ }}
}}
"""
FILES = {
    "file-based program": "#!/usr/bin/env dotnet\n#:package Some@0.50.0\n#:property Some=thing\nvar x = 1;\nclass A { }\n",
    "region behind the end": "class A { }\n#region Left over\n#endregion",
    "pragma": "#pragma warning disable CS1591 // why\n#pragma foo bar\nclass A { }\n#pragma warning restore",
}


def tree_of(text: str) -> SyntaxTree:
    tree = parse(SourceText.from_str(text))
    data = tree.text.data
    assert len(tree.masked) == len(data)
    assert all(tree.masked[at] == byte for at, byte in enumerate(data) if byte in b"\r\n")
    return tree


def text_of(tree: SyntaxTree, node: Node | None) -> str:
    assert node is not None
    return tree.text.data[node.start_byte : node.end_byte].decode()


def nodes(tree: SyntaxTree, kind: str) -> list[Node]:
    found, pending = [], [tree.root]
    while pending:
        node = pending.pop()
        if node.type == kind:
            found.append(node)
        pending.extend(reversed(node.children))
    return found


def texts(tree: SyntaxTree, kind: str) -> list[str]:
    return [text_of(tree, node) for node in nodes(tree, kind)]


def in_class(statements: str = "", members: str = "") -> SyntaxTree:
    return tree_of(FRAME.format(statements=statements, members=members))


def member_names(tree: SyntaxTree) -> list[str]:
    body = next(node for node in nodes(tree, "class_declaration") if text_of(tree, node.child_by_field_name("name")) == "C")
    members = body.child_by_field_name("body")
    assert members is not None
    return [text_of(tree, name) for member in members.named_children if (name := member.child_by_field_name("name"))]


@pytest.mark.parametrize("statements", STATEMENTS.values(), ids=STATEMENTS)
def test_statements(statements: str) -> None:
    tree = in_class(statements)
    assert tree.errors == ()
    assert member_names(tree) == ["Use", "Get", "OnChanged", "Before", "After"]


@pytest.mark.parametrize("members", MEMBERS.values(), ids=MEMBERS)
def test_members(members: str) -> None:
    tree = in_class(members=members)
    assert tree.errors == ()
    names = member_names(tree)
    assert (names[:4], names[-1]) == (["Use", "Get", "OnChanged", "Before"], "After")


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_files(text: str) -> None:
    tree = tree_of(text)
    assert tree.errors == ()
    assert texts(tree, "class_declaration") == ["class A { }"]


def test_a_renamed_word_keeps_its_place_and_is_read_from_the_text() -> None:
    tree = in_class("bool async = true; if (async) { }")
    condition = nodes(tree, "if_statement")[0].child_by_field_name("condition")
    assert text_of(tree, condition) == "async"
    assert tree.repaired


def test_a_null_conditional_assignment_is_an_assignment() -> None:
    tree = in_class(STATEMENTS["null-conditional assignment"] + "var y = box?.Next?.Value;")
    assigned = nodes(tree, "assignment_expression")
    lefts = [text_of(tree, node.child_by_field_name("left")) for node in assigned]
    assert lefts[1:] == ["box?.Value", "box?.Next.Value", "box?.Next?.Value", "box?.Items[0]", "box?[1]"]
    assert "box?.Next?.Value" in texts(tree, "conditional_access_expression")  # what is only read stays as it is


@pytest.mark.parametrize(
    ("literal", "holes"),
    [
        ('$"{{{x}}}"', ["x"]),
        ('$"{{{x}}}{y}{{"', ["x", "y"]),
        ('$"{{x}}"', []),
        ('$"{{{{{x}"', ["x"]),
        ('$@"""{x}"" {y}"', ["x", "y"]),
        ('$$"""{{{x}}} {y}"""', ["x"]),
        ('$"{{{string.Join(",", x)}}}"', ['string.Join(",", x)']),
        ('$"{x::d}"', ["x"]),
        ('$"{{{x:D2}}}"', ["x"]),
    ],
)
def test_the_holes_of_an_interpolated_string(literal: str, holes: list[str]) -> None:
    tree = in_class(f"int x = 1, y = 2; var s = {literal};")
    assert tree.errors == ()
    inside = [
        [child for child in hole.named_children if child.type != "interpolation_brace"]
        for hole in nodes(tree, "interpolation")
    ]
    assert [text_of(tree, children[0]) for children in inside] == holes


def test_an_empty_interpolated_string_is_a_string() -> None:
    tree = in_class('Use($"", "x", "");')
    assert texts(tree, "string_literal")[:1] == ['""']
    assert len(nodes(tree, "argument")) == 3


def test_a_lambda_keeps_its_parameters() -> None:
    tree = in_class("Try f = (text, out result) => { result = 1; return true; };")
    (declared,) = (node for node in nodes(tree, "lambda_expression"))
    assert text_of(tree, declared.child_by_field_name("parameters")) == "(text, out result)"
    assert texts(tree, "parameter")[-2:] == ["text", "result"]


def test_arguments_and_declarations_keep_their_modifiers() -> None:
    tree = in_class("bool async = Get(out var x); async = false; Get(out int y);", "bool Try(out int z) => Get(out z);")
    assert tree.repaired
    assert tree.masked.count(b"out ") == FRAME.count("out ") + 4


def test_a_list_pattern_keeps_its_names() -> None:
    tree = in_class("int[] xs = [1]; if (xs is [var a, .. var rest] all) { } int[] ys = [..xs]; var z = xs[..1];")
    assert tree.errors == ()
    (pattern,) = nodes(tree, "list_pattern")
    assert text_of(tree, pattern).startswith("[var a, .. var rest]")
    assert texts(tree, "spread_element") == ["..xs"]
    assert texts(tree, "range_expression") == ["..1"]


def test_a_member_behind_an_async_name_is_still_a_member() -> None:
    """Without the repair the rest of the class becomes local functions (real files lost a fifth of their methods)."""
    tree = in_class("Use(async ? 1 : 2, async);", "[Obsolete] public void Later(int id) { }")
    assert member_names(tree) == ["Use", "Get", "OnChanged", "Before", "Later", "After"]
    assert texts(tree, "attribute") == ["Obsolete"]


def test_what_is_no_csharp_stays_an_error() -> None:
    tree = tree_of("namespace [Owner].Module.[Module] { public class [Module]Controller : Controller { } }")
    assert tree.errors
    assert tree_of("class C { void M( { } }").errors


def test_nothing_is_rewritten_where_that_does_not_help() -> None:
    tree = tree_of("class C { void M() { var x = [type]; } void N( { } }")
    assert tree.errors
    assert tree.masked in (tree.text.data, tree.text.data.replace(b"[type]", b"[typ_]"))


@pytest.fixture(scope="module")
def roslyn() -> Iterator[Compiler]:
    path = oracle_path()
    if path is None:
        pytest.skip("no .NET oracle: neither ../shared/dotnet nor ROUTEWARDEN_ORACLE")
    with compiler(path) as found:
        yield found


@pytest.mark.oracle
@pytest.mark.xdist_group("oracle")
@pytest.mark.parametrize("snippet", [*STATEMENTS, *MEMBERS])
def test_a_snippet_is_csharp(snippet: str, roslyn: Compiler) -> None:
    text = FRAME.format(statements=STATEMENTS.get(snippet, ""), members=MEMBERS.get(snippet, ""))
    assert roslyn.errors({"C.cs": text}) == []

"""What the grammar would misread without an error, so that it is rewritten in every text: `#if` sections, extension blocks."""

from __future__ import annotations

import pytest

from routewarden.syntax.tree import RELEASE_SYMBOLS, ExtensionReceiver, Node, SyntaxTree, parse
from routewarden.text.source import SourceText


def tree_of(text: str, symbols: frozenset[str] = RELEASE_SYMBOLS) -> SyntaxTree:
    tree = parse(SourceText.from_str(text), symbols)
    assert len(tree.masked) == len(tree.text.data)
    return tree


def nodes(tree: SyntaxTree, kind: str) -> list[Node]:
    found, pending = [], [tree.root]
    while pending:
        node = pending.pop()
        if node.type == kind:
            found.append(node)
        pending.extend(reversed(node.children))
    return found


def texts(tree: SyntaxTree, kind: str) -> list[str]:
    return [tree.text.data[node.start_byte : node.end_byte].decode() for node in nodes(tree, kind)]


def called(tree: SyntaxTree) -> list[str]:
    """The methods that are called on something, in order of their names in the text."""
    names = [node.child_by_field_name("name") for node in nodes(tree, "member_access_expression")]
    return [tree.text.data[n.start_byte : n.end_byte].decode() for n in sorted(filter(None, names), key=lambda n: n.start_byte)]


CHAIN = """app.MapGet("/x", F)
#if DEBUG
    .AllowAnonymous()
#else
    .RequireAuthorization()
#endif
    .WithName("x");
"""


def test_a_chain_has_the_calls_of_its_active_branch_only() -> None:
    assert called(tree_of(CHAIN)) == ["MapGet", "RequireAuthorization", "WithName"]
    assert called(tree_of(CHAIN, frozenset({"DEBUG"}))) == ["MapGet", "AllowAnonymous", "WithName"]
    assert tree_of(CHAIN).errors == ()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(newline: str) -> None:
    assert called(tree_of(CHAIN.replace("\n", newline))) == ["MapGet", "RequireAuthorization", "WithName"]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("class A {\n#if !DEBUG\n[Authorize]\n#endif\npublic void M() { } }", "attribute_list", ["[Authorize]"]),
        ("class A {\n#if DEBUG\n[AllowAnonymous]\n#endif\npublic void M() { } }", "attribute_list", []),
        ("class A : B\n#if DEBUG\n, C\n#else\n, D\n#endif\n{ }", "base_list", [": B\n#if DEBUG\n, C\n#else\n, D"]),
        ("class A { void M(int a\n#if NET10_0\n, int b\n#endif\n) { } }", "parameter", ["int a", "int b"]),
        ("enum A { B,\n#if DEBUG\nC,\n#endif\nD }", "enum_member_declaration", ["B", "D"]),
        ("int[] x = {\n#if DEBUG\n1,\n#elif RELEASE\n2,\n#endif\n3 };", "integer_literal", ["2", "3"]),
        ("if (a) { }\n#if DEBUG\nelse if (b) { }\n#endif\nelse { F(); }", "invocation_expression", ["F()"]),
        ("var x =\n#if DEBUG\n1\n#else\n2\n#endif\n;", "integer_literal", ["2"]),
        ("F(a\n#if NET8_0_OR_GREATER && !NETFRAMEWORK\n, b\n#endif\n);", "argument", ["a", "b"]),
        ("#if (Framework == 'net9.0')\nusing A;\n#else\nusing B;\n#endif\nclass C { }", "using_directive", ["using B;"]),
        ("#region A\n#if DEBUG\nclass B { }\n#endif\n#endregion\nclass C { }", "class_declaration", ["class C { }"]),
        ('class A { string s = """\n#if DEBUG\n"""; }', "raw_string_literal", ['"""\n#if DEBUG\n"""']),
        ("/*\n#if DEBUG\n*/ class A { }", "class_declaration", ["class A { }"]),
        ("// a\u2028[Authorize] class A { }", "attribute_list", ["[Authorize]"]),
    ],
)
def test_conditional_sections_in_every_place(text: str, kind: str, expected: list[str]) -> None:
    tree = tree_of(text)
    assert tree.errors == ()
    assert texts(tree, kind) == expected


def test_a_section_that_nothing_ends_is_not_analysed() -> None:
    text = "class A { }\n#if DEBUG\nclass B { }"
    tree = tree_of(text)
    assert texts(tree, "class_declaration") == ["class A { }"]
    assert tree.errors == ((text.index("#"), len(text)),)
    assert tree_of("class A { }\n#if RELEASE\nclass B { }").errors == ()


def test_a_comment_that_nothing_ends_is_not_analysed() -> None:
    text = "class A { } /* class B { }"
    tree = tree_of(text)
    assert texts(tree, "class_declaration") == ["class A { }"]
    assert tree.errors == ((text.index("/*"), len(text)),)


def test_a_text_without_any_of_it_is_parsed_as_it_is() -> None:
    text = SourceText.from_str("#nullable enable\n#region A\nclass A { string s = \"#1\"; } // extension of A\n#endregion\n")
    assert parse(text).masked is text.data


BLOCKS = """
public static class Routes
{
    /// <summary>Of an application.</summary>
    extension(IEndpointRouteBuilder app)
    {
        public IEndpointConventionBuilder MapOrders() => app.MapGet("/orders", () => 1);
        public int Count => 1;
    }

    extension<T, [Some] U>([NotNull] ref readonly Dictionary<T, U[]>? /* of all */ entries)
        where T : notnull
        where U : class, new()
    {
        public void Clear() { if (entries is null) { return; } }
    }

    extension(global::System.String) { public static string Make() => ""; }
    [Obsolete("extension(int x) {")] extension((int, string) pair) { public static bool operator ==(int a, int b) => true; }
    extension (Span<int>) { }
    extension(scoped in @ref.@in @this) { }

    public static void Old(this string s) { extension(s); extension<int>(s, (x) => { }); }
}
"""


def test_the_members_of_an_extension_block_are_members() -> None:
    tree = tree_of(BLOCKS)
    assert tree.errors == ()
    assert nodes(tree, "local_function_statement") == nodes(tree, "constructor_declaration") == []
    methods = [node.child_by_field_name("name") for node in nodes(tree, "method_declaration")]
    assert [BLOCKS.encode()[n.start_byte : n.end_byte].decode() for n in methods if n] == ["MapOrders", "Clear", "Make", "Old"]
    assert texts(tree, "invocation_expression")[-2:] == ["extension(s)", "extension<int>(s, (x) => { })"]


def test_the_receiver_of_an_extension_block() -> None:
    tree = tree_of(BLOCKS)
    assert list(tree.extension_blocks.values()) == [
        ExtensionReceiver("IEndpointRouteBuilder", "app", ()),
        ExtensionReceiver("Dictionary<T, U[]>?", "entries", ("T", "U")),
        ExtensionReceiver("global::System.String", "", ()),
        ExtensionReceiver("(int, string)", "pair", ()),
        ExtensionReceiver("Span<int>", "", ()),
        ExtensionReceiver("@ref.@in", "@this", ()),
    ]
    declarations = {node.start_byte: node for node in nodes(tree, "class_declaration")}
    for start, receiver in tree.extension_blocks.items():
        names = [node for node in declarations[start].children if node.type == "parameter_list"]
        assert bool(names) is bool(receiver.name)
        keyword = next(child for child in declarations[start].children if child.type == "class")
        assert BLOCKS.encode()[keyword.start_byte :].startswith(b"extension")


@pytest.mark.parametrize(
    "text",
    [
        "class extension { extension(int x) { } }",
        "class A { extension(int x) { } }",
        "static class A { static void M<T>() where T : class { extension(x); { } } }",
        "static class A { static int extension(int x) { return x; } }",
        "static class A { static B b = new() { extension(c) }; }",
        "static class A { // extension(int x) {\n }",
        'static class A { const string S = """\nextension(int x) {\n"""; }',
        "static class A { static void M() { F(extension(x)); } }",
        "struct static_class { extension(int x) { } }",
        "static class A { my_extension(int x) { } @extension(int x) { } }",
        "static class A { extension(int x) }",
        "static class A { extension(int x); extension<T { } }",
    ],
)
def test_what_is_no_extension_block(text: str) -> None:
    assert tree_of(text).extension_blocks == {}


def test_extension_blocks_in_a_section_that_is_hidden_or_shown() -> None:
    text = "static class A {\n#if DEBUG\nextension(B b) { }\n#else\nextension(C c) { }\n#endif\n}"
    assert [receiver.name for receiver in tree_of(text).extension_blocks.values()] == ["c"]


def test_a_nested_static_class_may_hold_blocks() -> None:
    text = "namespace N; partial class A { static partial class B { int F() { } extension(C c) { int P => 1; } } }"
    tree = tree_of(text)
    assert [receiver.name for receiver in tree.extension_blocks.values()] == ["c"]
    assert texts(tree, "property_declaration") == ["int P => 1;"]

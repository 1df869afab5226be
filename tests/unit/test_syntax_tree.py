"""Trees: an edited tree is the tree of the new text; broken and hostile texts give one too; errors are found where they are."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routewarden.syntax.tree import RELEASE_SYMBOLS, SyntaxTree, parse, reparse, settled
from routewarden.text.source import SourceText

Shape = list[tuple[str, int, int, bool, str | None]]


def shape(tree: SyntaxTree) -> Shape:
    """Every node in order: its type, bytes, field, and whether it is missing."""
    found: Shape = []
    cursor = tree.root.walk()
    while True:
        node = cursor.node
        assert node is not None
        found.append((node.type, node.start_byte, node.end_byte, node.is_missing, cursor.field_name))
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return found


def assert_same(one: SyntaxTree, other: SyntaxTree) -> None:
    assert one.text == other.text
    assert one.masked == other.masked
    assert one.errors == other.errors
    assert one.extension_blocks == other.extension_blocks
    assert (one.symbols, one.provisional, one.repaired) == (other.symbols, other.provisional, other.repaired)
    assert shape(one) == shape(other)


def edited(tree: SyntaxTree, start: int, end: int, new: bytes) -> SyntaxTree:
    return reparse(tree, tree.text.replace(start, end, new), start, end, start + len(new))


SOURCES = [
    """\
using Microsoft.AspNetCore.Mvc;
namespace Shop;

[ApiController, Route("api/[controller]")]
public class OrdersController(IOrders orders, ILogger<OrdersController> log) : ControllerBase
{
    [HttpGet("{id:int}")]
    public async Task<ActionResult<Order?>> Get(int id, CancellationToken ct) =>
        await orders.FindAsync(o => o.Id == id && o.Owner is { Name: not null } owner, ct) is { } order ? Ok(order) : NotFound();

    #region Writing
    [HttpDelete("{id}")]
    public void Delete(int id) { log.LogInformation($"{id:N0} {(id > 0 ? "a" : "b")}"); foreach (var x in xs) { x?.Close(); } }
    #endregion
}
""",
    """\
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddCors(o => o.AddPolicy("x", p => p
#if DEBUG
    .AllowAnyOrigin()
#else
    .WithOrigins("https://é.example")
#endif
    .AllowAnyHeader()));
var app = builder.Build();
app.MapGet("/", () => \"\"\"
    #if DEBUG
    \"\"\");
static class Routes { extension(IEndpointRouteBuilder app) { public void Map() { } } }
""",
    'class C {\r\n  bool async; /* é */ int M() => async ? 1 : 2; // 😀\r\n  string S => $"{{{async}}}" + @"a""b";\r\n}\r\n',
    "class A { int[] x = [1, ..y]; void M() { a?.b = c; if (x is [var f, .. var r]) { } } }\rclass B { }",
]
FRAGMENTS = ["", " ", "\n", "\r\n", "\r", *"{}();,.<>='\"@", "?.", "=>", '"""', '$"{', "{{{"]
FRAGMENTS += ["//", "/*", "*/", "[Authorize]", "async", "x", "int y = 1;", ".Z()", "é", "😀", "\u2028", "\0", "if (a) b();"]
FRAGMENTS += ["\n#if DEBUG\n", "\n#else\n", "\n#endif\n", "#define DEBUG\n", "\n#region\n"]
FRAGMENTS += ["extension(int i) { }", "static class E {", "[type]", "class D { }"]
edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(FRAGMENTS)), min_size=1, max_size=8)


@given(source=st.sampled_from(SOURCES), changes=edits)
@example(source=SOURCES[1], changes=[(0.3, 9, "")])
@example(source=SOURCES[0], changes=[(0.5, 0, "/*"), (0.5, 2, "")])
@example(source=SOURCES[2], changes=[(0.0, 0, "#if DEBUG\n"), (1.0, 0, "\n#endif")])
def test_an_edited_tree_is_the_tree_of_the_new_text(source: str, changes: list[tuple[float, int, str]]) -> None:
    text = source
    tree = parse(SourceText.from_str(text))
    for place, length, new in changes:
        at = int(place * len(text))
        before = shape(tree)
        old = tree
        start = len(text[:at].encode())
        tree = edited(old, start, start + len(text[at : at + length].encode()), new.encode())
        text = text[:at] + new + text[at + length :]
        fresh = parse(SourceText.from_str(text))
        if tree.provisional:
            assert tree.errors
            assert fresh.errors or fresh.repaired
        assert_same(settled(tree), fresh)
        assert shape(old) == before  # the old tree stays as it was


TYPED = ["x.Y(z);", "[Authorize]", "/* c */", "#if A\n#endif\n"]


@given(source=st.sampled_from(SOURCES), place=st.floats(0, 1), typed=st.sampled_from(TYPED))
def test_what_is_typed_and_deleted_again_leaves_no_trace(source: str, place: float, typed: str) -> None:
    original = parse(SourceText.from_str(source))
    at = len(source[: int(place * len(source))].encode())
    tree = original
    for i in range(len(typed)):
        tree = edited(tree, at + i, at + i, typed[i].encode())
        assert_same(settled(tree), parse(tree.text))
    for i in reversed(range(len(typed))):
        tree = edited(tree, at + i, at + i + 1, b"")
    assert_same(settled(tree), original)


SIGNS = ["extension", "ext", "ension", "(", " " * 62, "  ", "#", "if", "define", "{{", "{", "/", "*", "x", "\n", "é", "\u2028", ";"]
signs = st.lists(st.sampled_from(SIGNS), max_size=12).map("".join)


@given(before=signs, removed=signs, new=signs, after=signs)
@example(before="static class A { extension", removed="x", new="", after=" (int i) { } }")
@example(before="extension" + " " * 63, removed="x", new="", after="(")
@example(before='"{{', removed="x", new="", after='{"')
@example(before="#", removed="x", new="", after="if")
def test_whatever_an_edit_brings_together_is_rewritten(before: str, removed: str, new: str, after: str) -> None:
    tree = parse(SourceText.from_str(before + removed + after))
    start, end = len(before.encode()), len((before + removed).encode())
    tree = edited(tree, start, end, new.encode())
    fresh = parse(tree.text)
    assert fresh.repaired or tree.masked == fresh.masked
    assert fresh.repaired or tree.extension_blocks == fresh.extension_blocks


def test_an_edit_in_a_large_text_costs_a_fraction_of_a_parse() -> None:
    member = '    [HttpGet("{id}")]\n    public async Task<int> Get(int id) { return await _x.FindAsync(id, x => x.Name); }\n'
    text = SourceText.from_str("class C\n{\n" + member * 1000 + "}\n")
    tree = parse(text)
    at = text.data.index(b"return", len(text.data) // 2)
    whole = min(timed(lambda: parse(text)) for _ in range(3))
    for new in (b"x(); ", b"x(; "):  # whole and broken
        assert min(timed(lambda new=new: edited(tree, at, at, new)) for _ in range(5)) < whole / 5


def timed(action: object) -> float:
    assert callable(action)
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def test_other_symbols_stay_with_a_tree() -> None:
    tree = parse(SourceText.from_str("class A {\n#if DEBUG\nint x;\n#endif\n}"), frozenset({"DEBUG"}))
    assert b"int x;" in tree.masked
    assert edited(tree, 0, 0, b" ").symbols == {"DEBUG"}
    assert b"int x;" in edited(tree, 0, 0, b" ").masked


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("class A { }", ()),
        ("", ()),
        ("class A { void M() { f( } }", ((21, 23),)),
        ("class A { void M() { f(); }", ((0, 27),)),  # the root itself
        ("class A { int ; void M() { } int ; }", ((13, 13), (32, 32))),
    ],
)
def test_where_errors_are(text: str, errors: tuple[tuple[int, int], ...]) -> None:
    assert parse(SourceText.from_str(text)).errors == errors


MANY = 4000
HOSTILE = {
    "NULs": "class A { \0 void M() { \0 } }" + "\0" * 50,
    "many NULs": "class A { }" + "\0" * 500,
    "deep parentheses": "class A { int x = " + "(" * 10_000 + "1" + ")" * 10_000 + "; }",
    "deep blocks": "class A { void M() " + "{" * 10_000 + "}" * 10_000 + "}",
    "deep classes": "class A {" * 10_000,
    "deep conditions": "#if " + "(" * 10_000 + "A" + ")" * 10_000 + "\n#endif",
    "deep sections": "#if A\n" * MANY,
    "deep holes": '$"{' * MANY,
    "deep raw holes": '$$"""{{' * MANY,
    "deep angles": "x" + "<a" * 50_000,
    "deep lambdas": "(a, out b" * MANY + ") => 1" * MANY,
    "deep calls": "a?.b(" * MANY,
    "deep lists": "[.." * MANY,
    "unary": "&new " * 50_000,
    "comments": "/* *" * MANY,
    "hashes": ("#" + " " * 100) * MANY,
    "quotes": '"' * MANY,
    "extensions": "static class A { " + "[]extension(" * MANY,
    "statics": "static " * MANY + "{ extension(",
    "asyncs": "async(" * MANY,
    "line ends": "\r\u2028\x85\n" * MANY,
    "spaces": "\u2003\x1a" * MANY,
    "bytes": "".join(chr(i) for i in range(1, 256)) * 20,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_gives_a_tree_in_bounded_time(text: str) -> None:
    source = SourceText.from_str(text)
    begin = time.perf_counter()
    tree = parse(source)
    assert time.perf_counter() - begin < 30  # at most 2 s on an idle machine; without the bounds minutes, or all memory
    assert len(tree.masked) == len(source.data)
    assert tree.root.end_byte <= len(source.data)
    assert_same(settled(edited(tree, 0, 0, b" ")), parse(source.replace(0, 0, b" ")))


def test_a_text_that_is_given_up_is_an_error_from_end_to_end() -> None:
    text = SourceText.from_str("x" + "<a" * 50_000)
    tree = parse(text)
    assert tree.errors == ((0, len(text.data)),)
    assert tree.root.child_count == 0
    # And analysed again once it is C#.
    assert_same(edited(tree, 0, len(text.data), b"class A { }"), parse(SourceText.from_str("class A { }")))


def test_megabytes() -> None:
    line = b'    public string P { get; set; } = "value"; // and so on\n'
    whole = SourceText.from_bytes(b"class A {\n" + line * (5_000_000 // len(line)) + b"}\n")
    assert parse(whole).errors == ()
    assert parse(SourceText.from_bytes(b"<p class='a'>it's</p>\n" * 8_000)).errors
    binary = SourceText.from_bytes(bytes(range(256)) * 20_000)
    assert parse(binary).errors == ((0, len(binary.data)),)


@given(st.text(max_size=200) | st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join))
def test_any_text_gives_a_tree(text: str) -> None:
    source = SourceText.from_str(text)
    tree = parse(source)
    assert len(tree.masked) == len(source.data)
    assert bool(tree.errors) >= tree.root.has_error
    ends = [at for at, byte in enumerate(source.data) if byte in b"\r\n"]
    assert tree.root.child_count == 0 or all(tree.masked[at] == source.data[at] for at in ends)


def test_symbols_default_to_a_release_build() -> None:
    assert parse(SourceText.from_str("")).symbols is RELEASE_SYMBOLS

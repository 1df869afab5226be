"""Operators around `?.` are grouped as C# groups them, although the grammar gives `?.` the lowest precedence."""

from __future__ import annotations

import pytest

from routewarden.facts import syntax_ir as ir
from routewarden.facts.file import extract
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText


def grouped(expr: object) -> str:
    match expr:
        case ir.Name():
            return expr.name
        case ir.Literal():
            return str(expr.value)
        case ir.Member():
            return f"{grouped(expr.target)}{'?' if expr.conditional else ''}.{expr.name}"
        case ir.Call():
            return f"{grouped(expr.function)}({','.join(grouped(a.value) for a in expr.arguments)})"
        case ir.Binary():
            return f"({grouped(expr.left)} {expr.operator} {grouped(expr.right)})"
        case ir.Unary():
            return f"{expr.operator}[{grouped(expr.operand)}]"
        case ir.Cast():
            return f"{'as' if expr.safe else 'cast'}[{expr.type} {grouped(expr.value)}]"
        case ir.Index():
            return f"{grouped(expr.target)}[..]"
        case ir.Conditional():
            return f"({grouped(expr.condition)} ? {grouped(expr.when_true)} : {grouped(expr.when_false)})"
        case ir.IsPattern():
            return f"<{grouped(expr.value)} is {pattern(expr.pattern)}>"
    raise AssertionError(expr)


def pattern(of: ir.Pattern) -> str:
    return " ".join([of.kind, *([grouped(of.value)] if of.value is not None else []), *map(pattern, of.children)])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a && b.c?.d != true", "(a && (b.c?.d != True))"),
        ("!a?.b", "![a?.b]"),
        ("await x?.y()", "await[x?.y()]"),
        ("a ?? b?.c", "(a ?? b?.c)"),
        ("a == b?.c && d", "((a == b?.c) && d)"),
        ("a || b && c?.d == 1", "(a || (b && (c?.d == 1)))"),
        ("(T)a?.b", "cast[T a?.b]"),
        ("c ? a : b?.d", "(c ? a : b?.d)"),
        ("c ? y?.z : w", "(c ? y?.z : w)"),
        ("a && b?.c[1] > 2", "(a && (b?.c[..] > 2))"),
        ("u is null || u.I?.A != true", "(<u is constant None> || (u.I?.A != True))"),
        ("u is not null && u?.x == 1", "(<u is not constant None> && (u?.x == 1))"),
        ("u == null || u?.M() is null", "((u == None) || <u?.M() is constant None>)"),
        ("p is null || q?.r(1).s", "(<p is constant None> || q?.r(1).s)"),
        # Parentheses hold.
        ("(a ?? b)?.c.d()", "(a ?? b)?.c.d()"),
        ("(x as T)?.y", "as[T x]?.y"),
        ("z && (x ?? y)?.w", "(z && (x ?? y)?.w)"),
        ("a?.b?.c.d()?.e", "a?.b?.c.d()?.e"),
    ],
)
def test_grouping(written: str, meant: str) -> None:
    unit = extract(parse(SourceText.from_str(f"class C {{ void M() {{ var z = {written}; }} }}")))
    body = unit.body("C.M()")
    assert body is not None
    local = body[0]
    assert isinstance(local, ir.Local)
    assert grouped(local.value) == meant


def test_array_initializer_without_new() -> None:
    unit = extract(parse(SourceText.from_str('class C { static readonly string[] Names = { "a", "b" }; }')))
    held = unit.facts.types[0].members[0].initializer
    assert isinstance(held, ir.Collection)
    assert [i.value for i in held.items if isinstance(i, ir.Literal)] == ["a", "b"]


@pytest.mark.parametrize(("written", "ends"), [("x[1..]", ("1", "None")), ("x[..^2]", ("None", "^[2]")), ("x[1..3]", ("1", "3"))])
def test_ranges_keep_their_sides(written: str, ends: tuple[str, str]) -> None:
    unit = extract(parse(SourceText.from_str(f"class C {{ void M() {{ var z = {written}; }} }}")))
    body = unit.body("C.M()")
    assert body is not None
    local = body[0]
    assert isinstance(local, ir.Local)
    assert isinstance(local.value, ir.Index)
    of = local.value.arguments[0].value
    assert isinstance(of, ir.Binary)
    assert (of.operator, grouped(of.left), grouped(of.right)) == ("..", *ends)

"""What is code in a C# text and what is not: comments, literals of all kinds, directives, inactive sections, conditions."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routewarden.syntax.conditions import holds
from routewarden.syntax.lexer import Kind, code_of, lex, mask
from routewarden.syntax.symbols import RELEASE_SYMBOLS

ON = frozenset({"ON", "ALSO"})


def code(text: str) -> str:
    """The code that is left, `~` for each byte of a literal and nothing else of what is no code."""
    data = text.encode()
    return " ".join(code_of(data, lex(data, ON)).replace(b"\x01", b"~").decode().split())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a // b\nc", "a c"),
        ("a /* b\n * / */ c", "a c"),
        ("a /**/ b /***/ c", "a b c"),
        ('"a//b" c', '"~~~~" c'),
        (r'"\"" a "\\" b', r'"~~" a "~~" b'),
        ('@"a""b\\" c', '@"~~~~~" c'),
        ('"""a "" b""" c', '"""~~~~~~""" c'),
        ('""""a"""b"""" c', '""""~~~~~"""" c'),
        ('"" a', '"" a'),
        (r"""'"' a '\'' b '\u0041' c 'x'""", r"""'~' a '~~' b '~~~~~~' c '~'"""),
        ('$"a{b}c" d', '$"~{b}~" d'),
        ('$"{{{a}}}" b', '$"~~{a}~~" b'),
        ('$"{a:N2}{b,5:X}" c', '$"{a~~~}{b,5~~}" c'),
        ('$"{(a ? b : c)}{d[e ? f : g]}" h', '$"{(a ? b : c)}{d[e ? f : g]}" h'),
        ('$"{new { A = 1 }.A}" a', '$"{new { A = 1 }.A}" a'),
        ('$"{d::MM/dd}" a', '$"{d~~~~~~~}" a'),
        ('$"{F("a}", $"{b}")}" c', '$"{F("~~", $"{b}")}" c'),
        (r'$"\"{a}\"" b', r'$"~~{a}~~" b'),
        ('$@"a""{b}\\" c', '$@"~~~{b}~" c'),
        ('@$"{a}" b', '@$"{a}" b'),
        ('$"""a"{b}"" """ c', '$"""~~{b}~~~""" c'),
        ('$$"""{a}{{b}}{{{c}}}""" d', '$$"""~~~{{b}}~{{c}}~""" d'),
        ("@class a", "@class a"),
        ("a / b * c", "a / b * c"),
        ("a ' b", "a ' b"),
        ("#region Don't \"\na\n#endregion /*\nb", "a b"),
        ("a #if ON\nb", "a #if ON b"),
        (' \t# if ON // "\na\n#endif', "a"),
        ("#if OFF\n/*\n#endif\na", "a"),
        ('#if OFF\n"\n#else\na\n#endif\nb', "a b"),
        ("#if OFF\n#if ON\na\n#else\nb\n#endif\nc\n#elif ON\nd\n#else\ne\n#endif\nf", "d f"),
        ("#if ON\na\n#if OFF\nb\n#endif\nc\n#elif ON\nd\n#else\ne\n#endif\nf", "a c f"),
        ("#if OFF\na\n#else\nb\n#elif ON\nc\n#endif\nd", "b d"),
        ("#define NEW\n#if NEW\na\n#endif\n#undef NEW // \n#if NEW\nb\n#endif", "a"),
        ("#if OFF\n#define NEW\n#endif\n#if NEW\na\n#endif\nb", "b"),
        ("#endif\na\n#else\nb\n#elif ON\nc", "a b c"),
        ('"#if OFF" a\n@"\n#if OFF" b', '"~~~~~~~" a @" ~~~~~~~" b'),
        ('"""\n#if OFF\n""" a\n/*\n#if OFF\n*/ b', '""" ~~~~~~~ """ a b'),
        ('$@"\n#if OFF\n{a}" b', '$@" ~~~~~~~ {a}" b'),
        ("#if OFF\ra\r#endif\rb", "b"),
        ("#if OFF\u2028a\u2028#endif\u2028b", "b"),
        ("// a\u2028b // c\u2029d // e\x85f", "b d f"),
        ("\ufeff#if OFF\na\n#endif", "\ufeff"),
        ("#:package A@1\n#!/usr/bin/env\na", "a"),
        ("#if (Framework == 'net9.0')\na\n#else\nb\n#endif", "b"),
    ],
)
def test_what_is_left_of_a_text(text: str, left: str) -> None:
    assert code(text) == left


OPEN = ['"a\nb', "@\"a'b", '"""a""', '$"a{b', '$"a\nb', '$$"""a{{b}', "'", "'\nb", '$"{"', "/* a", "#if"]


@pytest.mark.parametrize("text", OPEN)
def test_what_nothing_ends(text: str) -> None:
    data = text.encode()
    spans = lex(data, ON)
    assert len(code_of(data, spans)) == len(data)
    if text.startswith(("/*", "#if")):
        assert spans == [(0, len(data), Kind.OPEN)]


def test_a_string_that_nothing_ends_stops_at_its_line() -> None:
    assert code('"a\nb') == '"~ b'
    assert code('$"a{b} c\nd') == '$"~{b}~~ d'


PIECES = ['"', '"""', "'", "$", "@", "{", "}", "{{", ":", "//", "/*", "*/", "#if ON", "#if OFF", "#else", "#elif ON", "#endif"]
PIECES += ["\n", "\r\n", "\r", "\u2028", " ", "a", "é", "\\", "(", ")", "#define OFF", "\0"]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@example('$"{$"{a')
@example('$$"""{{{{a}}}}"')
def test_spans_are_ordered_and_disjoint_and_masks_keep_length_and_line_ends(text: str) -> None:
    data = text.encode()
    spans = lex(data, ON)
    at = 0
    for start, end, _ in spans:
        assert at <= start <= end <= len(data)
        at = end
    for masked in (mask(data, spans), code_of(data, spans)):
        assert len(masked) == len(data)
        ends = [(i, byte) for i, byte in enumerate(data) if byte in b"\r\n"]
        assert all(masked[i] == byte for i, byte in ends)


def test_a_mask_changes_only_what_is_hidden_and_the_text_around_holes() -> None:
    data = 'a // c\n#if OFF\né\n#endif\n$"{{{x}}}" $@"""{y}""" "{{" b\u2028c'.encode()
    assert mask(data, lex(data, ON)).decode() == 'a // c\n       \n  \n      \n$"__{x}__" $@"__{y}__" "{{" b\n  c'


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("ON", True),
        ("OFF", False),
        ("!OFF", True),
        ("!!ON", True),
        ("true", True),
        ("false", False),
        ("ON && ALSO", True),
        ("ON&&OFF", False),
        ("OFF || ON && ALSO", True),
        ("(ON || OFF) && OFF", False),
        ("ON || OFF && OFF", True),
        ("ON == ALSO", True),
        ("ON != OFF", True),
        ("OFF == false", True),
        ("!ON == OFF", True),
        ("!(ON && OFF)", True),
        ("ON // OFF (", True),
        ("", False),
        ("ON OFF", False),
        ("ON &&", False),
        ("|| ON", False),
        ("(ON", False),
        ("ON)", False),
        ("ON & ON", False),
        ("'net9.0' == ON", False),
        ("(" * 10_000 + "ON" + ")" * 10_000, True),
        ("!" * 10_001 + "ON", False),
    ],
)
def test_a_condition_holds(condition: str, expected: bool) -> None:
    assert holds(f" {condition}".encode(), ON) is expected


@given(st.text(alphabet="ON!&|=() /é", max_size=30))
def test_any_condition_holds_or_does_not(condition: str) -> None:
    assert holds(condition.encode(), ON) in (True, False)


DEFINED = ["RELEASE", "TRACE", "NET", "NETCOREAPP", "NET10_0", "NET10_0_OR_GREATER", "NET5_0_OR_GREATER"]


def test_what_a_release_build_for_net_10_defines() -> None:
    assert set(DEFINED) <= RELEASE_SYMBOLS
    assert RELEASE_SYMBOLS.isdisjoint({"DEBUG", "NET9_0", "NET11_0_OR_GREATER", "NETFRAMEWORK", "NET48", "WINDOWS"})

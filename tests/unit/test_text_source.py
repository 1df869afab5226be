"""Texts, lines and positions: an edited text is the one that its new bytes make, and every position survives a round trip."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routewarden.text.source import PositionEncoding, SourceText, TextEdit, apply_edits, encode, line_table

# Line ends of LSP and of Python, of one to four bytes in UTF-8, one and two units in UTF-16, a BOM, and two that combine.
PIECES = ["\r", "\n", "\r\n", *"\x0b\x0c\x1c\x85\u2028\u2029\ufeff\0", "a", "bc ", "é", "€", "😀", "e\u0301"]
texts = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)
encodings = st.sampled_from(list(PositionEncoding))


def columns(text: str, encoding: PositionEncoding) -> int:
    return len(text.encode({"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding.value, "utf-8"))) // {
        "utf-8": 1,
        "utf-16": 2,
        "utf-32": 4,
    }[encoding.value]


def naive_lines(text: str) -> list[str]:
    """The lines without their ends, read character by character."""
    lines = [""]
    at = 0
    while at < len(text):
        if text[at] in "\r\n":
            at += 2 if text[at : at + 2] == "\r\n" else 1
            lines.append("")
        else:
            lines[-1] += text[at]
            at += 1
    return lines


@given(texts)
@example("a\r\nb\rc\nd")
@example("\x0c\u2028\x85")
def test_lines_end_at_cr_lf_and_crlf_only(text: str) -> None:
    source = SourceText.from_str(text)
    assert [source.line_bytes(i).decode() for i in range(len(source.line_starts))] == naive_lines(text)


@given(text=texts, edits=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), texts), min_size=1, max_size=6))
@example(text="a\r\nb", edits=[(2, 0, "x")])
@example(text="a\rb", edits=[(2, 0, "\n")])
@example(text="a\rx\nb", edits=[(2, 1, "")])
@example(text="\r\n\r\n", edits=[(1, 2, "")])
def test_an_edited_text_equals_one_made_from_its_bytes(text: str, edits: list[tuple[int, int, str]]) -> None:
    source = SourceText.from_str(text)
    for start, length, new in edits:
        characters = str(source)
        start = min(start, len(characters))
        after = characters[:start] + new + characters[start + length :]
        begin = len(characters[:start].encode())
        end = begin + len(characters[start : start + length].encode())
        source.line_starts  # noqa: B018  (asked for, so that it is carried over instead of made anew)
        source = source.replace(begin, end, new.encode())
        assert source == SourceText.from_str(after)
        assert list(source.line_starts) == line_table(after.encode())


@given(text=texts, encoding=encodings)
def test_every_character_has_one_position_and_it_leads_back(text: str, encoding: PositionEncoding) -> None:
    source = SourceText.from_str(text)
    line, row, offset = 0, "", 0
    for at, char in enumerate(text + "\0"):
        between_cr_and_lf = at > 0 and text[at - 1 : at + 1] == "\r\n"
        if not between_cr_and_lf:
            assert source.position(offset, encoding) == (line, columns(row, encoding))
            assert source.offset(line, columns(row, encoding), encoding) == offset
        if char == "\n" or (char == "\r" and text[at + 1 : at + 2] != "\n"):
            line, row = line + 1, ""
        elif char != "\r":
            row += char
        offset += len(char.encode())


@given(text=texts, encoding=encodings, at=st.integers(-3, 90))
def test_any_offset_gives_the_nearest_position_before_it(text: str, encoding: PositionEncoding, at: int) -> None:
    source = SourceText.from_str(text)
    stops = [source.offset(*source.position(i, encoding), encoding) for i in range(len(source.data) + 1)]
    back = source.offset(*source.position(at, encoding), encoding)
    assert back == max((stop for stop in stops if stop <= at), default=0)
    source.data[:back].decode()  # never inside a character


@given(text=texts, encoding=encodings, line=st.integers(-2, 30), column=st.integers(-2, 60))
def test_any_position_gives_an_offset_between_characters_of_its_line(
    text: str, encoding: PositionEncoding, line: int, column: int
) -> None:
    source = SourceText.from_str(text)
    offset = source.offset(line, column, encoding)
    source.data[:offset].decode()
    rows = naive_lines(text)
    if line < 0:
        assert offset == 0
    elif line >= len(rows):
        assert offset == len(source.data)
    else:
        begin = source.line_starts[line]
        assert begin <= offset <= begin + len(rows[line].encode())
        # As far as `column` allows: the next character would be past it.
        done = rows[line].encode()[: offset - begin].decode()
        assert columns(done, encoding) <= max(0, column)
        following = rows[line][len(done) : len(done) + 1]
        assert not following or columns(done + following, encoding) > column


def test_an_offset_inside_a_character_or_line_end() -> None:
    source = SourceText.from_str("é\r\nb")
    assert [source.position(i) for i in range(6)] == [(0, 0), (0, 0), (0, 1), (0, 1), (1, 0), (1, 1)]


def test_the_first_half_of_a_pair_is_the_start_of_its_character() -> None:
    assert SourceText.from_str("a😀b").offset(0, 2, PositionEncoding.UTF16) == 1


@pytest.mark.parametrize(
    ("raw", "text", "had_bom", "encoding"),
    [
        (b"class A { }\r\n", "class A { }\r\n", False, "utf-8"),
        (b"\xef\xbb\xbfx", "x", True, "utf-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbfx", "\ufeffx", True, "utf-8"),
        (b"// caf\xe9 \x80", "// café €", False, "cp1252"),
        (b"\xef\xbb\xbf\xe9", "é", True, "cp1252"),
        ("\ufeffé😀".encode("utf-16-le"), "é😀", True, "utf-16"),
        ("\ufeffé😀".encode("utf-16-be"), "é😀", True, "utf-16"),
        (b"\xff\xfea", "\ufffd", True, "utf-16"),
        (b"\xff\xfe\x00\xd8x\x00", "\ufffdx", True, "utf-16"),
        (b"a\0b", "a\0b", False, "utf-8"),
        (b"", "", False, "utf-8"),
    ],
)
def test_the_bytes_of_a_file(raw: bytes, text: str, had_bom: bool, encoding: str) -> None:
    source = SourceText.from_bytes(raw)
    assert (str(source), source.had_bom, source.encoding) == (text, had_bom, encoding)


@given(st.binary(max_size=60))
@example(b"\xff\xfe\x00\xdc")
@example(b"\x81\x8d")
def test_any_bytes_make_valid_utf8(raw: bytes) -> None:
    source = SourceText.from_bytes(raw)
    assert source.data.decode() == str(source)


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    assert encode("a\ud83db") == "a\ufffdb".encode()
    assert encode("\ud83d\ude00") == "😀".encode()  # both halves, written apart
    assert str(SourceText.from_str("\udc00")) == "\ufffd"
    assert str(apply_edits(SourceText.from_str("ab"), [TextEdit(1, 1, "\ud800")])) == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "newline"),
    [("", "\n"), ("a", "\n"), ("a\r\nb", "\r\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\n\r\nb\n", "\n"), ("a\rb\rc\n", "\r")],
)
def test_the_line_end_that_most_lines_use(text: str, newline: str) -> None:
    assert SourceText.from_str(text).newline == newline


def test_texts_are_equal_by_content_and_equal_texts_have_one_digest() -> None:
    one, other = SourceText.from_str("a\nb"), SourceText.from_bytes(b"a\nb")
    assert one.line_starts == other.line_starts
    assert one == other
    assert hash(one) == hash(other)
    assert one.digest == other.digest != SourceText.from_str("a\rb").digest


def test_the_line_of_an_offset() -> None:
    source = SourceText.from_str("ab\r\nc")
    assert [source.line_of(i) for i in (-1, 0, 3, 4, 5, 99)] == [0, 0, 0, 1, 1, 1]


def test_edits_apply_together_in_offsets_of_the_old_text() -> None:
    text = SourceText.from_str("one two three")
    edits = [TextEdit(8, 13, "3"), TextEdit(0, 0, "<"), TextEdit(0, 3, "1"), TextEdit(4, 4, "a"), TextEdit(4, 4, "b")]
    assert str(apply_edits(text, edits)) == "<1 abtwo 3"


@pytest.mark.parametrize("edits", [[(0, 2), (1, 3)], [(2, 1)], [(0, 9)], [(9, 9)]])
def test_edits_that_overlap_or_are_outside_are_refused(edits: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match=r"bytes?"):
        apply_edits(SourceText.from_str("abcd"), [TextEdit(start, end, "") for start, end in edits])

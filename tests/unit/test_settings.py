"""appsettings*.json as configuration reads them."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routewarden.facts.settings import DataFile, read_data, read_settings
from routewarden.facts.sites import Site
from routewarden.syntax.data_tree import DataNode
from routewarden.text.source import SourceText


def test_keys_are_flat_lower_case_and_numbered() -> None:
    data = b'{"A": {"B": true, "c": [1, {"D": "x"}]}, "N": null, "F": 1.50}'
    assert read_settings(data) == {"a:b": "True", "a:c:0": "1", "a:c:1:d": "x", "n": None, "f": "1.50"}


def test_comments_trailing_commas_and_bom_are_allowed() -> None:
    data = b'\xef\xbb\xbf{ // note\n "Url": "http://x//y", /* more */ "L": ["a", /* b */ ], }'
    assert read_settings(data) == {"url": "http://x//y", "l:0": "a"}


def test_what_is_no_object_gives_nothing() -> None:
    assert read_settings(b"[1]") == {}
    assert read_settings(b"{") == {}
    assert read_settings(b"[" * 100_000) == {}
    assert read_settings(b"\x00\xff") == {}


def test_each_key_and_value_has_its_place() -> None:
    text = SourceText.from_bytes('\ufeff{\r\n  // é\r\n  "Ü": { "Key": "vä\\u006C", "List": [1, 2,], },\r\n}\r\n'.encode())
    file = read_data("appsettings.json", text)
    data = text.data
    shown = {e.id: (at(file, e.id, "name"), at(file, e.id, "value"), e.value) for e in file.entries}
    assert shown == {
        "Ü": ('"Ü"', '{ "Key": "vä\\u006C", "List": [1, 2,], }', None),
        "Ü:Key": ('"Key"', '"vä\\u006C"', "väl"),
        "Ü:List": ('"List"', "[1, 2,]", None),
        "Ü:List:0": ("1", "1", "1"),
        "Ü:List:1": ("2", "2", "2"),
    }
    span = file.locate(Site("appsettings.json", "Ü:Key", "value"))
    assert span is not None
    assert text.position(span.start) == (2, 16)
    assert data[span.start : span.end] == '"vä\\u006C"'.encode()
    assert file.error == ""
    assert file.locate(Site("appsettings.json", "Ü:Gone", "value")) is None


def at(file: DataFile, entry: str, part: str) -> str:
    span = file.locate(Site("", entry, part))
    assert span is not None
    return file.text.data[span.start : span.end].decode()


@pytest.mark.parametrize(
    ("text", "error", "ids"),
    [
        ('{"a" 1, "b": 2}', "line 1, column 6: expected ':'", ["a", "b"]),
        ('{\n "a": 1\n "b": 2}', "line 3, column 2: expected ','", ["a", "b"]),
        ('{"a": , "b": 2}', "line 1, column 7: unexpected ','", ["a", "b"]),
        ('{"a": "x\n "b": 2}', "line 1, column 9: invalid control character", ["a"]),
        ('{"a": "x', "line 1, column 7: unterminated string", ["a"]),
        ('{"a": {"b": 1}', "line 1, column 15: the text ends before '}'", ["a", "a:b"]),
        ("{a: 1}", "line 1, column 2: unexpected text", []),
        ('{"a": [1}', "line 1, column 9: expected ']'", ["a", "a:0"]),
        ('{"a": 1}}', "line 1, column 9: unexpected '}'", ["a"]),
        ('{"a": 01}', "line 1, column 7: unexpected text", ["a"]),
        ('{"a": 1, "A": 2}', "line 1, column 10: the key is there already", ["a", "A"]),
        ('{"a": 1, "a": 2}', "line 1, column 10: the key is there already", ["a", "a#2"]),
        ('{"a": "\\x"}', "line 1, column 8: invalid \\escape", ["a"]),
        ("", "line 1, column 1: no value", []),
    ],
)
def test_a_broken_file_says_where_and_keeps_what_can_be_read(text: str, error: str, ids: list[str]) -> None:
    file = read_data("appsettings.json", SourceText.from_str(text))
    assert file.error == error
    assert [e.id for e in file.entries][: len(ids)] == ids
    assert file.settings() == {}


def test_yaml_has_places_too() -> None:
    text = SourceText.from_str("services:\n  db:\n    environment:\n      - Ä=1\n      - PASSWORD=x\n    user: &u 'a b'\n    other: *u\n")
    file = read_data("docker-compose.yml", text)
    assert file.error == ""
    assert at(file, "services:db:environment:1", "value") == "PASSWORD=x"
    assert at(file, "services:db:user", "name") == "user"
    assert [(e.id, e.kind, e.value) for e in file.entries][-2:] == [("services:db:user", "string", "a b"), ("services:db:other", "alias", "u")]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: b: c\n", "line 1, column 5: mapping values are not allowed in this context"),
        ("a: \0\n", "line 1, column 4: a character that YAML does not allow"),
        ("? [a]\n: b\n", "a key that is no scalar"),
        ("[" * 100_000, "line 1, column 1001: exceeded maximum nesting depth"),
        ("[" * 100, "nested deeper than 64 levels"),
    ],
)
def test_broken_yaml_is_said(text: str, error: str) -> None:
    assert read_data("compose.yaml", SourceText.from_str(text)).error == error


@pytest.mark.parametrize(
    "data",
    [b"[" * 2_000_000, b'{"a":' * 500_000, b"}{,:" * 500_000, b'"' * 1_000_000, b"/*" * 1_000_000, b"\0" * 1_000_000, b"[1," * 500_000,
     b"[" + b"1," * 600_000 + b"]", b'{"a":"' + b"\\" * 999_999, "\ud83d\ude00".encode("utf-16-le", "surrogatepass") * 300_000],
)  # fmt: skip
def test_hostile_data_takes_linear_time(data: bytes) -> None:
    started = time.process_time()
    file = read_data("appsettings.json", SourceText.from_bytes(data))
    assert file.error
    # Ten times what a real file takes, on a machine that does other things too.
    assert time.process_time() - started < 5 + 4e-6 * len(data)


@given(st.text(alphabet='{}[]:,"\\/*\n\r atrue1né\x00\u2028', max_size=60))
def test_what_python_reads_is_read_the_same(text: str) -> None:
    file = read_data("x.json", SourceText.from_str(text))
    for entry in file.entries:
        assert file.locate(Site("x.json", entry.id, "value")) is not None
    try:
        expected = json.loads(text, parse_constant=lambda _: 1 / 0, object_pairs_hook=lambda pairs: pairs)
    except (ValueError, ZeroDivisionError):
        return
    assert read_data("x.json", SourceText.from_str(text)).tree.error == ""
    assert file.tree.root is not None
    assert plain(file.tree.root) == expected


def plain(node: DataNode) -> object:
    if node.kind == "object":
        return [(name, plain(value)) for name, _, _, value in node.members]
    if node.kind == "array":
        return [plain(item) for item in node.items]
    return node.value if node.kind == "string" else json.loads(node.value or "null")

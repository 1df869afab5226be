"""The client's text, byte for byte: the traps of text synchronization, and random edits against an independent model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import Workspace
from tests.lsp.editor import line_starts, position_at

from routewarden.lsp.documents import Documents
from routewarden.lsp.folders import Folder, Folders
from routewarden.text.source import SourceText

URI = "file:///w/notes.txt"


def open_document(text: str, encoding: str = "utf-16") -> Documents:
    initial = Workspace(None, position_encoding=types.PositionEncodingKind(encoding))

    def no_project(path: object) -> object:
        raise AssertionError("no folder is open")

    documents = Documents(initial, Folders(no_project), lambda home: None, lambda folder: None)  # type: ignore[arg-type]
    documents.put_text_document(types.TextDocumentItem(uri=URI, language_id="plaintext", version=1, text=text))
    return documents


def change(documents: Documents, start: tuple[int, int], end: tuple[int, int], new: str, version: int = 2) -> str:
    documents.update_text_document(
        types.VersionedTextDocumentIdentifier(uri=URI, version=version),
        types.TextDocumentContentChangePartial(types.Range(types.Position(*start), types.Position(*end)), new),
    )
    document = documents.find(URI)
    assert document is not None
    return str(document.text)


@pytest.mark.parametrize("separator", ["\f", "\x0b", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_only_cr_and_lf_end_a_line(separator: str) -> None:
    # pygls' own document gives "class A {}\x0cBee\nclass B {}" here.
    documents = open_document(f"class A {{}}{separator}\nclass B {{}}")
    assert change(documents, (1, 6), (1, 7), "Bee") == f"class A {{}}{separator}\nclass Bee {{}}"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_of_the_protocol(line_end: str) -> None:
    documents = open_document(line_end.join(("one", "two", "three")))
    assert change(documents, (2, 0), (2, 5), "3") == line_end.join(("one", "two", "3"))


def test_a_line_end_torn_and_joined() -> None:
    documents = open_document("a\r\nb\r\n")
    assert change(documents, (0, 1), (1, 0), "\r") == "a\rb\r\n"
    assert change(documents, (1, 0), (1, 0), "\n") == "a\r\nb\r\n"
    assert change(documents, (1, 1), (1, 1), "c") == "a\r\nbc\r\n"


def test_astral_characters_are_two_units_in_utf_16() -> None:
    assert change(open_document("x😋y"), (0, 3), (0, 4), "z") == "x😋z"
    assert change(open_document("x😋y", "utf-8"), (0, 5), (0, 6), "z") == "x😋z"
    assert change(open_document("x😋y", "utf-32"), (0, 2), (0, 3), "z") == "x😋z"


def test_a_byte_order_mark_that_the_client_sends_is_a_character() -> None:
    assert change(open_document("\ufeffusing A;\n"), (0, 7), (0, 8), "B") == "\ufeffusing B;\n"


def test_positions_out_of_bounds_are_clamped_and_reversed_ranges_turned_round() -> None:
    assert change(open_document("abc"), (0, 99), (0, 99), "!") == "abc!"  # pygls: "ab!c"
    assert change(open_document("abc\ndef"), (0, 99), (7, 0), "") == "abc"
    assert change(open_document("abc\ndef"), (9, 9), (9, 9), "\n") == "abc\ndef\n"
    assert change(open_document("abcdef"), (0, 4), (0, 2), "-") == "ab-ef"


def test_half_a_character_is_none() -> None:
    assert change(open_document("a\ud83d"), (0, 1), (0, 2), "b") == "ab"  # a lone surrogate is one unit
    assert change(open_document("😋"), (0, 1), (0, 1), "x") == "x😋"


def test_a_whole_text_replaces_and_versions_follow() -> None:
    documents = open_document("old")
    documents.update_text_document(
        types.VersionedTextDocumentIdentifier(uri=URI, version=7), types.TextDocumentContentChangeWholeDocument("new\f")
    )
    document = documents.find(URI)
    assert document is not None and (str(document.text), document.version) == ("new\f", 7)


def test_a_document_that_is_not_open_is_ignored(caplog: pytest.LogCaptureFixture) -> None:
    documents = open_document("a")
    documents.remove_text_document(URI)
    documents.remove_text_document(URI)
    documents.update_text_document(
        types.VersionedTextDocumentIdentifier(uri=URI, version=2), types.TextDocumentContentChangeWholeDocument("b")
    )
    assert documents.find(URI) is None and "not open" in caplog.text


def test_two_spellings_of_a_uri_are_one_document() -> None:
    documents = open_document("a")
    document = documents.find("file:///w/x/../notes%2Etxt")
    assert document is not None and document.uri == URI


ODD = st.text(st.sampled_from("ab \t\r\n\f\v\x1c\x85\u2028\u2029é日😋\ufeff{}"), max_size=30)
INDEX = st.integers(0, 1000)


def splits_a_line_end(text: str, index: int) -> bool:
    """There is no position between CR and LF."""
    return text[index - 1 : index + 1] == "\r\n" and index > 0


@settings(max_examples=300, deadline=None)
@given(ODD, st.lists(st.tuples(ODD, INDEX, INDEX), max_size=8), st.sampled_from(("utf-8", "utf-16", "utf-32")))
def test_random_edits_equal_an_independent_model(text: str, edits: list[tuple[str, int, int]], encoding: str) -> None:
    documents = open_document(text, encoding)
    for version, (new, a, b) in enumerate(edits, 2):
        low, high = (index - splits_a_line_end(text, index) for index in sorted((a % (len(text) + 1), b % (len(text) + 1))))
        start, end = position_at(text, low, encoding), position_at(text, high, encoding)
        text = text[:low] + new + text[high:]
        assert change(documents, start, end, new, version) == text
    document = documents.find(URI)
    assert document is not None
    expected = [len(text[:start].encode()) for start in line_starts(text)]
    assert list(document.text.line_starts) == expected


class Stumbling:
    """An engine that fails on every edit."""

    paths = ("A.cs",)

    def __init__(self) -> None:
        self.shown: list[str] = []

    def open(self, path: str, text: SourceText) -> None:
        self.shown.append(str(text))

    def edit(self, path: str, start: int, old_end: int, new: bytes) -> None:
        raise RuntimeError("stumbled")


def test_an_engine_that_fails_costs_neither_the_text_nor_the_next_edit(caplog: pytest.LogCaptureFixture) -> None:
    engine = Stumbling()
    folders = Folders(lambda path: engine)  # type: ignore[arg-type, return-value]
    folders.by_root["/w"] = Folder("file:///w", "/w", engine, loaded=True)  # type: ignore[arg-type]
    touched: list[object] = []
    documents = Documents(Workspace(None), folders, touched.append, lambda folder: None)
    documents.put_text_document(types.TextDocumentItem(uri="file:///w/A.cs", language_id="csharp", version=1, text="class A"))
    for new in (" ", "{", "}"):
        documents.update_text_document(
            types.VersionedTextDocumentIdentifier(uri="file:///w/A.cs", version=2),
            types.TextDocumentContentChangePartial(types.Range(types.Position(0, 99), types.Position(0, 99)), new),
        )
    document = documents.find("file:///w/A.cs")
    assert document is not None and str(document.text) == "class A {}"
    assert engine.shown == ["class A", "class A ", "class A {", "class A {}"]
    assert len(touched) == 4 and "stumbled" in caplog.text

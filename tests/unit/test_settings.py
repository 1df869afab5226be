"""appsettings*.json as configuration reads them."""

from __future__ import annotations

from routewarden.facts.settings import read_settings


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

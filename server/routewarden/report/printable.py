"""Text of a workspace, made safe to show on a terminal.

Invariant: whatever a file is called and whatever it holds, the terminal gets no control sequence, no second line and no character
that reorders or hides others (https://trojansource.codes). Such characters are shown as escapes, never dropped.
"""

from __future__ import annotations

import re

# C0 and C1 controls, soft hyphen, bidirectional and zero-width characters, line and paragraph separators, byte order mark,
# interlinear annotations, lone surrogates and tags.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """`text` on one line, with what could act on a terminal written as `\\x1b`, `\\u202e` ..."""
    return _UNSAFE.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

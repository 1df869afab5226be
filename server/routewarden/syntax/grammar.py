"""The C# grammar of tree-sitter, with a bound on the work that one text can cause.

Error recovery in tree-sitter takes time, and in places memory, that grows with the square of the text: 40 kB of `<a<a<a` fill the
memory of any machine, 5 MB of `&new &new` take a day. Real C#, broken or not, needs up to 15 steps a kilobyte (measured over
1,800 files with errors of all kinds); a text that goes on needing far more, or nests what no C# nests, is given up.
The bound counts steps, not seconds, so that the outcome depends on the text alone.
"""

from __future__ import annotations

import tree_sitter_c_sharp
from tree_sitter import Language, Parser, Tree

LANGUAGE = Language(tree_sitter_c_sharp.language())
# A step is 100 operations of the parser. What is read so far has to be worth the steps it took.
_FREE_STEPS = 10_000
_BYTES_PER_STEP = 40
_OPEN_ANGLES = 300
_NULS = 100
_ENDS_ALIKE = bytes.maketrans(b"{}", b";;")
_ALL_BUT_ANGLES_AND_ENDS = bytes(set(range(256)) - set(b"<>;{}"))


def parse_bytes(data: bytes, old: Tree | None = None) -> Tree | None:
    """The tree of `data`, from the edited tree of an earlier text if there is one; None for a text that is given up."""
    steps = 0
    view = memoryview(data)

    def read(offset: int, _: object) -> memoryview:
        return view[offset:]

    def give_up(offset: int, _: bool) -> bool:
        nonlocal steps
        steps += 1
        return steps > _FREE_STEPS + offset // _BYTES_PER_STEP

    parser = Parser(LANGUAGE)
    try:
        if old is None:
            return parser.parse(read, encoding="utf8", progress_callback=give_up)
        return parser.parse(read, old, "utf8", give_up)
    except ValueError:
        return None


def is_binary(data: bytes) -> bool:
    """Whether the text holds NULs by the hundred: no source does, and tree-sitter is slowest on it."""
    return data.count(0) > _NULS


def nests_too_deep(code: bytes) -> bool:
    """Whether a statement opens angle brackets by the hundred. Cheap; exact for a text without comments and literals."""
    if code.count(b"<") <= _OPEN_ANGLES:
        return False
    statements = code.translate(_ENDS_ALIKE, delete=_ALL_BUT_ANGLES_AND_ENDS).split(b";")
    return any(len(run) > _OPEN_ANGLES and run.count(b"<") - run.count(b">") > _OPEN_ANGLES for run in statements)


def empty_tree(data: bytes) -> tuple[bytes, Tree]:
    """As many blanks as `data` has bytes, and their tree: what stands for a text that was given up."""
    blanks = b" " * len(data)
    return blanks, Parser(LANGUAGE).parse(blanks)

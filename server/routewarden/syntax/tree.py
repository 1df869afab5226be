"""The syntax tree of one C# file, from scratch or after an edit.

Invariant: `SyntaxTree.root` is the tree of `masked`, which has the same length and the same CR and LF as `text.data`, so every
byte offset of a node is an offset into the text too. Identifiers and literals are read from `text.data`, never from `node.text`.
Parsing never raises: what stays unreadable is listed in `errors`, and means "partially analysed", never "nothing found".
`reparse` gives what `parse` would, but for a text with errors: tree-sitter recovers differently after 1 in 1,000 edits (measured),
so that its tree is provisional until it is `settled`.
Deliberately absent: rows and columns of nodes (tree-sitter counts only LF), and anything about names or types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tree_sitter import Node, Tree

from routewarden.syntax.extensions import ExtensionBlock, ExtensionReceiver, extension_blocks, mentions_extension, rewrite
from routewarden.syntax.grammar import empty_tree, is_binary, nests_too_deep, parse_bytes
from routewarden.syntax.lexer import Kind, Span, code_of, lex, mask
from routewarden.syntax.repairs import repair
from routewarden.syntax.symbols import RELEASE_SYMBOLS
from routewarden.text.source import SourceText

__all__ = ["RELEASE_SYMBOLS", "ExtensionReceiver", "Node", "SyntaxTree", "parse", "reparse", "settled"]

_CONDITIONAL = re.compile(rb"#[ \t]*+(?:if|define)\b")


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """One parsed file; see the module for what the offsets mean."""

    text: SourceText
    root: Node
    masked: bytes
    # Start byte of the class_declaration that an `extension(...)` header was rewritten into -> its receiver.
    extension_blocks: Mapping[int, ExtensionReceiver]
    errors: tuple[tuple[int, int], ...]  # byte ranges of what is still ERROR or MISSING
    symbols: frozenset[str]
    tree: Tree
    provisional: bool = False  # made by `reparse` of a text with errors: see there
    repaired: bool = False  # `masked` has rewritten more than conditional sections and extension blocks


@dataclass(frozen=True, slots=True)
class _Masked:
    """What the grammar gets to see first; `spans` is None where the text was not looked into."""

    data: bytes
    blocks: list[ExtensionBlock]
    spans: list[Span] | None
    hopeless: bool = False  # not to be parsed at all


def parse(text: SourceText, symbols: frozenset[str] = RELEASE_SYMBOLS) -> SyntaxTree:
    """The tree of a text, with conditional sections decided by `symbols`. Never raises."""
    masked = _mask(text.data, symbols)
    return _finish(text, symbols, masked, None if masked.hopeless else parse_bytes(masked.data))


def reparse(old: SyntaxTree, new_text: SourceText, start: int, old_end: int, new_end: int) -> SyntaxTree:
    """The tree after the bytes [start, old_end) became [start, new_end), in the time of the edit, not of the text.

    Equal to `parse(new_text, old.symbols)`, except that a text with errors gives a provisional tree: how tree-sitter recovers
    depends on the edits before, and a fresh parse of broken code takes a hundred times as long as a key may. `settled` gives it.
    """
    if old.masked is old.text.data and _stays_plain(old.masked, new_text.data, start, old_end, new_end):
        masked = _Masked(new_text.data, [], None)
    else:
        masked = _mask(new_text.data, old.symbols)
        if masked.hopeless or old.repaired:
            return parse(new_text, old.symbols)
        start, old_end, new_end = _difference(old.masked, masked.data, start, old_end)
    tree = parse_bytes(masked.data, _edit(old.tree, old.masked, masked.data, start, old_end, new_end))
    if tree is None:
        return parse(new_text, old.symbols)
    root = tree.root_node
    if not root.has_error:
        return _finish(new_text, old.symbols, masked, tree)
    return SyntaxTree(
        new_text, root, masked.data, _receivers(root, masked.blocks), _errors(root), old.symbols, tree, provisional=True
    )


def settled(tree: SyntaxTree) -> SyntaxTree:
    """The tree that a fresh parse of its text gives; the same object where it is that already."""
    return parse(tree.text, tree.symbols) if tree.provisional else tree


# What can make `_mask` look into a text, by the bytes that an edit adds or removes, and with the two on either side of it.
_CHANGES_MASK = re.compile(rb"[<>;{}\0\x80-\xff]")
_CHANGES_MASK_WITH_NEIGHBOURS = re.compile(rb"[/*{]")
_NEIGHBOURHOOD = 64


def _stays_plain(old: bytes, new: bytes, start: int, old_end: int, new_end: int) -> bool:
    """Whether the edit of a text that is parsed as it is gives another such text; false if in doubt.

    Looks at the edit and what is near it only: a key in a large text should not cost a search of the whole.
    """
    near = max(0, start - 2)
    if (
        _CHANGES_MASK.search(old, start, old_end)
        or _CHANGES_MASK.search(new, start, new_end)
        or _CHANGES_MASK_WITH_NEIGHBOURS.search(old, near, old_end + 2)
        or _CHANGES_MASK_WITH_NEIGHBOURS.search(new, near, new_end + 2)
    ):
        return False
    if b"#" in new[new.rfind(b"\n", 0, start) + 1 : new_end + 1]:
        return False
    if start > _NEIGHBOURHOOD and len(new[start - _NEIGHBOURHOOD : start].rstrip()) < len("extension"):
        return False  # so many blanks that `extension` may stand before them
    return b"extension" not in new[max(0, start - _NEIGHBOURHOOD) : new_end + _NEIGHBOURHOOD]


def _mask(data: bytes, symbols: frozenset[str]) -> _Masked:
    """`data` with what the grammar would misread without an error rewritten; most texts are only searched for signs of it."""
    if is_binary(data):
        return _Masked(data, [], None, hopeless=True)
    conditional = b"#" in data and _CONDITIONAL.search(data) is not None
    extended = mentions_extension(data)
    deep = nests_too_deep(data)
    misread = b"{{{" in data or _has_open_comment(data) or (not data.isascii() and _has_odd_line_end(data))
    if not conditional and not extended and not deep and not misread:
        return _Masked(data, [], None)
    spans = lex(data, symbols)
    masked = mask(data, spans)
    code = code_of(data, spans) if extended or deep else b""
    blocks = extension_blocks(code) if extended else []
    return _Masked(rewrite(masked, blocks), blocks, spans, deep and nests_too_deep(code))


def _has_open_comment(data: bytes) -> bool:
    """Whether a comment may take the rest of the text; tree-sitter would look for its end at every `/*` anew."""
    return b"/*" in data and data.rfind(b"/*") > data.rfind(b"*/")


def _has_odd_line_end(data: bytes) -> bool:
    return b"\xe2\x80\xa8" in data or b"\xe2\x80\xa9" in data or b"\xc2\x85" in data


def _finish(text: SourceText, symbols: frozenset[str], masked: _Masked, tree: Tree | None) -> SyntaxTree:
    """The tree, or the one of the repaired text where that has fewer errors; an empty one for a text that was given up."""
    data = masked.data
    if tree is None:
        blanks, tree = empty_tree(data)
        return SyntaxTree(text, tree.root_node, blanks, {}, ((0, len(data)),), symbols, tree)
    errors = _errors(tree.root_node)
    if errors:
        spans = lex(text.data, symbols) if masked.spans is None else masked.spans
        # Directives are blank in what is repaired: `#:package` lines, and `#region` behind the last declaration, are errors.
        repaired = repair(rewrite(mask(text.data, spans), masked.blocks), code_of(text.data, spans), spans)
        if repaired != data and (second := parse_bytes(repaired)):
            remaining = _errors(second.root_node)
            if _weight(remaining) < _weight(errors):
                data, tree, errors = repaired, second, remaining
    root = tree.root_node
    if masked.spans and masked.spans[-1].kind is Kind.OPEN:
        errors += ((masked.spans[-1].start, len(data)),)  # nothing in it is analysed
    return SyntaxTree(
        text, root, data, _receivers(root, masked.blocks), errors, symbols, tree, repaired=data is not masked.data
    )


def _receivers(root: Node, blocks: list[ExtensionBlock]) -> dict[int, ExtensionReceiver]:
    receivers: dict[int, ExtensionReceiver] = {}
    for block in blocks:
        keyword = root.descendant_for_byte_range(block.keyword, block.keyword + len("class"))
        declaration = keyword.parent if keyword is not None else None
        if declaration is not None and declaration.type == "class_declaration":
            receivers[declaration.start_byte] = block.receiver
    return receivers


def _errors(root: Node) -> tuple[tuple[int, int], ...]:
    """The outermost ERROR nodes and the MISSING ones, in order; only nodes that hold one are visited."""
    if not root.has_error:
        return ()
    found: list[tuple[int, int]] = []
    pending = [root]
    while pending:
        node = pending.pop()
        broken = () if node.is_error else [child for child in node.children if child.has_error]
        if broken:
            pending.extend(broken)
        else:  # an ERROR, a MISSING, or a node with a MISSING inside that the grammar hides
            found.append((node.start_byte, node.end_byte))
    return tuple(sorted(found))


def _weight(errors: tuple[tuple[int, int], ...]) -> int:
    return sum(end - start + 1 for start, end in errors)


def _difference(old: bytes, new: bytes, start: int, old_end: int) -> tuple[int, int, int]:
    """The smallest (start, old end, new end) outside of which two texts agree, found from a first guess of it."""
    start = _agreement(old, new, start)
    tail = _agreement(old[start:][::-1], new[start:][::-1], len(old) - old_end)
    return start, len(old) - tail, len(new) - tail


def _agreement(one: bytes, other: bytes, guess: int) -> int:
    """The length of the longest common prefix; fast where it is near the guess."""
    most = min(len(one), len(other))
    guess = min(guess, most)
    if one[:guess] == other[:guess]:
        low, high = guess, most
        step = 64
        while low < high and one[low : low + step] == other[low : low + step]:
            low = min(low + step, most)
            step *= 2
        high = min(high, low + step)
    else:
        low, high = 0, guess
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _edit(tree: Tree, old: bytes, new: bytes, start: int, old_end: int, new_end: int) -> Tree:
    """A copy of the tree that knows of the edit. Tree-sitter's points are (row, column in bytes), and rows end at LF only."""
    row = old.count(b"\n", 0, start)

    def point(data: bytes, offset: int) -> tuple[int, int]:
        return row + data.count(b"\n", start, offset), offset - data.rfind(b"\n", 0, offset) - 1

    edited = tree.copy()
    edited.edit(start, old_end, new_end, point(old, start), point(old, old_end), point(new, new_end))
    return edited

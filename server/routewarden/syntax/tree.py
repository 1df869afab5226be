"""The syntax tree of one C# file, from scratch or after an edit.

Invariant: `SyntaxTree.root` is the tree of `masked`, which has the same length and the same line ends as `text.data`, so every byte
offset of a node is an offset into the text too. Identifiers and literals are read from `text.data`, never from `node.text`.
Parsing never raises: what stays unreadable is listed in `errors`, and means "partially analysed", never "nothing found".
Deliberately absent: rows and columns of nodes (tree-sitter counts only LF), and anything about names or types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import tree_sitter_c_sharp
from tree_sitter import Language, Node, Parser, Tree

from routewarden.syntax.symbols import RELEASE_SYMBOLS
from routewarden.text.source import SourceText

__all__ = ["RELEASE_SYMBOLS", "ExtensionReceiver", "Node", "SyntaxTree", "parse", "reparse"]

_LANGUAGE = Language(tree_sitter_c_sharp.language())


@dataclass(frozen=True, slots=True)
class ExtensionReceiver:
    """The receiver of a C# 14 `extension<T>(IFoo<T> x) { }` block; `name` is empty for `extension(IFoo)`."""

    type_text: str
    name: str
    type_parameters: tuple[str, ...]


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


def parse(text: SourceText, symbols: frozenset[str] = RELEASE_SYMBOLS) -> SyntaxTree:
    """The tree of a text, with conditional sections decided by `symbols`. Never raises."""
    tree = Parser(_LANGUAGE).parse(text.data)
    root = tree.root_node
    return SyntaxTree(text, root, text.data, {}, _errors(root), symbols, tree)


def reparse(old: SyntaxTree, new_text: SourceText, start: int, old_end: int, new_end: int) -> SyntaxTree:  # noqa: ARG001
    """The tree after the bytes [start, old_end) became [start, new_end); equal to `parse(new_text, old.symbols)`."""
    return parse(new_text, old.symbols)


def _errors(root: Node) -> tuple[tuple[int, int], ...]:
    if not root.has_error:
        return ()
    found: list[tuple[int, int]] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            found.append((node.start_byte, node.end_byte))
        else:
            pending.extend(child for child in node.children if child.has_error)
    return tuple(sorted(found))

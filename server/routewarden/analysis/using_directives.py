"""Where a `using` goes in a C# file.

Invariant: one edit, or none where the namespace is imported already; nothing else of the file moves. The directive
joins the block of usings that the file has, at its sorted place, outside `#if`; a file without one gets it below its
header comment. https://learn.microsoft.com/dotnet/csharp/language-reference/keywords/using-directive (global ones
come first, all before declarations).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from routewarden.syntax.tree import Node, SyntaxTree
from routewarden.text.source import SourceText, TextEdit

_CONDITION = re.compile(rb"^[ \t]*#[ \t]*(if|endif)\b", re.MULTILINE)
_LICENCE = re.compile(rb"copyright|licen[cs]e|spdx|auto-?generated", re.IGNORECASE)
_TRIVIA = ("comment", "shebang_directive", "extern_alias_directive")
_NAMESPACES = ("namespace_declaration", "file_scoped_namespace_declaration")


def imports_in_file(tree: SyntaxTree, offset: int, namespace: str) -> bool:
    """Whether the file itself brings `namespace` into scope at a byte offset: by a using there or by the namespace
    around it.
    """
    for container, name in _containers(tree, offset):
        if namespace == name or name.startswith(namespace + "."):
            return True
        if any(_imported(tree.text, using) == namespace for using in _usings(container)):
            return True
    return False


def declares_name(tree: SyntaxTree, offset: int, name: str) -> bool:
    """Whether an alias or a type of this file gives `name` (an attribute's, without "Attribute") a meaning of its own."""
    names = (name, name + "Attribute")
    for container, _ in _containers(tree, offset):
        for child in container.named_children:
            named = child.child_by_field_name("name")
            alias = child.type == "using_directive" and named is not None
            if (alias or child.type.endswith("_declaration")) and named is not None and _source(tree.text, named) in names:
                return True
    return False


def makes_ambiguous(tree: SyntaxTree, namespace: str, resolve: Callable[[str], str | None]) -> bool:
    """Whether importing `namespace` would make a name of the file ambiguous (CS0104): one that means another type today.

    `resolve` gives the full name of the type that a name means in the file, None if it means none.
    """
    names: set[str] = set()
    pending = [tree.root]
    while pending:
        node = pending.pop()
        if node.type == "identifier":
            name = _source(tree.text, node)
            names.update((name, name + "Attribute"))
        pending.extend(node.named_children)
    for name in sorted(names):
        imported = resolve(f"{namespace}.{name}")
        if imported is not None and resolve(name) not in (None, imported):
            return True
    return False


def add_using(tree: SyntaxTree, offset: int, namespace: str) -> TextEdit:
    """The edit that imports `namespace` for the code at a byte offset."""
    text = tree.text
    for container, _ in reversed(_containers(tree, offset)):  # the file first, then the namespaces inwards
        usings = [u for u in _usings(container) if not _conditional(text, u.start_byte)]
        plain = [u for u in usings if _imported(text, u)]
        if plain:
            return _among(text, plain, namespace)
        own = [u for u in usings if not _is_global(u)]
        if own:
            return _before(text, own[0], namespace)
    global_ones = [u for u in _usings(tree.root) if not _conditional(text, u.start_byte)]
    if global_ones:
        return _after(text, global_ones[-1], namespace)
    return _at_top(tree, namespace)


def _containers(tree: SyntaxTree, offset: int) -> list[tuple[Node, str]]:
    """The nodes whose usings apply at an offset, innermost first, each with the full name of its namespace."""
    found: list[tuple[Node, str]] = [(tree.root, "")]
    name = ""
    level = tree.root
    while True:
        inner = next(
            (c for c in level.named_children if c.type == _NAMESPACES[0] and c.start_byte <= offset < c.end_byte), None
        )
        if level == tree.root:
            for child in level.named_children:
                # A file-scoped namespace is a sibling of what it holds; its usings are children of the root.
                if child.type == _NAMESPACES[1] and child.start_byte <= offset:
                    name = _name_of(tree.text, child)
                    found.insert(0, (tree.root, name))
        if inner is None:
            return found
        name = f"{name}.{_name_of(tree.text, inner)}".lstrip(".")
        body = inner.child_by_field_name("body") or inner
        found.insert(0, (body, name))
        level = body


def _usings(container: Node) -> list[Node]:
    return [child for child in container.named_children if child.type == "using_directive"]


def _is_global(using: Node) -> bool:
    return any(child.type == "global" for child in using.children)


def _imported(text: SourceText, using: Node) -> str:
    """The namespace of a plain using; "" for global, static and alias ones."""
    if any(child.type in ("global", "static", "unsafe", "=") for child in using.children):
        return ""
    target = next((child for child in using.named_children if child.type != "comment"), None)
    return "" if target is None else _source(text, target).removeprefix("global::")


def _among(text: SourceText, plain: list[Node], namespace: str) -> TextEdit:
    names = [_imported(text, using) for using in plain]
    # System first is Visual Studio's default (dotnet_sort_system_directives_first); a file sorted otherwise stays so.
    key = _plain_key if names == sorted(names, key=_plain_key) != sorted(names, key=_system_first) else _system_first
    later = next((u for u, name in zip(plain, names, strict=True) if key(name) > key(namespace)), None)
    return _after(text, plain[-1], namespace) if later is None else _before(text, later, namespace)


def _plain_key(name: str) -> tuple[bool, str]:
    return False, name.casefold()


def _system_first(name: str) -> tuple[bool, str]:
    return name != "System" and not name.startswith("System."), name.casefold()


def _before(text: SourceText, using: Node, namespace: str) -> TextEdit:
    indent = _indent_if_first(text, using.start_byte)
    separator = " " if indent is None else text.newline + indent
    return TextEdit(using.start_byte, using.start_byte, f"using {namespace};{separator}")


def _after(text: SourceText, using: Node, namespace: str) -> TextEdit:
    line = text.line_of(using.end_byte)
    line_end = text.line_starts[line] + len(text.line_bytes(line))
    rest = text.data[using.end_byte : line_end].strip()
    indent = _indent_if_first(text, using.start_byte) or ""
    if rest and not rest.startswith(b"//"):
        return TextEdit(using.end_byte, using.end_byte, f" using {namespace};")
    return TextEdit(line_end, line_end, f"{text.newline}{indent}using {namespace};")


def _at_top(tree: SyntaxTree, namespace: str) -> TextEdit:
    """Below the header (comments, `#nullable`, `extern alias`) and above what the first declaration's own comment
    belongs to.
    """
    text = tree.text
    children = tree.root.children
    at = next((i for i, c in enumerate(children) if c.type not in _TRIVIA and not c.type.startswith("preproc_")), len(children))
    if at == len(children):
        return TextEdit(len(text.data), len(text.data), f"using {namespace};{text.newline}")
    anchor = children[at]
    own = at
    while own > 0 and children[own - 1].type == "comment" and _touches(text, children[own - 1], children[own]):
        own -= 1
    header = own == 0 and (
        anchor.type in _NAMESPACES or any(_LICENCE.search(text.data, c.start_byte, c.end_byte) for c in children[:at])
    )
    place = anchor if header else children[own]
    start = text.line_starts[text.line_of(place.start_byte)]
    before = f"{text.newline}" if header and own < at else ""
    return TextEdit(start, start, f"{before}using {namespace};{text.newline}{text.newline}")


def _touches(text: SourceText, upper: Node, lower: Node) -> bool:
    """Whether no blank line separates two nodes."""
    return text.line_of(lower.start_byte) - text.line_of(upper.end_byte) <= 1


def _indent_if_first(text: SourceText, offset: int) -> str | None:
    """The white space before an offset if nothing else is before it on its line."""
    head = text.data[text.line_starts[text.line_of(offset)] : offset]
    return None if head.strip() else head.decode("utf-8")


def _conditional(text: SourceText, offset: int) -> bool:
    """Whether an offset lies between `#if` and `#endif`; only the top of the file is asked about, above any raw string."""
    depth = 0
    for match in _CONDITION.finditer(text.data, 0, offset):
        depth += 1 if match[1] == b"if" else -1
    return depth > 0


def _name_of(text: SourceText, namespace: Node) -> str:
    name = namespace.child_by_field_name("name")
    return "" if name is None else _source(text, name)


def _source(text: SourceText, node: Node) -> str:
    return re.sub(r"\s+", "", text.data[node.start_byte : node.end_byte].decode("utf-8"))

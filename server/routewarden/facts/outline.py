"""What a file may declare, from a glance at its bytes: names to parse it by, and why it may matter.

Invariant: an outline may name too much, never too little: it decides which files are parsed, not what they mean. One pass of
linear regular expressions; strings and comments are not told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from routewarden.facts.declarations import FileFacts, TypeFacts

# The header is looked at, not consumed: "this class handles ..." in a comment must not swallow the declaration below it.
_TYPE = re.compile(
    rb"\b(?:class|interface|struct|record(?:\s+(?:class|struct))?|enum)\s+@?([A-Za-z_\x80-\xff][\w\x80-\xff]*)(?=([^{;]{0,1500}))"
)
_DELEGATE = re.compile(rb"\bdelegate\s+[\w.<>,?\[\] \x80-\xff]{1,300}?\s([\w\x80-\xff]+)\s*[<(]")
_NAMESPACE = re.compile(rb"\bnamespace\s+([\w.\x80-\xff]+)")
_RECEIVER = re.compile(rb"\(\s*(?:\[[^\]]{0,200}\]\s*)*(?:(?:ref|in|scoped|readonly)\s+)*this\s")
_METHOD = re.compile(rb"([\w\x80-\xff]+)\s*(?:<[^()<>]{0,200}>)?\s*\(")
_PROPERTY = re.compile(rb"([\w\x80-\xff]+)\s*(?:=>|\{)")
_EXTENSION_BLOCK = re.compile(rb"\bextension\s*[<(]")
_GLOBAL_USING = re.compile(rb"\bglobal\s+using\b")
_ENTRY = re.compile(rb"\bWebApplication\s*\.|\bMain\s*\(|\bHost\s*\.\s*Create|\bWebHost\s*\.|\bclass\s+Startup\b")
_CONTROLLER_MARK = re.compile(rb"[\[,]\s*(?:[\w.]+\.)?(?:Api)?Controller(?:Attribute)?\s*[\],(]")
_COMMENT = re.compile(rb"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_INNERMOST = re.compile(rb"<[^<>]*>|\([^()]*\)")
_LAST_NAME = re.compile(rb"([\w\x80-\xff]+)\s*$")
_DEEPEST = 12  # levels of type arguments that are taken away from a base list
ANYTHING = "*"
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_NONE: frozenset[str] = frozenset()
_ANY_BASE = frozenset({"ControllerBase"})  # so that the file is parsed


@dataclass(frozen=True, slots=True)
class Outline:
    """`headers`: for each type, its simple name and those of its bases."""

    headers: tuple[tuple[str, frozenset[str]], ...]
    namespaces: tuple[str, ...]
    extensions: frozenset[str]
    has_global_usings: bool
    may_start: bool
    marks_controllers: bool = False  # [Controller] or [ApiController] on some type
    derives_from: frozenset[str] = frozenset()  # every simple name in the base lists, type arguments too; ANYTHING where one is not in sight


def outline(data: bytes, path: str = "") -> Outline:
    """The outline of a file's bytes."""
    headers: list[tuple[str, frozenset[str]]] = []
    mentioned: set[str] = set()
    for match in _TYPE.finditer(data):
        header = match.group(2)
        derives = b":" in header or b"(" in header
        headers.append((_text(match.group(1)), _bases(header) if derives else _NONE))
        if derives:
            mentioned |= _mentioned(header)
    delegates = tuple((_text(m.group(1)), _NONE) for m in _DELEGATE.finditer(data)) if b"delegate" in data else ()
    extensions: set[str] = set()
    if b"this" in data:
        for match in _RECEIVER.finditer(data):
            name = _LAST_NAME.search(_without_type_parameters(data[max(0, match.start() - 600) : match.start()]))
            if name is not None:
                extensions.add(_text(name.group(1)))
    if b"extension" in data and _EXTENSION_BLOCK.search(data):
        extensions.update(_text(m.group(1)) for m in _METHOD.finditer(data))
        extensions.update(_text(m.group(1)) for m in _PROPERTY.finditer(data))
    starts = path.rsplit("/", 1)[-1].lower() == "program.cs" or _ENTRY.search(data) is not None
    return Outline(
        (*headers, *delegates), tuple(dict.fromkeys(_text(m.group(1)) for m in _NAMESPACE.finditer(data))), frozenset(extensions),
        b"global" in data and _GLOBAL_USING.search(data) is not None, starts,
        b"Controller" in data and _CONTROLLER_MARK.search(data) is not None, frozenset(mentioned),
    )


def outline_of(facts: FileFacts, path: str = "") -> Outline:
    """The outline of a file that is parsed anyway: exact, and the same as long as its facts are."""
    headers = tuple((t.name, frozenset(b.name.rsplit(".", 1)[-1].rsplit("::", 1)[-1] for b in t.bases)) for t in facts.types)
    members = [m for t in facts.types for m in t.members]
    extensions = frozenset(m.name for m in members if m.parameters and "this" in m.parameters[0].modifiers)
    starts = path.rsplit("/", 1)[-1].lower() == "program.cs" or facts.has_top_level
    starts = starts or any(t.name == "Startup" for t in facts.types) or any(m.name == "Main" for m in members)
    return Outline(
        headers, tuple(dict.fromkeys(t.namespace for t in facts.types if t.namespace)), extensions,
        any(u.is_global for u in facts.usings), starts, any(_marks_controller(a.type.name) for t in facts.types for a in t.attributes),
        frozenset(name for t in facts.types for name in base_names(t)),
    )


def base_names(part: TypeFacts) -> set[str]:
    """Every simple name in the base list of a type, type arguments too."""
    found: set[str] = set()
    stack = list(part.bases)
    while stack:
        ref = stack.pop()
        found.update(ref.name.replace("::", ".").split("."))
        stack.extend(ref.arguments)
    return found


def _mentioned(header: bytes) -> set[str]:
    """The names in a base list, and more: what stands behind the first colon that is no part of a primary constructor."""
    text = _COMMENT.sub(b" ", header)
    _, colon, listed = text.partition(b":")
    if not colon:
        return {ANYTHING} if b"(" in text and b")" not in text else set()
    return {_text(m.group()) for m in _WORD.finditer(listed)}


def _marks_controller(name: str) -> bool:
    return name.rsplit(".", 1)[-1].removesuffix("Attribute") in ("Controller", "ApiController")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _without_type_parameters(before: bytes) -> bytes:
    """What stands before a parameter list, without `<T, List<U>>` at its end."""
    text = before.rstrip()
    if not text.endswith(b">"):
        return text
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == 0x3E) - (text[at] == 0x3C)
        if depth == 0:
            return text[:at]
    return b""


def _bases(header: bytes) -> frozenset[str]:
    """The simple names in a base list: `(int x) : A.B<C>(x), D where ...` gives B and D."""
    text = _COMMENT.sub(b" ", header)
    for _ in range(_DEEPEST):
        text, count = _INNERMOST.subn(b"", text)
        if not count:
            break
    if b"(" in text:
        return _ANY_BASE  # a primary constructor that holds a `;` or `{`: its bases are not in sight
    _, colon, listed = text.partition(b":")
    if not colon:
        return _NONE
    listed = re.split(rb"\bwhere\b", listed, maxsplit=1)[0]
    names = (_LAST_NAME.search(part) for part in listed.split(b","))
    return frozenset(_text(m.group(1)) for m in names if m is not None)


def outline_names(of: Outline) -> set[str]:
    """Every name that the file may declare: types by their simple names, extension methods as `Name()`, what types derive from as `: Name`."""
    return {name for name, _ in of.headers} | {f"{name}()" for name in of.extensions} | {f": {name}" for name in of.derives_from}

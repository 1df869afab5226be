"""The text of a type in metadata ("System.Threading.Tasks.Task<TResult[]>") as a `TypeRef`.

Invariant: names stay full and dotted, arguments of nested generic types stand together at the end, as in the table. Array ranks
are not told apart there; pointers keep a trailing "*" in the name, which no declaration has.
"""

from __future__ import annotations

from functools import lru_cache

from routewarden.facts.syntax_ir import TypeRef

_DEEPEST = 50


@lru_cache(maxsize=4096)
def parse_type_name(text: str) -> TypeRef:
    """`System.Nullable<System.Int32>[]` → TypeRef("System.Nullable", (TypeRef("System.Int32"),), array=1)."""
    return _parse(text.strip(), 0)


def split_arguments(text: str) -> list[str]:
    """The types of a list separated by commas outside angle brackets."""
    parts: list[str] = []
    depth = start = 0
    for at, char in enumerate(text):
        if char == "<":
            depth += 1
        elif char == ">":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    if text:
        parts.append(text[start:].strip())
    return parts


def identity_of(text: str) -> str:
    """The dotted name and the number of all type arguments: `A.B.C` with two arguments gives "A.B.C`2"."""
    head, bracket, rest = text.partition("<")
    return f"{head}`{len(split_arguments(rest.rpartition('>')[0]))}" if bracket else head


def _parse(text: str, depth: int) -> TypeRef:
    array = 0
    while text.endswith("[]"):
        text = text[:-2]
        array += 1
    head, bracket, rest = text.partition("<")
    if not bracket or depth > _DEEPEST:
        return TypeRef(text, array=array)
    inside, _, after = rest.rpartition(">")
    arguments = tuple(_parse(part, depth + 1) for part in split_arguments(inside))
    return TypeRef(head + after, arguments, array=array)

"""How the symbol table lies on disk: one file of little-endian sections, shared by its writer and its reader.

Invariant: the file is a function of its sources alone; `VERSION` changes whenever a section changes its meaning.

    header     MAGIC, VERSION, then (offset, length) of each section in the order of `SECTIONS`
    names      the types' names below their namespace, ids as in `facts` ("Dictionary`2.KeyCollection"), one after the other
    namespaces all namespaces that declare types, sorted, joined by "\\n"
    name_ends, type_namespace, type_block, type_offset      one u32 a type; types are sorted by (namespace, name)
    namespace_starts   first type of each namespace, and the number of types at the end
    key_hashes/key_types        crc32 of `type_key` → type, sorted
    simple_hashes/simple_types  crc32 of the last name → type, sorted
    method_hashes/method_types  crc32 of an extension method's name → the types that declare it, sorted
    block_ends  end of each block within `blocks`
    dictionary  what the blocks were compressed against
    blocks      raw-deflated JSON arrays, one line a type (see `tools/build_framework_table.py`)
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from zlib import crc32

MAGIC = b"RWFT"
VERSION = 2
SECTIONS = (
    "names",
    "namespaces",
    "name_ends",
    "type_namespace",
    "type_block",
    "type_offset",
    "namespace_starts",
    "key_hashes",
    "key_types",
    "simple_hashes",
    "simple_types",
    "method_hashes",
    "method_types",
    "block_ends",
    "dictionary",
    "blocks",
)
HEADER = struct.Struct(f"<4sI{2 * len(SECTIONS)}I")

ORIGINS = ("netcore", "aspnetcore", "package")
STATIC, EXTENSION, VIRTUAL, PROTECTED = 1, 2, 4, 8  # flags of a method


def type_key(dotted: str, arity: int) -> int:
    """The hash of a type's full name without arities, and the number of all its type parameters."""
    return crc32(f"{dotted}`{arity}".encode())


def name_key(name: str) -> int:
    return crc32(name.encode())


def without_arity(identity: str) -> tuple[str, int]:
    """("A.Dictionary.KeyCollection", 2) of "A.Dictionary`2.KeyCollection"."""
    if "`" not in identity:
        return identity, 0
    arity = 0
    parts = []
    for part in identity.split("."):
        name, _, count = part.partition("`")
        parts.append(name)
        arity += int(count) if count.isdigit() else 0
    return ".".join(parts), arity


def u32(section: memoryview) -> Sequence[int]:
    """The numbers of a section, in place where the machine counts as the file does."""
    if sys.byteorder == "little":
        return section.cast("I")
    numbers = array("I", section.tobytes())
    numbers.byteswap()
    return numbers

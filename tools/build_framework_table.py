"""Builds the symbol table `server/routewarden/framework/data/api.bin` from the public API as JSON lines.

    python tools/build_framework_table.py SRC OUT

SRC is a folder with netcore.jsonl.gz, aspnetcore.jsonl.gz, packages.jsonl.gz and packages.txt; OUT is the folder that gets
`api.bin` and `NOTICE.txt`. Equal sources (and an equal zlib) give equal bytes.
The layout is described in `routewarden.framework.layout`.

A type that several assemblies declare is taken from the first of: .NET, ASP.NET Core, the packages; the methods of static classes
are united, for two assemblies may each bring extension methods in a class of the same name.
A record is a JSON array: assembly, origin, kind, generic, base, interfaces, [multiple, inherited], obsolete, constants, values,
constructors, properties, methods; a method is [name, returns, flags, parameters] and its type parameters if it has any.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from routewarden.framework import layout

SOURCES = ("netcore.jsonl.gz", "aspnetcore.jsonl.gz", "packages.jsonl.gz")
BLOCK = 32 * 1024  # bytes of records a block; smaller inflates faster, larger compresses better
IMPLIED_BASES = {"struct": "System.ValueType", "enum": "System.Enum", "delegate": "System.MulticastDelegate", "interface": None}
NOTICE = """\
api.bin holds facts about public APIs (names, signatures, constants), read off the reference assemblies of .NET and
ASP.NET Core and off the packages listed below. It holds none of their code.

.NET and ASP.NET Core
---------------------
The MIT License (MIT)

Copyright (c) .NET Foundation and Contributors

All rights reserved.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

Packages (each under its own licence, which the package states)
---------------------------------------------------------------
"""

Row = dict[str, Any]


def read_rows(src: Path) -> list[Row]:
    rows: list[Row] = []
    for origin, source in enumerate(SOURCES):
        with gzip.open(src / source, "rt", encoding="utf-8") as lines:
            rows += (json.loads(line) | {"origin": origin} for line in lines)
    # The groups and markers that C# 14 compiles `extension` blocks to; their methods stand in the enclosing class as well.
    return [row for row in rows if "<G>$" not in row["type"] and "<M>$" not in row["type"]]


def type_parameters(row: Row) -> list[str]:
    return [text.partition(": ")[0] for text in row.get("generic", ())]


def dotted(row: Row) -> str:
    return str(row["type"]).partition("<")[0]


def identities(rows: list[Row]) -> list[tuple[str, str]]:
    """(namespace, name below it) of each row: which of the dots separate nested types is seen from the types of its assembly."""
    declared: dict[tuple[str, str], list[list[str]]] = {}
    for row in rows:
        declared.setdefault((row["assembly"], dotted(row)), []).append(type_parameters(row))
    result = []
    for row in rows:
        parts = dotted(row).split(".")
        own = type_parameters(row)
        local: list[str] = []
        seen = 0
        namespace_end = len(parts) - 1
        for end in range(1, len(parts)):
            candidates = declared.get((row["assembly"], ".".join(parts[:end])), ())
            # The enclosing type's parameters come first; the one with the most of them is the nearest description.
            fitting = [len(p) for p in candidates if p == own[: len(p)]]
            if fitting and end < len(parts):
                namespace_end = min(namespace_end, end - 1)
                arity = max(fitting) - seen
                seen = max(fitting)
                local.append(parts[end - 1] + (f"`{arity}" if arity > 0 else ""))
            elif local:
                local.append(parts[end - 1])  # an enclosing type that is not public
        arity = len(own) - seen
        local.append(parts[-1] + (f"`{arity}" if arity > 0 else ""))
        result.append((".".join(parts[:namespace_end]), ".".join(local)))
    return result


def united(first: Row, second: Row) -> Row:
    if first["kind"] != "static class" or second["kind"] != "static class":
        return first
    methods = {json.dumps(m): m for m in (*first.get("methods", ()), *second.get("methods", ()))}
    return first | {"methods": sorted(methods.values(), key=lambda m: m["name"])}


def method_record(method: Row) -> list[Any]:
    flags = (
        layout.STATIC * bool(method.get("static"))
        | layout.EXTENSION * bool(method.get("extension"))
        | layout.VIRTUAL * bool(method.get("virtual"))
        | layout.PROTECTED * bool(method.get("protected"))
    )
    generic = method.get("generic")
    return [method["name"], method["returns"], flags, method["parameters"], *([generic] if generic else [])]


def record(row: Row) -> bytes:
    implied = None if row["type"] == "System.Object" else IMPLIED_BASES.get(row["kind"], "System.Object")
    usage = row.get("usage")
    values = [
        row["assembly"],
        row["origin"],
        row["kind"],
        row.get("generic", []),
        row.get("base", implied),
        row.get("interfaces", []),
        [usage["multiple"], usage["inherited"]] if usage else 0,
        int(row.get("obsolete", False)),
        row.get("constants", {}),
        row.get("values", {}),
        row.get("constructors", []),
        row.get("properties", {}),
        [method_record(m) for m in row.get("methods", ())],
    ]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def preset_dictionary(records: Iterable[bytes]) -> bytes:
    """The strings that the most records have in common, the most frequent last, as deflate likes it."""
    counts: Counter[bytes] = Counter()
    for data in records:
        counts.update({part for part in data.split(b'"') if len(part) > 6})
    chosen = sorted(((n * (len(s) + 2), s) for s, n in counts.items() if n > 3), reverse=True)
    dictionary: list[bytes] = []
    size = 0
    for _, text in chosen:
        if size + len(text) + 3 > 32_000:
            break
        dictionary.append(b'"' + text + b'",')
        size += len(text) + 3
    return b"".join(reversed(dictionary))


def numbers(values: Iterable[int]) -> bytes:
    data = array("I", values)
    if sys.byteorder == "big":
        data.byteswap()
    return data.tobytes()


def hash_index(pairs: Iterable[tuple[int, int]]) -> tuple[bytes, bytes]:
    ordered = sorted(set(pairs))
    return numbers(h for h, _ in ordered), numbers(n for _, n in ordered)


def build(src: Path) -> bytes:
    merged: dict[tuple[str, str], Row] = {}
    rows = read_rows(src)
    for identity, row in zip(identities(rows), rows, strict=True):
        merged[identity] = united(merged[identity], row) if identity in merged else row
    types = sorted(merged)
    namespaces = sorted({namespace for namespace, _ in types})
    namespace_number = {name: number for number, name in enumerate(namespaces)}

    records = [record(merged[t]) for t in types]
    dictionary = preset_dictionary(records)
    blocks: list[bytes] = [b""]
    type_block, type_offset = [], []
    for data in records:
        if len(blocks[-1]) + len(data) > BLOCK and blocks[-1]:
            blocks.append(b"")
        type_block.append(len(blocks) - 1)
        type_offset.append(len(blocks[-1]))
        blocks[-1] += data
    packed = []
    for data in blocks:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zdict=dictionary)
        packed.append(deflate.compress(data) + deflate.flush())

    full_names = [f"{namespace}.{name}" if namespace else name for namespace, name in types]
    keys = hash_index((layout.type_key(*layout.without_arity(name)), n) for n, name in enumerate(full_names))
    simple = hash_index(
        (layout.name_key(name.rpartition(".")[2].partition("`")[0]), n) for n, name in enumerate(full_names)
    )
    methods = hash_index(
        (layout.name_key(m["name"]), n)
        for n, t in enumerate(types)
        for m in merged[t].get("methods", ())
        if m.get("extension")
    )
    starts = [0] * (len(namespaces) + 1)
    for namespace, _ in types:
        starts[namespace_number[namespace] + 1] += 1
    for n in range(len(namespaces)):
        starts[n + 1] += starts[n]

    sections = {
        "names": "".join(name for _, name in types).encode(),
        "namespaces": "\n".join(namespaces).encode(),
        "name_ends": numbers(ends(len(name.encode()) for _, name in types)),
        "type_namespace": numbers(namespace_number[namespace] for namespace, _ in types),
        "type_block": numbers(type_block),
        "type_offset": numbers(type_offset),
        "namespace_starts": numbers(starts),
        "key_hashes": keys[0],
        "key_types": keys[1],
        "simple_hashes": simple[0],
        "simple_types": simple[1],
        "method_hashes": methods[0],
        "method_types": methods[1],
        "block_ends": numbers(ends(map(len, packed))),
        "dictionary": dictionary,
        "blocks": b"".join(packed),
    }
    places: list[int] = []
    at = layout.HEADER.size
    for name in layout.SECTIONS:
        places += (at, len(sections[name]))
        at += len(sections[name])
    header = layout.HEADER.pack(layout.MAGIC, layout.VERSION, *places)
    return header + b"".join(sections[name] for name in layout.SECTIONS)


def ends(lengths: Iterable[int]) -> Iterable[int]:
    at = 0
    for length in lengths:
        at += length
        yield at


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    src, out = map(Path, arguments)
    data = build(src)
    out.mkdir(parents=True, exist_ok=True)
    (out / "api.bin").write_bytes(data)
    packages = (src / "packages.txt").read_text(encoding="utf-8")
    (out / "NOTICE.txt").write_text(NOTICE + packages, encoding="utf-8", newline="\n")
    print(f"{out / 'api.bin'}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

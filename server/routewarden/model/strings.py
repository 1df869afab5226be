"""Strings: the methods of System.String and System.IO.Path that start-up code computes routes with.

Invariant: None means that the method or an argument is not known. https://learn.microsoft.com/dotnet/api/system.string
"""

from __future__ import annotations

import re

from routewarden.model import operators, sequences
from routewarden.model.values import Const, ListValue, TypeValue, Unknown, Value


def call(text: str, name: str, values: list[Value]) -> Value | None:
    constants = [v.value if isinstance(v, Const) else None for v in values]
    first = constants[0] if constants else None
    if name in ("ToString", "Normalize") or name == "AsSpan":
        return Const(text)
    if name in ("ToLower", "ToLowerInvariant"):
        return Const(text.lower())
    if name in ("ToUpper", "ToUpperInvariant"):
        return Const(text.upper())
    if name in ("Trim", "TrimStart", "TrimEnd"):
        chars = "".join(c for c in constants if isinstance(c, str)) or None
        return Const({"Trim": text.strip, "TrimStart": text.lstrip, "TrimEnd": text.rstrip}[name](chars))
    if any(c is None for c in constants[:1]) and values:
        return None
    if name == "Replace" and len(constants) >= 2 and isinstance(first, str) and isinstance(constants[1], (str, type(None))):
        return Const(text.replace(first, constants[1] or "")) if first else None
    if name in ("StartsWith", "EndsWith", "Contains", "Equals") and isinstance(first, str):
        ignore = any(isinstance(c, str) and "IgnoreCase" in c for c in constants[1:])
        a, b = (text.lower(), first.lower()) if ignore else (text, first)
        return Const({"StartsWith": a.startswith(b), "EndsWith": a.endswith(b), "Contains": b in a, "Equals": a == b}[name])
    if name == "Split" and isinstance(first, str) and first:
        return ListValue([Const(p) for p in text.split(first)])
    if name == "Substring" and isinstance(first, int):
        length = constants[1] if len(constants) > 1 else None
        return Const(text[first : first + length] if isinstance(length, int) else text[first:])
    if name in ("PadLeft", "PadRight") and isinstance(first, int) and first <= 200:
        fill = constants[1] if len(constants) > 1 and isinstance(constants[1], str) else " "
        return Const(text.rjust(first, fill) if name == "PadLeft" else text.ljust(first, fill))
    if name in ("IndexOf", "LastIndexOf") and isinstance(first, str):
        return Const(text.find(first) if name == "IndexOf" else text.rfind(first))
    if name == "Remove" and isinstance(first, int):
        length = constants[1] if len(constants) > 1 else None
        return Const(text[:first] + text[first + length :] if isinstance(length, int) else text[:first])
    if name == "Insert" and isinstance(first, int) and len(constants) > 1 and isinstance(constants[1], str):
        return Const(text[:first] + constants[1] + text[first:])
    return None


def static_call(name: str, values: list[Value]) -> Value | None:

    if name == "Concat":
        listed = sequences.items_of(values[0]) if len(values) == 1 and isinstance(values[0], ListValue) else values
        if listed is None:
            return Unknown(TypeValue("System.String"), "a part of the text is decided at run time")
        return operators.concatenate(listed)
    if name == "Format" and values and isinstance(values[0], Const) and isinstance(values[0].value, str):
        text = values[0].value
        return _formatted(text, values[1:])
    if name == "Join" and len(values) >= 2:
        separator = operators.to_text(values[0])
        items = sequences.items_of(values[1]) if len(values) == 2 and not isinstance(values[1], Const) else values[1:]
        if separator is None or items is None:
            return Unknown(TypeValue("System.String"), "a part of the text is decided at run time")
        texts = [operators.to_text(i) for i in items]
        return Const(separator.join(t for t in texts if t is not None)) if None not in texts else Unknown(TypeValue("System.String"))
    if name in ("IsNullOrEmpty", "IsNullOrWhiteSpace") and values:
        value = values[0]
        if isinstance(value, Const):
            held = value.value
            return Const(held is None or (isinstance(held, str) and not (held.strip() if name.endswith("Space") else held)))
        return Unknown(TypeValue("System.Boolean"), "a text that is decided at run time")
    if name == "Equals" and len(values) >= 2:
        given = [v.value if isinstance(v, Const) else None for v in values]
        a, b, how = (*given, None)[:3]
        if isinstance(a, str) and isinstance(b, str) and isinstance(how, str) and how.endswith("IgnoreCase"):
            return Const(a.lower() == b.lower())
        return operators.operate("==", values[0], values[1])
    if name == "Combine":
        texts = [operators.to_text(v) for v in values]
        return Const("/".join(t for t in texts if t)) if None not in texts else Unknown(TypeValue("System.String"))
    return None


_HOLE = re.compile(r"\{\{|\}\}|\{(\d+)(?::([^{}]*))?\}")


def _formatted(text: str, values: list[Value]) -> Value:
    """`string.Format`: https://learn.microsoft.com/dotnet/standard/base-types/composite-formatting"""
    out: list[str] = []
    at = 0
    for hole in _HOLE.finditer(text):
        out.append(text[at : hole.start()])
        at = hole.end()
        if hole[1] is None:
            out.append(hole[0][0])
            continue
        value = values[int(hole[1])] if int(hole[1]) < len(values) else None
        inserted = operators.formatted(value, hole[2] or "") if value is not None else None
        if inserted is None:
            return Unknown(TypeValue("System.String"), "a part of the text is decided at run time")
        out.append(inserted)
    return Const("".join([*out, text[at:]]))

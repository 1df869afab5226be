"""Fixes of OpenAPI documents as exact text edits: an operation more, one marked as deprecated, one less.

Invariant: as in `analysis.fixes`: only the bytes that a step is about change, in the style of what stands around (indentation, one line
or many, block or flow), and a step whose effect is there already gives no edit. A place that cannot be edited safely (a broken text,
the last path of a block) gives None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from routewarden.analysis.finding import AddOperation, DeprecateOperation, DocumentStep, RemoveOperation
from routewarden.facts.openapi import OpenApiFile, PathFacts, pointer
from routewarden.facts.sites import Span
from routewarden.text.source import SourceText, TextEdit

_SPACES = re.compile(rb"[ \t\r\n]*")
_INDENTED = re.compile(rb"^( +|\t+)\S", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z_/][\w/{}.\-]*")
_DEPRECATED = re.compile(rb"""(["']?)deprecated\1[ \t]*:[ \t]*(true|false)""")
_SUCCESS = {"POST": "200", "DELETE": "204"}


def render(step: DocumentStep, file: OpenApiFile) -> list[TextEdit] | None:
    """The edits of one step on the file as it is now."""
    match step:
        case AddOperation():
            return _add(step, file)
        case DeprecateOperation():
            return _deprecate(step, file)
        case RemoveOperation():
            return _remove(step, file)


# --- adding ----------------------------------------------------------------------------------------------------------------


def skeleton(step: AddOperation) -> dict[str, Any]:
    """The operation that is known to be there, and nothing that would be a guess."""
    operation: dict[str, Any] = {}
    parameters = []
    for name, of, form in step.parameters:
        schema = {"type": of, **({"format": form} if form else {})}
        described = schema if step.version.startswith("2.") else {"schema": schema}
        parameters.append({"name": name, "in": "path", "required": True, **described})
    if parameters:
        operation["parameters"] = parameters
    status = _SUCCESS.get(step.method, "200")
    operation["responses"] = {status: {"description": "No Content" if status == "204" else "OK"}}
    return operation


def _add(step: AddOperation, file: OpenApiFile) -> list[TextEdit] | None:
    paths = file.places.get(pointer("paths"))
    verb = step.method.lower()
    known = next((p for p in file.facts.paths if p.path == step.path), None)
    if known is not None:
        if any(o.method == step.method for o in known.operations):
            return []
        return _insert(file, file.places.get(known.pointer), [o.pointer for o in known.operations], verb, skeleton(step))
    return _insert(file, paths, [p.pointer for p in file.facts.paths], step.path, {verb: skeleton(step)})


def _insert(file: OpenApiFile, owner: tuple[Span, Span] | None, members: Iterable[str], key: str, value: Mapping[str, Any]) -> list[TextEdit] | None:
    """A member more at the end of the object at `owner` (key, key with value)."""
    if owner is None or file.error:
        return None
    text, data = file.text, file.text.data
    unit = _unit(data)
    keys = [file.places[m][0] for m in members if m in file.places]
    start = _value_start(data, owner[0].end)
    if start is None:
        return None
    if data[start : start + 1] == b"{":
        close = owner[1].end - 1
        if data[close : close + 1] != b"}":
            return None
        last = len(data[:close].rstrip())
        empty = last == start + 1
        head = _line_head(text, close)
        if head.strip() and not (empty and not _is_flow_yaml(data)):
            rendered = f"{'' if empty else ', '}{json.dumps(key)}: {json.dumps(value)}"
            return [TextEdit(last, last, rendered)]
        outer = head if not head.strip() else _indent_of(text, owner[0].start)
        own = next((_indent_of(text, span.start) for span in keys if not _line_head(text, span.start).strip()), outer + unit)
        lines = f"{json.dumps(key)}: {json.dumps(value, indent=unit)}".split("\n")
        rendered = ("" if empty else ",") + "".join(text.newline + own + line for line in lines)
        return [TextEdit(last, close if empty else last, rendered + (text.newline + outer if empty else ""))]
    if not keys:
        return None
    own = _indent_of(text, keys[0].start)
    step = unit if own.strip(" ") or len(own) % max(len(unit), 1) == 0 else own
    end = len(data[: owner[1].end].rstrip())
    lines = list(_yaml({key: value}, own, step))
    return [TextEdit(end, end, "".join(text.newline + line for line in lines))]


def _yaml(value: Mapping[str, Any], indent: str, unit: str) -> Iterable[str]:
    """A skeleton in block style."""
    for key, inner in value.items():
        name = key if _PLAIN.fullmatch(key) else json.dumps(key)
        if isinstance(inner, Mapping):
            yield f"{indent}{name}:"
            yield from _yaml(inner, indent + unit, unit)
        elif isinstance(inner, list):
            yield f"{indent}{name}:"
            for item in inner:
                lines = list(_yaml(item, f"{indent}{unit}  ", unit))
                yield f"{indent}{unit}- {lines[0].strip()}"
                yield from lines[1:]
        else:
            yield f"{indent}{name}: {str(inner).lower() if isinstance(inner, bool) else inner}"


# --- deprecating ---------------------------------------------------------------------------------------------------------------


def _deprecate(step: DeprecateOperation, file: OpenApiFile) -> list[TextEdit] | None:
    place = file.places.get(step.site.declaration)
    if place is None or file.error:
        return None
    text, data = file.text, file.text.data
    key, whole = place
    said = list(_DEPRECATED.finditer(data, key.end, whole.end))
    if _is_deprecated(file, step.site.declaration):
        return []
    if said:
        only = said[0]
        return [TextEdit(only.start(2), only.end(2), "true")] if len(said) == 1 else None
    start = _value_start(data, key.end)
    if start is None:
        return None
    if data[start : start + 1] == b"{":
        first = _SPACES.match(data, start + 1).end()  # type: ignore[union-attr]  # it matches the empty text too
        if data[first : first + 1] == b"}":
            return [TextEdit(start + 1, first, ' "deprecated": true ')]
        return [TextEdit(first, first, f'"deprecated": true,{data[start + 1 : first].decode() or " "}')]
    if b"\n" not in data[key.end : start] and b"\r" not in data[key.end : start]:
        return None
    return [TextEdit(start, start, f"deprecated: true{text.newline}{_line_head(text, start)}")]


def _is_deprecated(file: OpenApiFile, where: str) -> bool:
    return any(o.deprecated for p in _items(file) for o in p.operations if o.pointer == where)


def _items(file: OpenApiFile) -> list[PathFacts]:
    facts = file.facts
    return [*facts.paths, *facts.items, *([facts.item] if facts.item is not None else [])]


# --- removing --------------------------------------------------------------------------------------------------------------------


def _remove(step: RemoveOperation, file: OpenApiFile) -> list[TextEdit] | None:
    where = step.site.declaration
    if file.error or where not in file.places:
        return None
    owner = next((p for p in _items(file) if any(o.pointer == where for o in p.operations)), None)
    if owner is not None and len(owner.operations) == 1 and not owner.opaque and not owner.ref and owner.pointer in file.places:
        siblings = [p.pointer for p in file.facts.paths]
        return _cut(file, owner.pointer, siblings)
    return _cut(file, where, [o.pointer for o in owner.operations] if owner is not None else [where])


def _cut(file: OpenApiFile, where: str, siblings: list[str]) -> list[TextEdit] | None:
    """Takes a member out of its object."""
    text, data = file.text, file.text.data
    key, whole = file.places[where]
    block = _in_block(file, key)
    if block:
        if len(siblings) < 2:
            return None
        start = key.start - len(_line_head(text, key.start).encode())
        end = len(data[: whole.end].rstrip())
        line_end = data.find(b"\n", end)
        return [TextEdit(start, line_end + 1 if line_end >= 0 else len(data), "")]
    after = _SPACES.match(data, whole.end).end()  # type: ignore[union-attr]  # it matches the empty text too
    if data[after : after + 1] == b",":
        following = _SPACES.match(data, after + 1).end()  # type: ignore[union-attr]
        return [TextEdit(key.start, following, "")]
    before = len(data[: key.start].rstrip())
    if data[before - 1 : before] == b",":
        return [TextEdit(before - 1, whole.end, "")]
    return [TextEdit(before, after, "")] if data[before - 1 : before] == b"{" else None


def _in_block(file: OpenApiFile, key: Span) -> bool:
    """Whether a key stands in YAML's block style: alone at the start of its line, outside of all braces."""
    data = file.text.data
    if not _is_flow_yaml(data):
        return False
    head = _line_head(file.text, key.start)
    before = data[: key.start].rstrip()[-1:]
    return not head.strip() and before not in (b"{", b",")


def _is_flow_yaml(data: bytes) -> bool:
    """Whether a text is YAML, which may have objects in braces too."""
    return data.lstrip()[:1] != b"{"


# --- text ----------------------------------------------------------------------------------------------------------------------------


def _value_start(data: bytes, key_end: int) -> int | None:
    """Where the value of a key starts; None where no value stands there that can be edited."""
    at = _SPACES.match(data, key_end).end()  # type: ignore[union-attr]  # it matches the empty text too
    if data[at : at + 1] != b":":
        return None
    at = _SPACES.match(data, at + 1).end()  # type: ignore[union-attr]
    return at if at < len(data) and data[at : at + 1] not in (b"#", b"&", b"*", b"!") else None


def _line_head(text: SourceText, offset: int) -> str:
    """What stands before a place on its line."""
    return text.data[text.line_starts[text.line_of(offset)] : offset].decode("utf-8", "replace")


def _indent_of(text: SourceText, offset: int) -> str:
    head = _line_head(text, offset)
    return head[: len(head) - len(head.lstrip())]


def _unit(data: bytes) -> str:
    found = _INDENTED.search(data)
    return found[1].decode() if found is not None else "  "

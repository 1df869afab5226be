"""A key more in an appsettings file, as an exact text edit.

Invariant: everything else stays byte for byte, indentation and newline are those of the file; a key that is there already gives no edit, and
a file that is broken or no JSON object gives None.
"""

from __future__ import annotations

import re

from routewarden.analysis.finding import AddSetting
from routewarden.facts.settings import DataFile
from routewarden.syntax.data_tree import DataNode
from routewarden.text.source import TextEdit

_INDENTED = re.compile(rb"^([ \t]+)\"", re.MULTILINE)


def render(step: AddSetting, file: DataFile) -> list[TextEdit] | None:
    root = file.tree.root
    if file.error or root is None or root.kind != "object":
        return None
    at, left = root, step.key.split(":")
    depth = 1
    while left:
        inner = next((node for name, _, _, node in at.members if name.lower() == left[0].lower()), None)
        if inner is None:
            return [_insert(file, at, left, depth)]
        left = left[1:]
        if left and inner.kind != "object":
            return None
        at, depth = inner, depth + 1
    return []


def _insert(file: DataFile, owner: DataNode, keys: list[str], depth: int) -> TextEdit:
    """The keys as the last member of an object: `"Cors": { "AllowedOrigins": [] }`."""
    data, newline = file.text.data, file.text.newline
    value = "[]"
    for key in reversed(keys[1:]):
        value = f'{{ "{key}": {value} }}'
    member = f'"{keys[0]}": {value}'
    if not owner.members:
        return TextEdit(owner.start + 1, owner.end - 1, f" {member} ")
    last = owner.members[-1][3].end
    several = b"\n" in data[owner.start : owner.end]
    unit = _INDENTED.search(data)
    indent = newline + (unit.group(1).decode("utf-8") if unit is not None else "  ") * depth if several else " "
    rest = data[last : owner.end].lstrip()
    comma = "" if rest.startswith(b",") else ","
    at = last if comma else data.index(b",", last) + 1
    return TextEdit(at, at, f"{comma}{indent}{member}")

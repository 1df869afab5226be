"""Which names an edit of one file changed.

Invariant: every answer that could come out different after the edit rests on one of the names; None where that cannot be said by
names (global usings, namespaces), and all is to be linked anew.
"""

from __future__ import annotations

from routewarden.facts.declarations import FileFacts, TypeFacts
from routewarden.model.tracking import extensions_named, types_of, usings_of


def changed_names(old: FileFacts, new: FileFacts, path: str, project: str) -> set[str] | None:
    """The names in terms of `model.tracking`; empty for equal facts."""
    if old is new:
        return set()
    if [u for u in old.usings if u.is_global] != [u for u in new.usings if u.is_global]:
        return None
    if {t.namespace for t in old.types} != {t.namespace for t in new.types} or old.assembly_attributes != new.assembly_attributes:
        return None
    found: set[str] = set()
    if old.usings != new.usings:
        found.add(usings_of(path))
    before = {t.id: t for t in old.types}
    after = {t.id: t for t in new.types}
    for type_id in before.keys() | after.keys():
        a, b = before.get(type_id), after.get(type_id)
        if a is b or a == b:
            continue
        found.add((a or b).name)  # type: ignore[union-attr]
        if a is None or b is None or _header(a) != _header(b):
            found.add(types_of(project))
        for part in (a, b):
            if part is not None:
                found.update(extensions_named(m.name) for m in part.members if m.parameters and "this" in m.parameters[0].modifiers)
    return found


def _header(part: TypeFacts) -> tuple[object, ...]:
    return part.kind, part.modifiers, part.type_parameters, part.bases, part.containing, part.attributes

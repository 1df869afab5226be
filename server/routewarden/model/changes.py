"""Which names an edit of one file changed.

Invariant: every answer that could come out different after the edit rests on one of the names; None where that cannot be said by
names (global usings, namespaces), and all is to be linked anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from routewarden.facts.declarations import FileFacts, TypeFacts
from routewarden.facts.outline import base_names
from routewarden.model.tracking import (
    derived_from,
    extensions_named,
    member_named,
    members_of,
    setting,
    settings_below,
    types_of,
    usings_of,
)


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
        if a is None or b is None or _header(a) != _header(b):
            found.add((a or b).name)  # type: ignore[union-attr]
            found.add(types_of(project))
            found.update(derived_from(name) for part in (a, b) if part is not None for name in base_names(part))
        found.update(_members(a, b))
    return found


def changed_settings(old: Mapping[str, str | None], new: Mapping[str, str | None]) -> set[str]:
    """The names that a change of settings (key, in lower case → value) touches."""
    found: set[str] = set()
    for key in old.keys() | new.keys():
        if key in old and key in new:
            if old[key] != new[key]:
                found.add(setting(key))
            continue
        found.add(setting(key))
        parts = key.split(":")
        found.update(settings_below(":".join(parts[:length])) for length in range(len(parts)))
    return found


def _members(a: TypeFacts | None, b: TypeFacts | None) -> set[str]:
    """The names of members that differ, that come or that go."""
    old = {m.id: m for m in a.members} if a is not None else {}
    new = {m.id: m for m in b.members} if b is not None else {}
    owner = (a or b).name  # type: ignore[union-attr]
    found: set[str] = set()
    for member_id in old.keys() | new.keys():
        before, after = old.get(member_id), new.get(member_id)
        if before is after or before == after:
            continue
        for member in (before, after):
            if member is not None:
                found.update((members_of(owner), member_named(owner, member.name)))
                if member.parameters and "this" in member.parameters[0].modifiers:
                    found.add(extensions_named(member.name))
    if not found and list(old) != list(new):
        found.add(members_of(owner))  # their order, which endpoints are listed in
    return found


def _header(part: TypeFacts) -> tuple[object, ...]:
    """All but the members."""
    return (
        part.kind, part.modifiers, part.type_parameters, part.constraints, part.bases, part.base_arguments, part.attributes,
        part.parameters, part.containing, part.nested, part.file_scope,
    )

"""The register as a list that a client keeps a copy of: entries with names of their own, and what changed since a version.

Invariant: a copy that takes over every answer in order is the list, whatever happened between. An entry has no line: lines are
worked out for one entry when somebody clicks on it, so the list costs no parse, and typing above an endpoint changes nothing here.
Entries are plain data, made once for each endpoint object that the engine gives.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from routewarden.lsp.folders import Folder
from routewarden.model.register import Endpoint

MOST_REMOVED = 20_000  # names of removed entries that are remembered; who is further behind gets the whole list


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    folder: Folder
    endpoint: Endpoint
    data: dict[str, Any]  # as sent


@dataclass(slots=True, eq=False)
class Feed:
    """The list as last brought up to date. Version 0 is a client that has nothing."""

    version: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    made_from: list[tuple[Folder, tuple[Endpoint, ...]]] = field(default_factory=list)
    answered: int | None = None  # the version of the copy that a client keeps; None: none does
    announced: bool = False  # it has been told that its copy is old
    _changed_at: dict[str, int] = field(default_factory=dict)
    _removed_at: dict[str, int] = field(default_factory=dict)
    _floor: int = 0  # what was removed up to this version is forgotten
    _of_object: dict[int, tuple[Endpoint, Folder, int, Entry]] = field(default_factory=dict)

    def update(self, registers: list[tuple[Folder, tuple[Endpoint, ...]]]) -> None:
        """Take over the folders' endpoints as they are now."""
        if len(registers) == len(self.made_from) and all(
            a is c and b is d for (a, b), (c, d) in zip(registers, self.made_from, strict=True)
        ):
            return
        self.made_from = registers
        entries = {entry.id: entry for entry in self._entries(registers)}
        changed = [key for key, entry in entries.items() if (old := self.entries.get(key)) is None or old.data != entry.data]
        removed = [key for key in self.entries if key not in entries]
        self.entries = entries
        if changed or removed:
            self.version += 1
            self._changed_at.update(dict.fromkeys(changed, self.version))
            for key in changed:
                self._removed_at.pop(key, None)
            for key in removed:
                self._changed_at.pop(key, None)
                self._removed_at[key] = self.version
            if len(self._removed_at) > MOST_REMOVED:
                self._removed_at.clear()
                self._floor = self.version

    def since(self, version: int) -> dict[str, Any]:
        """What a copy of that version lacks; the whole list where that is not known."""
        complete = not self._floor <= version <= self.version or version == 0
        changed = [e.data for key, e in self.entries.items() if complete or self._changed_at.get(key, 0) > version]
        removed = [] if complete else [key for key, at in self._removed_at.items() if at > version]
        return {"version": self.version, "complete": complete, "endpoints": changed, "removed": removed}

    def _entries(self, registers: list[tuple[Folder, tuple[Endpoint, ...]]]) -> Iterable[Entry]:
        before, self._of_object = self._of_object, {}
        seen: dict[tuple[str, ...], int] = {}
        for folder, endpoints in registers:
            for endpoint in endpoints:
                site = endpoint.site
                key = (folder.uri, endpoint.app, endpoint.label, site.path, site.declaration, site.part, endpoint.handler)
                ordinal = seen[key] = seen.get(key, -1) + 1
                known = before.get(id(endpoint))
                if known is not None and known[0] is endpoint and known[1] is folder and known[2] == ordinal:
                    entry = known[3]
                else:
                    entry = _entry(folder, endpoint, "\0".join((*key, str(ordinal))))
                self._of_object[id(endpoint)] = (endpoint, folder, ordinal, entry)
                yield entry


def _entry(folder: Folder, endpoint: Endpoint, key: str) -> Entry:
    name = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    verdict = endpoint.verdict
    method, _, route = endpoint.label.partition(" ")
    data = {
        "id": name,
        "folder": folder.uri,
        "app": endpoint.app,
        "methods": list(endpoint.methods),
        "method": method,
        "route": route,
        "access": str(endpoint.access),
        "roles": list(verdict.roles),
        "policies": list(verdict.policies),
        "reason": verdict.reason,
        "kind": endpoint.kind,
        "handler": endpoint.handler,
        "file": endpoint.site.path,
    }
    return Entry(name, folder, endpoint, data)

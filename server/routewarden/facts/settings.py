"""Data files as keys and values: appsettings*.json as .NET's configuration reads them, launchSettings.json, compose files.

Invariant: entries hold no offsets; `DataFile` keeps these beside and answers `locate`, as `facts.file.FileUnit` does for C#. Keys of
configuration are compared without case, joined by ":", and array elements are numbered. A key that is there twice is an error: the
provider throws ("A duplicate key was found", dotnet/runtime, JsonConfigurationFileParser.cs).
https://learn.microsoft.com/dotnet/core/extensions/configuration-providers#json-configuration-provider
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from routewarden.facts.sites import Site, Span
from routewarden.syntax.data_tree import DataNode, DataTree, error_at
from routewarden.syntax.json_tree import parse_json
from routewarden.syntax.yaml_tree import parse_yaml
from routewarden.text.source import SourceText

_YAML = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a data file, or element of an array, in the order of the text; objects and arrays are entries too.

    `id` is the `declaration` of its `Site` (parts "name": the key; "value"): the path joined by ":", with "#2" for a second of that name.
    """

    path: tuple[str, ...]  # as written
    kind: str  # of the value: see `DataNode`
    value: str | None
    id: str

    @property
    def key(self) -> str:
        """As configuration compares it."""
        return ":".join(self.path).lower()


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file as it is now. `error`: "" or what is wrong with it and where; the entries are what could be read nevertheless."""

    tree: DataTree
    entries: tuple[Entry, ...]
    places: Mapping[str, tuple[Span, Span]]  # by id of the entry: of the key (for an element: the value again) and of the value
    error: str

    @property
    def text(self) -> SourceText:
        return self.tree.text

    def locate(self, site: Site) -> Span | None:
        """Where a site of this file is now; None where it is gone. The file itself is its first byte."""
        if not site.declaration:
            return Span(0, 0)
        found = self.places.get(site.declaration)
        return None if found is None else found[1] if site.part == "value" else found[0]

    def settings(self) -> dict[str, str | None]:
        """Key → text, as IConfiguration gives it: "True" and "False" for booleans, None for null; nothing of a file that is broken.

        The provider refuses a file that is no JSON object, and then the app does not start.
        """
        if self.error or self.tree.root is None or self.tree.root.kind != "object":
            return {}
        return {e.key: _configured(e) for e in self.entries if e.kind not in ("object", "array")}


def read_data(path: str, text: SourceText) -> DataFile:
    """The file as its name says that it is to be read: YAML or JSON. Never raises."""
    tree = parse_yaml(text) if path.lower().endswith(_YAML) else parse_json(text)
    entries: list[Entry] = []
    places: dict[str, tuple[Span, Span]] = {}
    seen: Counter[str] = Counter()
    stack: list[tuple[tuple[str, ...], Span | None, DataNode]] = [((), None, tree.root)] if tree.root is not None else []
    while stack:
        at, key, node = stack.pop()
        if at:
            value = Span(node.start, node.end)
            joined = ":".join(at)
            seen[joined] += 1
            own = joined if seen[joined] == 1 else f"{joined}#{seen[joined]}"
            places.setdefault(own, (key or value, value))
            entries.append(Entry(at, node.kind, node.value, own))
        stack.extend(reversed([((*at, name), Span(start, end), child) for name, start, end, child in node.members]))
        stack.extend(reversed([((*at, str(number)), None, child) for number, child in enumerate(node.items)]))
    return DataFile(tree, tuple(entries), places, tree.error or _repeated(tree, entries, places))


def _repeated(tree: DataTree, entries: list[Entry], places: Mapping[str, tuple[Span, Span]]) -> str:
    """What is wrong with a file that has a key twice; "" where none is."""
    known: set[tuple[str, ...]] = set()
    for entry in entries:
        folded = tuple(part.lower() for part in entry.path)
        if folded in known:
            return error_at(tree.text, places[entry.id][0].start, "the key is there already")
        known.add(folded)
    return ""


def read_settings(data: bytes) -> dict[str, str | None]:
    """The settings of an appsettings file: see `DataFile.settings`."""
    return read_data(".json", SourceText.from_bytes(data)).settings()


def _configured(entry: Entry) -> str | None:
    return entry.value.capitalize() if entry.kind == "bool" and entry.value is not None else entry.value

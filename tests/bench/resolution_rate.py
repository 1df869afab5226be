"""How many names of a real repository resolve: attributes and base types.

    python tests/bench/resolution_rate.py FOLDER...

Prints, for each folder, the share of resolved attribute names and base types and the most frequent unresolved names, each with
a file that has it; projects for tests, whose frameworks are not in the symbol table, are counted apart.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from routewarden.analysis.files import DiskFiles
from routewarden.facts.declarations import FileFacts, TypeFacts
from routewarden.facts.file import extract
from routewarden.facts.project_evaluation import read_project
from routewarden.facts.project_membership import project_folders, project_of
from routewarden.facts.syntax_ir import Attribute, TypeRef
from routewarden.framework.table import load
from routewarden.model.resolver import Resolver
from routewarden.model.workspace_types import FactsIndex, WorkspaceTypes, linked_project
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText


def read_workspace(folder: Path) -> WorkspaceTypes:
    disk = DiskFiles(folder)
    listing = disk.list()
    folders = project_folders(listing.projects)
    projects = [read_project(path, disk.read) for path in listing.projects]
    files: dict[str, FileFacts] = {}
    owners: dict[str, str] = {}
    for path in listing.sources:
        files[path] = extract(parse(SourceText.from_bytes(disk.read(path)))).facts
        # A file below no project is compiled by those that link to it; one of them must do.
        owners[path] = project_of(path, folders) or next((p.path for p in projects if p.compiles(path)), "")
    return WorkspaceTypes(FactsIndex(files, owners), {p.path: linked_project(p) for p in projects})


def attributes_of(part: TypeFacts) -> list[Attribute]:
    found = [*part.attributes, *(a for m in part.members for a in m.attributes)]
    return found + [a for m in part.members for p in m.parameters for a in p.attributes]


def report(folder: Path, shown: int) -> None:
    types = read_workspace(folder)
    resolver = Resolver(types, load())
    counts: Counter[str] = Counter()
    unresolved: dict[str, Counter[str]] = {}
    example: dict[tuple[str, str], str] = {}

    def count(kind: str, ref: TypeRef, found: object, path: str) -> None:
        kind += " in tests" if any(word in path.lower() for word in ("test", "benchmark")) else ""
        counts[kind] += 1
        unresolved.setdefault(kind, Counter())
        if found is None:
            unresolved[kind][str(ref)] += 1
            example.setdefault((kind, str(ref)), path)

    start = time.perf_counter()
    index = types.index
    assert isinstance(index, FactsIndex)
    for path, facts in sorted(index.files.items()):
        for part in facts.types:
            header, body = resolver.header_scope(path, part), resolver.scope(path, part)
            for attribute in attributes_of(part):
                count("attribute", attribute.type, resolver.resolve_attribute(attribute.type, body), path)
            if part.kind != "enum":
                for base in part.bases:
                    count("base", base, resolver.resolve_type(base, header), path)
    took = time.perf_counter() - start
    print(f"{folder.name}: {len(index.files)} files, {sum(counts.values())} names in {took:.2f} s")
    for kind, misses in sorted(unresolved.items()):
        missed = sum(misses.values())
        share = 100 * (counts[kind] - missed) / max(1, counts[kind])
        print(f"  {kind}: {share:.2f} % of {counts[kind]} resolve, {missed} do not")
        for name, number in misses.most_common(shown):
            print(f"    {number:5} {name}   {example[kind, name]}")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        report(Path(argument), 12)

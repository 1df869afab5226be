"""The types that the workspace declares, over all their parts, found by name.

Invariant: a file is read only when somebody asks for a name that it may declare, and the answers do not depend on the order of
the questions. One `WorkspaceType` stands for all parts of a type within one project; asked again, it is the same object.
Deliberately absent: the framework, usings and scopes (`model.scope`), and how the sources are listed or read (`SourceIndex`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from routewarden.facts.declarations import FileFacts, MemberFacts, TypeFacts, UsingDirective
from routewarden.facts.outline import base_names
from routewarden.facts.project_evaluation import ProjectFacts
from routewarden.facts.sites import Site
from routewarden.facts.syntax_ir import Attribute, TypeRef
from routewarden.framework.implicit_usings import implicit_usings
from routewarden.model.tracking import Memo, Tracker, extensions_named, member_named, members_of


@dataclass(frozen=True, slots=True)
class Project:
    """What name resolution needs of a project.

    `usings` are those of the project file and of its SDK (ImplicitUsings, `<Using>` items); `references` are paths of projects.
    """

    path: str
    references: tuple[str, ...] = ()
    usings: tuple[UsingDirective, ...] = ()


def linked_project(facts: ProjectFacts) -> Project:
    """A project with the usings of its SDK before its own."""
    brought = implicit_usings(facts.sdk) if facts.implicit_usings else ()
    kept = (UsingDirective(TypeRef(name), is_global=True) for name in brought if name not in facts.usings_removed)
    return Project(facts.path, facts.references, (*kept, *facts.usings))


class SourceIndex(Protocol):
    """The files of the workspace, as a cheap look at their text tells them. `paths_*` may name too many files, never too few."""

    def facts(self, path: str) -> FileFacts: ...

    def project_of(self, path: str) -> str:
        """The path of the file's project, "" where it has none."""

    def paths_declaring(self, type_name: str) -> Iterable[str]:
        """Files that may declare a type of this simple name."""

    def paths_extending(self, method_name: str) -> Iterable[str]:
        """Files that may declare an extension method of this name."""

    def paths_deriving(self, type_name: str) -> Iterable[str]:
        """Files that may declare a type whose base list holds this simple name, as a base or as a type argument."""

    def paths_with_global_usings(self, project: str) -> Iterable[str]: ...

    def namespaces(self) -> Iterable[str]:
        """The full names of all namespaces that files declare."""


@dataclass(frozen=True, slots=True)
class TypeParameter:
    """`owner`: the full name of the type, or the id of the method, that declares it."""

    name: str
    owner: str


@dataclass(frozen=True, slots=True, eq=False)
class WorkspaceType:
    """A type of the workspace. `full_name` is the identity of `facts`: "Shop.Outer`1.Inner". Equal only to itself.

    It stands for the declaration as it is now: an edit inside its members leaves the object in place, one of its header makes a
    new one. So whoever reads members rests on them (`members`, `members_named`), and on the header anyway.
    """

    full_name: str
    project: str
    places: tuple[tuple[str, TypeFacts], ...]  # (path, part as it was when the type was found), by path
    type_parameters: tuple[TypeParameter, ...]  # those of enclosing types first
    found_by: WorkspaceTypes

    @property
    def parts(self) -> tuple[tuple[str, TypeFacts], ...]:
        """(path, part) as they are now; of their members only what was asked for by name may be read."""
        return tuple((path, self.found_by.part_now(path, part)) for path, part in self.places)

    @property
    def name(self) -> str:
        return self.places[0][1].name

    @property
    def namespace(self) -> str:
        return self.places[0][1].namespace

    @property
    def containing(self) -> str | None:
        """The full name of the enclosing type."""
        return container_of(self.full_name) if self.places[0][1].containing is not None else None

    @property
    def arity(self) -> int:
        """The number of its own type parameters."""
        return arity_of(self.full_name)

    @property
    def kind(self) -> str:
        """As in `TypeFacts`: class interface struct record "record struct" enum delegate."""
        return self.places[0][1].kind

    @property
    def modifiers(self) -> frozenset[str]:
        return frozenset().union(*(part.modifiers for _, part in self.places))

    @property
    def site(self) -> Site:
        """The name of its first part."""
        path, part = self.places[0]
        return Site(path, part.id)

    @property
    def attributes(self) -> tuple[tuple[Site, Attribute], ...]:
        """All attributes of all parts."""
        return tuple(
            (Site(path, part.id, f"attribute:{i}"), attribute)
            for path, part in self.places
            for i, attribute in enumerate(part.attributes)
        )

    @property
    def members(self) -> tuple[tuple[str, MemberFacts], ...]:
        """(path, member) of all parts."""
        self.found_by.tracker.touch(members_of(self.name))
        return tuple((path, member) for path, part in self.parts for member in part.members)

    def members_named(self, name: str) -> tuple[tuple[str, MemberFacts], ...]:
        """(path, member) of this name, of all parts; constructors have the type's."""
        self.found_by.tracker.touch(member_named(self.name, name))
        return tuple((path, member) for path, part in self.parts for member in part.members if member.name == name)

    @property
    def bases(self) -> tuple[tuple[str, TypeFacts, TypeRef], ...]:
        """(path, part, type as written there) of all parts."""
        return tuple((path, part, base) for path, part in self.places for base in part.bases)


def container_of(full_name: str) -> str:
    """The namespace or type that a type stands in, "" for the global namespace."""
    return full_name.rpartition(".")[0]


def simple_name_of(full_name: str) -> str:
    return full_name.rpartition(".")[2].partition("`")[0]


def arity_of(full_name: str) -> int:
    count = full_name.rpartition(".")[2].partition("`")[2]
    return int(count) if count.isdigit() else 0


def join_name(container: str, name: str, arity: int = 0) -> str:
    """The full name of a type in a namespace or type."""
    last = f"{name}`{arity}" if arity else name
    return f"{container}.{last}" if container else last


class WorkspaceTypes:
    """Finds types by name; what was found is kept."""

    def __init__(self, index: SourceIndex, projects: Mapping[str, Project], tracker: Tracker | None = None) -> None:
        self.index = index
        self.projects = projects
        self.tracker = tracker or Tracker()
        self._named: Memo[str, dict[str, tuple[WorkspaceType, ...]]] = Memo(self.tracker)
        self._parts: dict[str, tuple[FileFacts, dict[str, TypeFacts]]] = {}
        self._visible: dict[str, tuple[str, ...]] = {}
        self._namespaces: frozenset[str] | None = None
        self._extensions: Memo[str, tuple[tuple[WorkspaceType, str, MemberFacts], ...]] = Memo(self.tracker)

    def named(self, simple_name: str) -> Mapping[str, tuple[WorkspaceType, ...]]:
        """Full name → the types that have it (one a project), of all types with this last name."""
        return self._named.of(simple_name, lambda: self._group(simple_name))

    def all(self, full_name: str) -> tuple[WorkspaceType, ...]:
        """Every type of this full name, by project."""
        return self.named(simple_name_of(full_name)).get(full_name, ())

    def of_part(self, path: str, part: TypeFacts) -> WorkspaceType | None:
        """The type that a part belongs to; None where the file does not declare it (any more)."""
        project = self.index.project_of(path)
        for found in self.all(part.full_name):
            if found.project == project and any(p == path and t.id == part.id for p, t in found.parts):
                return found
        return None

    def part_now(self, path: str, part: TypeFacts) -> TypeFacts:
        """The part as its file declares it now; as it was, where that is gone."""
        facts = self.index.facts(path)
        known = self._parts.get(path)
        if known is None or known[0] is not facts:
            known = self._parts[path] = (facts, {t.id: t for t in facts.types})
        return known[1].get(part.id, part)

    def containing(self, of: WorkspaceType) -> WorkspaceType | None:
        """The enclosing type."""
        path, part = of.parts[0]
        if part.containing is None:
            return None
        outer = part_by_id(self.index.facts(path), part.containing)
        return None if outer is None else self.of_part(path, outer)

    def has_namespace(self, namespace: str) -> bool:
        """A file declares it or a namespace inside it."""
        if self._namespaces is None:
            found: set[str] = set()
            for name in self.index.namespaces():
                while name and name not in found:
                    found.add(name)
                    name = name.rpartition(".")[0]
            self._namespaces = frozenset(found)
        return namespace in self._namespaces

    def visible(self, project: str) -> tuple[str, ...]:
        """The project, then those it refers to, nearest first: a reference brings those of the project that it names.

        https://learn.microsoft.com/visualstudio/msbuild/common-msbuild-project-items#projectreference
        """
        known = self._visible.get(project)
        if known is None:
            found = dict.fromkeys([project])
            wave = [project]
            while wave:
                references = [r for p in wave if p in self.projects for r in self.projects[p].references]
                wave = sorted({r for r in references if r not in found})
                found |= dict.fromkeys(wave)
            known = tuple(found)
            self._visible[project] = known
        return known

    def extension_methods(self, name: str) -> tuple[tuple[WorkspaceType, str, MemberFacts], ...]:
        """(static class, path, method) of every extension method of this name, by path."""
        return self._extensions.of(name, lambda: tuple(self._find_extensions(name)))

    def drop(self, mask: int) -> None:
        """Forgets the types and methods of these names."""
        self._named.drop(mask)
        self._extensions.drop(mask)

    def _find_extensions(self, name: str) -> Iterator[tuple[WorkspaceType, str, MemberFacts]]:
        self.tracker.touch(extensions_named(name))
        for path in sorted(set(self.index.paths_extending(name))):
            for part in self.index.facts(path).types:
                for member in part.members:
                    if member.name == name and member.parameters and "this" in member.parameters[0].modifiers:
                        owner = self.of_part(path, part)
                        if owner is not None:
                            yield owner, path, member

    def _group(self, simple_name: str) -> dict[str, tuple[WorkspaceType, ...]]:
        self.tracker.touch(simple_name)
        # A `file class` is its file's own: https://learn.microsoft.com/dotnet/csharp/language-reference/keywords/file
        parts: dict[tuple[str, str, str], list[tuple[str, TypeFacts]]] = {}
        for path in sorted(set(self.index.paths_declaring(simple_name))):
            project = self.index.project_of(path)
            for part in self.index.facts(path).types:
                if part.name == simple_name:
                    own = path if "file" in part.modifiers else ""
                    parts.setdefault((part.full_name, project, own), []).append((path, part))
        found: dict[str, list[WorkspaceType]] = {}
        for (full_name, project, _), of_type in sorted(parts.items(), key=lambda item: item[0]):
            parameters = tuple(self._type_parameters(*of_type[0]))
            found.setdefault(full_name, []).append(WorkspaceType(full_name, project, tuple(of_type), parameters, self))
        return {full_name: tuple(types) for full_name, types in found.items()}

    def _type_parameters(self, path: str, part: TypeFacts) -> Iterator[TypeParameter]:
        chain = [part]
        facts = self.index.facts(path)
        while chain[-1].containing is not None:
            outer = part_by_id(facts, chain[-1].containing)
            if outer is None or outer in chain:
                break
            chain.append(outer)
        for of in reversed(chain):
            for name in of.type_parameters:
                yield TypeParameter(name, of.full_name)


def part_by_id(facts: FileFacts, type_id: str | None) -> TypeFacts | None:
    """The type part of this id in a file."""
    return next((t for t in facts.types if t.id == type_id), None)


class FactsIndex:
    """A `SourceIndex` over facts that are all at hand: tests, small folders."""

    def __init__(self, files: Mapping[str, FileFacts], projects: Mapping[str, str]) -> None:
        """`projects`: path of a file → path of its project."""
        self.files = files
        self._projects = projects
        self._types: dict[str, set[str]] = {}
        self._extensions: dict[str, set[str]] = {}
        for path, facts in files.items():
            for part in facts.types:
                self._types.setdefault(part.name, set()).add(path)
                for member in part.members:
                    if member.parameters and "this" in member.parameters[0].modifiers:
                        self._extensions.setdefault(member.name, set()).add(path)

    def facts(self, path: str) -> FileFacts:
        return self.files[path]

    def project_of(self, path: str) -> str:
        return self._projects.get(path, "")

    def paths_declaring(self, type_name: str) -> Iterable[str]:
        return self._types.get(type_name, ())

    def paths_extending(self, method_name: str) -> Iterable[str]:
        return self._extensions.get(method_name, ())

    def paths_deriving(self, type_name: str) -> Iterable[str]:
        return [p for p, f in self.files.items() if any(type_name in base_names(t) for t in f.types)]

    def paths_with_global_usings(self, project: str) -> Iterable[str]:
        return [p for p, f in self.files.items() if self.project_of(p) == project and any(u.is_global for u in f.usings)]

    def namespaces(self) -> Iterable[str]:
        return {t.namespace for f in self.files.values() for t in f.types if t.namespace}

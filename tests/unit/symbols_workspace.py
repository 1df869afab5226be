"""Small C# workspaces for the tests of name resolution."""

from __future__ import annotations

from collections.abc import Mapping

from routewarden.facts.declarations import MemberFacts, TypeFacts
from routewarden.facts.file import extract, parsed_type
from routewarden.facts.syntax_ir import TypeRef
from routewarden.framework.table import load
from routewarden.model.resolver import Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import NamedType, Type
from routewarden.model.workspace_types import FactsIndex, Project, WorkspaceTypes
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText


class Workspace:
    """Sources by path; `projects` by path, and the project of each file by the first folder of its path ("" for a bare name)."""

    def __init__(self, sources: Mapping[str, str], *projects: Project) -> None:
        files = {path: extract(parse(SourceText.from_str(text))).facts for path, text in sources.items()}
        owners = {path: path.split("/")[0] if "/" in path else "" for path in files}
        self.index = FactsIndex(files, owners)
        self.types = WorkspaceTypes(self.index, {p.path: p for p in projects})
        self.resolver = Resolver(self.types, load())

    def part(self, type_id: str) -> tuple[str, TypeFacts]:
        return next((path, t) for path, f in self.index.files.items() for t in f.types if t.id == type_id)

    def member(self, type_id: str, name: str) -> MemberFacts:
        return next(m for m in self.part(type_id)[1].members if m.name == name)

    def scope(self, type_id: str, member: str | None = None) -> Scope:
        path, part = self.part(type_id)
        return self.resolver.scope(path, part, self.member(type_id, member) if member else None)

    def resolve(self, text: str, inside: str, member: str | None = None) -> Type | None:
        """The type that `text` names in the body of the type `inside`."""
        ref = parsed_type(text)
        assert ref is not None, text
        return self.resolver.resolve_type(ref, self.scope(inside, member))

    def name(self, text: str, inside: str, member: str | None = None) -> str | None:
        """The full name of a resolved named type."""
        found = self.resolve(text, inside, member)
        return found.full_name if isinstance(found, NamedType) else None

    def attribute(self, name: str, on: str) -> str | None:
        """The full name of the attribute class that `[name]` on a type is."""
        found = self.resolver.resolve_attribute(TypeRef(name), self.scope(on))
        return found.full_name if found is not None else None

    def type(self, full_name: str) -> NamedType:
        """A type of the workspace, with its own type parameters."""
        symbol = self.types.all(full_name)[0]
        return NamedType(symbol, symbol.type_parameters)

"""Where a name stands: the namespaces, usings, types and type parameters around it.

Invariant: a scope is data; looking a name up in it is the business of `model.resolver`. `levels` go from the innermost namespace
outwards, one a namespace ("A.B", "A", ""), each with the usings written in a declaration of exactly that namespace; the last is
the compilation unit, whose usings are joined by the global ones of the project.
https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/namespaces#145-using-directives
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from routewarden.facts.declarations import FileFacts, MemberFacts, TypeFacts, UsingDirective
from routewarden.model.workspace_types import TypeParameter, WorkspaceType, WorkspaceTypes


@dataclass(frozen=True, slots=True, eq=False)
class UsingScope:
    """The usings of one namespace declaration or of the compilation unit; `shared`: the project's global ones (unit only)."""

    namespace: str
    usings: tuple[UsingDirective, ...] = ()
    shared: UsingScope | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """`enclosing` has the innermost type first; `type_parameters` are those of a method, or of a type whose header this is."""

    path: str
    project: str
    levels: tuple[UsingScope, ...]
    enclosing: tuple[WorkspaceType, ...] = ()
    type_parameters: tuple[TypeParameter, ...] = ()


def project_usings(types: WorkspaceTypes, project: str) -> UsingScope:
    """What every file of a project imports: `global using` directives of its files, then those of the project file and SDK."""
    usings = [
        directive
        for path in sorted(set(types.index.paths_with_global_usings(project)))
        for directive in types.index.facts(path).usings
        if directive.is_global
    ]
    if project in types.projects:
        usings += types.projects[project].usings
    return UsingScope("", tuple(dict.fromkeys(usings)))


def using_levels(facts: FileFacts, namespace: str, shared: UsingScope) -> tuple[UsingScope, ...]:
    """The levels seen from inside `namespace` in a file."""
    levels: list[UsingScope] = []
    while namespace:
        levels.append(UsingScope(namespace, _written_in(facts.usings, namespace)))
        namespace = namespace.rpartition(".")[0]
    return (*levels, UsingScope("", _written_in(facts.usings, ""), shared))


def _written_in(usings: Iterable[UsingDirective], namespace: str) -> tuple[UsingDirective, ...]:
    return tuple(u for u in usings if u.namespace == namespace and not u.is_global)


def body_scope(scope: Scope, types: tuple[WorkspaceType, ...], member: MemberFacts | None = None) -> Scope:
    """Inside the body of the first of `types`, in a member if one is given; `scope` is that of the file and namespace."""
    parameters = tuple(TypeParameter(name, member.id) for name in member.type_parameters) if member is not None else ()
    return Scope(scope.path, scope.project, scope.levels, types, parameters)


def header_scope(scope: Scope, types: tuple[WorkspaceType, ...], part: TypeFacts) -> Scope:
    """The scope of a type's bases and constraints: its type parameters, but not what is nested in it.

    Attributes of a type do see its members and nested types (measured: `[Obsolete(Text)] class C { const string Text = ""; }`
    compiles, `class C : Base, INested { interface INested; }` does not).
    https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/basic-concepts#77-scopes
    """
    parameters = tuple(TypeParameter(name, part.full_name) for name in part.type_parameters)
    return Scope(scope.path, scope.project, scope.levels, types[1:], parameters)

"""References to members of workspace types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site

if TYPE_CHECKING:
    from routewarden.facts.declarations import MemberFacts
    from routewarden.facts.syntax_ir import Parameter
    from routewarden.model.workspace_types import WorkspaceType


@dataclass(frozen=True, slots=True, eq=False)
class MethodRef:
    """A method or constructor of a workspace type, in the file at `path`."""

    type: WorkspaceType
    path: str
    facts: MemberFacts

    @property
    def type_name(self) -> str:
        return self.type.full_name

    @property
    def site(self) -> Site:
        return Site(self.path, self.facts.id)

    @property
    def is_extension(self) -> bool:
        return bool(self.facts.parameters) and "this" in self.facts.parameters[0].modifiers


@dataclass(frozen=True, slots=True, eq=False)
class DataRef:
    """A field, property, event or enum member; or, where `facts` is None, a primary constructor's parameter."""

    type: WorkspaceType
    path: str
    facts: MemberFacts | None
    parameter: Parameter | None = None

    @property
    def type_name(self) -> str:
        return self.type.full_name

    @property
    def name(self) -> str:
        if self.facts is not None:
            return self.facts.name
        return self.parameter.name if self.parameter is not None else ""

"""What makes an entity one that belongs to somebody: its members, its relations, the interfaces that it implements.

Invariant: only declarations are read; what other code does with an entity (compares its member with the caller) is added by `engine`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from routewarden.model.member_lookup import WorkspaceMember, member_type
from routewarden.model.ownership.endpoint_objects import Owner
from routewarden.model.symbols import NamedType, Type
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.operations.static_types import Typing

_WHO = (
    r"(?:Application|App|Identity|Asp|Net|Created|Creator|Owning|Owner|Requesting|Submitted|Assigned|Booked|Uploaded|Recorded|Posted|Policy|Account)*"
    r"(?:User|Owner|Author|Customer|Client|Member|Account|Tenant|Organi[sz]ation|Company|Employee|Holder|Patient|Student|Seller|Buyer|Subscriber|Guest|"
    r"Traveller|Traveler|Reader|Player|Driver|Payer|Renter|Requester|Requestor|Applicant|Borrower|Learner|Participant|Recipient|Sender|Submitter|"
    r"Uploader|Worker|Workspace|Household|Shopper|Donor|Resident|Landlord|Host|Merchant|Vendor|Creator)"
)
_MEMBER = re.compile(
    rf"^{_WHO}(?:Id|Guid|Key|Uid|Sub|UserId)$|^(?:Owner|Author|User|Customer|Creator|OwnedBy|CreatedBy(?:User|Id|UserId)?)$"
)
_AUDIT = re.compile(r"^(?:LastModifiedBy|ModifiedBy|UpdatedBy|LastUpdatedBy|UpdaterId|LastModifierId|LastModifierUserId|ModifiedById|UpdatedById)$")
_CREATED = re.compile(r"^(?:CreatedBy|CreatorId|CreatedById|CreatorUserId|CreatedByUserId|Creator|CreatedByUser)$")
_INTERFACE = re.compile(
    r"^I.*(?:MultiTenant|Tenant(?:Owned|Entity|Scoped|Specific|Aware)?|Owned|Ownable|OwnedEntity|HasOwner|HasTenant|HasUser|UserOwned|UserScoped|BelongsTo\w*)$"
)
_PERSON = re.compile(
    r"^(?:Application|App|Identity|Site|Web|System|Registered)?(?:User|Account|Customer|Member|Patient|Employee)"
    r"(?:s|Profile|Entity|Record|Account|Data)?$|^(?:User)?Profile$"
)
_RELATIONS = 3  # steps to an owned entity
_IDENTITY_USER = "Microsoft.AspNetCore.Identity.IdentityUser`1"


def columns_of(typing: Typing, entity: NamedType) -> tuple[tuple[str, str], ...]:
    """The scalar members of an entity, with the full names of their types."""
    return tuple((n, t.full_name) for n, t in _properties(typing, entity) if isinstance(t, NamedType) and t.full_name.startswith("System."))


def type_of_path(typing: Typing, entity: NamedType, path: str) -> str:
    """The type of a member, over relations; "" where it is not known."""
    of: Type | None = entity
    for step in path.split("."):
        found = dict(_properties(typing, of)) if isinstance(of, NamedType) else {}
        of = found.get(step)
    return of.full_name if isinstance(of, NamedType) else ""


def owners_of(typing: Typing, entity: Type | None, depth: int = 0, seen: frozenset[str] = frozenset()) -> tuple[Owner, ...]:
    """How declarations tie an entity to somebody; empty where they do not."""
    if not isinstance(entity, NamedType) or entity.full_name in seen:
        return ()
    if typing.is_a(entity, _IDENTITY_USER) or (depth == 0 and _PERSON.match(entity.symbol.name)):
        return (Owner("Id", "self"),)
    if not isinstance(entity.symbol, WorkspaceType):
        return ()
    found: list[Owner] = []
    names = _properties(typing, entity)
    audited = any(_AUDIT.match(n) for n, _ in names)
    for name, _ in names:
        if _MEMBER.match(name) and not (name == "UserName" and depth):
            found.append(Owner(name, "audit" if audited and _CREATED.match(name) else "name"))
    for above in typing.resolver.supertypes(entity).interfaces:
        if _INTERFACE.match(above.symbol.name) and isinstance(above.symbol, WorkspaceType):
            member = next((n for n, _ in _properties(typing, above) if n != "Id"), above.symbol.name)
            if all(o.member != member for o in found):
                found.append(Owner(member, "interface"))
    if found or depth >= _RELATIONS:
        return tuple(found)
    for name, of in names:
        if isinstance(of, NamedType) and isinstance(of.symbol, WorkspaceType) and of.symbol.kind in ("class", "record"):
            for owner in owners_of(typing, of, depth + 1, seen | {entity.full_name})[:1]:
                found.append(Owner(f"{name}.{owner.member}", "audit" if owner.how == "audit" else "relation"))
    if not found:
        found += _by_foreign_key(typing, entity, names, depth, seen)
    return tuple(found)


def _by_foreign_key(
    typing: Typing, entity: NamedType, names: list[tuple[str, Type | None]], depth: int, seen: frozenset[str]
) -> list[Owner]:
    """`TripId` without a navigation: the entity `Trip` of the same project."""
    assert isinstance(entity.symbol, WorkspaceType)
    for name, _ in names:
        if name.endswith("Id") and len(name) > 2:
            for symbols in typing.resolver.types.named(name[:-2]).values():
                for symbol in symbols:
                    if symbol.project == entity.symbol.project and symbol.kind in ("class", "record") and not symbol.type_parameters:
                        for owner in owners_of(typing, NamedType(symbol), depth + 1, seen | {entity.full_name})[:1]:
                            return [Owner(f"{name[:-2]}.{owner.member}", "audit" if owner.how == "audit" else "relation")]
    return []


def _properties(typing: Typing, of: NamedType) -> list[tuple[str, Type | None]]:
    """The properties and fields of an entity, its bases' too, with their types."""
    found: dict[str, Type | None] = {}
    for holder in (of, *typing.resolver.supertypes(of).classes):
        if not isinstance(holder.symbol, WorkspaceType):
            continue
        for path, part in holder.symbol.parts:
            for parameter in part.parameters or ():
                found.setdefault(parameter.name, None)
            for facts in part.members:
                if facts.kind in ("property", "field") and "static" not in facts.modifiers and facts.name not in found:
                    found[facts.name] = member_type(typing.resolver, WorkspaceMember(holder, path, part, facts))
        holder.symbol.members  # noqa: B018 - says that the answer rests on all of them
    return list(found.items())

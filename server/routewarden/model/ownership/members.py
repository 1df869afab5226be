"""What a member of a value is: a column of a row, a field of the client's input, a claim of the caller, a service's property.

Invariant: a property with code is read; one without is what its object was made with, else something of its declared type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routewarden.facts import syntax_ir as ir
from routewarden.model.member_lookup import Member, WorkspaceMember, member_type
from routewarden.model.operations.environment import Env, Routine, closed, owner_as_seen
from routewarden.model.ownership import identity
from routewarden.model.ownership.knowledge import NOTHING, client, member_of
from routewarden.model.ownership.state import State
from routewarden.model.ownership.values import UNKNOWN, Value, blended, caller_value, content
from routewarden.model.symbols import ArrayType, NamedType, Type, is_abstract
from routewarden.model.workspace_types import TypeParameter, WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.ownership.reading import Frame, Reader

_SCALARS = frozenset({
    "System.String", "System.Guid", "System.Int32", "System.Int64", "System.Int16", "System.Object", "System.Boolean", "System.DateTime",
    "System.DateTimeOffset", "System.Decimal", "System.Double", "System.DateOnly", "System.TimeSpan",
})
_SEQUENCES = ("System.Linq.IQueryable`1", "System.Collections.Generic.IEnumerable`1", "System.Collections.Generic.IAsyncEnumerable`1")


def access(reader: Reader, e: ir.Member, frame: Frame, env: Env, state: State) -> Value:
    """`target.name`, not called."""
    meaning = reader.meaning(e.target, env)
    if meaning.is_type or meaning.namespace is not None:
        return of_type(reader, reader.type_of(e, env))
    if isinstance(e.target, ir.Name) and e.target.name == "this" and (known := state.find(f"this.{e.name}")) is not None:
        return known
    target = reader.value(e.target, frame, env, state)
    if target.type is None and meaning.type is not None:
        target = replace(target, type=meaning.type)
    found = of_value(reader, target, e.name, env, state)
    if e.conditional:
        return replace(found, when_true=found.when_true | target.when_true)
    return found


def of_this(reader: Reader, e: ir.Name, frame: Frame, env: Env, state: State) -> Value:
    """A simple name that is no local: a member of the object that runs, or of an enclosing or imported type."""
    known = state.find(f"this.{e.name}")
    if known is not None:
        return known
    meaning = reader.meaning(e, env)
    if meaning.is_type or not meaning.members:
        return of_type(reader, meaning.type) if not meaning.is_type else UNKNOWN
    this = frame.this
    if this is None:
        this = Value("object", env.routine.this)
    first = meaning.members[0]
    if isinstance(first, WorkspaceMember) and first.facts is not None and first.facts.kind == "method":
        return UNKNOWN
    return of_value(reader, this if this.type is not None else replace(this, type=env.routine.this), e.name, env, state, meaning.type)


def of_value(reader: Reader, target: Value, name: str, env: Env, state: State, hint: Type | None = None) -> Value:
    """`target.name`."""
    if name in ("Result", "Value") and _is_wrapper(target.type):
        return target
    if target.kind == "new" and (own := target.member(name)) is not None:
        return own
    if target.kind == "new" and target.term is not None and name in ("Value", "Id", "Key"):
        return replace(target, kind="unknown", members=())
    found = reader.typing.members(target.type, name) if target.type is not None else ()
    of = hint
    if found and of is None:
        of = closed(member_type(reader.typing.resolver, found[0]), env.routine)
    if target.kind == "filter":
        if name == "ActionArguments":
            return Value("arguments", of)
        return Value("request", of) if name == "RouteData" else of_type(reader, of)
    if target.kind == "auth":
        if name == "Succeeded":
            return Value("unknown", when_true=target.when_true, when_false=target.when_false)
        return Value("unknown", when_true=target.when_false, when_false=target.when_true) if name == "Failure" else UNKNOWN
    if target.kind == "principal":
        reader.uses_identity = True
        if identity.is_flag(name):
            return UNKNOWN
        return Value("principal", of) if of is not None and _named(of, identity.is_principal) else caller_value(of)
    if target.kind == "request":
        return _of_request(target, name, of)
    if target.row >= 0:
        return _of_row(reader, target, name, of, found, state)
    if target.kind == "seq":
        if name in ("Count", "Length"):
            return Value("unknown", when_true=target.facts)
        return blended([target], of)
    if target.caller and target.kind != "new":
        return UNKNOWN if of is not None and _full(of) == "System.Boolean" else caller_value(of)
    if target.client and target.kind in ("client", "unknown"):
        return of_type(reader, of) if _is_service(of) or queried(reader, of) is not None else _of_client(target, name, of)
    if of is not None and _named(of, identity.is_principal):
        reader.uses_identity = True
        return Value("principal", of)
    if of is not None and _named(of, identity.is_request):
        return Value("request", of)
    if isinstance(target.type, NamedType):
        context = identity.is_context(target.type.full_name)
        if context and name in ("Items", "Session"):
            return Value("object", of, caller=True)
        return _of_object(reader, target, name, of, found, env, state)
    return replace(blended([target], of), type=of)


def _of_row(reader: Reader, target: Value, name: str, of: Type | None, found: tuple[Member, ...], state: State) -> Value:
    path = f"{target.path}.{name}" if target.path else name
    code = _getter(reader, target, found)
    if code is not None and reader.depth < 6:
        return _read(reader, code, target, state)
    element = reader.typing.element(of) if of is not None and _full(of) not in ("System.String",) else None
    if isinstance(element, NamedType) and _is_class(element):
        row = reader.new_row(element, reader.rows[target.row].site)
        # The row is there, or it would have no members: what it was asked for with holds.
        facts = frozenset({("part", row, target.row)}) | reader.rows[target.row].facts
        reader.know(row, facts)
        return Value("seq", of, element=row_value(reader, row, element), rows=frozenset({target.row}), facts=facts)
    if isinstance(of, NamedType) and _is_class(of):
        return Value("row", of, rows=frozenset({target.row}), row=target.row, path=path)
    shape = target.type.full_name if isinstance(target.type, NamedType) else ""
    return Value("column", of, member_of(target.row, path, shape), frozenset({target.row}), can_be_false=True)


def row_value(reader: Reader, row: int, of: Type | None) -> Value:
    """A row; it being there says what it was asked for with."""
    return Value("row", of, rows=frozenset({row}), row=row)


def _of_client(target: Value, name: str, of: Type | None) -> Value:
    names = frozenset(f"{n}.{name}" for n in target.client)
    term = client(next(iter(sorted(names)))) if len(names) == 1 else None
    return Value("client", of, term, target.rows, names)


def _of_request(target: Value, name: str, of: Type | None) -> Value:
    if of is not None and _named(of, identity.is_request):
        return Value("request", of, text=name)
    return Value("client", of, client(f"request.{name}"), client=frozenset({f"request.{name}"}))


def _of_object(reader: Reader, target: Value, name: str, of: Type | None, found: tuple[Member, ...], env: Env, state: State) -> Value:
    """A property or field of a service, controller or the like."""
    assert isinstance(target.type, NamedType)
    read: list[Value] = []
    if reader.depth < 8:
        for code, this in _getters(reader, target.type, found, name):
            read.append(_read(reader, code, replace(target, type=this), state))
    if read:
        value = read[0] if len(read) == 1 else blended(read, of)
        if value.kind not in ("unknown", "object") or value.caller or value.client or value.term is not None:
            return value
    simple = target.type.symbol.name
    if identity.knows_caller(simple) and identity.names_caller(name) and not _is_service(of):
        reader.uses_identity = True
        return caller_value(of)
    return of_type(reader, of, name)


def _getters(reader: Reader, of: NamedType, found: tuple[Member, ...], name: str) -> Iterator[tuple[Routine, NamedType]]:
    """The code of a property, in the class itself or in those that implement the interface."""
    if not found or not isinstance(found[0], WorkspaceMember):
        return
    classes = reader.dispatch.implementations(of) if is_abstract(of.symbol) else (of,)
    for implementation in classes[:3]:
        for member in reader.typing.members(implementation, name):
            if isinstance(member, WorkspaceMember) and member.facts is not None and member.facts.kind == "property":
                routine = _routine(reader, member, implementation)
                if routine is not None:
                    yield routine, implementation
                break


def _routine(reader: Reader, member: WorkspaceMember, this: NamedType) -> Routine | None:
    facts = member.facts
    assert facts is not None
    body = facts.body or next((b for kind, b in facts.accessors if kind == "get"), None)
    if body is None:
        if facts.initializer is None or any(kind == "set" for kind, _ in facts.accessors) or isinstance(facts.initializer, ir.Literal):
            return None
        return Routine(member.path, f"{facts.id}:=", member.declaring, this, (), facts)
    owner = member.declaring
    if isinstance(owner.symbol, WorkspaceType):
        owner = owner_as_seen(reader.typing.resolver, owner.symbol, this)
    return Routine(member.path, body, owner, this, (), facts)


def _getter(reader: Reader, target: Value, found: tuple[Member, ...]) -> Routine | None:
    first = found[0] if found else None
    if not isinstance(first, WorkspaceMember) or first.facts is None or first.facts.kind != "property" or not isinstance(target.type, NamedType):
        return None
    routine = _routine(reader, first, target.type)
    return routine if routine is not None and not routine.body.endswith(":=") else None


def _read(reader: Reader, routine: Routine, this: Value, state: State) -> Value:
    from routewarden.model.operations.environment import enter

    key = (routine.path, routine.body)
    if key in reader.active:
        return UNKNOWN
    reader.active.append(key)
    reader.depth += 1
    try:
        if routine.body.endswith(":="):
            from routewarden.model.ownership.reading import Frame

            env = enter(reader.typing.resolver, routine)
            assert routine.member is not None
            assert routine.member.initializer is not None
            return reader.value(routine.member.initializer, Frame(env, [], this), env, State({}, state.facts))
        return reader.run(routine, {}, this, state)
    finally:
        reader.depth -= 1
        reader.active.pop()


def of_type(reader: Reader, of: Type | None, name: str = "") -> Value:
    """A value of which nothing but its type is known: an injected service, a set of entities, the caller's principal."""
    if of is None:
        return UNKNOWN
    if _named(of, identity.is_principal):
        reader.uses_identity = True
        return Value("principal", of)
    if _named(of, identity.is_request):
        return Value("request", of)
    element = queried(reader, of)
    if element is not None:
        return rows_of(reader, of, element)
    return Value("object", of)


def queried(reader: Reader, of: Type | None) -> NamedType | None:
    """The entity of a set or query over a database."""
    if not isinstance(of, NamedType):
        return None
    for candidate in (of, *reader.typing.resolver.supertypes(of).all):
        if candidate.full_name in ("System.Linq.IQueryable`1", "MongoDB.Driver.IMongoCollection`1", "Microsoft.EntityFrameworkCore.DbSet`1"):
            element = candidate.arguments[0] if candidate.arguments else None
            return element if isinstance(element, NamedType) else None
    return None


def rows_of(reader: Reader, of: Type | None, element: NamedType) -> Value:
    """All rows of an entity, as far as query filters let them through."""
    row = reader.new_row(element, None)
    reader.rows[row] = replace(reader.rows[row], queried=True)
    return Value("seq", of, element=row_value(reader, row, element), filters=_filtered(reader, element, row), text="set")


def _filtered(reader: Reader, element: NamedType, row: int) -> frozenset[tuple[object, ...]]:
    from routewarden.model.ownership.knowledge import renamed

    return renamed(reader.filters(element, reader), {-1: row})


def indexed(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    """`target[arguments]`."""
    target = reader.value(e.target, frame, env, state)
    given = [reader.value(a.value, frame, env, state) for a in e.arguments]
    of = reader.type_of(e, env)
    if target.kind == "request":
        key = given[0].text if given and given[0].text else "?"
        return Value("client", of, client(key.lower()), client=frozenset({key.lower()}))
    if target.kind == "arguments":
        key = (given[0].text or "?").lower() if given else "?"
        return Value("client", of, client(key), client=frozenset({key}))
    if target.kind == "seq" and target.element is not None:
        from routewarden.model.ownership import sequences

        return sequences.element_of(reader, target, of)
    if target.caller or target.kind == "principal":
        return caller_value(of)
    return blended([target, *given], of)


def _is_wrapper(of: Type | None) -> bool:
    return isinstance(of, NamedType) and of.full_name in ("System.Threading.Tasks.Task`1", "System.Threading.Tasks.ValueTask`1", "System.Nullable`1")


def _is_class(of: NamedType) -> bool:
    return of.full_name not in _SCALARS and of.symbol.kind in ("class", "record", "abstract class") and (
        isinstance(of.symbol, WorkspaceType) or of.full_name.startswith("Microsoft.AspNetCore.Identity.")
    )


def is_scalar(of: Type | None) -> bool:
    return isinstance(of, NamedType) and (of.full_name in _SCALARS or of.symbol.kind in ("enum", "struct", "record struct"))


def _is_service(of: Type | None) -> bool:
    return isinstance(of, NamedType) and of.symbol.kind == "interface" and not of.full_name.startswith("System.Collections.")


def _full(of: Type) -> str:
    return of.full_name if isinstance(of, NamedType) else of.name if isinstance(of, TypeParameter) else "[]" if isinstance(of, ArrayType) else ""


def _named(of: Type, test: Any) -> bool:
    return isinstance(of, NamedType) and bool(test(of.full_name))


__all__ = ["NOTHING", "access", "content", "of_type", "of_value"]

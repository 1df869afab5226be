"""What calls do: to workspace code (read in its turn), to the framework and libraries (by what they mean), and to what is not in sight.

Invariant: a call that cannot be followed passes its arguments' content on; one that got both the caller and a row is assumed to be a check of the
one against the other, and said (`Reader.assumed`), so that no finding rests on code that nobody read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model.member_lookup import FrameworkMember, WorkspaceMember
from routewarden.model.operations.dispatch import Virtual
from routewarden.model.operations.environment import Binding, Env, Routine, written_type
from routewarden.model.operations.invocations import Invocation
from routewarden.model.operations.signatures import delegate_shape, parameter_of
from routewarden.model.ownership import entities, identity, members, sequences
from routewarden.model.ownership.endpoint_objects import CallerCode
from routewarden.model.ownership.knowledge import CALLER, NOTHING, PRIVILEGED, Fact, Facts, client, equal, meet, member_of
from routewarden.model.ownership.state import State, joined
from routewarden.model.ownership.values import NULL, UNKNOWN, Value, blended, caller_value, content, inputs, renamed
from routewarden.model.symbols import ArrayType, NamedType, Type, is_abstract
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.facts.sites import Site
    from routewarden.model.ownership.reading import Frame, Reader

_SENDS = frozenset({
    "Send", "SendAsync", "Publish", "PublishAsync", "InvokeAsync", "Invoke", "ExecuteAsync", "Execute", "Dispatch", "DispatchAsync", "Query",
    "QueryAsync",
    "ExecuteCommandAsync", "ExecuteQueryAsync", "Handle", "HandleAsync", "Raise", "RaiseAsync", "Request", "GetResponse", "Command", "SendCommand",
})
_SAME = frozenset({"ConfigureAwait", "AsTask", "GetAwaiter", "GetResult", "WaitAsync", "ToString", "Trim", "ToLower", "ToLowerInvariant", "ToUpper",
                   "ToUpperInvariant", "GetValueOrDefault", "AsSplitQuery", "ToGuid", "Preserve"})
_FROM_ARGUMENT = frozenset({"Parse", "FromResult", "ToInt32", "ToInt64", "ToString", "ParseExact", "ChangeType", "FromHexString", "Create"})
_SAVES = ("SaveChanges", "SaveEntities", "Commit", "Complete", "SaveAsync", "Flush")
_ROLE_TESTS = frozenset({"IsInRole", "IsInRoleAsync"})
_WRITES = {"remove": "delete", "delete": "delete", "destroy": "delete", "update": "update", "replace": "update", "save": "update", "store": "update",
           "upsert": "update", "attach": "update", "modify": "update", "put": "update"}
_DEPTH = 8
_MOST = 3  # implementations that are read


def call(reader: Reader, e: ir.Call, frame: Frame, env: Env, state: State) -> Value:
    """The value of a call, and what it does to the state."""
    invocation = reader.invocation(e, env)
    site = reader.site(env, e.node)
    target = _target(reader, e, invocation, frame, env, state)
    conditional = isinstance(e.function, ir.Member) and e.function.conditional
    arguments = [_argument(reader, a, at, e, invocation, frame, env, state) for at, a in enumerate(e.arguments)]
    if state.dead:
        return UNKNOWN
    before = len(reader.rows)
    value = _called(reader, e, invocation, target, arguments, frame, env, state, site)
    if len(reader.rows) > before:
        _asked_here(reader, before, site, env, state)
    for argument in e.arguments:  # `out var x`
        if argument.modifier == "out" and isinstance(argument.value, ir.Declaration):
            _given_out(reader, argument.value, [*([target] if target is not None else []), *arguments], env, state)
    if value.type is None and invocation.returns is not None:
        value = replace(value, type=reader.typing.awaited(invocation.returns))
    if conditional and target is not None:
        value = replace(value, when_true=value.when_true | target.when_true)
    return value


def _asked_here(reader: Reader, first: int, site: Site | None, env: Env, state: State) -> None:
    """The rows that this call asked for know who can be told there to be the caller."""
    callers: dict[str, CallerCode] = {}
    at: State | None = state
    while at is not None:
        for name, value in at.names.items():
            if value.caller and value.kind != "function" and "." not in name and name not in callers:
                binding = env.find(name)
                of = value.type or (binding.type if binding is not None else None)
                if members.is_scalar(of) and isinstance(of, NamedType):
                    callers[name] = CallerCode(name, of.full_name)
        at = at.outer
    for number in range(first, len(reader.rows)):
        row = reader.rows[number]
        if row.site == site and row.routine is None:
            reader.rows[number] = replace(row, callers=tuple(callers.values()), routine=env.routine)


def _given_out(reader: Reader, declared: ir.Declaration, parts: list[Value], env: Env, state: State) -> None:
    """`out var x`: made of what goes in."""
    of = declared.type
    knows = any(p.caller or p.kind == "principal" for p in parts)
    for name in declared.names:
        state.names[name] = caller_value() if knows else blended(parts)
        env.bind(name, Binding("local", lambda: written_type(reader.typing.resolver, of, env)))


def _target(reader: Reader, e: ir.Call, invocation: Invocation, frame: Frame, env: Env, state: State) -> Value | None:
    """The object that a method is called on; None for static calls and calls by a simple name."""
    if not isinstance(e.function, ir.Member):
        return None
    meaning = reader.meaning(e.function.target, env)
    if meaning.is_type or meaning.namespace is not None:
        return None
    value = reader.value(e.function.target, frame, env, state)
    return replace(value, type=meaning.type) if value.type is None and meaning.type is not None else value


def _argument(
    reader: Reader, argument: ir.Argument, at: int, e: ir.Call, invocation: Invocation, frame: Frame, env: Env, state: State
) -> Value:
    value = argument.value
    if isinstance(value, ir.Declaration):
        return UNKNOWN
    found = reader.value(value, frame, env, state)
    if found.kind == "function" and found.type is None and invocation.signature is not None:
        formal = invocation.parameter(e.arguments, at)
        return replace(found, type=formal.type if formal is not None else None)
    return found


def _called(
    reader: Reader, e: ir.Call, invocation: Invocation, target: Value | None, arguments: list[Value], frame: Frame, env: Env, state: State,
    site: Site | None,
) -> Value:
    name = invocation.name or (e.function.name if isinstance(e.function, (ir.Name, ir.Member)) else "")
    returns = reader.typing.awaited(invocation.returns)
    if isinstance(e.function, ir.Name):
        held = state.find(e.function.name)
        if held is not None and held.kind == "function" and held.function is not None:
            return _run_function(reader, held, arguments, state)
        if held is not None and held.kind == "next":
            reader.on_next.append(state.copy())
            return UNKNOWN
    if target is not None and target.kind == "function" and name == "Invoke":
        return _run_function(reader, target, arguments, state)
    if target is not None and target.kind == "next":
        reader.on_next.append(state.copy())
        return UNKNOWN
    special = _special(reader, name, invocation, target, arguments, returns, state, site)
    if special is not None:
        return special
    if name in _SENDS:
        handled = _handled(reader, arguments, state, site)
        if handled is not None:
            return handled
    routines = _routines(reader, invocation, target, frame, env)
    if routines and reader.depth < _DEPTH:
        return _read(reader, e, invocation, routines, target, arguments, frame, state, site)
    if routines:
        reader.gaps.setdefault(f"`{name}` is more than {_DEPTH} calls away", site)
    return _unknown(reader, name, invocation, target, arguments, returns, state, site)


def _run_function(reader: Reader, function: Value, arguments: Sequence[Value], state: State) -> Value:
    assert function.function is not None
    key = ("function", function.function.code.body)
    if key in reader.active:
        return UNKNOWN
    reader.active.append(key)
    try:
        return reader.run_function(function.function, arguments, [a.type for a in arguments], state)
    finally:
        reader.active.pop()


# --- the framework and libraries ---------------------------------------------------------------------------------------------


def _special(
    reader: Reader, name: str, invocation: Invocation, target: Value | None, arguments: list[Value], returns: Type | None, state: State,
    site: Site | None,
) -> Value | None:
    base = name.removesuffix("Async")
    if target is None and arguments and invocation.reduced is False and _is_extension(invocation):
        target, arguments = arguments[0], arguments[1:]
    framework = not isinstance(invocation.method, WorkspaceMember)
    if name == "Succeed" and target is not None and _knows(target.type, "AuthorizationHandlerContext"):
        reader.on_succeed.append(state.facts)
        return UNKNOWN
    if target is not None and target.kind == "principal" and framework:
        reader.uses_identity = True
        if name in _ROLE_TESTS or name == "HasClaim":
            return Value("unknown", when_true=frozenset({PRIVILEGED}) if name in _ROLE_TESTS else NOTHING)
        return Value("principal", returns) if _is_principal(returns) else caller_value(returns)
    if name in _ROLE_TESTS:
        return Value("unknown", when_true=frozenset({PRIVILEGED}))
    if name == "AuthorizeAsync" and (target is None or _knows(target.type, "IAuthorizationService")):
        return _authorized(reader, arguments, state)
    if name == "Equals":
        from routewarden.model.ownership.reading import compared

        pair = [target, *arguments] if target is not None else arguments
        values = [v for v in pair if v is not None][:2]
        return compared(reader, values[0], values[1], state) if len(values) == 2 else UNKNOWN
    if framework and target is not None and name in _SAME and not (name == "ToString" and target.kind in ("object", "new")):
        return target
    if framework and target is None and name in _FROM_ARGUMENT and arguments:
        return arguments[0]
    if framework and name in ("TryParse", "TryGetValue", "TryParseExact"):
        return UNKNOWN
    if framework and target is not None and target.kind == "request":
        key = next((a.text for a in arguments if a.text), "?").lower()
        return Value("client", returns, client(key), client=frozenset({key}))
    if framework and name in ("GetRouteValue", "GetArgument", "GetRouteData") and target is not None:
        return _request_value(name, target, arguments, returns)
    if framework and name in ("GetRequiredService", "GetService", "GetRequiredKeyedService", "CreateInstance"):
        return members.of_type(reader, returns)
    if framework and name in ("WhenAll", "WhenAny"):
        return blended(arguments)
    if name in ("IsNullOrEmpty", "IsNullOrWhiteSpace") and arguments:
        return Value("unknown", when_true=arguments[0].when_false, when_false=arguments[0].when_true)
    if target is not None and framework and (target.kind == "seq" or ((target.caller or target.kind == "client") and _takes_element(invocation))):
        found = sequences.call(reader, name, target, arguments, returns, state, site)
        if found is not None:
            return found
    if target is not None and target.kind == "seq" and base in sequences._WRITES:
        return _stored(reader, sequences._WRITES[base], arguments, target, state, site)
    if framework and _is_context(target, reader):
        if base == "Set":
            return members.of_type(reader, returns)
        if base in ("Find",) and arguments:
            element = returns if isinstance(returns, NamedType) else None
            if element is not None:
                return sequences.call(reader, "Find", members.rows_of(reader, None, element), arguments, returns, state, site)
        if base in ("Remove", "RemoveRange", "Update", "UpdateRange", "Attach", "Add", "AddRange"):
            return _stored(reader, sequences._WRITES[base], arguments, target, state, site)
        if base == "Entry" and arguments:
            return replace(arguments[0], kind="entry")
    unread = not isinstance(invocation.method, WorkspaceMember) or invocation.method.facts is None or invocation.method.facts.body is None
    if name.startswith(_SAVES) and unread and not (target is not None and target.row >= 0):
        reader.save(state)
        return UNKNOWN
    return None


def _takes_element(invocation: Invocation) -> bool:
    return isinstance(invocation.method, FrameworkMember) and invocation.method.declaring.full_name in (
        "System.Linq.Enumerable", "System.Linq.Queryable", "System.Collections.Generic.List`1", "System.Collections.Generic.ICollection`1",
        "System.Collections.Generic.HashSet`1", "System.Linq.AsyncEnumerable",
    )


def _is_extension(invocation: Invocation) -> bool:
    return invocation.signature is not None and invocation.signature.is_extension


def _is_principal(of: Type | None) -> bool:
    return isinstance(of, NamedType) and identity.is_principal(of.full_name)


def _knows(of: Type | None, simple: str) -> bool:
    return isinstance(of, NamedType) and of.symbol.name == simple


def _is_context(target: Value | None, reader: Reader) -> bool:
    return target is not None and target.kind == "object" and reader.typing.is_a(target.type, "Microsoft.EntityFrameworkCore.DbContext")


def _request_value(name: str, target: Value, arguments: Sequence[Value], returns: Type | None) -> Value:
    if name == "GetRouteData":
        return Value("request", returns)
    if name == "GetArgument":
        number = target.member(f"#{arguments[0].text}") if arguments and arguments[0].text else None
        return number if number is not None else Value("client", returns, client("?"), client=frozenset({"?"}))
    key = next((a.text for a in arguments if a.text), "?").lower()
    return Value("client", returns, client(key), client=frozenset({key}))


def _authorized(reader: Reader, arguments: Sequence[Value], state: State) -> Value:
    """`AuthorizeAsync(user, resource, policy)`: what its success says of the resource."""
    resource = next((a for a in arguments[1:] if a.row >= 0 or a.kind == "new" or a.rows), None)
    policy = next((a.text for a in arguments[1:] if a.text is not None), None)
    reader.uses_identity = True
    if resource is None:
        # A policy without a resource is about the caller alone; a resource that is an id of the client's is about that id.
        ids = [a for a in arguments[1:] if a.client]
        return Value("auth", when_true=frozenset(f for a in ids for n in a.client for f in equal(client(n), CALLER)))
    if resource.row < 0:
        return Value("auth", when_true=frozenset(("tie", row) for row in content(resource)))
    known = reader.policy(policy, resource)
    return Value("auth", when_true=known)


def _stored(reader: Reader, kind: str, arguments: Sequence[Value], target: Value | None, state: State, site: Site | None) -> Value:
    """Rows that are handed to a set or context to be removed, updated or added."""
    for value in arguments:
        one = value.element if value.kind == "seq" and value.element is not None else value
        if value.kind == "seq" and one.row >= 0:
            reader.know(one.row, value.facts | value.filters)
        if kind == "insert":
            _inserted(reader, one, state, site)
            continue
        if one.row >= 0:
            reader.changed(one.row, kind, state, site)
        elif one.kind in ("client", "new") and isinstance(one.type, NamedType) and isinstance(one.type.symbol, WorkspaceType):
            row = _of_client_object(reader, one, site)
            if row is not None:
                reader.changed(row, kind, state, site)
    return arguments[0] if arguments else UNKNOWN


def _of_client_object(reader: Reader, value: Value, site: Site | None) -> int | None:
    """The row that an object stands for which the client sent, or which was made with the client's id."""
    of = value.type
    shape = of.full_name if isinstance(of, NamedType) else ""
    new = len(reader.rows)
    facts: Facts = NOTHING
    if value.kind == "client":
        facts = equal(member_of(new, "Id", shape), client(f"{min(value.client)}.Id"))
    else:
        from routewarden.model.ownership.reading import term_of

        for name, member in value.members:
            if name.lower().endswith("id"):
                facts |= equal(member_of(new, name, shape), term_of(member))
    if not facts:
        return None
    reader.new_row(of, site, facts)
    return new


def _inserted(reader: Reader, value: Value, state: State, site: Site | None) -> None:
    """A new object that hangs on a row; one that is the caller's own (a comment, a favourite) changes nothing of the row."""
    if any(m.caller or (m.row >= 0 and reader.tied(m.row, state.facts)) for _, m in value.members):
        return
    if any(o.how == "name" for o in entities.owners_of(reader.typing, value.type)):
        return  # it has an owner of its own, and refers to the row
    for name, member in value.members:
        if member.row >= 0 and not member.path:
            reader.changed(member.row, "insert", state, site)
        elif member.term is not None and member.term[0] == "field" and name.lower().endswith("id"):
            path = str(member.term[2]).lower()
            if path == "id":
                reader.changed(int(str(member.term[1])), "insert", state, site)


def written(reader: Reader, owner: Value, name: str, value: Value, state: State, site: Site | None) -> None:
    """`owner.name = value`."""
    if owner.kind == "filter":
        state.dead = state.dead or name == "Result"  # the request is answered here
        return
    if owner.kind == "entry" or (name == "State" and owner.row >= 0):
        row = owner.row
        if row < 0:
            made = _of_client_object(reader, owner, site) if owner.kind in ("client", "new") else None
            row = made if made is not None else -1
        reader.changed(row, "delete" if value.text == "Deleted" else "update", state, site)
    elif owner.row >= 0:
        reader.changed(owner.row, "update", state, site)
    elif owner.kind == "new" and value.caller:
        reader.tells(owner.type, name, site, value.type)


# --- workspace code ----------------------------------------------------------------------------------------------------------


def _handled(reader: Reader, arguments: Sequence[Value], state: State, site: Site | None) -> Value | None:
    """A request or event goes to the classes that are made for it."""
    for value in arguments:
        if not isinstance(value.type, NamedType) or not isinstance(value.type.symbol, WorkspaceType):
            continue
        if value.kind not in ("new", "client", "unknown", "object"):
            continue
        routines = reader.dispatch.handlers(value.type)
        if not routines or reader.depth >= _DEPTH:
            continue
        results: list[tuple[Value, State]] = []
        for behaviour in reader.around(value.type):
            state.facts |= _before(reader, behaviour, value, state)
        for routine in routines[:_MOST]:
            inner = state.copy()
            parameters = routine.member.parameters if routine.member is not None else ()
            first = parameters[0].name if parameters else ""
            results.append((_entered(reader, routine, {first: value}, Value("object", routine.this), inner, site), inner))
        return _both(results, state)
    return None


def _before(reader: Reader, behaviour: Routine, request: Value, state: State) -> Facts:
    """What a pipeline behaviour knows where it goes on to the handler."""
    names: dict[str, Value] = {}
    for at, parameter in enumerate(behaviour.member.parameters if behaviour.member is not None else ()):
        names[parameter.name] = request if at == 0 else Value("next") if at == 1 else UNKNOWN
    outer, reader.on_next = reader.on_next, []
    try:
        _entered(reader, behaviour, names, Value("object", behaviour.this), state.copy(), None)
        found = [s.facts for s in reader.on_next]
    finally:
        reader.on_next = outer
    known = found[0] if found else NOTHING
    for other in found[1:]:
        known = meet(known, other)
    return known


def _both(results: list[tuple[Value, State]], state: State) -> Value:
    from routewarden.model.ownership.reading import Exit, _value_of

    live = [(v, s) for v, s in results if not s.dead]
    if not live:
        state.dead = True
        return UNKNOWN
    before = state.facts
    after = live[0][1]
    for _, other in live[1:]:
        after = joined(after, other)
    state.facts, state.pending = after.facts, after.pending
    return live[0][0] if len(live) == 1 else _value_of([Exit(v, s) for v, s in live], before)


def _entered(reader: Reader, routine: Routine, names: dict[str, Value], this: Value | None, state: State, site: Site | None) -> Value:
    key = (routine.path, routine.body)
    if key in reader.active:
        return UNKNOWN
    reader.active.append(key)
    reader.depth += 1
    if site is not None:
        reader.trail.append(site)
    try:
        return reader.run(routine, names, this, state)
    finally:
        if site is not None:
            reader.trail.pop()
        reader.depth -= 1
        reader.active.pop()


def _routines(reader: Reader, invocation: Invocation, target: Value | None, frame: Frame, env: Env) -> tuple[Routine, ...]:
    """The workspace bodies that a call may run."""
    member = invocation.method
    if not isinstance(member, WorkspaceMember) or member.facts is None or invocation.signature is None:
        return ()
    if invocation.signature.is_static or invocation.reduced:
        routine = reader.dispatch.routine(member, None, invocation.bindings)
        return (routine,) if routine is not None else ()
    if invocation.on_base:
        routine = reader.dispatch.routine(member, env.routine.this, invocation.bindings)
        return (routine,) if routine is not None else ()
    receiver = invocation.receiver
    if target is None or invocation.on_this:
        this = frame.this.type if frame.this is not None and isinstance(frame.this.type, NamedType) else env.routine.this
        receiver = this if isinstance(this, NamedType) else receiver
    elif isinstance(target.type, NamedType):
        receiver = target.type
    if not isinstance(receiver, NamedType):
        routine = reader.dispatch.routine(member, None, invocation.bindings)
        return (routine,) if routine is not None else ()
    virtual = Virtual(member, receiver, not is_abstract(receiver.symbol) and (target is None or target.kind == "new"), invocation.bindings)
    return reader.dispatch.bodies(virtual)[: _MOST + 1]


def _read(
    reader: Reader, e: ir.Call, invocation: Invocation, routines: Sequence[Routine], target: Value | None, arguments: list[Value], frame: Frame,
    state: State, site: Site | None,
) -> Value:
    if len(routines) > _MOST:
        return _unknown(reader, invocation.name, invocation, target, arguments, reader.typing.awaited(invocation.returns), state, site)
    results: list[tuple[Value, State]] = []
    for routine in routines:
        inner = state.copy()
        names = _bound(reader, e, invocation, routine, target, arguments)
        on_itself = isinstance(e.function, ir.Member) and isinstance(e.function.target, ir.Name) and e.function.target.name in ("this", "base")
        if invocation.signature is not None and invocation.signature.is_static:
            this: Value | None = None
        elif target is not None and not on_itself:
            this = target if target.row >= 0 or target.kind == "new" or target.caller or target.client else Value("object", routine.this)
        else:
            this = frame.this or Value("object", routine.this)
        made = _entered(reader, routine, names, this, inner, site)
        results.append((made, inner))
    return _both(results, state)


def _bound(
    reader: Reader, e: ir.Call, invocation: Invocation, routine: Routine, target: Value | None, arguments: list[Value]
) -> dict[str, Value]:
    """What the parameters of a routine hold."""
    parameters = routine.member.parameters if routine.member is not None else ()
    names: dict[str, Value] = {}
    declared = invocation.signature.parameters if invocation.signature is not None else ()
    if invocation.reduced and target is not None and parameters:
        names[parameters[0].name] = target
    positions = {p.name: i for i, p in enumerate(declared)}
    for at, value in enumerate(arguments):
        formal = parameter_of(invocation.signature, e.arguments, at, invocation.reduced) if invocation.signature is not None else None
        index = positions.get(formal.name) if formal is not None else None
        if index is None or index >= len(parameters):
            continue
        name = parameters[index].name
        if formal is not None and formal.modifier == "params" and name in names:
            names[name] = blended([names[name], value])
        elif formal is not None and formal.modifier == "params" and isinstance(declared[index].type, ArrayType):
            names[name] = Value("seq", declared[index].type, element=value)
        else:
            names[name] = value
    for parameter in parameters:
        if parameter.name not in names and isinstance(parameter.default, ir.Literal):
            names[parameter.name] = NULL if parameter.default.value is None else UNKNOWN
    return names


def wrapped(value: Value, passed: Sequence[tuple[str | None, Value]], of: Type | None) -> Value:
    """An id in a type of its own (`new OrderId(id)`) is the id."""
    if len(passed) == 1 and passed[0][1].term is not None and isinstance(of, NamedType) and of.symbol.name.endswith(("Id", "Key", "Guid", "Number")):
        inner = passed[0][1]
        return replace(value, term=inner.term, client=inner.client, caller=inner.caller, rows=inner.rows)
    return value


def constructed(reader: Reader, of: NamedType, passed: Sequence[tuple[str | None, Value]]) -> list[tuple[str, Value]]:
    """The members of a new object that its constructor's arguments end up in."""
    symbol = of.symbol
    if not isinstance(symbol, WorkspaceType):
        return [(n or f"#{i}", v) for i, (n, v) in enumerate(passed)]
    for _, part in symbol.parts:
        if part.parameters is not None and passed:
            return [(name or (part.parameters[i].name if i < len(part.parameters) else f"#{i}"), v) for i, (name, v) in enumerate(passed)]
    found: list[tuple[str, Value]] = []
    for path, member in symbol.members_named(symbol.name):
        if member.kind != "constructor" or member.body is None or len(member.parameters) < len(passed) or not passed:
            continue
        by_name = {(n or member.parameters[i].name): v for i, (n, v) in enumerate(passed) if i < len(member.parameters)}
        for statement in reader.typing.body(path, member.body) or ():
            if isinstance(statement, ir.ExprStmt) and isinstance(statement.value, ir.Assign) and isinstance(statement.value.value, ir.Name):
                target, source = statement.value.target, statement.value.value.name
                if source in by_name and isinstance(target, (ir.Name, ir.Member)):
                    found.append((target.name, by_name[source]))
        if found:
            break
    return found


# --- what is not in sight ----------------------------------------------------------------------------------------------------


def _unknown(
    reader: Reader, name: str, invocation: Invocation, target: Value | None, arguments: list[Value], returns: Type | None, state: State,
    site: Site | None,
) -> Value:
    for value in arguments:  # lambdas that are handed on run, perhaps
        if value.kind == "function" and value.function is not None and reader.depth < _DEPTH:
            shape = delegate_shape(reader.typing.resolver, value.type)
            inner = state.copy()
            given = [blended([target] if target is not None else [], t) for t in (shape[0] if shape is not None else ())]
            _run_function(reader, replace(value), given, inner)
            state.pending = inner.pending
    arguments = [sequences.settled(reader, a) for a in arguments]
    parts = [*([target] if target is not None else []), *(a for a in arguments if a.kind != "function")]
    own = isinstance(invocation.method, WorkspaceMember)
    knows = any(p.caller or p.kind == "principal" or any(m.caller for _, m in p.members) for p in parts)
    service = target.type.symbol.name if target is not None and isinstance(target.type, NamedType) else ""
    if identity.knows_caller(service) and not _is_context(target, reader):
        if identity.names_caller(name) and members.is_scalar(returns) and not inputs(blended(arguments)):
            reader.uses_identity = True
            return caller_value(returns)
        knows = knows or own
    rows = frozenset().union(*(content(p) for p in parts)) if parts else frozenset()
    clients = frozenset().union(*(inputs(p) for p in parts)) if parts else frozenset()
    _wrote(reader, name, invocation, target, arguments, state, site)
    loaded = _loaded(reader, name, invocation, target, arguments, returns, state, site, knows)
    if loaded is not None:
        return loaded
    made = blended(parts, returns)
    if knows and (own or _asks(name)) and (rows or clients):
        known: set[Fact] = {("tie", row) for row in rows}
        known |= {f for n in clients for f in equal(client(n), CALLER)}
        reader.assumed.append(name)
        if returns is None or (isinstance(returns, NamedType) and returns.full_name == "System.Void"):
            state.facts |= frozenset(known)
            return made
        return replace(made, when_true=frozenset(known), caller=False)
    if knows and not rows and members.is_scalar(returns) and not clients:
        return caller_value(returns)
    return replace(made, caller=made.caller and not rows)


def _asks(name: str) -> bool:
    low = name.lower()
    return low.startswith((
        "is", "can", "has", "authorize", "check", "ensure", "verify", "validate", "allow", "owns", "guard", "require", "demand", "assert",
    ))


def _wrote(
    reader: Reader, name: str, invocation: Invocation, target: Value | None, arguments: Sequence[Value], state: State, site: Site | None
) -> None:
    """A method that cannot be read and is called as if it wrote the rows that it gets."""
    low = name.lower()
    kind = next((k for word, k in _WRITES.items() if low.startswith(word)), None)
    if target is not None and target.row >= 0 and target.path and low.startswith(("add", "remove", "clear", "insert")):
        reader.changed(target.row, "update", state, site)
        return
    if target is not None and target.kind == "seq" and target.rows and low.startswith(("add", "remove", "clear", "insert")):
        if any(m.caller or (m.row >= 0 and reader.tied(m.row, state.facts)) for a in arguments for _, m in a.members):
            return
        for row in target.rows:
            reader.changed(row, "update", state, site)
        return
    if kind is None:
        return
    for value in arguments:
        one = value.element if value.kind == "seq" and value.element is not None else value
        if one.row >= 0 and not one.path:
            reader.access(kind, one.row, state, site)
            state.pending = tuple(c for c in state.pending if c[0] != one.row)


def _loaded(
    reader: Reader, name: str, invocation: Invocation, target: Value | None, arguments: Sequence[Value], returns: Type | None, state: State,
    site: Site | None, knows: bool,
) -> Value | None:
    """A call into a library or stored procedure that gives an entity for ids: a row that was asked for with them."""
    element = returns
    many = reader.typing.element(returns) if returns is not None else None
    if isinstance(many, NamedType) and isinstance(many.symbol, WorkspaceType):
        element = many
    if not isinstance(element, NamedType) or not members._is_class(element):
        return None
    lambdas = [a for a in arguments if a.kind == "function"]
    formal = invocation.signature.parameters[1 if invocation.reduced else 0 :] if invocation.signature is not None else ()
    named = [
        (n, v) for i, a in enumerate(arguments)
        for n, v in (a.members if a.kind == "new" and a.term is None else ((formal[i].name if i < len(formal) else "", a),))
    ]
    keys = [(n, v) for n, v in named if (v.term is not None and v.term[0] in ("client", "caller", "field")) or v.caller]
    if not keys and not lambdas:
        return None
    if any(a.row >= 0 and a.term is None for a in arguments):
        return None  # a mapping
    new = len(reader.rows)
    shape = element.full_name
    facts: Facts = NOTHING
    from routewarden.model.ownership.reading import term_of

    for at, (key, value) in enumerate(keys):
        facts |= equal(member_of(new, key or ("Id" if at == 0 else f"Key{at}Id"), shape), term_of(value))
    reader.new_row(element, site)
    row = members.row_value(reader, new, element)
    for function in lambdas:
        assert function.function is not None
        facts |= reader.run_function(function.function, [row], [element], state.copy()).when_true
    if not facts:
        return None
    reader.know(new, facts)
    if element is many:
        return Value("seq", returns, element=row, facts=facts)
    return replace(row, when_true=facts)


__all__ = ["call", "constructed", "renamed", "written"]

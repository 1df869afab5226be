"""Reads the bodies on an endpoint's path, once, with values that say where they come from.

Invariant: what is known at a place (`State.facts`) holds on every path that leads there; work is bounded by `BUDGET` steps and `DEPTH` calls, and
where a bound or an unknown call is met, `Reader.gaps` says so. Rows that are shown or written are told (`Reader.accesses`) with the knowledge
of that moment. Code is only read: loops once, exceptions as the end of their path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model.operations.environment import Binding, Env, Routine, enter, written_type
from routewarden.model.ownership import calling, members, sequences
from routewarden.model.ownership.endpoint_objects import CallerCode
from routewarden.model.ownership.knowledge import CALLER, NOTHING, PRIVILEGED, Facts, closure, equal, meet
from routewarden.model.ownership.state import State, joined, merged
from routewarden.model.ownership.values import NULL, UNKNOWN, Function, Value, blended, content
from routewarden.model.symbols import NamedType, Type
from routewarden.model.tracking import Memo, Tracker

if TYPE_CHECKING:
    from routewarden.model.operations.dispatch import Dispatch
    from routewarden.model.operations.invocations import Invocation
    from routewarden.model.operations.static_types import Meaning, Typing

BUDGET = 3_000
DEPTH = 9


@dataclass(frozen=True, slots=True)
class Row:
    """A row, or the rows of a query, that code asks for. `site`: the call that asks; `by`: how, as shown."""

    entity: Type | None
    site: Site | None
    facts: Facts = NOTHING  # known of it because it was asked for so
    callers: tuple[CallerCode, ...] = ()  # names there that hold the caller's id
    routine: Routine | None = None  # where it is asked for
    queried: bool = False  # by a query over a set of entities
    path: tuple[Site, ...] = ()  # the calls that lead there


@dataclass(frozen=True, slots=True)
class Access:
    """A row was shown to the caller ("read") or written. `tied`, `keys`: as known at that moment."""

    kind: str
    row: int  # its number in `Reader.rows`
    tied: bool
    keys: frozenset[str]
    site: Site | None


@dataclass(slots=True)
class Exit:
    """A way out of a routine, with a value; `call_next`: where a filter or behaviour goes on."""

    value: Value
    state: State


@dataclass(slots=True)
class Frame:
    """One activation. `exits` are collected while it is read."""

    env: Env
    exits: list[Exit] = field(default_factory=list)
    this: Value | None = None


# Members that can say whose an object is; a country or a time that comes from the caller's request cannot.
_WHOSE = re.compile(r"(?:id|by|guid|uid|sub|key|user|username|owner|tenant|author|customer|account|member|creator|buyer|seller)$", re.IGNORECASE)


class Known:
    """What calls and names of bodies mean, for all readings: services are read for many endpoints.

    A node is known by its identity, and kept alive beside its answer: a body that changed has other nodes.
    """

    def __init__(self, tracker: Tracker) -> None:
        self.invocations: Memo[tuple[Routine, int], tuple[ir.Call, Invocation]] = Memo(tracker)
        self.meanings: Memo[tuple[Routine, int], tuple[ir.Expr, Meaning]] = Memo(tracker)

    def drop(self, mask: int) -> None:
        self.invocations.drop(mask)
        self.meanings.drop(mask)


class Reader:
    """One endpoint's reading. `hints`: entities whose query filter ties rows to the caller, with what it says."""

    def __init__(self, typing: Typing, dispatch: Dispatch, filters: Callable[[NamedType, Reader], Facts], known: Known) -> None:
        self.typing = typing
        self.known = known
        self.dispatch = dispatch
        self.filters = filters
        self.rows: list[Row] = []
        self.accesses: list[Access] = []
        self.evidence: dict[tuple[str, str], tuple[Site | None, str]] = {}  # (entity, member) compared with or set to the caller → where, type
        self.uses_identity = False
        self.assumed: list[str] = []  # unknown calls that got row and caller: taken for checks
        self.gaps: dict[str, Site | None] = {}
        self.steps = 0
        self.depth = 0
        self.active: list[tuple[str, str]] = []
        self.trail: list[Site] = []
        self.on_next: list[State] = []  # states in which a filter or behaviour goes on
        self.on_succeed: list[Facts] = []  # what an authorization handler knows when it succeeds
        self.around: Callable[[NamedType], Sequence[Routine]] = lambda request: ()  # the pipeline behaviours of a request
        self.policy: Callable[[str | None, Value], Facts] = lambda name, value: frozenset({("tie", value.row)})

    # --- rows ---

    def new_row(self, entity: Type | None, site: Site | None, facts: Facts = NOTHING) -> int:
        self.rows.append(Row(entity, site, facts, path=tuple(self.trail)))
        return len(self.rows) - 1

    def copy_row(self, row: int, facts: Facts, site: Site | None = None) -> int:
        """Another row of the same kind; `facts` are of the new one."""
        old = self.rows[row] if row >= 0 else Row(None, site)
        self.rows.append(Row(old.entity, site or old.site, facts, path=tuple(self.trail), queried=old.queried))
        return len(self.rows) - 1

    def tells(self, entity: Type | None, member: str, site: Site | None, of: Type | None) -> None:
        """Code ties a member of an entity to the caller: so that is whose it is."""
        if isinstance(entity, NamedType) and _WHOSE.search(member):
            self.evidence.setdefault((entity.full_name, member), (site, of.full_name if isinstance(of, NamedType) else ""))

    def know(self, row: int, facts: Facts) -> None:
        self.rows[row] = replace(self.rows[row], facts=self.rows[row].facts | facts)

    def tied(self, row: int, facts: Facts) -> bool:
        known = closure(facts | self.rows[row].facts)
        return known.everything or row in known.tied

    def keys(self, row: int, facts: Facts) -> frozenset[str]:
        related = facts
        for _ in range(4):  # rows that were asked for with another row's key
            more = frozenset(f for fact in self.rows[row].facts | related for part in fact if isinstance(part, tuple) and part[0] == "field"
                             for f in self.rows[int(str(part[1]))].facts)
            if more <= related:
                break
            related |= more
        return closure(related | self.rows[row].facts).keys_of(row)

    def access(self, kind: str, row: int, state: State, site: Site | None) -> None:
        if row >= 0 and not state.dead:
            self.accesses.append(Access(kind, row, self.tied(row, state.facts), self.keys(row, state.facts), site))

    def save(self, state: State) -> None:
        """What was changed is written."""
        for row, how, site in state.pending:
            self.access(how, row, state, site)
        state.pending = ()

    def changed(self, row: int, how: str, state: State, site: Site | None) -> None:
        if row >= 0 and all(c[0] != row or c[1] != how for c in state.pending):
            state.pending = (*state.pending, (row, how, site))

    # --- routines ---

    def run(self, routine: Routine, names: dict[str, Value], this: Value | None, state: State) -> Value:
        """Reads a routine in the knowledge of `state`, which becomes that after it; its value."""
        env = enter(self.typing.resolver, routine)
        body = self.typing.body(routine.path, routine.body)
        if body is None:
            return UNKNOWN
        inner = State(names, state.facts, state.pending)
        frame = Frame(env, [], this)
        self.block(body, frame, env, inner)
        return self._left(frame, inner, state)

    def run_function(self, function: Function, arguments: Sequence[Value], types: Sequence[Type | None], state: State) -> Value:
        """Reads a lambda or local function."""
        code = function.code
        env = function.env.inner()
        inner = State({}, state.facts, state.pending, False, function.state)
        for at, parameter in enumerate(code.parameters):
            given = types[at] if at < len(types) else None
            value = arguments[at] if at < len(arguments) else UNKNOWN
            of = written_type(self.typing.resolver, parameter.type, env) if parameter.type is not None else value.type or given
            env.bind(parameter.name, Binding("parameter", lambda of=of: of))  # type: ignore[misc]
            inner.names[parameter.name] = value
        body = self.typing.body(env.routine.path, code.body)
        if body is None or self.depth > DEPTH:
            return UNKNOWN
        frame = Frame(env, [], function.state.find("this"))
        self.depth += 1
        try:
            self.block(body, frame, env, inner)
        finally:
            self.depth -= 1
        return self._left(frame, inner, state)

    def _left(self, frame: Frame, inner: State, state: State) -> Value:
        """The value of what was left through its exits, and the state after it."""
        exits = list(frame.exits)
        if not inner.dead:
            exits.append(Exit(UNKNOWN, inner))
        if not exits:
            state.dead = True
            return UNKNOWN
        before = state.facts
        value = _value_of(exits, before)
        for row in content(value):
            self._shown_when_tied(row, exits)
        facts = exits[0].state.facts
        for exit_ in exits[1:]:
            facts = meet(facts, exit_.state.facts, before)
        state.facts = facts
        pending: dict[object, None] = {}
        for exit_ in exits:
            pending.update(dict.fromkeys(exit_.state.pending))
        state.pending = tuple(pending)  # type: ignore[arg-type]
        return value

    def _shown_when_tied(self, row: int, exits: Sequence[Exit]) -> None:
        """A row that leaves on tied paths only is tied for whoever gets it."""
        with_it = [e for e in exits if row in content(e.value)]
        if with_it and all(self.tied(row, e.state.facts | e.value.when_true) for e in with_it):
            self.know(row, frozenset({("tie", row)}))

    # --- statements ---

    def block(self, statements: Sequence[ir.Stmt], frame: Frame, env: Env, state: State) -> None:
        """Reads statements in order; local functions are known from the start."""
        for statement in statements:
            if isinstance(statement, ir.LocalFunction):
                env.bind(statement.name, Binding("function", lambda: None, None, env, statement))
                state.names[statement.name] = Value("function", function=Function(statement, env, state))
        for statement in statements:
            if state.dead:
                return
            self.steps += 1
            if self.steps > BUDGET:
                self.gaps.setdefault("its code is too long to follow to its end", None)
                return
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                handler(self, statement, frame, env, state)

    # --- expressions ---

    def value(self, expr: ir.Expr, frame: Frame, env: Env, state: State) -> Value:
        self.steps += 1
        if self.steps > BUDGET:
            self.gaps.setdefault("its code is too long to follow to its end", None)
            return UNKNOWN
        handler = _EXPRESSIONS.get(type(expr))
        return handler(self, expr, frame, env, state) if handler is not None else UNKNOWN

    def invocation(self, call: ir.Call, env: Env) -> Invocation:
        """What a call calls."""
        return self.known.invocations.of((env.routine, id(call)), lambda: (call, self.typing.invocation(call, env)))[1]

    def meaning(self, expr: ir.Expr, env: Env) -> Meaning:
        """What a name or the left of a dot means."""
        if isinstance(expr, ir.Name) and env.find(expr.name) is not None:
            return self.typing.meaning(expr, env)
        return self.known.meanings.of((env.routine, id(expr)), lambda: (expr, self.typing.meaning(expr, env)))[1]

    def type_of(self, expr: ir.Expr, env: Env) -> Type | None:
        return self.typing.type_of(expr, env)

    def site(self, env: Env, node: int) -> Site | None:
        return Site(env.routine.path, env.routine.body, f"node:{node}") if node >= 0 else None


def _value_of(exits: Sequence[Exit], base: Facts) -> Value:
    """The value that one of several ways out gives: what is known when it is true or there, and when it is not."""
    values = [e.value for e in exits]
    true = [e.state.facts | e.value.when_true for e in exits if e.value.can_be_true]
    false = [e.state.facts | e.value.when_false for e in exits if e.value.can_be_false]
    made = values[0]
    for other in values[1:]:
        made = merged(made, other)
    return replace(
        made, when_true=_all(true, base) if true else made.when_true, when_false=_all(false, base) if false else made.when_false,
        can_be_true=bool(true), can_be_false=bool(false),
    )


def _all(sets: Sequence[Facts], base: Facts) -> Facts:
    found = sets[0]
    for other in sets[1:]:
        found = meet(found, other, base)
    return found


# --- statements, one kind each -----------------------------------------------------------------------------------------------

Statement = Callable[[Reader, Any, Frame, Env, State], None]


def _local(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    typing = reader.typing
    value = reader.value(s.value, frame, env, state) if s.value is not None else UNKNOWN
    of, given = s.type, s.value
    outer_env = env

    def typed() -> Type | None:
        if of is not None:
            return written_type(typing.resolver, of, outer_env)
        return value.type or (typing.type_of(given, outer_env) if given is not None else None)

    bound = Binding("local", typed, s.value, env)
    env.bind(s.name, bound)
    state.names[s.name] = value


def _expression(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    reader.value(s.value, frame, env, state)


def _nested(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    reader.block(s.body, frame, env.inner(), state)


def _if(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    condition = reader.value(s.condition, frame, env, state)
    then, other = state.copy(), state.copy()
    then.facts |= condition.when_true
    other.facts |= condition.when_false
    then.dead = then.dead or not condition.can_be_true
    other.dead = other.dead or not condition.can_be_false
    if not then.dead:
        reader.block((s.then,), frame, env.inner(), then)
    if s.otherwise is not None and not other.dead:
        reader.block((s.otherwise,), frame, env.inner(), other)
    if then.dead and other.dead:
        state.dead = True
        return
    state.take(joined(then, other))


def _for_each(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    over = reader.value(s.iterable, frame, env, state)
    element = sequences.element_of(reader, over, reader.typing.element(reader.type_of(s.iterable, env)))
    inner_env, inner = env.inner(), state.copy()
    for name in s.names:
        inner_env.bind(name, Binding("element", lambda: element.type))
        inner.names[name] = element if len(s.names) == 1 else blended([element])
    reader.block((s.body,), frame, inner_env, inner)
    # A loop may not run: what it changes may be changed, what it learns may not be known.
    pending = inner.pending
    if not inner.dead:
        state.take(joined(state.copy(), inner))
    state.pending = state.pending + tuple(c for c in pending if c not in state.pending)


def _loop(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    inner_env, inner = env.inner(), state.copy()
    for first in getattr(s, "initializers", ()):
        reader.block((first,), frame, inner_env, inner)
    if s.condition is not None:
        inner.facts |= reader.value(s.condition, frame, inner_env, inner).when_true
    reader.block((s.body,), frame, inner_env, inner)
    if not inner.dead:
        state.take(joined(state.copy(), inner))


def _return(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    value = reader.value(s.value, frame, env, state) if s.value is not None else UNKNOWN
    if not state.dead:
        frame.exits.append(Exit(value, state.copy()))
    state.dead = True


def _yield(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    if s.value is not None:
        value = reader.value(s.value, frame, env, state)
        frame.exits.append(Exit(value, state.copy()))


def _throw(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    state.dead = True


def _try(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    before = state.copy()
    reader.block(s.body.body, frame, env.inner(), state)
    for clause in s.catches:
        caught = before.copy()
        inner = env.inner()
        if clause.name:
            of = written_type(reader.typing.resolver, clause.type, inner)
            inner.bind(clause.name, Binding("local", lambda of=of: of))  # type: ignore[misc]
        reader.block(clause.body.body, frame, inner, caught)
        if state.dead and not caught.dead:
            state.take(caught)
        elif not caught.dead:
            state.take(joined(state, caught))
    if s.finally_ is not None:
        reader.block(s.finally_.body, frame, env.inner(), state)


def _using(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    inner = env.inner()
    for declaration in s.declaration:
        _local(reader, declaration, frame, inner, state)
    if s.value is not None:
        reader.value(s.value, frame, inner, state)
    reader.block((s.body,), frame, inner, state)


def _switch(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    subject = reader.value(s.value, frame, env, state)
    of = lambda: subject.type or reader.type_of(s.value, env)  # noqa: E731
    rest, after, complete = state.copy(), None, False
    for section in s.sections:
        arm = rest.copy()
        known: list[Facts] = []
        inner = env.inner()
        for pattern, when in section.labels:
            if pattern is None:
                complete = True
                known.append(NOTHING)
                continue
            true, false = match(reader, pattern, subject, of, frame, inner, arm)
            if when is not None:
                condition = reader.value(when, frame, inner, arm)
                true, false = true | condition.when_true, meet(false, condition.when_false)
            known.append(true)
            rest.facts |= false
        arm.facts |= _all(known, arm.facts) if known else NOTHING
        reader.block(section.body, frame, inner, arm)
        if not arm.dead:
            after = arm if after is None else joined(after, arm)
    if not complete:
        after = rest if after is None else joined(after, rest)
    if after is None:
        state.dead = True
    else:
        state.take(after)


def _jump(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    if s.kind == "continue":
        state.dead = True


def _opaque(reader: Reader, s: Any, frame: Frame, env: Env, state: State) -> None:
    for part in s.parts:
        reader.value(part, frame, env, state)
    reader.block(s.body, frame, env.inner(), state)


_STATEMENTS: dict[type, Statement] = {
    ir.Local: _local, ir.ExprStmt: _expression, ir.Block: _nested, ir.If: _if, ir.ForEach: _for_each, ir.For: _loop, ir.While: _loop,
    ir.Return: _return, ir.YieldReturn: _yield, ir.Throw: _throw, ir.Try: _try, ir.Using: _using, ir.Switch: _switch, ir.Jump: _jump,
    ir.OpaqueStmt: _opaque,
}


# --- expressions, one kind each ----------------------------------------------------------------------------------------------

Expression = Callable[[Reader, Any, Frame, Env, State], Value]


def _literal(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    if e.kind == "null" or e.kind == "default":
        return NULL
    if e.kind == "bool":
        return Value("unknown", can_be_true=e.value is True, can_be_false=e.value is False)
    return Value("unknown", reader.type_of(e, env), text=str(e.value))


def _interpolated(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    return blended([reader.value(p, frame, env, state) for p in e.parts], reader.typing.named("System.String"))


def _name(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    known = state.find(e.name)
    if known is not None:
        if known.type is None and known.kind == "unknown" and (binding := env.find(e.name)) is not None and binding.type is not None:
            return replace(known, type=binding.type)
        return known
    if e.name in ("this", "base"):
        return frame.this or Value("object", reader.type_of(e, env))
    if (binding := env.find(e.name)) is not None:
        return members.of_type(reader, binding.type)
    return members.of_this(reader, e, frame, env, state)


def _member(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    return members.access(reader, e, frame, env, state)


def _call(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    return calling.call(reader, e, frame, env, state)


def _new(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    of = reader.type_of(e, env)
    passed = [(a.name, reader.value(a.value, frame, env, state)) for a in e.arguments]
    set_members = [(n or "", reader.value(v, frame, env, state)) for n, v in e.initializer]
    found = calling.constructed(reader, of, passed) if isinstance(of, NamedType) else []
    if isinstance(of, NamedType):
        for name, value in set_members:
            if value.caller:
                reader.tells(of, name, reader.site(env, e.node), value.type)
    made = Value("new", of, members=(*found, *set_members), can_be_false=False, site=reader.site(env, e.node))
    return calling.wrapped(made, passed, of)


def _collection(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    items = [reader.value(i.value if isinstance(i, ir.Spread) else i, frame, env, state) for i in e.items]
    if not items:
        return UNKNOWN
    if len(items) == 1:
        return Value("seq", reader.type_of(e, env), element=items[0], can_be_false=False)
    return Value("seq", element=blended(items), can_be_false=False)


def _tuple(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    parts = [(a.name or f"Item{i + 1}", reader.value(a.value, frame, env, state)) for i, a in enumerate(e.items)]
    return Value("new", reader.type_of(e, env), members=tuple(parts), can_be_false=False)


def _function(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    kept = state.copy()
    if frame.this is not None:
        kept.names.setdefault("this", frame.this)
    return Value("function", function=Function(e, env, kept))


def _assign(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    value = reader.value(e.value, frame, env, state)
    site = reader.site(env, e.node)
    targets = [a.value for a in e.target.items] if isinstance(e.target, ir.TupleExpr) else [e.target]
    for at, target in enumerate(targets):
        given = value.members[at][1] if len(targets) > 1 and at < len(value.members) else value
        _assign_to(reader, target, given, e.operator, frame, env, state, site)
    return value


def _assign_to(reader: Reader, target: ir.Expr, value: Value, operator: str, frame: Frame, env: Env, state: State, site: Site | None) -> None:
    if isinstance(target, ir.Declaration):
        for name in target.names:
            env.bind(name, Binding("local", lambda: value.type))
            state.names[name] = value if len(target.names) == 1 else blended([value])
    elif isinstance(target, ir.Name):
        if state.find(target.name) is not None or env.find(target.name) is not None:
            old = state.find(target.name)
            state.assign(target.name, merged(old, value) if operator == "??=" and old is not None else value)
        elif frame.this is not None and frame.this.row >= 0:
            reader.changed(frame.this.row, "update", state, site)
        elif target.name not in ("_",):
            state.names[f"this.{target.name}"] = value
    elif isinstance(target, ir.Member):
        owner = reader.value(target.target, frame, env, state)
        calling.written(reader, owner, target.name, value, state, site)
        if isinstance(target.target, ir.Name) and owner.kind == "new":
            state.assign(target.target.name, replace(owner, members=(*(m for m in owner.members if m[0] != target.name), (target.name, value))))
        elif isinstance(target.target, ir.Name) and target.target.name == "this":
            state.names[f"this.{target.name}"] = value
    elif isinstance(target, ir.Index):
        owner = reader.value(target.target, frame, env, state)
        calling.written(reader, owner, "", value, state, site)


def _binary(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    op = e.operator
    if op in ("&&", "||"):
        left = reader.value(e.left, frame, env, state)
        after = state.copy()
        after.facts |= left.when_true if op == "&&" else left.when_false
        right = reader.value(e.right, frame, env, after)
        for name, value in after.names.items():
            state.names.setdefault(name, value)
        base = state.facts
        if op == "&&":
            return Value("unknown", None, when_true=left.when_true | right.when_true,
                         when_false=_either(left.when_false, left.can_be_false, left.when_true | right.when_false, right.can_be_false, base),
                         can_be_true=left.can_be_true and right.can_be_true, can_be_false=left.can_be_false or right.can_be_false)
        either = _either(left.when_true, left.can_be_true, left.when_false | right.when_true, right.can_be_true, base)
        return Value("unknown", None, when_false=left.when_false | right.when_false,
                     when_true=either | _shared(left, right) | _shared(right, left),
                     can_be_true=left.can_be_true or right.can_be_true, can_be_false=left.can_be_false and right.can_be_false)
    left = reader.value(e.left, frame, env, state)
    if op == "??":
        after = state.copy()
        after.facts |= left.when_false
        right = reader.value(e.right, frame, env, after)
        if isinstance(e.right, ir.Unary) and e.right.operator == "throw":
            state.facts |= left.when_true
            return left
        return replace(merged(left, right), when_true=meet(left.when_true, right.when_true, state.facts), when_false=right.when_false,
                       can_be_false=right.can_be_false)
    right = reader.value(e.right, frame, env, state)
    if op in ("==", "!="):
        same = compared(reader, left, right, state)
        return same if op == "==" else negated(same)
    if op in (">", ">=", "<", "<="):
        return _counted(op, left, e.left, right, e.right)
    return blended([left, right], reader.type_of(e, env))


_VISIBLE = re.compile(r"public|shared|promoted|published|visib|everyone|global|system|default|template", re.IGNORECASE)


def _shared(flag: Value, other: Value) -> Facts:
    """`note.IsPublic || note.OwnerId == caller`: its owner has decided that all may see it."""
    if flag.term is None or flag.term[0] != "field" or not _VISIBLE.search(str(flag.term[2])):
        return NOTHING
    row = flag.term[1]
    return frozenset({("tie", row)}) if row in closure(other.when_true).tied else NOTHING


def _either(a: Facts, a_may: bool, b: Facts, b_may: bool, base: Facts) -> Facts:
    if not a_may:
        return b
    return meet(a, b, base) if b_may else a


def _counted(op: str, left: Value, left_expr: ir.Expr, right: Value, right_expr: ir.Expr) -> Value:
    """`count > 0` and its kin."""
    number = right_expr.value if isinstance(right_expr, ir.Literal) else None
    if (op, number) in ((">", 0), (">=", 1)):
        return Value("unknown", when_true=left.when_true, when_false=left.when_false)
    if (op, number) in (("<", 1), ("<=", 0)):
        return Value("unknown", when_true=left.when_false, when_false=left.when_true)
    return UNKNOWN


def negated(value: Value) -> Value:
    return Value("unknown", None, when_true=value.when_false, when_false=value.when_true,
                 can_be_true=value.can_be_false, can_be_false=value.can_be_true)


def compared(reader: Reader, left: Value, right: Value, state: State) -> Value:
    """`left == right`."""
    for one, other in ((left, right), (right, left)):
        if one.kind == "null":
            return Value("unknown", None, None, when_true=other.when_false, when_false=other.when_true,
                         can_be_true=other.can_be_false, can_be_false=other.can_be_true)
        if one.kind == "unknown" and one.text is None and one.term is None and one.can_be_true != one.can_be_false and not one.rows:
            return Value("unknown", when_true=other.when_true, when_false=other.when_false) if one.can_be_true else negated(other)
    a, b = term_of(left), term_of(right)
    facts = equal(a, b)
    for one, other in ((left, right), (right, left)):
        if one.term is not None and one.term[0] == "field" and b is not None and (other.caller or other.kind == "principal"):
            row = reader.rows[int(str(one.term[1]))]
            reader.tells(row.entity, str(one.term[2]), row.site, one.type or other.type)
    if left.row >= 0 and right.row >= 0 and left.row != right.row:
        facts |= frozenset({("part", left.row, right.row)})
    # A row whose member is read is there: what it was asked for with holds, whatever the outcome.
    there: Facts = frozenset().union(*(reader.rows[int(str(t[1]))].facts for t in (a, b) if t is not None and t[0] == "field"))
    visible = next((v.term for v in (left, right) if v.term is not None and v.term[0] == "field" and _VISIBLE.search(str(v.term[2]))), None)
    return Value("unknown", term=visible if b is None or a is None else None, when_true=facts | there, when_false=there)


def term_of(value: Value) -> tuple[object, ...] | None:
    """What a value equals: a caller's id by whatever way it was derived."""
    if value.term is not None:
        return value.term
    return CALLER if value.caller else None


def _unary(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    value = reader.value(e.operand, frame, env, state)
    if e.operator == "await":
        return value
    if e.operator == "!":
        return negated(value)
    if e.operator == "throw":
        state.dead = True
        return UNKNOWN
    return value if e.operator in ("!!", "checked", "+") else blended([value], reader.type_of(e, env))


def _conditional(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    condition = reader.value(e.condition, frame, env, state)
    then, other = state.copy(), state.copy()
    then.facts |= condition.when_true
    other.facts |= condition.when_false
    then.dead, other.dead = then.dead or not condition.can_be_true, other.dead or not condition.can_be_false
    a = reader.value(e.when_true, frame, env, then) if not then.dead else NULL
    b = reader.value(e.when_false, frame, env, other) if not other.dead else NULL
    return _chosen(reader, [(a, then), (b, other)], state)


def _chosen(reader: Reader, arms: list[tuple[Value, State]], state: State) -> Value:
    """One of several values, each with its path: content that may only be shown on a tied path is noted there."""
    live = [Exit(v, s) for v, s in arms if not s.dead]
    if not live:
        state.dead = True
        return UNKNOWN
    after = live[0].state
    base = state.facts
    for exit_ in live[1:]:
        after = joined(after, exit_.state)
    shown = _value_of(live, base)
    for row in content(shown):
        reader._shown_when_tied(row, live)
    state.take(after)
    return shown


def _cast(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    value = reader.value(e.value, frame, env, state)
    of = written_type(reader.typing.resolver, e.type, env)
    return replace(value, type=of) if of is not None and value.kind in ("unknown", "object") else value


def _is(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    subject = reader.value(e.value, frame, env, state)
    true, false = match(reader, e.pattern, subject, lambda: subject.type or reader.type_of(e.value, env), frame, env, state)
    return Value("unknown", when_true=true, when_false=false)


def _index(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    return members.indexed(reader, e, frame, env, state)


def _switch_value(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    subject = reader.value(e.value, frame, env, state)
    of = lambda: subject.type or reader.type_of(e.value, env)  # noqa: E731
    rest, arms = state.copy(), []
    for pattern, when, result in e.arms:
        arm, inner = rest.copy(), env.inner()
        true, false = match(reader, pattern, subject, of, frame, inner, arm)
        arm.facts |= true
        if when is not None:
            condition = reader.value(when, frame, inner, arm)
            arm.facts |= condition.when_true
            false = meet(false, true | condition.when_false, rest.facts) if true or false else condition.when_false
        rest.facts |= false
        arms.append((reader.value(result, frame, inner, arm), arm))
    return _chosen(reader, arms, state)


def _with(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    old = reader.value(e.target, frame, env, state)
    changed = tuple((n or "", reader.value(v, frame, env, state)) for n, v in e.initializer)
    kept = tuple(m for m in old.members if m[0] not in {n for n, _ in changed})
    return Value("new", old.type, members=(*kept, *changed), rows=content(old), client=old.client)


def _query(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    return sequences.query(reader, e, frame, env, state)


def _opaque_value(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    return blended([reader.value(p, frame, env, state) for p in e.parts])


def match(
    reader: Reader, pattern: ir.Pattern, subject: Value, of: Callable[[], Type | None], frame: Frame, env: Env, state: State
) -> tuple[Facts, Facts]:
    """What is known when a pattern matches, and when it does not; the names that it binds are bound."""
    kind = pattern.kind
    if pattern.name:
        written = pattern.type

        def typed() -> Type | None:
            return written_type(reader.typing.resolver, written, env) if written is not None else subject.type or of()

        env.bind(pattern.name, Binding("pattern", typed))
        state.names[pattern.name] = subject
    if kind == "not":
        true, false = match(reader, pattern.children[0], subject, of, frame, env, state)
        return false, true
    if kind == "constant":
        assert pattern.value is not None
        same = compared(reader, subject, reader.value(pattern.value, frame, env, state), state)
        return same.when_true, same.when_false
    if kind in ("and", "or"):
        pairs = [match(reader, c, subject, of, frame, env, state) for c in pattern.children]
        trues, falses = [p[0] for p in pairs], [p[1] for p in pairs]
        if kind == "and":
            return frozenset().union(*trues), _all(falses, state.facts)
        return _all(trues, state.facts), frozenset().union(*falses)
    if kind == "property":
        known: Facts = subject.when_true
        unmet: Facts | None = None
        for name, child in pattern.fields:
            part = subject
            for step in name.split("."):
                part = members.of_value(reader, part, step, env, state)
            t, f = match(reader, child, part, lambda part=part: part.type, frame, env, state)  # type: ignore[misc]
            known |= t
            unmet = f if unmet is None else meet(unmet, f, state.facts)
        return known, meet(subject.when_false, unmet, state.facts) if unmet and subject.can_be_false else unmet or subject.when_false
    if kind in ("type", "list"):
        return subject.when_true, subject.when_false
    return NOTHING, NOTHING


_EXPRESSIONS: dict[type, Expression] = {
    ir.Literal: _literal, ir.Interpolated: _interpolated, ir.Name: _name, ir.Member: _member, ir.Call: _call, ir.New: _new,
    ir.Collection: _collection, ir.TupleExpr: _tuple, ir.Lambda: _function, ir.Assign: _assign, ir.Binary: _binary, ir.Unary: _unary,
    ir.Conditional: _conditional, ir.Cast: _cast, ir.IsPattern: _is, ir.Index: _index, ir.SwitchExpr: _switch_value, ir.With: _with,
    ir.Query: _query, ir.Opaque: _opaque_value, ir.Spread: lambda r, e, f, n, s: r.value(e.value, f, n, s),
}

__all__ = ["PRIVILEGED", "Access", "Reader", "Row"]

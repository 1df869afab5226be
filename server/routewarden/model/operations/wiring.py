"""What an app's start-up code puts around its endpoints: registered services, pipeline behaviours, interceptors, middleware.

Invariant: only what start-up code says, in code that the evaluator of start-up code has read. A class that nobody registers is not
here, whatever it implements. Equal start-up code gives equal wiring.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from routewarden.facts import syntax_ir as ir
from routewarden.facts.syntax_nodes import nodes
from routewarden.model import pipeline
from routewarden.model.evaluator import Evaluator
from routewarden.model.operations.dispatch import Registration
from routewarden.model.operations.environment import Binding, Env, Routine, bind_parameters, enter, written_type
from routewarden.model.operations.static_types import Typing
from routewarden.model.symbols import ArrayType, NamedType, Type, own_type
from routewarden.model.values import Closure, Instance, MethodGroup, TypeValue, Value
from routewarden.model.workspace_types import WorkspaceType

_LIVES = re.compile(r"^(?:Try)?Add(?:Keyed)?(?:Singleton|Scoped|Transient)$|^AddHttpClient$|^AddIdentity$")
_BEHAVIOURS = re.compile(
    r"^(?:Add(?:Open)?(?:Stream)?(?:Behavior|Behaviour)|Add(?:Open)?Request(?:Pre|Post)Processor|Decorate|TryDecorate|RegisterGenericDecorator|"
    r"RegisterDecorator|AddMiddleware|UseConsumeFilter|AddCommandMiddleware)$"
)
_BEHAVIOUR_SERVICES = re.compile(r"(?:PipelineBehaviou?r|RequestPreProcessor|RequestPostProcessor|MessageMiddleware|CommandMiddleware|Behavior)$")
_CONTEXTS = re.compile(r"^Add(?:Pooled)?DbContext(?:Pool|Factory)?$|^AddNpgsql$|^AddSqlServer$|^AddSqlite$|^Add\w*DbContext$")
_GETTERS = frozenset({"GetRequiredService", "GetService", "GetServices", "GetRequiredKeyedService", "CreateInstance"})
REQUEST_LOGS = frozenset({"UseSerilogRequestLogging", "UseHttpLogging", "UseW3CLogging"})


@dataclass(frozen=True, slots=True)
class Interceptor:
    """One of `AddInterceptors(...)`. `context`: the DbContext whose options it stands in, None where that is not known (any)."""

    context: NamedType | None
    type: NamedType


@dataclass(frozen=True, slots=True)
class Middleware:
    """`name` as called; `type` of the class or the `function` that runs; neither where the framework's own runs."""

    name: str
    type: NamedType | None = None
    function: Routine | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    project: str
    projects: tuple[str, ...]
    registered: tuple[Registration, ...] = ()
    behaviours: tuple[NamedType, ...] = ()
    interceptors: tuple[Interceptor, ...] = ()
    middleware: tuple[Middleware, ...] = ()


def wiring_of(ev: Evaluator, typing: Typing) -> Wiring:
    """The wiring of an app whose start-up code has run."""
    registered = [r for call in ev.app.registered if _LIVES.match(call.kind) and (r := _registration(ev, typing, call.values)) is not None]
    found = _Found(registered)
    seen: set[tuple[str, str]] = set()
    for path, body in sorted(ev.read):
        root = body.split("~", 1)[0]
        if (path, root) not in seen:
            seen.add((path, root))
            _read_body(typing, path, root, found)
    middleware = tuple(_middleware(ev, typing, step.name, step.values, step.type) for step in pipeline.before_endpoints(ev) if not step.conditions)
    return Wiring(
        ev.app.project, ev.app.projects, tuple(found.registered), tuple(dict.fromkeys(found.behaviours)),
        tuple(dict.fromkeys(found.interceptors)), tuple(m for m in middleware if m is not None),
    )


class _Found:
    def __init__(self, registered: list[Registration]) -> None:
        self.registered = registered
        self.behaviours: list[NamedType] = []
        self.interceptors: list[Interceptor] = []


# --- from evaluated values -----------------------------------------------------------------------------------------------


def type_of_value(ev: Evaluator, of: TypeValue) -> NamedType | None:
    """A type as start-up code names it; open where it is `typeof(IRepository<>)`."""
    symbol = of.symbol
    if symbol is None:
        named = ev.world.resolver.named(of.name)
        symbol = named.symbol if named is not None else None
    if symbol is None:
        return None
    arguments: list[Type | None] = [_argument(ev, a) for a in of.arguments]
    return NamedType(symbol, () if None in arguments else tuple(arguments))


def _argument(ev: Evaluator, of: TypeValue) -> Type | None:
    if of.name.endswith("[]"):
        inner = _argument(ev, of.arguments[0]) if of.arguments else None
        return ArrayType(inner)
    return type_of_value(ev, of)


def _registration(ev: Evaluator, typing: Typing, values: Sequence[Value]) -> Registration | None:
    types = [t for v in values if isinstance(v, TypeValue) and (t := type_of_value(ev, v)) is not None]
    if not types:
        return None
    last = values[-1]
    made = types[-1]
    if isinstance(last, Closure):
        given = _made_by(typing, last)
        made = given if given is not None else made
    elif isinstance(last, Instance):
        made = type_of_value(ev, last.type) or made
    return Registration(types[0], made)


def _made_by(typing: Typing, factory: Closure) -> NamedType | None:
    """What `sp => new Service(...)` or `sp => sp.GetRequiredService<Service>()` gives."""
    env = flat_env(typing, factory.frame.path, factory.code.body)
    for statement in typing.body(factory.frame.path, factory.code.body) or ():
        if isinstance(statement, ir.Return) and statement.value is not None:
            return _object(typing, statement.value, env)
    return None


def _object(typing: Typing, expr: ir.Expr, env: Env) -> NamedType | None:
    if isinstance(expr, ir.Call) and isinstance(expr.function, ir.Member) and expr.function.name in _GETTERS and expr.function.type_arguments:
        found = written_type(typing.resolver, expr.function.type_arguments[0], env)
    elif isinstance(expr, ir.TypeOf):
        found = written_type(typing.resolver, expr.type, env)
    else:
        found = typing.type_of(expr, env)
    return found if isinstance(found, NamedType) else None


def _middleware(ev: Evaluator, typing: Typing, name: str, values: Sequence[Value], of: TypeValue | None) -> Middleware | None:
    if name in REQUEST_LOGS:
        return Middleware(name)
    if name == "UseMiddleware":
        given = of or next((v for v in values if isinstance(v, TypeValue)), None)
        found = type_of_value(ev, given) if given is not None else None
        return Middleware(name, found) if found is not None else None
    if name == "Use":
        for value in values:
            if isinstance(value, Closure):
                return Middleware(name, function=Routine(value.frame.path, value.code.body))
            if isinstance(value, MethodGroup) and value.methods:
                method = value.methods[0]
                if method.facts.body is not None:
                    own = own_type(method.type)
                    return Middleware(name, function=Routine(method.path, method.facts.body, own, own, (), method.facts))
    return None


# --- from the code itself ------------------------------------------------------------------------------------------------


def routine_at(typing: Typing, path: str, body: str) -> Routine | None:
    """The routine that a body id belongs to; for a lambda, that of the member around it."""
    root = body.split("~", 1)[0]
    facts = typing.resolver.types.index.facts(path)
    for part in facts.types:
        for member in part.members:
            if root in (member.id, f"{member.id}:init") or (member.kind != "method" and root.rsplit(":", 1)[0] == member.id):
                symbol = typing.resolver.types.of_part(path, part)
                if symbol is None:
                    return None
                own = own_type(symbol)
                return Routine(path, body, own, own, (), member)
    return Routine(path, body) if facts.has_top_level else None


def flat_env(typing: Typing, path: str, body: str) -> Env:
    """The names around a lambda: parameters and all locals of the member that it stands in, and parameters of lambdas around it."""
    routine = routine_at(typing, path, body) or Routine(path, body)
    env = enter(typing.resolver, routine)
    parts = body.split("~")
    at = parts[0]
    for number in parts[1:]:
        around = typing.body(path, at) or ()
        _bind_all(typing, around, env)
        at = f"{at}~{number}"
        env = env.inner()
        for node in nodes(around):
            if isinstance(node, (ir.Lambda, ir.LocalFunction)) and node.body == at:
                bind_parameters(typing.resolver, env, node.parameters)
    return env


def _bind_all(typing: Typing, body: Sequence[ir.Stmt], env: Env) -> None:
    """All locals and local functions of a body, wherever in it they stand."""
    for node in nodes(body):
        if isinstance(node, ir.Local):
            _bind(typing, node, env)
        elif isinstance(node, ir.LocalFunction):
            of = node.return_type
            env.bind(node.name, Binding("function", lambda of=of: written_type(typing.resolver, of, env), None, env, node))  # type: ignore[misc]


def _bind(typing: Typing, node: ir.Local, env: Env) -> None:
    of, value = node.type, node.value
    if of is not None:
        env.bind(node.name, Binding("local", lambda: written_type(typing.resolver, of, env), value, env))
    elif value is not None:
        env.bind(node.name, Binding("local", lambda: typing.type_of(value, env), value, env))


def _read_body(typing: Typing, path: str, root: str, found: _Found) -> None:
    if not _mentions_wiring(typing, path, root):
        return
    env = flat_env(typing, path, f"{root}~-1").outer
    if env is not None:
        _calls(typing, path, typing.body(path, root) or (), env, None, found, 0)


def _mentions_wiring(typing: Typing, path: str, body: str, depth: int = 0) -> bool:
    """Whether a call of a wiring name stands in a body or in the lambdas in it."""
    for node in nodes(typing.body(path, body) or ()):
        if isinstance(node, ir.Call) and isinstance(node.function, (ir.Name, ir.Member)):
            name = node.function.name
            if name.startswith("Add") or _BEHAVIOURS.match(name):
                return True
        elif isinstance(node, ir.Lambda) and depth < 6 and _mentions_wiring(typing, path, node.body, depth + 1):
            return True
    return False


def _calls(
    typing: Typing, path: str, of: Sequence[object], env: Env, context: NamedType | None, found: _Found, depth: int
) -> None:
    """Notes the calls that wire something; inside the options of a DbContext, `context` is that."""
    calls = [n for n in nodes(of) if isinstance(n, (ir.Call, ir.Lambda))]
    done: set[str] = set()
    for node in calls:
        if not isinstance(node, ir.Call) or not isinstance(node.function, (ir.Name, ir.Member)):
            continue
        name, arguments = node.function.name, node.function.type_arguments
        inner = context
        if _CONTEXTS.match(name) and arguments:
            last = written_type(typing.resolver, arguments[-1], env)
            inner = last if isinstance(last, NamedType) else None
            for argument in node.arguments:
                if isinstance(argument.value, ir.Lambda):
                    done.add(argument.value.body)
                    _inside(typing, path, argument.value, env, inner, found, depth)
        elif name == "AddInterceptors":
            for argument in node.arguments:
                for item in argument.value.items if isinstance(argument.value, ir.Collection) else (argument.value,):
                    of_item = _object(typing, item, env)
                    if of_item is not None:
                        found.interceptors.append(Interceptor(context, of_item))
        elif _BEHAVIOURS.match(name):
            found.behaviours += _types(typing, node, env)
        elif _LIVES.match(name):
            written = [a.value.type for a in node.arguments if isinstance(a.value, ir.TypeOf)] or list(arguments)
            if len(written) == 2 and _BEHAVIOUR_SERVICES.search(written[0].name.rpartition(".")[2]):
                found.behaviours += _types(typing, node, env)[-1:]
    for node in calls:
        if isinstance(node, ir.Lambda) and node.body not in done and depth < 6:
            _inside(typing, path, node, env, context, found, depth)


def _inside(typing: Typing, path: str, of: ir.Lambda, env: Env, context: NamedType | None, found: _Found, depth: int) -> None:
    inner = env.inner()
    bind_parameters(typing.resolver, inner, of.parameters)
    body = typing.body(path, of.body) or ()
    _bind_all(typing, body, inner)
    _calls(typing, path, body, inner, context, found, depth + 1)


def _types(typing: Typing, call: ir.Call, env: Env) -> list[NamedType]:
    """The workspace classes that a call names, as type arguments or by `typeof`."""
    assert isinstance(call.function, (ir.Name, ir.Member))
    written = [*call.function.type_arguments, *(a.value.type for a in call.arguments if isinstance(a.value, ir.TypeOf))]
    types = (written_type(typing.resolver, ref, env) for ref in written)
    return [t for t in types if isinstance(t, NamedType) and isinstance(t.symbol, WorkspaceType) and t.symbol.kind in ("class", "record")]

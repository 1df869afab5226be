"""Objects of endpoints, kept current: the one door of this package.

Invariant: an answer rests on what was read for it (`operations.Operations.body` and the resolver say so), and on the app's start-up code; an edit
drops what rests on what it changed. What the whole workspace tells of an entity's owner is joined in afterwards, from the answers of all endpoints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.facts.syntax_nodes import nodes
from routewarden.model.evaluator import Evaluator, room
from routewarden.model.operations.environment import Binding, Env, Routine, enter, written_type
from routewarden.model.operations.wiring import flat_env
from routewarden.model.ownership import entities, guards, identity, members, sequences
from routewarden.model.ownership.callers import callers_at
from routewarden.model.ownership.endpoint_objects import NO_OBJECTS, EndpointObjects, ObjectAccess, Owner
from routewarden.model.ownership.knowledge import Facts, client
from routewarden.model.ownership.reading import Access, Frame, Known, Reader
from routewarden.model.ownership.state import State
from routewarden.model.ownership.values import Value, content
from routewarden.model.register import Access as Who
from routewarden.model.register import Endpoint
from routewarden.model.symbols import NamedType, Type, is_interface
from routewarden.model.tracking import Memo
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.operations.engine import AppOperations, Operations
    from routewarden.model.world import World

_KINDS = frozenset({"action", "minimal", "page", "fastendpoint"})
_CALLERS_KIND = re.compile(
    r"^(?:users?|customers?|members?|clients?|patients?|students?|guests?|buyers?|sellers?|readers?|players?|authenticated|registered\w*|everyone)$",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"\{\**([A-Za-z_]\w*)")
_INJECTED = ("FromServices", "FromKeyedServices")


Evidence = dict[str, dict[str, "tuple[Site | None, str]"]]  # entity → member → where, type


class Ownership:
    """Answers for one state of the workspace; `drop` after an edit."""

    def __init__(self, world: World, operations: Operations, start: Callable[[str], Evaluator | None]) -> None:
        self._world = world
        self._operations = operations
        self._start = start
        self._read: Memo[object, EndpointObjects] = Memo(world.types.tracker)
        self._filters: dict[AppOperations, guards.QueryFilters] = {}
        self._known = Known(world.types.tracker)
        self._joined: dict[int, tuple[EndpointObjects, tuple[object, ...], EndpointObjects]] = {}

    def drop(self, mask: int) -> None:
        self._read.drop(mask)
        self._known.drop(mask)
        for filters in self._filters.values():
            filters.drop(mask)

    def read(self, endpoint: Endpoint) -> EndpointObjects:
        """What the endpoint's own code says."""
        if endpoint.kind not in _KINDS or endpoint.handler_site is None:
            return NO_OBJECTS
        key = (
            endpoint.kind, endpoint.app, endpoint.handler_site, endpoint.type_site, endpoint.methods, endpoint.filters, endpoint.route,
            endpoint.verdict,
        )
        return self._read.of(key, lambda: self._of(endpoint))

    def all(self, endpoints: Iterable[Endpoint]) -> dict[int, EndpointObjects]:
        """id(endpoint) → its objects, with what the other endpoints tell of their owners; the same objects while nothing changed."""
        raw = [(e, self.read(e)) for e in endpoints]
        evidence: Evidence = {}
        for _, found in raw:
            for entity, member, site, of in found.evidence:
                evidence.setdefault(entity, {}).setdefault(member, (site, of))
        public = {a.entity for e, o in raw if e.access in (Who.PUBLIC, Who.ANONYMOUS) for a in o.accesses if a.kind == "read" and not a.tied}
        joined: dict[int, tuple[EndpointObjects, tuple[object, ...], EndpointObjects]] = {}
        for _, found in raw:
            if id(found) in joined:
                continue
            told = tuple((e, tuple(evidence.get(e, {}).items()), e in public) for e in sorted({a.entity for a in found.accesses}))
            last = self._joined.get(id(found))
            if last is not None and last[0] is found and last[1] == told:
                joined[id(found)] = last
            else:
                joined[id(found)] = (found, told, _with_evidence(found, evidence, public))
        self._joined = joined
        return {id(e): joined[id(found)][2] for e, found in raw}

    # --- working out ---

    def _of(self, endpoint: Endpoint) -> EndpointObjects:
        with room():
            typing = self._operations.typing
            app = self._operations.app(endpoint.app)
            filters = self._filters.setdefault(app, guards.QueryFilters(typing, app.dispatch))
            ev = self._start(endpoint.app)
            accesses: dict[object, ObjectAccess] = {}
            whole = NO_OBJECTS
            privileged = _privileged(endpoint, ev, None)
            if privileged and not _own_requirements(endpoint, ev):
                return replace(whole, privileged=privileged)  # who may do it is decided; whose it is, is another question
            for routine in self._operations.routines(endpoint):
                reader = Reader(typing, app.dispatch, filters.of, self._known)
                reader.around = app.hooks.around
                reader.policy = lambda name, value, reader=reader: guards.of_resource(reader, _requirements(ev, name), value)  # type: ignore[misc]
                env, names, sources, parameters = self._parameters(routine, endpoint, ev)
                facts = guards.of_filters(reader, endpoint.filters, parameters, routine.this if endpoint.kind == "action" else None)
                scoped = guards.of_policy(reader, _own_requirements(endpoint, ev))
                privileged = privileged and _privileged(endpoint, ev, scoped)
                state = State(names, facts | scoped)
                self._run(reader, routine, env, state)
                for access in reader.accesses:
                    shown = self._shown(reader, access, sources)
                    if shown is not None:
                        key = (shown.entity, shown.kind, shown.site, shown.used)
                        if key not in accesses or accesses[key].tied:
                            accesses[key] = shown
                whole = replace(
                    whole, evidence=(*whole.evidence, *((e, m, s, t) for (e, m), (s, t) in reader.evidence.items())),
                    identity=whole.identity or reader.uses_identity,
                    assumed=(*whole.assumed, *dict.fromkeys(reader.assumed)), gaps=(*whole.gaps, *reader.gaps),
                )
            return replace(whole, accesses=tuple(accesses.values()), privileged=privileged)

    def _run(self, reader: Reader, routine: Routine, env: Env, state: State) -> None:
        typing = self._operations.typing
        body = typing.body(routine.path, routine.body) or ()
        this = Value("object", routine.this) if routine.this is not None else None
        frame = Frame(env, [], this)
        reader.block(body, frame, env, state)
        for exit_ in frame.exits:
            known = State({}, exit_.state.facts | exit_.value.when_true)
            for row in sorted(content(sequences.settled(reader, exit_.value))):
                reader.access("read", row, known, reader.rows[row].site)
            reader.save(exit_.state)
        if not state.dead:
            reader.save(state)

    def _parameters(
        self, routine: Routine, endpoint: Endpoint, ev: Evaluator | None
    ) -> tuple[Env, dict[str, Value], dict[str, str], tuple[str, ...]]:
        """The handler's environment, what its parameters hold, where each comes from, and their names in order."""
        typing = self._operations.typing
        if "~" in routine.body:
            env = flat_env(typing, routine.path, routine.body)
            code = next((n for n in nodes(typing.body(routine.path, routine.body.rpartition("~")[0]) or ())
                         if isinstance(n, (ir.Lambda, ir.LocalFunction)) and n.body == routine.body), None)
            declared = code.parameters if code is not None else ()
            env.routine = routine if routine.owner is not None else env.routine
            env = env.inner()
        else:
            env = enter(typing.resolver, routine)
            declared = routine.member.parameters if routine.member is not None else ()
        route = {m.lower() for m in _PARAMETER.findall(endpoint.route)}
        names: dict[str, Value] = {}
        sources: dict[str, str] = {}
        for parameter in declared:
            of = written_type(typing.resolver, parameter.type, env)
            env.bind(parameter.name, Binding("parameter", lambda of=of: of))  # type: ignore[misc]
            attributes = {a.type.name.rsplit(".", 1)[-1].removesuffix("Attribute") for a in parameter.attributes}
            low = parameter.name.lower()
            if not attributes & set(_INJECTED) and self._from_client(of, attributes, ev, endpoint.kind, low in route):
                names[parameter.name] = Value("client", of, client(low), client=frozenset({low}))
                sources[low] = _source(low, route, attributes, of)
            else:
                reader_free = Value("object", of)
                if isinstance(of, NamedType) and identity.is_principal(of.full_name):
                    reader_free = Value("principal", of)
                elif isinstance(of, NamedType) and identity.is_request(of.full_name):
                    reader_free = Value("request", of)
                names[parameter.name] = reader_free
        return env, names, sources, tuple(p.name for p in declared)

    def _from_client(self, of: Type | None, attributes: set[str], ev: Evaluator | None, kind: str, in_route: bool) -> bool:
        if in_route or attributes & {"FromRoute", "FromQuery", "FromBody", "FromForm", "FromHeader", "AsParameters"}:
            return True
        if not isinstance(of, NamedType):
            return True
        name = of.full_name
        if name in ("System.Threading.CancellationToken",) or identity.is_principal(name) or identity.is_request(name) or identity.is_context(name):
            return False
        if members.is_scalar(of) or name.startswith("System.Collections.") or name == "System.Nullable`1":
            return True
        if is_interface(of.symbol):
            return name == "Microsoft.AspNetCore.Http.IFormFile"
        if isinstance(of.symbol, WorkspaceType):
            if self._operations.typing.is_a(of, "Microsoft.EntityFrameworkCore.DbContext"):
                return False
            if kind == "minimal" and ev is not None and of.full_name in {k.split("<", 1)[0] for k in ev.app.services}:
                return False
            return not any(m.kind == "method" and m.name == "BindAsync" for _, m in of.symbol.members)
        return kind == "action"

    def _shown(self, reader: Reader, access: Access, sources: dict[str, str]) -> ObjectAccess | None:
        row = reader.rows[access.row]
        entity = row.entity
        if not isinstance(entity, NamedType) or not access.keys:
            return None
        keys = tuple(sorted(access.keys))
        where = tuple(sorted({sources.get(k.split(".", 1)[0].removesuffix("[]"), "route" if "." not in k else "request") for k in keys}))
        typing = self._operations.typing
        owners = tuple(replace(o, type=entities.type_of_path(typing, entity, o.member)) for o in entities.owners_of(typing, entity))
        if access.tied:
            return ObjectAccess(access.kind, entity.full_name, True, keys, where, row.site, access.site, row.path, owners)
        return ObjectAccess(
            access.kind, entity.full_name, False, keys, where, row.site, access.site, row.path, owners,
            callers_at(reader, row), entities.columns_of(typing, entity), row.queried,
        )


def _source(name: str, route: set[str], attributes: set[str], of: Type | None) -> str:
    if name in route or "FromRoute" in attributes:
        return "route"
    for source in ("Query", "Header", "Form", "Body"):
        if f"From{source}" in attributes:
            return source.lower()
    return "query" if members.is_scalar(of) else "body"


def _with_evidence(found: EndpointObjects, evidence: Evidence, public: set[str]) -> EndpointObjects:
    accesses = []
    for access in found.accesses:
        told = evidence.get(access.entity, {})
        if told:
            columns = dict(access.columns)
            used = tuple(Owner(m, "use", s, columns.get(m, of)) for m, (s, of) in sorted(told.items(), key=lambda p: p[0]))
            access = replace(access, owners=(*used, *(o for o in access.owners if o.member not in told)))
        accesses.append(replace(access, public=access.entity in public))
    return replace(found, accesses=tuple(accesses))


# --- who may call ------------------------------------------------------------------------------------------------------------


def _policy_values(endpoint: Endpoint, ev: Evaluator | None) -> list[str]:
    """What the named policies of an endpoint require, as `PolicyValue.requirements` spell it."""
    found: list[str] = []
    for name in endpoint.verdict.policies:
        policy = ev.app.policies.get(name) if ev is not None else None
        found += policy.requirements if policy is not None else [f"unknown: {name}"]
    return found


def _own_requirements(endpoint: Endpoint, ev: Evaluator | None) -> list[str]:
    return [r.partition(":")[2] for r in _policy_values(endpoint, ev) if r.startswith("requirement:")]


def _requirements(ev: Evaluator | None, policy: str | None) -> tuple[str, ...] | None:
    if policy is None or ev is None or policy not in ev.app.policies:
        return None
    return tuple(r.partition(":")[2] for r in ev.app.policies[policy].requirements if r.startswith("requirement:"))


def _privileged(endpoint: Endpoint, ev: Evaluator | None, scoped: Facts | None) -> str:
    """Why not every user may call the endpoint; "" where any may. `scoped`: what its policies say of the route's objects."""
    verdict = endpoint.verdict
    if verdict.access not in (Who.RESTRICTED, Who.GUARDED):
        return ""
    if not verdict.policies and not verdict.roles and "authorization service" in verdict.reason:
        return ""  # the handler itself asks, and is read
    roles = [r for r in verdict.roles if not _CALLERS_KIND.match(r)]
    if verdict.roles and len(roles) == len(verdict.roles):
        return f"role {' or '.join(sorted(roles))}"
    for requirement in _policy_values(endpoint, ev):
        kind, _, rest = requirement.partition(":")
        if kind == "role" and not any(_CALLERS_KIND.match(r) for r in rest.split("|")):
            return f"role {rest.replace('|', ' or ')}"
        if kind == "claim" and not _names_user(rest):
            return f"claim {rest}"
        if kind in ("requirement", "assertion", "user", "unknown", "nobody"):
            if kind == "requirement" and scoped is not None:
                continue
            return f"policy {', '.join(verdict.policies)}"
    if not verdict.policies and not verdict.roles:
        return verdict.reason or ("an own guard" if verdict.access is Who.GUARDED else "a requirement")
    return ""


def _names_user(claim: str) -> bool:
    """A claim that says which user, tenant or application it is, and no permission."""
    low = claim.lower().rsplit("/", 1)[-1]
    return low.endswith(("id", "sub", "scope", "scp", "email", "name", "nameidentifier", "tenant", "oid", "amr", "aud", "client", "verified"))


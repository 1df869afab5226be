"""A whole app of one seed: endpoints in every layering, with the calls that attack each.

Invariant: a seed always gives the same app. Route, verb, who may call and what the two users send are decided here.
"""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.differential.attack import domain as dom
from tests.differential.attack import guards, layers, ownership, records
from tests.differential.attack.domain import Domain, camel, plural
from tests.differential.attack.hosts import Class, Host, Lambda, identity, plain
from tests.differential.attack.layers import Parts
from tests.differential.attack.ownership import Body

VERBS = {"get": "Get", "list": "Get", "update": "Put", "flag": "Post", "add": "Post", "delete": "Delete", "bulk-delete": "Delete", "bulk-update": "Put"}


@dataclass(frozen=True)
class AttackedEndpoint:
    """`key`: "METHOD /route" as the register has it. `attacks` are in the other user's name, `owner` is the call that must work."""

    key: str
    method: str
    attacks: tuple[dict[str, Any], ...]
    owner: dict[str, Any]
    writes: bool
    open: bool
    idioms: str  # what was generated, for people


@dataclass
class GeneratedApp:
    name: str
    files: dict[str, str] = field(default_factory=dict)  # what is analysed
    seeds: str = ""
    endpoints: list[AttackedEndpoint] = field(default_factory=list)
    markers: tuple[str, ...] = dom.MARKERS
    victim_rows: frozenset[str] = frozenset()
    victim_links: tuple[str, ...] = ()  # text of rows that hang on an object of the victim
    audit_types: frozenset[str] = frozenset({"AuditEntry"})


@dataclass
class _Group:
    """Endpoints of one prefix: a controller, or a class with a Map method."""

    prefix: str
    controller: bool
    host: Class | None
    attribute: str = ""
    maps: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    top_level: bool = False
    grouped: bool = True


def generate(seed: int) -> GeneratedApp:
    random = Random(seed)
    d = dom.domain(random)
    parts = Parts(d, random, identity(random, d), flavour=random.choice(["mediator", "mediator", "library"]))
    trails = records.Trails(d, random)
    app = GeneratedApp(f"attack{seed}")
    base = Class("ApiControllerBase", random, bases="ControllerBase", modifiers="public abstract class", head="[ApiController]\n[Authorize]")
    base.members.append(f"    protected {d.uid} Caller => {parts.identity.of_user(random, d, 'User')};")
    parts.classes["ApiControllerBase"] = base
    groups = [_group(parts, n) for n in range(random.randint(2, 3))]
    wide = random.random() < 0.35
    if wide:
        records.app_wide(trails)
    for n in range(random.randint(7, 10)):
        _endpoint(app, parts, trails, random.choice(groups), n)
    if random.random() < 0.4:
        _profiles(app, parts, trails, random.choice(groups))
    if parts.mediator and random.random() < 0.5:
        guards.behavior(parts, random.random() < 0.6, random.random() < 0.7)
    guards.resource_handlers(parts)
    records.finish(trails)
    _write(app, parts, trails, groups)
    return app


def _group(parts: Parts, n: int) -> _Group:
    r, _d = parts.random, parts.d
    prefix = f"{r.choice(['api/', '', 'v1/'])}{camel(r.choice(['Home', 'Desk', 'Portal', 'Area', 'Shelf']))}{n}"
    if r.random() < 0.55:
        base = r.random() < 0.5
        cls = Class(f"{prefix.rsplit('/', 1)[-1].title()}Controller", r, bases="ApiControllerBase" if base else "ControllerBase",
                    head=f'[Route("{prefix}")]' if base else f'[ApiController]\n[Authorize]\n[Route("{prefix}")]')
        parts.classes[cls.name] = cls
        return _Group(prefix, True, cls)
    return _Group(prefix, False, None, top_level=r.random() < 0.25, grouped=r.random() < 0.7)


def _endpoint(app: GeneratedApp, parts: Parts, trails: records.Trails, group: _Group, n: int) -> None:
    r, d = parts.random, parts.d
    kind = r.choice(["parent", "parent", "parent", "parent", "child", "child", "tenant", "catalogue"])
    if kind == "child" and d.parent_filter == "owner":
        kind = "parent"
    layer = r.choice(layers.LAYERS)
    op = r.choice({
        "parent": ["get", "get", "update", "update", "delete", "delete", "flag", "bulk-delete", "bulk-update", "add"],
        "child": ["get", "update", "delete", "delete", "list", "bulk-delete"],
        "tenant": ["get", "update", "delete", "flag"],
        "catalogue": ["get", "update", "delete"],
    }[kind])
    if layer in ("specific", "generic", "generic-service") and (kind != "parent" or op not in ("get", "update", "delete", "flag")):
        layer = "interface"
    nested = kind == "child" and op in ("get", "update", "delete") and r.random() < 0.5
    idiom = r.choice(layers.idioms_for(layer, kind, op, r, d, nested))
    privileged = ""
    guard = ""
    if kind == "parent" and op != "list" and r.random() < 0.15:
        idiom, privileged = (ownership.bulk_nothing if op.startswith("bulk") else ownership.nothing), r.choice(["role", "policy"])
    elif kind == "catalogue" and op != "get" and r.random() < 0.7:
        privileged = r.choice(["role", "policy"])
    elif kind == "parent" and r.random() < 0.2 and d.parent_filter != "owner":
        idiom = ownership.bulk_nothing if op.startswith("bulk") else ownership.nothing
        guard = r.choice(["filter", "policy"]) + r.choice(["-owner", "-owner", "-known"])
    record = r.choice(records.RECORDS) if op not in ("get", "list") else records.nothing
    _emit(app, parts, trails, group, n, kind, op, layer, idiom, record, privileged, guard, nested)


def _profiles(app: GeneratedApp, parts: Parts, trails: records.Trails, group: _Group) -> None:
    """The caller's own record, and the same by an id from the route."""
    r = parts.random
    _emit(app, parts, trails, group, 50, "profile", "get", "inline", ownership.own_profile, records.nothing, "", "", False)
    for n, idiom in enumerate(r.sample([ownership.any_profile, ownership.any_profile, ownership.verified_profile], 2)):
        op = r.choice(["get", "update"])
        layer = r.choice(["inline", "private", "interface", "mediator"])
        _emit(app, parts, trails, group, 51 + n, "profile", op, layer, idiom, r.choice(records.RECORDS) if op == "update" else records.nothing, "", "", False)


def _emit(
    app: GeneratedApp, parts: Parts, trails: records.Trails, group: _Group, n: int, kind: str, op: str, layer: str, idiom: ownership.Idiom,
    record: records.Record, privileged: str, guard: str, nested: bool,
) -> None:
    r, d = parts.random, parts.d
    host: Host = group.host if group.host is not None else Lambda(r, category="Program" if group.top_level else f"{group.prefix.rsplit('/', 1)[-1].title()}Endpoints2".rstrip("2"))
    if isinstance(host, Lambda) and host.category != "Program":
        host.category = "AppDbMarker"
    state = r.getstate()

    def make(at: Host, store: str) -> tuple[Body, list[str]]:
        """The same choices wherever it ends up, so that a rehearsal and the performance agree."""
        r.setstate(state)
        saved = (trails.number, list(trails.messages), list(trails.definitions), list(trails.events), list(trails.services), dict(trails.files), trails.bus)
        b = Body(d, r, at, kind, op, id="userKey" if kind == "profile" else "id", parent_id="parentId" if nested else "", store=store, in_endpoint=at is host)
        b.principal = "User" if isinstance(at, Class) else "«principal»"
        if not (op.startswith("bulk") and record in (records.audit_row,)):
            record(b, trails)
        lines = idiom(b)
        if any("«principal»" in x for x in lines):
            at.dep("principal", "ClaimsPrincipal")
        if (at.__class__ is Class and at.name == "Probe") or (isinstance(at, Class) and at.name.startswith("Request") and at.name.endswith("Handler") and at.name not in parts.classes and at.name[7:-7].isdigit()):
            trails.number, trails.messages, trails.definitions, trails.events, trails.services, trails.files, trails.bus = saved
        return b, lines

    statements, b = layers.place(parts, host, layer, make, group.controller, str(n))
    word = r.choice(["", "", "details", "data", "item"]) + str(n)
    source = "route"
    if not nested and not guard and op in ("get", "update", "delete") and kind == "parent":
        source = r.choice(["route", "route", "route", "route", "query", "body" if op == "update" else "query"])
    id_name = "id" if guard else r.choice(["id", "id", f"{camel(b.cls)}Id"])
    route, parameters, values = _route(b, d, r, op, word, source, id_name, nested, group.controller)
    statements = [_named(x, values) for x in statements]
    path = "/".join(x for x in (group.prefix, route) if x)
    verb = VERBS[op]
    method = verb.upper()
    attributes: list[str] = []
    conventions: list[str] = []
    if privileged:
        said = '[Authorize(Roles = "Admin")]' if privileged == "role" else '[Authorize(Policy = "Admins")]'
        attributes.append(said)
        conventions.append('.RequireAuthorization(p => p.RequireRole("Admin"))' if privileged == "role" else '.RequireAuthorization("Admins")')
    if guard:
        kind_, _, twin = guard.partition("-")
        owner = twin == "owner"
        if kind_ == "policy":
            name = guards.route_policy(parts, owner)
            attributes.append(f'[Authorize(Policy = "{name}")]')
            conventions.append(f'.RequireAuthorization("{name}")')
        elif group.controller:
            attributes.append(guards.action_filter(parts, owner))
        else:
            conventions.append(guards.endpoint_filter(parts, owner))
    if kind == "catalogue" and op == "get" and r.random() < 0.5:
        attributes.append("[AllowAnonymous]")
        conventions.append(".AllowAnonymous()")
    if group.controller:
        assert group.host is not None
        lines = "\n".join("        " + x if x else "" for x in statements)
        group.host.members.append(
            f'    [Http{verb}("{route}")]\n' + "".join(f"    {a}\n" for a in attributes)
            + f"    public async Task<IActionResult> {op.replace('-', ' ').title().replace(' ', '')}{n}({', '.join(parameters)})\n    {{\n{lines}\n    }}"
        )
    else:
        _minimal(group, r, host, verb, route, parameters, statements, conventions, n, guard)
    boss = bool(privileged)
    app.endpoints.append(AttackedEndpoint(
        f"{method} /{path}", method, _attacks(b, d, method, path, op, source, id_name, nested, group.controller), _owner(b, d, method, path, op, source, id_name, nested, boss),
        op not in ("get", "list"), kind == "catalogue", f"{kind} {op} {layer} {idiom.__name__} {record.__name__}{' ' + privileged if privileged else ''}{' ' + guard if guard else ''}",
    ))


def _named(line: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        line = line.replace(f"@{name}", value)
    return line


def _route(b: Body, d: Domain, r: Random, op: str, word: str, source: str, id_name: str, nested: bool, controller: bool) -> tuple[str, list[str], dict[str, str]]:
    """Template, parameters of the endpoint, and what its own names are for id, parentId, ownerId and text."""
    segments, parameters, values = [plural(b.cls).lower()], [], {}
    constraint = d.constraint
    if nested:
        segments = [d.parents.lower(), f"{{{camel(d.parent)}Id{constraint}}}", d.children.lower()]
        parameters.append(f"{d.key} {camel(d.parent)}Id")
        values["parentId"] = f"{camel(d.parent)}Id"
    elif b.op == "list":
        segments = [d.parents.lower()]
    owner_in_route = b.from_request and r.random() < 0.5 and source == "route"
    if owner_in_route:
        segments = ["owners", "{ownerId}", *segments]
        parameters.append(f"{d.uid} ownerId")
    if b.kind == "profile" and not b.own_id:
        segments.append("{userKey}")
        parameters.append(f"{d.uid} userKey")
    elif b.own_id:
        segments.append("me")
    elif source == "route":
        segments.append(f"{{{id_name}{constraint}}}")
        parameters.append(f"{d.key} {id_name}")
    elif source == "query":
        parameters.append(f"{'[FromQuery] ' if r.random() < 0.5 else ''}{d.key} {id_name}")
    segments.append(word)
    values["id"] = id_name
    body = ""
    if op in ("update", "bulk-update", "add"):
        body = "TextInput"
        if source == "body":
            body, values["id"] = "KeyedInput", "input.Id"
        elif b.from_request and not owner_in_route and r.random() < 0.4:
            body, values["ownerId"] = "OwnedInput", f"input.{d.owner}"
        parameters.append(f"{'[FromBody] ' if r.random() < 0.2 else ''}{body} input")
        values["text"] = "input.Text"
    if b.from_request and not owner_in_route and body != "OwnedInput":
        where = r.choice(["[FromQuery] ", '[FromHeader(Name = "X-Owner")] '])
        parameters.append(f"{where}{d.uid} ownerId")
    values.setdefault("ownerId", "ownerId")
    values["userKey"] = "userKey"
    return "/".join(segments), parameters, values


def _minimal(group: _Group, r: Random, host: Host, verb: str, route: str, parameters: list[str], statements: list[str], conventions: list[str], n: int, guard: str) -> None:
    assert isinstance(host, Lambda)
    declared = [*parameters, *(f"{t} {name}" for name, t in host.deps.items())]
    lines = [plain(x) for x in statements]
    on = "routes" if group.grouped else "app"
    pattern = route if group.grouped else f"/{group.prefix}/{route}"
    tail = "".join(conventions)
    if not group.grouped:
        tail = (".RequireAuthorization()" if ".AllowAnonymous()" not in tail and ".RequireAuthorization" not in tail else "") + tail
    if group.top_level or r.random() < 0.6:
        body = "\n".join("    " + x if x else "" for x in lines)
        group.maps.append(f'{on}.Map{verb}("{pattern}", async ({", ".join(declared)}) =>\n{{\n{body}\n}}){tail};')
    else:
        name = f"{verb}{n}"
        body = "\n".join("        " + x if x else "" for x in lines)
        group.maps.append(f'{on}.Map{verb}("{pattern}", {name}){tail};')
        group.methods.append(f"    private static async Task<IResult> {name}({', '.join(declared)})\n    {{\n{body}\n    }}")


# --- calls ------------------------------------------------------------------------------------------------------------------------


def _call(b: Body, d: Domain, method: str, path: str, op: str, source: str, id_name: str, *, row: int, parent: int, user: str, owner: str, key: str, roles: str = "") -> dict[str, Any]:
    url, query = "/" + path, {}
    for name, value in ((id_name, d.key_text(row)), (f"{camel(d.parent)}Id", d.key_text(parent)), ("ownerId", d.users[owner]), ("userKey", d.users[key])):
        for constraint in ("", ":int", ":guid", ":long"):
            url = url.replace(f"{{{name}{constraint}}}", value)
    if source == "query":
        query[id_name] = d.key_text(row)
    body: dict[str, Any] | None = None
    if op in ("update", "bulk-update", "add"):
        key_value: Any = int(d.key_text(row)) if d.key in ("int", "long") else d.key_text(row)
        owner_value: Any = int(d.users[owner]) if d.uid == "int" else d.users[owner]
        body = {"text": "changed", "id": key_value, camel(d.owner): owner_value}
    if b.from_request:
        query["ownerId"] = d.users[owner]
    if query:
        url += "?" + "&".join(f"{k}={v}" for k, v in query.items())
    return {
        "method": method, "url": url, "body": None if body is None else json.dumps(body), "user": d.users[user],
        "tenant": {"alice": "tenant-a", "mallory": "tenant-m", "boss": "tenant-a"}[user], "roles": roles, "owner": d.users[owner],
    }


_ROWS = {"parent": 101, "child": 111, "tenant": 121, "catalogue": 5, "profile": 0}


def _attacks(b: Body, d: Domain, method: str, path: str, op: str, source: str, id_name: str, nested: bool, controller: bool) -> tuple[dict[str, Any], ...]:
    row = 101 if b.op == "list" else _ROWS[b.kind]
    calls = []
    for parent in (101, 201) if nested else (101,):
        for owner in ("alice", "mallory") if b.from_request else ("alice",):
            calls.append(_call(b, d, method, path, op, source, id_name, row=row, parent=parent, user="mallory", owner=owner, key="alice"))
    return tuple(calls)


def _owner(b: Body, d: Domain, method: str, path: str, op: str, source: str, id_name: str, nested: bool, boss: bool) -> dict[str, Any]:
    row = 101 if b.op == "list" else _ROWS[b.kind]
    return _call(b, d, method, path, op, source, id_name, row=row, parent=101, user="boss" if boss and b.kind == "catalogue" else "alice", owner="alice", key="alice", roles="Admin" if boss else "")


# --- files ------------------------------------------------------------------------------------------------------------------------


def _write(app: GeneratedApp, parts: Parts, trails: records.Trails, groups: list[_Group]) -> None:
    r, d = parts.random, parts.d
    used_rows = sorted(parts.specific)
    base = parts.classes["ApiControllerBase"]
    for cls in parts.classes.values():
        if cls.bases == "ApiControllerBase":
            for name, type_ in base.deps.items():
                cls.deps.setdefault(name, type_)
            cls.base_deps = tuple(base.deps)
    for cls in list(parts.classes.values()):
        text = cls.text(d.namespace)
        if cls.name in parts.interfaces:
            methods = "\n\n".join(parts.interfaces[cls.name])
            interface = f"public interface I{cls.name}\n{{\n{methods}\n}}\n"
            if r.random() < 0.5:
                app.files[f"Services/I{cls.name}.cs"] = f"namespace {d.namespace};\n\n{interface}"
            else:
                text += "\n" + interface
        folder = "Controllers" if cls.name.endswith(("Controller", "ControllerBase")) else "Requests" if cls.bases.startswith("IRequestHandler") else "Services"
        if cls.name.endswith("Controller") and not any("[Http" in m for m in cls.members):
            continue
        app.files[f"{folder}/{cls.name}.cs"] = text
    for entity in used_rows:
        methods = "\n\n".join(dict.fromkeys(parts.specific[entity]))
        remaining = f"    public void Remove({entity} row) => «db».Set<{entity}>().Remove(row);\n\n    public Task SaveChangesAsync() => «db».SaveChangesAsync();"
        rows = Class(f"{entity}Rows", r, bases=f"I{entity}Rows")
        rows.dep("db", d.db)
        rows.members = [methods, remaining]
        headers = [x.split("=>")[0].strip() for x in (*dict.fromkeys(parts.specific[entity]), *remaining.split("\n\n"))]
        declared = "\n".join(f"    {h.replace('public ', '').replace('async ', '')};" for h in headers)
        app.files[f"Data/{entity}Rows.cs"] = rows.text(d.namespace) + f"\npublic interface I{entity}Rows\n{{\n{declared}\n}}\n"
        parts.services.append(f"builder.Services.AddScoped<I{entity}Rows, {entity}Rows>();")
    if parts.generic:
        app.files["Data/Repository.cs"] = _repository(d, r)
        parts.services.append("builder.Services.AddScoped(typeof(IRepository<>), typeof(Repository<>));")
    if parts.mediator:
        app.files["Requests/Mediator.cs"] = guards.MEDIATOR.format(namespace=d.namespace)
        parts.services.append("builder.Services.AddScoped<ISender, Sender>();")
    if parts.library:
        parts.services.append("builder.Services.AddMediator(options => options.ServiceLifetime = ServiceLifetime.Scoped);")
    app.files |= parts.files | trails.files | parts.identity.helper_files
    app.files["Data/Entities.cs"] = dom.entities(d)
    app.files["Data/Tenant.cs"] = dom.tenant(d)
    configuring = trails.configuring if trails.configuring.startswith("options.") else ""
    app.files[f"Data/{d.db}.cs"] = dom.context(d, trails.overrides, configuring)
    app.files["Services/Ownership.cs"] = _ownership(d)
    app.files["Program.cs"] = _program(parts, trails, groups, app)
    app.seeds = dom.seeds(d)
    app.victim_rows = dom.victim_rows(d)
    key = d.key_text(101)
    app.victim_links = (f'"{camel(d.parent)}Id":{key if d.key != "Guid" else chr(34) + key + chr(34)}',)


def _ownership(d: Domain) -> str:
    return f"""namespace {d.namespace};

public static class Ownership
{{
    public static void Require({d.uid} owner, {d.uid} caller)
    {{
        if (owner != caller)
        {{
            throw new UnauthorizedAccessException();
        }}
    }}

    public static bool Holds({d.uid} owner, {d.uid} caller) => owner == caller;

    public static IQueryable<{d.parent}> OwnedBy(this IQueryable<{d.parent}> rows, {d.uid} user) => rows.Where(x => x.{d.owner} == user);
}}
"""


def _repository(d: Domain, r: Random) -> str:
    find = r.choice(["db.Set<T>().FindAsync(id).AsTask()", "db.Set<T>().FirstOrDefaultAsync(x => EF.Property<object>(x, \"Id\") == id)"])
    find = "db.Set<T>().FindAsync(id).AsTask()" if "EF.Property" in find else find
    return f"""using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace {d.namespace};

public interface IRepository<T> where T : class
{{
    Task<T?> GetByIdAsync(object id);
    Task<T?> FirstOrDefaultAsync(Expression<Func<T, bool>> predicate);
    void Remove(T row);
    Task SaveChangesAsync();
}}

public class Repository<T>({d.db} db) : IRepository<T> where T : class
{{
    public Task<T?> GetByIdAsync(object id) => {find};

    public Task<T?> FirstOrDefaultAsync(Expression<Func<T, bool>> predicate) => db.Set<T>().FirstOrDefaultAsync(predicate);

    public void Remove(T row) => db.Set<T>().Remove(row);

    public Task SaveChangesAsync() => db.SaveChangesAsync();
}}
"""


def _program(parts: Parts, trails: records.Trails, groups: list[_Group], app: GeneratedApp) -> str:
    _r, d = parts.random, parts.d
    options = 'options.UseInMemoryDatabase("app")'
    interceptor = f".{trails.configuring[9:]}" if trails.configuring.startswith("@options.") else ""
    with_services = "services." in interceptor or "(services" in interceptor
    lines = [
        "var builder = WebApplication.CreateBuilder(args);",
        f"builder.Services.AddDbContext<{d.db}>({'(services, options)' if with_services else 'options'} => {options}{interceptor});",
        "builder.Services.AddHttpContextAccessor();", "builder.Services.AddScoped<ITenant, ClaimTenant>();",
        f"builder.Services.AddScoped<{parts.identity.current[0]}, {parts.identity.current[1]}>();",
        *dict.fromkeys(parts.services), *dict.fromkeys(trails.services), "builder.Services.AddAuthentication().AddJwtBearer();",
        'builder.Services.AddAuthorizationBuilder().AddPolicy("Admins", p => p.RequireRole("Admin"));', "builder.Services.AddControllers();", "",
        "var app = builder.Build();", *trails.middleware, "app.UseAuthentication();", "app.UseAuthorization();", "app.MapControllers();",
    ]
    usings = {"System.Security.Claims", "Microsoft.AspNetCore.Authorization", "Microsoft.AspNetCore.Mvc", "Microsoft.EntityFrameworkCore", d.namespace}
    for group in groups:
        if group.controller or not group.maps:
            continue
        name = f"{group.prefix.rsplit('/', 1)[-1].title()}Endpoints"
        start = f'var routes = app.MapGroup("/{group.prefix}").RequireAuthorization();' if group.grouped else ""
        if group.top_level and not group.methods:
            lines += [start.replace("routes", f"routes{name}")] if start else []
            lines += [m.replace("routes.Map", f"routes{name}.Map", 1) for m in group.maps]
            continue
        maps = "\n\n".join("\n".join("        " + x if x else "" for x in m.split("\n")) for m in group.maps)
        app.files[f"Endpoints/{name}.cs"] = "".join(f"using {u};\n" for u in sorted(usings - {d.namespace})) + f"""
namespace {d.namespace};

public static class {name}
{{
    public static void Map{name}(this IEndpointRouteBuilder app)
    {{
{"        " + start + chr(10) if start else ""}{maps}
    }}
""" + "".join(f"\n{m}\n" for m in group.methods) + "}\n"
        lines.append(f"app.Map{name}();")
    lines += ["app.Run();"]
    marker = "\n\npublic sealed class AppDbMarker;\n"
    return "".join(f"using {u};\n" for u in sorted(usings)) + "\n" + "\n".join(lines) + marker

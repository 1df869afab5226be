"""Where the body of an operation sits: in the endpoint, or one or more calls away.

Invariant: `place` gives the statements of the endpoint itself and puts everything else into the app; what an endpoint's route, verb and
attributes are is the business of `app`.
"""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.differential.attack import ownership
from tests.differential.attack.domain import Domain
from tests.differential.attack.hosts import BASIC, Class, Host, Identity, Lambda, plain
from tests.differential.attack.ownership import Body

LAYERS = ["inline", "inline", "private", "local", "base", "extension", "static", "service", "interface", "interface", "two", "specific", "generic", "generic-service", "mediator", "mediator", "library"]


@dataclass
class Parts:
    """Classes of an app that several endpoints share."""

    d: Domain
    random: Random
    identity: Identity
    classes: dict[str, Class] = field(default_factory=dict)
    interfaces: dict[str, list[str]] = field(default_factory=dict)  # implementation → method headers
    files: dict[str, str] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)
    specific: dict[str, list[str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    flavour: str = "mediator"  # of request objects: the app's own mediator, or the library
    mediator: bool = False
    library: bool = False
    generic: bool = False
    behaviors: list[str] = field(default_factory=list)
    number: int = 0

    def next(self) -> int:
        self.number += 1
        return self.number

    def shared(self, name: str, **options: object) -> Class:
        if name not in self.classes:
            self.classes[name] = Class(name, self.random, **options)  # type: ignore[arg-type]
        return self.classes[name]


def host_caller(parts: Parts, host: Host) -> str:
    """How code at a host says who calls; chosen once for a class."""
    if not host.caller:
        d, r, i = parts.d, parts.random, parts.identity
        if isinstance(host, Lambda):
            if r.random() < 0.3:
                host.caller = f"{host.dep('current', i.current[0])}.{i.current[2]}"
            elif r.random() < 0.3:
                host.caller = i.of_user(r, d, host.dep("http", "HttpContext") + ".User")
            else:
                host.caller = i.of_user(r, d, host.dep("principal", "ClaimsPrincipal"))
        elif "Controller" in host.name:
            style = r.randrange(4)
            if style == 0:
                host.caller = f"{host.dep('current', i.current[0])}.{i.current[2]}"
            elif style == 1:
                host.members.append(f"    private {d.uid} {i.base_property} => {i.of_user(r, d, 'User')};")
                host.caller = i.base_property
            elif style == 2 and "ApiControllerBase" in host.bases:
                host.caller = "Caller"
            else:
                host.caller = i.of_user(r, d, "User" if r.random() < 0.7 else "HttpContext.User")
        elif r.random() < 0.75:
            host.caller = f"{host.dep('current', i.current[0])}.{i.current[2]}"
        else:
            name = "ClaimTypes.NameIdentifier" if i.claim == "name" else '"sub"'
            host.caller = d.parsed(f"{host.dep('accessor', 'IHttpContextAccessor')}.HttpContext!.User.FindFirstValue({name})!")
    return host.caller


def rendered(lines: list[str], way: str, forbid: str = "") -> list[str]:
    """Statements with their ways out. way: "controller" "minimal" "value" (null or a value) "bool"."""
    miss, forbidden, done, give = {
        "controller": ("return NotFound();", forbid or "return Forbid();", "return NoContent();", "return Ok({});"),
        "minimal": ("return Results.NotFound();", forbid or "return Results.Forbid();", "return Results.NoContent();", "return Results.Ok({});"),
        "value": ("return null;", forbid or "return null;", "", "return {};"),
        "bool": ("return false;", forbid or "return false;", "return true;", ""),
    }[way]
    result = []
    for line in lines:
        text = line.replace("@MISS", miss).replace("@FORBID", forbidden).replace("@DONE", done)
        text = re.sub(r"@GIVE\((.*)\)$", lambda m: give.format(m[1]), text)
        result.append(text)
    return result


def wrapped(b: Body, lines: list[str]) -> list[str]:
    if not b.wrap:
        return lines
    return ["try", "{", *("    " + x for x in lines), "}", "catch (Exception e)", "{", *("    " + x for x in b.wrap), "    throw;", "}"]


@dataclass
class Method:
    """The signature that a body needs: parameters and the values that the endpoint passes."""

    parameters: list[str]
    arguments: list[str]


def signature(parts: Parts, b: Body, lines: list[str], passes_caller: bool) -> Method:
    d = parts.d
    text = "\n".join(lines)
    found = Method([], [])

    def add(declared: str, value: str) -> None:
        found.parameters.append(declared)
        found.arguments.append(value)

    if not b.own_id:
        add(f"{d.uid if b.kind == 'profile' else d.key} {'userKey' if b.kind == 'profile' else 'id'}", "@userKey" if b.kind == "profile" else "@id")
    if "parentId" in text:
        add(f"{d.key} parentId", "@parentId")
    if "ownerId" in text:
        add(f"{d.uid} ownerId", "@ownerId")
    if passes_caller and ("§caller" in text or b.pass_caller):
        add(f"{d.uid} userKey2" if "userId" in text else f"{d.uid} userId", "§caller")
    if b.op in ("update", "bulk-update", "add"):
        add("string text", "@text")
    return found


def place(parts: Parts, host: Host, layer: str, make: Callable[[Host, str], tuple[Body, list[str]]], controller: bool, unique: str) -> tuple[list[str], Body]:
    """The endpoint's statements. `make(host, store)` writes the body for the host that it will sit in; @id, @text ... are the endpoint's own values."""
    r, d = parts.random, parts.d
    endpoint_way = "controller" if controller else "minimal"
    if layer in ("mediator", "library"):
        layer = parts.flavour
    if layer == "base" and isinstance(host, Class) and host.bases != "ApiControllerBase":
        layer = "private"
    if layer == "inline":
        b, lines = make(host, "db")
        return _own_statements(parts, host, b, lines, endpoint_way), b
    if layer == "local":
        b, lines = make(host, "db")
        way, returns = _way(b)
        sig = signature(parts, b, lines, passes_caller=r.random() < 0.4)
        inner = _caller_inside(parts, host, sig, rendered(wrapped(b, lines), way, _refusal(r)))
        name = f"{b.op.replace('-', ' ').title().replace(' ', '')}Row"
        function = ["", f"async Task<{returns}> {name}({', '.join(sig.parameters)})", "{", *("    " + x for x in inner), "}"]
        call = f"await {name}({_arguments(parts, host, sig)})"
        return [*_use(r, b, call, endpoint_way), *function], b
    if layer in ("private", "base"):
        target: Host = host
        if layer == "base" and isinstance(host, Class):
            target = parts.classes["ApiControllerBase"]
        if not isinstance(target, Class):
            return place(parts, host, "static", make, controller, unique)
        b, lines = make(target, "db")
        way, returns = _way(b)
        sig = signature(parts, b, lines, passes_caller=layer == "base" or r.random() < 0.4)
        inner = _caller_inside(parts, target, sig, rendered(wrapped(b, lines), way, _refusal(r)))
        name = f"{b.op.replace('-', ' ').title().replace(' ', '')}{b.cls}{parts.next()}"
        _method(target, f"{'private' if layer == 'private' else 'protected'} async Task<{returns}> {name}({', '.join(sig.parameters)})", inner)
        return _use(r, b, f"await {name}({_arguments(parts, host, sig)})", endpoint_way), b
    if layer in ("extension", "static"):
        inside = Lambda(r, category=f"{d.parent}Operations")
        b, lines = make(inside, "db")
        way, returns = _way(b)
        sig = signature(parts, b, lines, passes_caller=True)
        inner = _caller_inside(parts, inside, sig, rendered(wrapped(b, lines), way, _refusal(r)))
        inside.dep("db", d.db)
        deps = {"db": inside.deps["db"], **{k: v for k, v in inside.deps.items() if k != "db"}}
        named = {k: ("ILogger" if v.startswith("ILogger<") else v) for k, v in deps.items()}
        declared = [f"{t} {n}" for n, t in named.items()]
        name = f"{b.op.replace('-', ' ').title().replace(' ', '')}{b.cls}{parts.next()}Async"
        cls = parts.shared(f"{d.parent}{'Extensions' if layer == 'extension' else 'Operations'}", modifiers="public static class")
        first = "this " if layer == "extension" else ""
        _method(cls, f"public static async Task<{returns}> {name}({first}{', '.join([*declared, *sig.parameters])})", [plain(x) for x in inner])
        passed = [host.logger() if n == "logger" else host.dep(n, t) for n, t in deps.items()]
        arguments = _arguments(parts, host, sig)
        if layer == "extension":
            call = f"await {passed[0]}.{name}({', '.join([*passed[1:], *([arguments] if arguments else [])])})"
        else:
            call = f"await {cls.name}.{name}({', '.join([*passed, *([arguments] if arguments else [])])})"
        return _use(r, b, call, endpoint_way), b
    if layer in ("mediator", "library"):
        return _mediated(parts, host, layer, make, endpoint_way, unique)
    return _served(parts, host, layer, make, endpoint_way, unique)


def _own_statements(parts: Parts, host: Host, b: Body, lines: list[str], way: str) -> list[str]:
    """The body as the endpoint's own code, with the endpoint's names."""
    own = {n: f"@{n}" for n in ("id", "parentId", "ownerId", "text", "userKey")}
    code = [_outside_strings(x, own) for x in rendered(wrapped(b, lines), way)]
    return [x.replace("§caller", host_caller(parts, host)) for x in code]


def _served(parts: Parts, host: Host, layer: str, make: Callable[[Host, str], tuple[Body, list[str]]], endpoint_way: str, unique: str) -> tuple[list[str], Body]:
    """Behind an injected service, and perhaps a second one or a repository behind that."""
    r, _d = parts.random, parts.d
    store = {"specific": "specific", "generic": "generic", "generic-service": "generic"}.get(layer, "db")
    if layer == "generic":
        b, lines = make(host, "generic")
        parts.generic = True
        return _own_statements(parts, host, b, lines, endpoint_way), b
    suffix = {"service": "Service", "interface": "Manager2", "two": "Facade", "specific": "Workflow", "generic-service": "Store"}[layer].rstrip("2")
    probe = Class("Probe", r)
    b, _ = make(probe, store)  # only to learn what it is about
    cls = parts.shared(f"{b.cls}{suffix}")
    with_interface = layer != "service"
    b, lines = make(cls, store)
    if b.store == "generic":
        parts.generic = True
    way, returns = _way(b)
    sig = signature(parts, b, lines, passes_caller=r.random() < 0.55)
    inner = _caller_inside(parts, cls, sig, rendered(wrapped(b, lines), way, _refusal(r)))
    name = f"{r.choice(['Do', 'Run', 'Handle', 'Process'])}{b.op.replace('-', ' ').title().replace(' ', '')}{parts.next()}{r.choice(['', 'Async'])}"
    _method(cls, f"public async Task<{returns}> {name}({', '.join(sig.parameters)})", inner)
    if b.specific:
        parts.specific.setdefault(b.cls, []).extend(m for m in b.specific if m not in parts.specific.get(b.cls, []))
    type_ = cls.name
    if with_interface:
        type_ = f"I{cls.name}"
        parts.interfaces.setdefault(cls.name, []).append(f"    Task<{returns}> {name}({', '.join(sig.parameters)});")
        cls.bases = type_
    register = f"builder.Services.AddScoped<{type_}, {cls.name}>();" if with_interface else f"builder.Services.AddScoped<{cls.name}>();"
    if register not in parts.services:
        parts.services.append(register)
    if layer == "two":
        outer = parts.shared(f"{b.cls}Application")
        inner_call = f"{outer.dep('inner', type_)}.{name}({', '.join(p.rsplit(' ', 1)[1] for p in sig.parameters)})"
        outer_name = f"Outer{name}"
        body = [f"return await {inner_call};"] if r.random() < 0.5 else [f"var result = await {inner_call};", "return result;"]
        _method(outer, f"public async Task<{returns}> {outer_name}({', '.join(sig.parameters)})", body)
        if f"builder.Services.AddScoped<{outer.name}>();" not in parts.services:
            parts.services.append(f"builder.Services.AddScoped<{outer.name}>();")
        target = host.dep(f"application{b.cls}", outer.name)
        return _use(r, b, f"await {target}.{outer_name}({_arguments(parts, host, sig)})", endpoint_way), b
    target = host.dep({"Service": "service", "Manager": "manager", "Workflow": "workflow", "Store": "store"}[suffix] + b.cls, type_)
    return _use(r, b, f"await {target}.{name}({_arguments(parts, host, sig)})", endpoint_way), b


def _mediated(parts: Parts, host: Host, layer: str, make: Callable[[Host, str], tuple[Body, list[str]]], endpoint_way: str, unique: str) -> tuple[list[str], Body]:
    """A request object and the handler that takes it."""
    r, d = parts.random, parts.d
    n = parts.next()
    probe = Class(f"Request{n}Handler", r)
    b, _ = make(probe, "db")
    verb = b.op.replace("-", " ").title().replace(" ", "")
    request = f"{verb}{b.cls}{n}{r.choice(['Command', 'Request', 'Query' if b.op == 'get' else 'Command'])}"
    handler = Class(f"{request}Handler", r)
    b, lines = make(handler, "db")
    way, returns = _way(b)
    sig = signature(parts, b, lines, passes_caller=r.random() < 0.4)
    inner = _caller_inside(parts, handler, sig, rendered(wrapped(b, lines), way, _refusal(r)))
    fields = [p.rsplit(" ", 1) for p in sig.parameters]
    names = {n_: n_[0].upper() + n_[1:] for _, n_ in fields}
    record = f"public sealed record {request}({', '.join(f'{t} {names[n_]}' for t, n_ in fields)}) : IRequest<{returns}>;"
    inner = [f"var {n_} = request.{names[n_]};" for _, n_ in fields if r.random() < 0.3] + inner
    taken = {re.match(r"var (\w+) = request", x)[1] for x in inner if re.match(r"var (\w+) = request", x)}  # type: ignore[index]
    own = {n_: f"request.{names[n_]}" for _, n_ in fields if n_ not in taken}
    inner = [x if x.startswith("var ") and "= request." in x else _outside_strings(x, own) for x in inner]
    task = "ValueTask" if layer == "library" else "Task"
    handler.bases = f"IRequestHandler<{request}, {returns}>"
    _method(handler, f"public async {task}<{returns}> Handle({request} request, CancellationToken cancellationToken)", inner)
    if layer == "library":
        parts.library = True
        handler.usings.add("Mediator")
        handler.usings |= BASIC
        space = "using Mediator;\n\n"
    else:
        parts.mediator = True
        parts.services.append(f"builder.Services.AddScoped<IRequestHandler<{request}, {returns}>, {handler.name}>();")
        space = ""
    parts.classes[handler.name] = handler
    parts.files[f"Requests/{request}.cs"] = f"{space}namespace {d.namespace};\n\n{record}\n"
    sender = host.dep("sender", "Mediator.ISender" if layer == "library" else "ISender")
    creation = f"new {request}({_arguments(parts, host, sig)})"
    if r.random() < 0.3:
        return [f"var request = {creation};", *_use(r, b, f"await {sender}.Send(request)", endpoint_way)], b
    return _use(r, b, f"await {sender}.Send({creation})", endpoint_way), b


def _way(b: Body) -> tuple[str, str]:
    if b.op == "list":
        return "value", f"List<{b.cls}View>?"
    if b.op == "get":
        return "value", f"{b.cls}View?" if b.kind in ("parent", "child") else f"{b.cls}?"
    return "bool", "bool"


def _refusal(r: Random) -> str:
    return r.choice(["", "", "throw new UnauthorizedAccessException();"])


def _caller_inside(parts: Parts, host: Host, sig: Method, lines: list[str]) -> list[str]:
    passed = next((p.rsplit(" ", 1)[1] for p, a in zip(sig.parameters, sig.arguments, strict=True) if a == "§caller"), None)
    if passed is None and not any("§caller" in x for x in lines):
        return lines
    own = passed or host_caller(parts, host)
    return [x.replace("§caller", own) for x in lines]


def _arguments(parts: Parts, host: Host, sig: Method) -> str:
    return ", ".join(host_caller(parts, host) if a == "§caller" else a for a in sig.arguments)


def _use(r: Random, b: Body, call: str, way: str) -> list[str]:
    """What the endpoint makes of the answer."""
    results = "" if way == "controller" else "Results."
    if b.op in ("get", "list"):
        return r.choice([
            [f"var found = {call};", f"return found is null ? {results}NotFound() : {results}Ok(found);"],
            [f"return {call} is {{ }} found ? {results}Ok(found) : {results}NotFound();"],
            [f"var found = {call};", "if (found is null)", "{", f"    return {results}NotFound();", "}", "", f"return {results}Ok(found);"],
        ])
    return r.choice([
        [f"return {call} ? {results}NoContent() : {results}NotFound();"],
        [f"var done = {call};", "if (!done)", "{", f"    return {results}NotFound();", "}", "", f"return {results}NoContent();"],
    ])


def _method(cls: Class, header: str, lines: list[str]) -> None:
    body = "\n".join("        " + x if x else "" for x in lines)
    cls.members.append(f"    {header}\n    {{\n{body}\n    }}")


_WORD = re.compile(r"(?<![\w.«])(parentId|ownerId|userKey2|userKey|userId|id|text)\b(?=[^\w]|$)")
_STRING = re.compile(r'\$?"(?:[^"\\]|\\.)*"')


def _outside_strings(line: str, own: dict[str, str]) -> str:
    """The line with names replaced, but not in string literals (in the holes of interpolated ones they are)."""
    pieces, at = [], 0

    def swap(text: str) -> str:
        return _WORD.sub(lambda m: own.get(m[1], m[1]), text)

    for found in _STRING.finditer(line):
        pieces.append(swap(line[at : found.start()]))
        literal = found[0]
        pieces.append(re.sub(r"\{(\w+)\}", lambda m: "{" + own.get(m[1], m[1]) + "}", literal) if literal.startswith("$") else literal)
        at = found.end()
    pieces.append(swap(line[at:]))
    return "".join(pieces)


def idioms_for(layer: str, kind: str, op: str, random: Random, d: Domain, nested: bool) -> list[ownership.Idiom]:
    """What fits: the layer's access to rows, the entity, the operation."""
    o = ownership
    if kind == "catalogue":
        return o.CATALOGUE
    if kind == "tenant":
        return o.TENANT
    if op.startswith("bulk"):
        return o.BULK
    if op == "list":
        return o.LIST
    if op == "add":
        return o.ADD
    if kind == "child":
        return o.NESTED if nested else o.CHILD
    if layer == "specific":
        return o.SPECIFIC
    if layer in ("generic", "generic-service"):
        return o.GENERIC
    idioms = list(o.PARENT)
    if layer in ("inline", "local", "private"):
        idioms += o.IN_ENDPOINT * 2
    if d.has_members:
        idioms += [o.member_of] * 2
    if d.has_owner_relation:
        idioms += [o.through_account] * 2
    return idioms

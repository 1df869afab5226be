"""Minimal APIs of a generated app: maps, groups, extension methods, loops, branches, modules found by reflection."""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from tests.differential.authorization import Policies, attribute, convention

_VERBS = ["Get", "Get", "Post", "Put", "Delete", "Patch"]


@dataclass
class Writer:
    """What is written so far: statements of Program.cs, and files beside it."""

    random: Random
    policies: Policies
    program: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)  # local functions and types after the last statement
    files: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)
    number: int = 0
    needs_routing: bool = False  # UseEndpoints asks for UseRouting before it
    early: list[str] = field(default_factory=list)  # middleware between authentication and authorization
    templated: set[str] = field(default_factory=set)  # files that `with_usings` gives their usings

    def next(self) -> int:
        self.number += 1
        return self.number


def pattern(w: Writer, of: int | None = None) -> str:
    """A C# expression for a route that no other endpoint of the app has."""
    n = of or w.next()
    return w.random.choice([
        f'"/r{n}"', f'"r{n}"', f'"/r{n}/{{id:int}}"', f'"r{n}/{{name}}/sub"', f'$"/r{n}"', f'"/r" + "{n}"', f'$"{{Names.Prefix}}/r{n}"',
        f'Names.Segment("R{n}")', f'@"/r{n}/{{id?}}"', f'"/r{n}/{{slug=none}}"', f'"/r{n}/{{**rest}}"', f'string.Concat("/r", "{n}")', f'"/r{n}/"',
    ])


def handler(w: Writer, members: list[str], static: bool = True) -> str:
    """A handler; method groups are added to `members`."""
    random = w.random
    kind = random.randrange(7)
    said = attribute(random, w.policies) + " " if random.random() < 0.4 else ""
    if kind <= 2:
        return f'{said}() => "ok"'
    if kind == 3:
        return f"{said}(HttpContext http) => Results.Ok(http.Request.Method)"
    if kind == 4:
        return f"{said}async (HttpContext http) => await http.Response.WriteAsync(http.Request.Path)"
    if kind == 5:
        return f"{said}static () => TypedResults.NoContent()"
    name = f"Handle{w.next()}"
    members.append(f'{said}{"static " if static else ""}string {name}() => "method";')
    return name


def private(member: str) -> str:
    """A local function's text as that of a private method: its attributes come first."""
    attributes, found, rest = member.partition("static ")
    return f"{attributes}private {found}{rest}"


def conventions(w: Writer, likely: float = 0.55, on_handler: bool = True) -> str:
    text = ""
    while w.random.random() < likely:
        text += convention(w.random, w.policies, on_handler and not text)
        likely *= 0.5
    if w.random.random() < 0.15:
        names = [f'.WithName("n{w.next()}")'] if on_handler else []  # two endpoints of one name stop routing
        text += w.random.choice(['.WithTags("t")', ".ExcludeFromDescription()", '.WithSummary("s")', *names])
    return text


def unnamed(said: str) -> str:
    """For a call that runs more than once: two endpoints of one name stop routing."""
    return re.sub(r'\.WithName\("n\d+"\)', "", said)


def map_call(w: Writer, on: str, members: list[str], static: bool = True) -> str:
    """`on.MapGet(...)...` without the semicolon."""
    random = w.random
    roll = random.random()
    if roll < 0.08:
        verbs = random.choice(["Names.Reading", '["PUT", "PATCH"]', 'new[] { "POST" }', "[HttpMethods.Get]", 'new List<string> { "delete" }'])
        return f"{on}.MapMethods({pattern(w)}, {verbs}, {handler(w, members, static)}){conventions(w, on_handler=False)}"
    if roll < 0.12:
        return f"{on}.Map({pattern(w)}, (string? q) => Results.Ok(q)){conventions(w)}"
    given = handler(w, members, static)
    plain = "WriteAsync" in given  # a RequestDelegate: what comes back is no RouteHandlerBuilder
    return f"{on}.Map{random.choice(_VERBS)}({pattern(w)}, {given}){conventions(w, on_handler=not plain)}"


def group_call(w: Writer, on: str) -> str:
    n = w.next()
    prefix = w.random.choice([f'"/g{n}"', f'"g{n}"', f'$"/g{n}"', f'"/g{n}/{{tenant{n}}}"', '""', f'Names.Segment("G{n}")', f'"/g{n}/"'])
    return f"{on}.MapGroup({prefix}){conventions(w, 0.35, False)}"


def block(w: Writer, on: str, members: list[str], depth: int, static: bool = True) -> list[str]:
    """Statements that map something on a route builder expression."""
    random = w.random
    lines: list[str] = []
    for _ in range(random.randint(1, 3)):
        kind = random.randrange(16)
        if kind < 5 or depth > 3:
            lines.append(map_call(w, on, members, static) + ";")
        elif kind == 5:
            name = f"group{w.next()}"
            lines.append(f"var {name} = {group_call(w, on)};")
            late = random.random() < 0.4
            lines += block(w, name, members, depth + 1, static)
            if late:
                lines.append(f"{name}{convention(random, w.policies, False)};")
        elif kind == 6:
            lines.append(map_call(w, group_call(w, on), members, static) + ";")
        elif kind == 7:
            lines.append(_extension(w, on, depth))
        elif kind == 8:
            lines += _loop(w, on)
        elif kind == 9:
            lines += _branch(w, on, members, depth, static)
        elif kind == 10:
            name = f"endpoint{w.next()}"
            lines.append(f"var {name} = {map_call(w, on, members, static)};")
            lines.append(f"{name}{convention(random, w.policies, False)};")
        elif kind == 11:
            name = f"nested{w.next()}"
            lines.append(f"var {name} = {group_call(w, group_call(w, on))};")
            lines += block(w, name, members, depth + 1, static)
        elif kind == 12:
            lines += _hand_written(w, on)
        elif kind == 13:
            lines.append(_returned_group(w, on))
        elif kind == 14:
            lines.append("{")
            lines += ["    " + line for line in block(w, on, members, depth + 1, static)]
            lines.append("}")
        else:
            lines.append(f"_ = {map_call(w, on, members, static)};")
    return lines


def _extension(w: Writer, on: str, depth: int) -> str:
    """A call of an extension method in another file; the file is written."""
    random = w.random
    n = w.next()
    receiver, returns, tail = random.choice([
        ("IEndpointRouteBuilder", "void", ""), ("IEndpointRouteBuilder", "IEndpointRouteBuilder", "return routes;"),
        ("IEndpointRouteBuilder", "RouteGroupBuilder", "return inner;"),
    ])
    members: list[str] = []
    inner = [f"var inner = {group_call(w, 'routes')};"]
    inner += block(w, random.choice(["inner", "routes"]), members, depth + 1)
    if "inner" not in "".join(inner[1:]) and returns != "RouteGroupBuilder":
        inner = inner[1:]
    if tail:
        inner.append(tail)
    body = "\n        ".join(inner)
    methods = "".join(f"\n    {private(m)}\n" for m in members)
    modern = random.random() < 0.2
    if modern:
        text = f"extension({receiver} routes)\n    {{\n        public {returns} Extend{n}()\n        {{\n        {body}\n        }}\n    }}"
    else:
        text = f"public static {returns} Extend{n}(this {receiver} routes)\n    {{\n        {body}\n    }}"
    w.files[f"Endpoints/Extend{n}.cs"] = (
        f"using Microsoft.AspNetCore.Authorization;\n\nnamespace Generated.Endpoints;\n\npublic static class Extensions{n}\n{{\n    {text}\n{methods}}}\n"
    )
    call = f"{on}.Extend{n}()" if random.random() < 0.8 else f"Extensions{n}.Extend{n}({on})"
    if returns == "RouteGroupBuilder" and random.random() < 0.5:
        call += convention(random, w.policies, False)
    return call + ";"


def _returned_group(w: Writer, on: str) -> str:
    """A method that makes a group for its caller, who maps on it."""
    n = w.next()
    w.tail.append(
        f"static RouteGroupBuilder Area{n}(IEndpointRouteBuilder on, string name = \"area{n}\") => {group_call(w, 'on')}.MapGroup(\"/\" + name);"
    )
    argument = w.random.choice([on, on, f"{on}, \"named{n}\"", f"name: \"n{n}\", on: {on}"])
    if on not in ("app",) and not on.startswith(("group", "nested")):
        return f'{on}.MapGet({pattern(w)}, () => "plain");'
    return f'Area{n}({argument}).MapGet({pattern(w)}, () => "area"){conventions(w)};' if _in_program(w, on) else f'{on}.MapGet({pattern(w)}, () => "plain");'


def _in_program(w: Writer, on: str) -> bool:
    return on == "app"


def _loop(w: Writer, on: str) -> list[str]:
    random = w.random
    n = w.next()
    said = unnamed(conventions(w))
    return random.choice([
        [f'foreach (var name{n} in new[] {{ "a{n}", "b{n}" }})', "{", f'    {on}.MapGet($"/{{name{n}}}", () => name{n}){said};', "}"],
        [f'for (var i{n} = 1; i{n} <= 2; i{n}++)', "{", f'    {on}.MapPost("/loop{n}/" + i{n}, () => "x"){said};', "}"],
        [
            f'foreach (var (path{n}, policy{n}) in new[] {{ ("p{n}", {random.choice(w.policies.spellings[w.policies.names[0]])}), ("q{n}", (string?)null) }})',
            "{", f'    var e{n} = {on}.MapGet($"/{{path{n}}}/{{{{id}}}}", (string id) => id);', f"    if (policy{n} is not null)", "    {",
            f"        e{n}.RequireAuthorization(policy{n});", "    }", "}",
        ],
        [f'Enumerable.Range(1, 2).ToList().ForEach(i{n} => {on}.MapDelete($"/range{n}/{{i{n}}}", () => "x"){said});'],
        [f'var table{n} = new Dictionary<string, bool> {{ ["open{n}"] = true, ["shut{n}"] = false }};', f"foreach (var row{n} in table{n})", "{",
         f'    var e{n} = {on}.MapGet("/" + row{n}.Key, () => "x");', f"    if (!row{n}.Value) e{n}.RequireAuthorization();", "}"],
    ])


def _branch(w: Writer, on: str, members: list[str], depth: int, static: bool) -> list[str]:
    random = w.random
    n = w.next()
    first = block(w, on, members, depth + 2, static)
    second = block(w, on, members, depth + 2, static)
    if not _in_program(w, on):
        condition = random.choice(["Names.Admin.Length > 3", "Names.Reading.Length == 1", 'Names.Scope == "scope"'])
    else:
        key = f"Flags:F{n}"
        if random.random() < 0.6:
            w.settings.setdefault("Flags", {})
            flags = w.settings["Flags"]
            assert isinstance(flags, dict)
            flags[f"F{n}"] = random.choice([True, False])
        condition = random.choice([
            "app.Environment.IsDevelopment()", "!app.Environment.IsDevelopment()", "app.Environment.IsProduction()",
            'app.Environment.EnvironmentName == "Production"', 'app.Environment.IsEnvironment("Testing")', f'app.Configuration.GetValue<bool>("{key}")',
            f'app.Configuration.GetValue("{key}", true)', f'app.Configuration["{key}"] is "True"', f'app.Configuration.GetSection("Flags").GetValue<bool>("F{n}")',
        ])
    lines = [f"if ({condition})", "{", *("    " + x for x in first), "}"]
    if random.random() < 0.6:
        lines += ["else", "{", *("    " + x for x in second), "}"]
    return lines


def _hand_written(w: Writer, on: str) -> list[str]:
    """Conventions as code."""
    n = w.next()
    spelled = w.random.choice(w.policies.spellings[w.random.choice(w.policies.names)])
    added = w.random.choice(["new AuthorizeAttribute()", f"new AuthorizeAttribute({spelled})", "new AllowAnonymousAttribute()", 'new AuthorizeAttribute { Roles = "Boss" }'])
    maps = f'{on}.MapGet({pattern(w)}, () => "x"){conventions(w, 0.3)}'
    return w.random.choice([
        [f"{maps}.Add(e => e.Metadata.Add({added}));"],
        [f"var written{n} = {maps};", f"written{n}.Add(e =>", "{", f'    e.DisplayName = "w{n}";', f"    e.Metadata.Add({added});", "});"],
        [f"{maps}.Finally(e => e.Metadata.Add({added}));"],
    ])


def module_files(w: Writer) -> None:
    """Endpoint classes that start-up code finds by reflection."""
    random = w.random
    n = w.next()
    style = random.randrange(4)
    abstract_base = random.random() < 0.4
    types: list[str] = []
    for index in range(random.randint(1, 3)):
        members: list[str] = []
        body = "\n        ".join(map_call(w, "app", members) + ";" for _ in range(random.randint(1, 2)))
        access = random.choice(["public", "internal"])
        types.append(
            f"{access} {random.choice(['', 'sealed '])}class Module{n}x{index} : {'ModuleBase' if abstract_base else 'IModule'}{n}\n{{\n"
            f"    public {'override ' if abstract_base else ''}void AddRoutes(IEndpointRouteBuilder app)\n    {{\n        {body}\n    }}\n"
            + "".join(f"\n    {private(m)}\n" for m in members) + "}\n"
        )
    base = f"public abstract class ModuleBase{n} : IModule{n}\n{{\n    public abstract void AddRoutes(IEndpointRouteBuilder app);\n}}\n" if abstract_base else ""
    w.files[f"Modules/Modules{n}.cs"] = (
        "using Microsoft.AspNetCore.Authorization;\n\nnamespace Generated.Modules;\n\n"
        f"public interface IModule{n}\n{{\n    void AddRoutes(IEndpointRouteBuilder app);\n}}\n\n{base}\n" + "\n".join(types)
    )
    finder = random.choice([
        f"typeof(IModule{n}).Assembly.GetTypes()", "System.Reflection.Assembly.GetExecutingAssembly().GetTypes()",
        f"typeof(IModule{n}).Assembly.GetExportedTypes()", "typeof(Program).Assembly.DefinedTypes",
    ])
    predicate = random.choice([
        f"t => t is {{ IsAbstract: false, IsInterface: false }} && t.IsAssignableTo(typeof(IModule{n}))",
        f"t => typeof(IModule{n}).IsAssignableFrom(t) && !t.IsInterface && !t.IsAbstract",
        f"t => t.IsClass && !t.IsAbstract && t.GetInterfaces().Contains(typeof(IModule{n}))",
    ])
    said = conventions(w, 0.3, False)
    group = f'app.MapGroup("/modules{n}"){said}' if random.random() < 0.5 else "app"
    if style <= 1:
        w.files[f"Modules/Scan{n}.cs"] = f"""using Microsoft.AspNetCore.Authorization;

namespace Generated.Modules;

public static class Scan{n}
{{
    public static IEndpointRouteBuilder MapModules{n}(this IEndpointRouteBuilder app)
    {{
        var modules = {finder}
            .Where({predicate})
            .Select(t => Activator.CreateInstance(t))
            .Cast<IModule{n}>();
        foreach (var module in modules)
        {{
            module.AddRoutes(app);
        }}

        return app;
    }}
}}
"""
        w.program.append(f"{group}.MapModules{n}();")
    elif style == 2:
        w.services.append(f"builder.Services.AddModules{n}();")
        w.files[f"Modules/Scan{n}.cs"] = f"""using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Generated.Modules;

public static class Scan{n}
{{
    public static IServiceCollection AddModules{n}(this IServiceCollection services)
    {{
        var descriptors = {finder}
            .Where({predicate})
            .Select(t => ServiceDescriptor.Transient(typeof(IModule{n}), t))
            .ToArray();
        services.TryAddEnumerable(descriptors);
        return services;
    }}

    public static void MapModules{n}(this WebApplication app, RouteGroupBuilder? group = null)
    {{
        IEndpointRouteBuilder target = group is null ? app : group;
        foreach (var module in app.Services.GetRequiredService<IEnumerable<IModule{n}>>())
        {{
            module.AddRoutes(target);
        }}
    }}
}}
"""
        w.program.append(f"app.MapModules{n}();" if group == "app" else f"app.MapModules{n}({group});" if not said else f'app.MapModules{n}(app.MapGroup("/modules{n}"));')
    else:
        for index in range(len(types)):
            w.program.append(f"new Module{n}x{index}().AddRoutes({group if not said else 'app'});")

"""What an operation leaves behind: log calls, audit rows, events, and what merely looks like one.

Invariant: an idiom says nothing of its own truth. `record` lines stand after the save, `record_before` before it.
"""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.differential.attack.domain import Domain
from tests.differential.attack.hosts import Class
from tests.differential.attack.ownership import Body


@dataclass
class Trails:
    """What of an app's files and registrations the records need."""

    d: Domain
    random: Random
    files: dict[str, str] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)
    middleware: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)  # members of the class with [LoggerMessage] methods
    definitions: list[str] = field(default_factory=list)  # LoggerMessage.Define
    events: list[str] = field(default_factory=list)
    overrides: str = ""  # members of the DbContext
    configuring: str = ""
    number: int = 0
    bus: bool = False

    def next(self) -> int:
        self.number += 1
        return self.number


def nothing(b: Body, t: Trails) -> None:
    """No trail."""


def information(b: Body, t: Trails) -> None:
    log = b.host.logger()
    call = b.random.choice([
        f'{log}.LogInformation("{b.cls} {{Id}}: {b.op}", {b.id});', f'{log}.LogWarning("{b.op} of {b.cls} {{Id}}", {b.id});',
        f'{log}.Log(LogLevel.Information, "{b.op} {{Id}}", {b.id});', f'{log}.LogInformation($"{b.op} {{{b.id}}}");',
        f'{log}.LogCritical(new EventId(7), "{b.op} {{Id}}", {b.id});',
    ])
    if b.random.random() < 0.2 and not b.op.startswith("bulk"):
        b.record_before.append(call)
    else:
        b.record.append(call)


def with_user(b: Body, t: Trails) -> None:
    b.record.append(f'{b.host.logger()}.LogInformation("{{User}} did {b.op} on {{Id}}", {b.caller}, {b.id});')


def debug(b: Body, t: Trails) -> None:
    log = b.host.logger()
    b.record.append(b.random.choice([f'{log}.LogDebug("{b.op} {{Id}}", {b.id});', f'{log}.LogTrace("{b.op}");', f'{log}.Log(LogLevel.Debug, "{b.op} {{Id}}", {b.id});']))


def unused_logger(b: Body, t: Trails) -> None:
    b.host.logger()


def only_in_catch(b: Body, t: Trails) -> None:
    b.wrap.append(f'{b.host.logger()}.LogError(e, "{b.op} failed");')


def only_on_miss(b: Body, t: Trails) -> None:
    b.on_miss.append(f'{b.host.logger()}.LogWarning("no such {b.cls}: {{Id}}", {b.id});')


def generated_message(b: Body, t: Trails) -> None:
    n = t.next()
    level = b.random.choice(["Information", "Information", "Warning", "Debug", "Trace"])
    extension = b.random.random() < 0.6
    t.messages.append(
        f'    [LoggerMessage({n}, LogLevel.{level}, "{b.op} of {{Id}}")]\n    public static partial void Note{n}({"this " if extension else ""}ILogger logger, {b.id_type} id);'
        if b.random.random() < 0.5 else
        f'    [LoggerMessage(EventId = {n}, Level = LogLevel.{level}, Message = "{b.op} of {{Id}}")]\n    public static partial void Note{n}({"this " if extension else ""}ILogger logger, {b.id_type} id);'
    )
    log = b.host.logger()
    b.record.append(f"{log}.Note{n}({b.id});" if extension else f"Messages.Note{n}({log}, {b.id});")


def defined_message(b: Body, t: Trails) -> None:
    n = t.next()
    level = b.random.choice(["Information", "Information", "Debug"])
    t.definitions.append(f'    public static readonly Action<ILogger, {b.id_type}, Exception?> Seen{n} = LoggerMessage.Define<{b.id_type}>(LogLevel.{level}, new EventId({n}), "{b.op} {{Id}}");')
    b.record.append(f"Definitions.Seen{n}({b.host.logger()}, {b.id}, null);")


def audit_row(b: Body, t: Trails) -> None:
    if b.op.startswith("bulk") or b.store != "db":
        information(b, t)
        return
    b.record_before.append(f'{b.db}.AuditEntries.Add(new AuditEntry {{ Action = "{b.op}", Subject = {b.id}.ToString(), At = DateTimeOffset.UtcNow }});')


def audit_service(b: Body, t: Trails) -> None:
    """An interface whose registered implementation writes, logs, or does nothing."""
    kind = b.random.choice(["row", "log", "nothing"])
    name = f"I{kind.capitalize()}Trail"
    implementation = {
        "row": f"""public sealed class RowTrail({t.d.db} db) : {name}
{{
    public async Task RecordAsync(string action, string subject)
    {{
        db.AuditEntries.Add(new AuditEntry {{ Action = action, Subject = subject, At = DateTimeOffset.UtcNow }});
        await db.SaveChangesAsync();
    }}
}}""",
        "log": f"""public sealed class LogTrail(ILogger<LogTrail> logger) : {name}
{{
    public Task RecordAsync(string action, string subject)
    {{
        logger.LogInformation("{{Action}} on {{Subject}}", action, subject);
        return Task.CompletedTask;
    }}
}}""",
        "nothing": f"""public sealed class NothingTrail : {name}
{{
    public Task RecordAsync(string action, string subject) => Task.CompletedTask;
}}""",
    }[kind]
    if f"Trails/{name}.cs" not in t.files:
        t.files[f"Trails/{name}.cs"] = f"namespace {t.d.namespace};\n\npublic interface {name}\n{{\n    Task RecordAsync(string action, string subject);\n}}\n\n{implementation}\n"
        t.services.append(f"builder.Services.AddScoped<{name}, {name[1:]}>();")
    b.record.append(f'await {b.host.dep("trail", name)}.RecordAsync("{b.op}", {b.id}.ToString());')


def event(b: Body, t: Trails) -> None:
    """An event; its handler records, or not."""
    n = t.next()
    what = b.random.choice(["log", "log", "row", "nothing", "nobody"])
    handler = {
        "log": f"""
public sealed class Changed{n}Handler(ILogger<Changed{n}Handler> logger) : IEventHandler<Changed{n}>
{{
    public Task HandleAsync(Changed{n} e)
    {{
        logger.LogInformation("changed {{Id}}", e.Id);
        return Task.CompletedTask;
    }}
}}
""", "row": f"""
public sealed class Changed{n}Handler({t.d.db} db) : IEventHandler<Changed{n}>
{{
    public async Task HandleAsync(Changed{n} e)
    {{
        db.AuditEntries.Add(new AuditEntry {{ Action = "changed", Subject = e.Id.ToString(), At = DateTimeOffset.UtcNow }});
        await db.SaveChangesAsync();
    }}
}}
""", "nothing": f"""
public sealed class Changed{n}Handler : IEventHandler<Changed{n}>
{{
    public Task HandleAsync(Changed{n} e) => Task.CompletedTask;
}}
""", "nobody": "",
    }[what]
    t.bus = True
    t.events.append(f"public sealed record Changed{n}({b.id_type} Id);\n{handler}")
    if handler:
        t.services.append(f"builder.Services.AddScoped<IEventHandler<Changed{n}>, Changed{n}Handler>();")
    b.record.append(f'await {b.host.dep("bus", "IEventBus")}.PublishAsync(new Changed{n}({b.id}));')


def factory(b: Body, t: Trails) -> None:
    b.record.append(f'{b.host.dep("loggers", "ILoggerFactory")}.CreateLogger("audit").LogInformation("{b.op} {{Id}}", {b.id});')


def helper(b: Body, t: Trails) -> None:
    """A method of the class that logs, or of one that has no class: the log itself."""
    if not isinstance(b.host, Class) or b.host.static_deps:
        information(b, t)
        return
    n = t.next()
    log = b.host.logger()
    level = b.random.choice(["Information", "Information", "Debug"])
    b.host.members.append(f'    private void Note{n}({b.id_type} id) => {log}.Log{level}("{b.op} {{Id}}", id);')
    b.record.append(f"Note{n}({b.id});")


Record = Callable[[Body, Trails], None]

RECORDS: list[Record] = [
    nothing, nothing, nothing, information, information, with_user, debug, unused_logger, only_in_catch, only_on_miss, generated_message, defined_message,
    audit_row, audit_service, event, factory, helper,
]


# --- of a whole app ---------------------------------------------------------------------------------------------------------------


def app_wide(t: Trails) -> None:
    """Interceptors, SaveChanges overrides and middleware: some record, some look like it."""
    d, r = t.d, t.random
    kind = r.choice(["", "", "", "", "", "stamping", "unregistered", "interceptor", "override", "stamping-override", "middleware", "quiet-middleware", "interceptor-log"])
    if kind in ("stamping", "unregistered", "interceptor", "interceptor-log"):
        deleted = "EntityState.Deleted or EntityState.Modified"
        act = {
            "stamping": f"""foreach (var entry in db.ChangeTracker.Entries<{d.parent}>().Where(e => e.State is EntityState.Added or EntityState.Modified))
            {{
                entry.Entity.UpdatedBy = "system";
            }}""",
            "interceptor-log": f"""foreach (var entry in db.ChangeTracker.Entries().Where(e => e.State is {deleted}))
            {{
                logger.LogInformation("{{State}} {{Entity}}", entry.State, entry.Metadata.Name);
            }}""",
        }.get(kind, f"""foreach (var entry in db.ChangeTracker.Entries().Where(e => e.State is {deleted} && e.Entity is not AuditEntry).ToList())
            {{
                db.Set<AuditEntry>().Add(new AuditEntry {{ Action = entry.State.ToString(), Subject = entry.Metadata.Name, At = DateTimeOffset.UtcNow }});
            }}""")
        name = {"stamping": "AuditableInterceptor", "unregistered": "AuditInterceptor"}.get(kind, r.choice(["ChangeInterceptor", "HistoryInterceptor"]))
        logger = f"(ILogger<{name}> logger)" if kind == "interceptor-log" else ""
        t.files[f"Trails/{name}.cs"] = f"""using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace {d.namespace};

public sealed class {name}{logger} : SaveChangesInterceptor
{{
    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {{
        if (eventData.Context is {{ }} db)
        {{
            {act}
        }}

        return base.SavingChangesAsync(eventData, result, cancellationToken);
    }}
}}
"""
        if kind == "interceptor-log":
            t.services.append(f"builder.Services.AddSingleton<{name}>();")
            t.configuring = f"@options.AddInterceptors(services.GetRequiredService<{name}>())"
        elif kind != "unregistered":
            t.configuring = r.choice([f"options.AddInterceptors(new {name}());", f"@options.AddInterceptors(new {name}())"])
    elif kind in ("override", "stamping-override"):
        act = """foreach (var entry in ChangeTracker.Entries().Where(e => e.State is EntityState.Deleted or EntityState.Modified).ToList())
        {
            AuditEntries.Add(new AuditEntry { Action = entry.State.ToString(), Subject = entry.Metadata.Name, At = DateTimeOffset.UtcNow });
        }""" if kind == "override" else f"""foreach (var entry in ChangeTracker.Entries<{d.parent}>())
        {{
            if (entry.State == EntityState.Modified)
            {{
                entry.Entity.UpdatedBy = "system";
            }}
        }}"""
        t.overrides = f"""

    public override Task<int> SaveChangesAsync(CancellationToken cancellationToken = default)
    {{
        {act}

        return base.SaveChangesAsync(cancellationToken);
    }}"""
    elif kind in ("middleware", "quiet-middleware"):
        level = "Information" if kind == "middleware" else "Debug"
        if r.random() < 0.5:
            t.files["Trails/RequestTrail.cs"] = f"""namespace {d.namespace};

public sealed class RequestTrail(RequestDelegate next, ILogger<RequestTrail> logger)
{{
    public async Task InvokeAsync(HttpContext context)
    {{
        await next(context);
        logger.Log{level}("{{Method}} {{Path}} {{Status}}", context.Request.Method, context.Request.Path, context.Response.StatusCode);
    }}
}}
"""
            t.middleware.append("app.UseMiddleware<RequestTrail>();")
        else:
            t.middleware.append(f"""app.Use(async (context, next) =>
{{
    await next(context);
    app.Logger.Log{level}("{{Method}} {{Path}}", context.Request.Method, context.Request.Path);
}});""")


def finish(t: Trails) -> None:
    """Files for what was used."""
    ns = t.d.namespace
    if t.messages:
        t.files["Trails/Messages.cs"] = f"namespace {ns};\n\npublic static partial class Messages\n{{\n" + "\n\n".join(t.messages) + "\n}\n"
    if t.definitions:
        t.files["Trails/Definitions.cs"] = f"namespace {ns};\n\npublic static class Definitions\n{{\n" + "\n\n".join(t.definitions) + "\n}\n"
    if t.bus:
        t.files["Trails/Events.cs"] = f"""namespace {ns};

public interface IEventHandler<in T>
{{
    Task HandleAsync(T e);
}}

public interface IEventBus
{{
    Task PublishAsync<T>(T e);
}}

public sealed class EventBus(IServiceProvider services) : IEventBus
{{
    public async Task PublishAsync<T>(T e)
    {{
        foreach (var handler in services.GetServices<IEventHandler<T>>())
        {{
            await handler.HandleAsync(e);
        }}
    }}
}}

""" + "\n".join(t.events)
        t.services.append("builder.Services.AddScoped<IEventBus, EventBus>();")

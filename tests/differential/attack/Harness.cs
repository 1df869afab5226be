// Compiled into a generated app for the time of the attack; never analysed. It signs callers in by header, keeps what the app logs, and, once the
// app has started, carries out ATTACK_SPEC: each request on freshly seeded data, with what it changed, logged and answered, into ATTACK_OUT.
using System.Collections;
using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.Internal;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Microsoft.Extensions.Options;

[assembly: HostingStartup(typeof(Attack.AttackStartup))]
#pragma warning disable EF1001 // the internals of EF Core stand in for a database that can delete in bulk

namespace Attack;

public sealed class AttackStartup : IHostingStartup
{
    public void Configure(IWebHostBuilder builder) => builder.ConfigureServices(services =>
    {
        services.AddAuthentication("Attack").AddScheme<AuthenticationSchemeOptions, HeaderHandler>("Attack", _ => { });
        services.PostConfigure<AuthenticationOptions>(o => o.DefaultScheme = o.DefaultAuthenticateScheme = o.DefaultChallengeScheme = o.DefaultForbidScheme = "Attack");
        services.AddSingleton<ILoggerProvider, Recorder>();
        services.ConfigureDbContext<AppDbContext>(o => o.ReplaceService<IAsyncQueryProvider, BulkProvider>());
        services.AddHostedService<Attacker>();
    });
}

/// X-Attack-User: id; X-Attack-Tenant; X-Attack-Roles: comma separated.
public sealed class HeaderHandler(IOptionsMonitor<AuthenticationSchemeOptions> o, ILoggerFactory l, UrlEncoder e)
    : AuthenticationHandler<AuthenticationSchemeOptions>(o, l, e)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var user = Request.Headers["X-Attack-User"].ToString();
        if (user.Length == 0) return Task.FromResult(AuthenticateResult.NoResult());
        List<Claim> claims = [new(ClaimTypes.Name, user), new(ClaimTypes.NameIdentifier, user), new("sub", user), new("tenant_id", Request.Headers["X-Attack-Tenant"].ToString())];
        claims.AddRange(Request.Headers["X-Attack-Roles"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries).Select(r => new Claim(ClaimTypes.Role, r)));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, "Attack")), "Attack")));
    }
}

/// Keeps Information and above of the app's own categories; the framework's are no audit record.
public sealed class Recorder : ILoggerProvider
{
    public static readonly ConcurrentQueue<string> Records = new();
    public ILogger CreateLogger(string category) => new Entry(category);
    public void Dispose() { }

    sealed class Entry(string category) : ILogger
    {
        readonly bool own = !category.StartsWith("Microsoft.") && !category.StartsWith("System.") && !category.StartsWith("Attack.");
        public IDisposable? BeginScope<T>(T state) where T : notnull => null;
        public bool IsEnabled(LogLevel level) => true;
        public void Log<T>(LogLevel level, EventId id, T state, Exception? exception, Func<T, Exception?, string> format)
        {
            if (own && level >= LogLevel.Information) Records.Enqueue($"{level} {category}: {format(state, exception)}");
        }
    }
}

/// The in-memory provider refuses ExecuteDelete and ExecuteUpdate. Here they write to the store past the change tracker, and past
/// interceptors and SaveChanges overrides, as a database would.
public sealed class BulkProvider(IQueryCompiler compiler, ICurrentDbContext current, IDatabase database) : EntityQueryProvider(compiler)
{
    public override TResult Execute<TResult>(Expression expression) =>
        Bulk(expression) is { } call ? (TResult)(object)Run(call) : base.Execute<TResult>(expression);

    public override TResult ExecuteAsync<TResult>(Expression expression, CancellationToken ct = default) =>
        Bulk(expression) is { } call ? (TResult)(object)Task.FromResult(Run(call)) : base.ExecuteAsync<TResult>(expression, ct);

    static MethodCallExpression? Bulk(Expression e) =>
        e is MethodCallExpression { Method.Name: "ExecuteDelete" or "ExecuteUpdate" } call && call.Method.DeclaringType == typeof(EntityFrameworkQueryableExtensions) ? call : null;

    int Run(MethodCallExpression call)
    {
        var db = current.Context;
        var rows = ((IEnumerable)CreateQuery(call.Arguments[0])).Cast<object>().ToList();
        List<IUpdateEntry> entries = [];
        foreach (var row in rows)
        {
            var entry = db.Entry(row);
            if (call.Method.Name == "ExecuteDelete")
            {
                entry.State = EntityState.Deleted;
            }
            else
            {
                entry.State = EntityState.Unchanged;
                foreach (var (property, value) in Setters(call.Arguments[1], row)) entry.Property(property).CurrentValue = value;
                entry.DetectChanges();
            }
            if (entry.State is EntityState.Deleted or EntityState.Modified) entries.Add((IUpdateEntry)((IInfrastructure<Microsoft.EntityFrameworkCore.ChangeTracking.Internal.InternalEntityEntry>)entry).Instance);
        }
        if (entries.Count > 0) database.SaveChanges(entries);
        foreach (var row in rows) db.Entry(row).State = EntityState.Detached;
        return rows.Count;
    }

    static IEnumerable<(string, object?)> Setters(Expression setters, object row)
    {
        foreach (var item in ((NewArrayExpression)setters).Expressions)
        {
            var made = item as NewExpression ?? (NewExpression)((UnaryExpression)item).Operand;
            var property = (LambdaExpression)Stripped(made.Arguments[0]);
            var value = Stripped(made.Arguments[1]);
            object? result = value is LambdaExpression lambda ? lambda.Compile().DynamicInvoke(row) : Expression.Lambda(value).Compile().DynamicInvoke();
            yield return (((MemberExpression)property.Body).Member.Name, result);
        }
    }

    static Expression Stripped(Expression e) => e is UnaryExpression { NodeType: ExpressionType.Quote or ExpressionType.Convert } u ? Stripped(u.Operand) : e;
}

public sealed record Call(string Method, string Url, string? Body, string User, string Tenant, string Roles, string Owner);

public sealed record Job(string Key, Call[] Calls);

public sealed class Attacker(IServiceProvider services, IHostApplicationLifetime life, IServer server) : IHostedService
{
    static readonly JsonSerializerOptions Json = new() { ReferenceHandler = ReferenceHandler.IgnoreCycles, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public Task StartAsync(CancellationToken ct)
    {
        life.ApplicationStarted.Register(() => Task.Run(async () =>
        {
            var to = Environment.GetEnvironmentVariable("ATTACK_OUT")!;
            try { await File.WriteAllTextAsync(to, JsonSerializer.Serialize(await Run(), Json)); }
            catch (Exception e) { await File.WriteAllTextAsync(to, JsonSerializer.Serialize(new { error = e.ToString() })); }
            Environment.Exit(0);
        }));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken ct) => Task.CompletedTask;

    async Task<object> Run()
    {
        var jobs = JsonSerializer.Deserialize<Job[]>(File.ReadAllText(Environment.GetEnvironmentVariable("ATTACK_SPEC")!), Json)!;
        var address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(10) };
        Dictionary<string, object> results = [];
        foreach (var job in jobs)
        {
            List<object> answers = [];
            foreach (var call in job.Calls) answers.Add(await Answer(http, call));
            results[job.Key] = answers;
        }
        return results;
    }

    async Task<object> Answer(HttpClient http, Call call)
    {
        using (var scope = services.CreateScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
            db.Database.EnsureDeleted();
            Seeds.Plant(db);
        }
        var before = Rows();
        Recorder.Records.Clear();
        using var request = new HttpRequestMessage(new HttpMethod(call.Method), call.Url);
        request.Headers.Add("X-Attack-User", call.User);
        request.Headers.Add("X-Attack-Tenant", call.Tenant);
        request.Headers.Add("X-Attack-Roles", call.Roles);
        request.Headers.Add("X-Owner", call.Owner); // for endpoints that let the client say whose object it is
        if (call.Body is not null) request.Content = new StringContent(call.Body, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        var logs = Recorder.Records.ToArray();
        var after = Rows();
        return new
        {
            status = (int)response.StatusCode, body, logs,
            removed = before.Keys.Where(k => !after.ContainsKey(k)).ToArray(),
            changed = before.Keys.Where(k => after.TryGetValue(k, out var now) && now != before[k]).ToArray(),
            added = after.Where(p => !before.ContainsKey(p.Key)).ToDictionary(p => p.Key, p => p.Value),
        };
    }

    Dictionary<string, string> Rows()
    {
        using var scope = services.CreateScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
        Dictionary<string, string> rows = [];
        foreach (var type in db.Model.GetEntityTypes())
        {
            var all = (IEnumerable)typeof(Attacker).GetMethod(nameof(All))!.MakeGenericMethod(type.ClrType).Invoke(null, [db])!;
            foreach (var row in all) rows[$"{type.ClrType.Name}:{string.Join(",", type.FindPrimaryKey()!.Properties.Select(p => p.PropertyInfo!.GetValue(row)))}"] = JsonSerializer.Serialize(row, row.GetType(), Json);
        }
        return rows;
    }

    public static List<T> All<T>(DbContext db) where T : class => db.Set<T>().IgnoreQueryFilters().AsNoTracking().ToList();
}

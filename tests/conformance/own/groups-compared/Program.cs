using Microsoft.AspNetCore.Authorization;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication();
builder.Services.AddAuthorization(Policies.Configure);
var app = builder.Build();
app.UseAuthorization();
var v1 = app.NewVersionedGroup(1); var v2 = app.NewVersionedGroup(2);
foreach (var v in new[] { v1, v2 }) v.MapUsers().MapInvoices(v == v2);
app.MapInternal(builder.Configuration.GetValue<string>("Internal:Key"));
app.Run();
static class Policies { public const string Billing = "billing"; public static void Configure(AuthorizationOptions o) { o.AddPolicy(Billing, Build); static void Build(AuthorizationPolicyBuilder b) => b.RequireClaim("dept", "billing", "finance"); } }
static class Groups
{
    public static RouteGroupBuilder NewVersionedGroup(this IEndpointRouteBuilder app, int version) => app.MapGroup($"/api/v{version}").WithTags($"v{version}").AddEndpointFilter<LogFilter>();
    public static RouteGroupBuilder MapUsers(this RouteGroupBuilder group) { var users = group.MapGroup("users").RequireAuthorization(); users.MapGet("", () => "").WithSummary("list"); users.MapGet("{id:guid}", (Guid id) => id); users.MapPost("register", () => "").AllowAnonymous(); return group; }
    public static void MapInvoices(this IEndpointRouteBuilder group, bool writable) { var invoices = group.MapGroup("/invoices").RequireAuthorization(Policies.Billing); invoices.MapGet("/", () => ""); if (!writable) return; invoices.MapPost("/", () => ""); invoices.MapMethods("/{id}", ["PUT", "PATCH"], (int id) => id).RequireAuthorization(p => p.RequireRole("boss")); }
    public static IEndpointRouteBuilder MapInternal(this IEndpointRouteBuilder app, string? key) { var g = app.MapGroup("/internal").AddEndpointFilter(async (c, next) => { if (key is null || c.HttpContext.Request.Headers["X-Internal"] != key) return Results.Unauthorized(); return await next(c); }); g.MapPost("/reindex", () => Results.Accepted()); return app; }
}
class LogFilter : IEndpointFilter { public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext c, EndpointFilterDelegate next) { Console.WriteLine(c.HttpContext.Request.Path); return await next(c); } }

using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication(); builder.Services.AddAuthorization(); builder.Services.AddControllers(); builder.Services.AddTransient<ApiKeyMiddleware>();
var app = builder.Build();
app.UseAuthentication();
app.UseApiKey();
app.UseMiddleware<PathGate>(new GateOptions { Prefix = "/ops" });
app.MapWhen(c => c.Request.Path.StartsWithSegments("/branch"), b => b.Use((HttpContext c, RequestDelegate n) => { c.Response.StatusCode = 401; return Task.CompletedTask; }));
app.Use(next => async ctx => { if (ctx.Request.Path.Value!.StartsWith("/raw/") && ctx.Request.Method == "DELETE" && !ctx.User.IsInRole("admin")) { ctx.Response.StatusCode = 403; return; } await next(ctx); });
app.Use(async (ctx, next) => { var ep = ctx.GetEndpoint(); if (ep?.Metadata.GetMetadata<SecretAttribute>() != null && !(ctx.User.Identity?.IsAuthenticated ?? false)) { await ctx.ChallengeAsync(); return; } await next(); });
app.UseWhen(c => c.Request.Path.StartsWithSegments("/team") && !c.Request.Path.StartsWithSegments("/team/open"), b => { b.Use(async (c, n) => { if (c.User.FindFirst(ClaimTypes.NameIdentifier) is null) { c.Response.StatusCode = StatusCodes.Status401Unauthorized; return; } await n(c); }); });
app.UseAuthorization();
app.MapGet("/partner/x", () => ""); app.MapGet("/ops/x", () => ""); app.MapGet("/opsx", () => ""); app.MapGet("/raw/{id}", (int id) => ""); app.MapDelete("/raw/{id}", (int id) => "");
app.MapGet("/sec", [Secret] () => ""); app.MapGet("/team/a", () => ""); app.MapGet("/team/open/a", () => ""); app.MapGet("/free", () => ""); app.MapGet("/{any}/x", (string any) => "");
app.MapControllers();
app.Run();
public class SecretAttribute : Attribute {}
public class GateOptions { public string Prefix { get; set; } = ""; }
public class PathGate { readonly RequestDelegate _n; readonly GateOptions _o; public PathGate(RequestDelegate n, GateOptions o) { _n = n; _o = o; }
 public async Task Invoke(HttpContext c, ILogger<PathGate> log) { if (c.Request.Path.StartsWithSegments(_o.Prefix)) { if (c.User.Identity is null or { IsAuthenticated: false }) { c.Response.StatusCode = 401; await c.Response.WriteAsync("x"); return; } } log.LogInformation("x"); await _n(c); } }
public class ApiKeyMiddleware : IMiddleware { const string H = "X-Api-Key"; readonly IConfiguration _c; public ApiKeyMiddleware(IConfiguration c) => _c = c;
 public async Task InvokeAsync(HttpContext c, RequestDelegate next) { if (c.Request.Path.StartsWithSegments("/partner")) { var given = c.Request.Headers[H].FirstOrDefault(); if (string.IsNullOrEmpty(given) || given != _c["Key"]) { c.Response.StatusCode = 401; return; } } await next(c); } }
public static class Ext { public static IApplicationBuilder UseApiKey(this IApplicationBuilder a) => a.UseMiddleware<ApiKeyMiddleware>(); }
[Microsoft.AspNetCore.Mvc.Route("ops/[controller]")] public class TeamController : Microsoft.AspNetCore.Mvc.ControllerBase { [Microsoft.AspNetCore.Mvc.HttpGet] public string Get() => ""; [Secret, Microsoft.AspNetCore.Mvc.HttpGet("/sec2")] public string S() => ""; }

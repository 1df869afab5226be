using Microsoft.AspNetCore.Authorization;
var builder = WebApplication.CreateBuilder(args); builder.Services.AddAuthentication(); builder.Services.AddAuthorization(o => o.AddPolicy("p", p => p.RequireRole("p")));
var app = builder.Build(); app.UseAuthorization();
RouteGroupBuilder api = app.MapGroup("api"), v1 = api.MapGroup("/v{version:int}/"), admin;
(admin = v1.MapGroup("/admin")).RequireAuthorization("p"); v1.MapGet("", () => ""); v1.MapGet("/", () => ""); admin.MapGet("{id}", (string id) => id); admin.MapGroup("/").MapGroup("").MapDelete("/x/", () => "").AllowAnonymous();
var (pub, priv) = (app.MapGroup("/pub"), app.MapGroup("/priv").RequireAuthorization()); pub.MapPost("p", () => ""); priv.MapPost("p", () => "");
var groups = new Dictionary<string, RouteGroupBuilder> { ["a"] = app.MapGroup("/da"), ["b"] = app.MapGroup("/db").RequireAuthorization() }; groups["a"].MapGet("/", () => ""); groups["b"].MapGet("/", () => ""); foreach (var (k, g) in groups) g.MapGet($"/{k}", () => "");
var arr = new[] { app.MapGroup("/x0"), app.MapGroup("/x1").RequireAuthorization() }; arr[1].MapGet("z", () => ""); arr[^1].MapGet("y", () => ""); arr[0].MapGet("z", () => "");
using (var scope = app.Services.CreateScope()) { var inner = app.MapGroup("/in"); inner.MapGet("~/t", () => ""); inner.MapGroup("{tenant}").MapPut("/{id:guid?}", () => ""); }
app.MapGroup(string.Empty).MapGet("empty", () => ""); app.MapGroup("/q").MapGroup("/{a}/{b?}").MapGet("", () => "");
app.Run();

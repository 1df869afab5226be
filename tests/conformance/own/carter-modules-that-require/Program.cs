using Carter; using Microsoft.AspNetCore.Authorization;
var builder = WebApplication.CreateBuilder(args); builder.Services.AddCarter(); builder.Services.AddAuthentication(); builder.Services.AddAuthorization(o => o.AddPolicy("p", p => p.RequireRole("x")));
var app = builder.Build(); app.UseAuthorization(); app.MapGroup("/api").MapCarter(); app.Run();
public class Cars : ICarterModule { public void AddRoutes(IEndpointRouteBuilder app) { app.MapGet("/cars", () => "").RequireAuthorization("p"); app.MapPost("/cars", [Authorize] () => ""); } }
public class Boats : CarterModule { public Boats() : base("/boats") { RequireAuthorization(); WithTags("b"); } public override void AddRoutes(IEndpointRouteBuilder app) { app.MapGet("/", () => ""); app.MapGet("/open", () => "").AllowAnonymous(); } }

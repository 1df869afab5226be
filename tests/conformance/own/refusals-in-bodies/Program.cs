using Microsoft.AspNetCore.Authorization; using Microsoft.AspNetCore.Authorization.Infrastructure; using Microsoft.AspNetCore.Mvc;
var builder = WebApplication.CreateBuilder(args); builder.Services.AddControllers(); builder.Services.AddAuthentication(); builder.Services.AddAuthorization(o => o.AddPolicy("p", p => p.RequireRole("x"))); builder.Services.AddSingleton<IAuthorizationHandler, OwnerHandler>();
var app = builder.Build(); app.UseAuthorization(); app.MapControllers();
app.MapGet("/m", async (IAuthorizationService auth, HttpContext http) => (await auth.AuthorizeAsync(http.User, "p")).Succeeded ? Results.Ok() : Results.Forbid());
app.MapGet("/n", (HttpContext http) => http.User.Identity?.IsAuthenticated == true ? Results.Ok() : Results.Unauthorized()); app.Run();
public record Doc(string Owner); public static class Ops { public static readonly OperationAuthorizationRequirement Read = new() { Name = "Read" }, Write = new() { Name = "Write" }; }
public class OwnerHandler : AuthorizationHandler<OperationAuthorizationRequirement, Doc> { protected override Task HandleRequirementAsync(AuthorizationHandlerContext c, OperationAuthorizationRequirement r, Doc d) { if (r.Name == "Read" && c.User.Identity?.IsAuthenticated == true) c.Succeed(r); if (r.Name == Ops.Write.Name && c.User.IsInRole("w")) c.Succeed(r); return Task.CompletedTask; } }
[Route("d")] public class DController : ControllerBase { readonly IAuthorizationService _a; public DController(IAuthorizationService a) => _a = a;
 [HttpGet("r")] public async Task<IActionResult> R() { var x = await _a.AuthorizeAsync(User, new Doc("o"), Ops.Read); if (!x.Succeeded) { return User.Identity?.IsAuthenticated == true ? Forbid() : Challenge(); } return Ok(); }
 [HttpGet("w"), Authorize] public async Task<IActionResult> W() { if (!(await _a.AuthorizeAsync(User, new Doc("o"), Ops.Write)).Succeeded) return Forbid(); return Ok(); }
 [HttpGet("i")] public async Task<IActionResult> I() { await _a.AuthorizeAsync(User, new Doc("o"), Ops.Write); return Ok(); } 
 [HttpGet("u")] public IActionResult U() { if (User.Identity is not { IsAuthenticated: true }) return Unauthorized(); return Ok(); } 
 [HttpGet("s")] public IActionResult S() => User.IsInRole("s") ? Ok() : StatusCode(403); }

using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Authorization;
using Microsoft.AspNetCore.Mvc.Filters;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication();
builder.Services.AddSingleton<IClock, Clock>();
builder.Services.AddScoped<ServiceGate>();
builder.Services.AddControllers(o => { o.Filters.Add<AuditFilter>(); o.Filters.Add(typeof(SkippableGate)); o.Filters.AddService<ServiceGate>(); });
builder.Services.AddAuthorization(o => { o.AddPolicy("p", p => p.RequireAssertion(c => c.User.HasClaim(x => x.Type == "k"))); o.AddPolicy("any", p => p.RequireAssertion(_ => true)); });
var app = builder.Build();
app.UseAuthentication(); app.UseAuthorization();
app.MapControllers();
app.Run();
public interface IClock { int Now { get; } } public class Clock : IClock { public int Now => 3; }
public class AuditFilter : IActionFilter { public void OnActionExecuting(ActionExecutingContext c) { c.HttpContext.Response.Headers["X"] = c.HttpContext.User.Identity?.Name ?? "none"; } public void OnActionExecuted(ActionExecutedContext c) {} }
public class SkippableGate : IAsyncAuthorizationFilter { public Task OnAuthorizationAsync(AuthorizationFilterContext c) {
  if (c.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any()) return Task.CompletedTask;
  if (c.HttpContext.User?.Identity is not { IsAuthenticated: true }) c.Result = new ChallengeResult();
  return Task.CompletedTask; } }
public class ServiceGate(IClock clock) : IAuthorizationFilter { public void OnAuthorization(AuthorizationFilterContext c) { if (c.HttpContext.GetEndpoint()?.Metadata.GetMetadata<NeedsRole>() is { } need && !c.HttpContext.User.IsInRole(need.Role)) c.Result = new ForbidResult(); _ = clock.Now; } }
[AttributeUsage(AttributeTargets.Method)] public class NeedsRole(string role) : Attribute { public string Role => role; }
public class KeyAttribute : ActionFilterAttribute { public override void OnActionExecuting(ActionExecutingContext c) { if (!c.HttpContext.Request.Headers.TryGetValue("X-Key", out var k) || k != "secret") { c.Result = new ObjectResult("no") { StatusCode = StatusCodes.Status401Unauthorized }; return; } base.OnActionExecuting(c); } }
public class GateAttribute : TypeFilterAttribute { public GateAttribute(string claim) : base(typeof(Impl)) { Arguments = new object[] { claim }; }
  private class Impl(string claim, IClock clock) : IAuthorizationFilter { public void OnAuthorization(AuthorizationFilterContext c) { if (claim != "" && !c.HttpContext.User.HasClaim(x => x.Type == claim)) c.Result = new StatusCodeResult(403); _ = clock; } } }
public class FactoryGate : Attribute, IFilterFactory { public bool IsReusable => false; public IFilterMetadata CreateInstance(IServiceProvider s) => new Inner(); class Inner : IResourceFilter { public void OnResourceExecuting(ResourceExecutingContext c) { if (!c.HttpContext.User.Claims.Any(x => x.Type == "z")) { c.Result = new UnauthorizedResult(); } } public void OnResourceExecuted(ResourceExecutedContext c) {} } }
public class NopGate : Attribute, IAuthorizationFilter { public void OnAuthorization(AuthorizationFilterContext c) { } }
[ApiController, Route("a")] public class AController : ControllerBase {
  [HttpGet("1")] public string One() => "";
  [HttpGet("2"), AllowAnonymous] public string Two() => "";
  [HttpGet("3"), AllowAnonymous, NeedsRole("r")] public string Three() => "";
  [HttpGet("4"), AllowAnonymous, Key] public string Four() => "";
  [HttpGet("5"), AllowAnonymous, Gate("x")] public string Five() => "";
  [HttpGet("6"), AllowAnonymous, Gate("")] public string Six() => "";
  [HttpGet("7"), AllowAnonymous, FactoryGate] public string Seven() => "";
  [HttpGet("8"), AllowAnonymous, NopGate] public string Eight() => "";
  [HttpGet("9"), Authorize("p")] public string Nine() => "";
  [HttpGet("10"), Authorize("any")] public string Ten() => "";
  [HttpGet("11"), NeedsRole("r")] public string Eleven() => "";
}

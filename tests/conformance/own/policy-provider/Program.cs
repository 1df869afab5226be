using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers(); builder.Services.AddAuthentication(); builder.Services.AddAuthorization();
builder.Services.AddSingleton<IAuthorizationPolicyProvider, Prov>(); builder.Services.AddSingleton<IAuthorizationHandler, MultiHandler>();
var app = builder.Build();
app.UseAuthentication(); app.UseAuthorization(); app.MapControllers();
app.Run();
public class PermReq(string n) : IAuthorizationRequirement { public string N => n; }
public class MultiHandler : IAuthorizationHandler { public Task HandleAsync(AuthorizationHandlerContext c) { foreach (var r in c.PendingRequirements.ToList()) { if (r is PermReq p) { if (p.N == "open") c.Succeed(r); else if (p.N == "login" && c.User.Identity!.IsAuthenticated) c.Succeed(r); else if (c.User.HasClaim("perm", p.N)) c.Succeed(r); } } return Task.CompletedTask; } }
public class Prov : IAuthorizationPolicyProvider { readonly DefaultAuthorizationPolicyProvider _f; public Prov(IOptions<AuthorizationOptions> o) { _f = new DefaultAuthorizationPolicyProvider(o); }
 public Task<AuthorizationPolicy> GetDefaultPolicyAsync() => _f.GetDefaultPolicyAsync(); public Task<AuthorizationPolicy?> GetFallbackPolicyAsync() => Task.FromResult<AuthorizationPolicy?>(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
 public Task<AuthorizationPolicy?> GetPolicyAsync(string name) { if (name.StartsWith("perm:")) { var b = new AuthorizationPolicyBuilder(); b.AddRequirements(new PermReq(name.Substring(5))); return Task.FromResult<AuthorizationPolicy?>(b.Build()); } return _f.GetPolicyAsync(name); } }
public class PermAttribute : AuthorizeAttribute { public PermAttribute(string n) => Policy = "perm:" + n; }
[ApiController, Route("a")] public class AController : ControllerBase { [HttpGet("1"), Perm("x")] public string A1() => ""; [HttpGet("2"), Perm("open")] public string A2() => ""; [HttpGet("3"), Perm("login")] public string A3() => ""; [HttpGet("4")] public string A4() => ""; [HttpGet("5"), Authorize] public string A5() => ""; }

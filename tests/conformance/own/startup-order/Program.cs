var host = Host.CreateDefaultBuilder(args).ConfigureWebHostDefaults(w => w.UseStartup<Startup>()).Build(); host.Run();
public class Startup {
 public void ConfigureServices(IServiceCollection s) { s.AddControllers(); s.AddAuthentication(); s.AddAuthorization(o => o.FallbackPolicy = new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build()); }
 public void Configure(IApplicationBuilder app) { app.UseRouting(); app.UseAuthentication(); app.UseAuthorization(); app.Use(async (c, n) => { if (!c.User.IsInRole("x") && c.Request.Path.StartsWithSegments("/adm")) { c.Response.StatusCode = 403; return; } await n(); });
  app.UseEndpoints(e => { e.MapControllers(); e.MapGet("/a", () => "").AllowAnonymous(); e.MapGet("/b", () => ""); e.MapGet("/adm/c", () => ""); }); app.Use(async (HttpContext c, RequestDelegate n) => { c.Response.StatusCode = 401; await Task.CompletedTask; }); } }
[Microsoft.AspNetCore.Mvc.Route("x")] public class XController : Microsoft.AspNetCore.Mvc.ControllerBase { [Microsoft.AspNetCore.Mvc.HttpGet] public string G() => ""; }

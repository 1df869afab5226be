using Microsoft.AspNetCore.Authorization; using Microsoft.AspNetCore.Mvc;
namespace App;
public class Boot
{
    public void ConfigureServices(IServiceCollection s) => s.AddAuthentication().Services.AddAuthorization(o => o.FallbackPolicy = o.DefaultPolicy).AddControllers();
    public void Configure(IApplicationBuilder app) => app.UseRouting().UseAuthentication().UseAuthorization().UseEndpoints(Map);
    private static void Map(IEndpointRouteBuilder e) { e.MapControllers(); e.MapGet("up", c => c.Response.WriteAsync("x")).WithMetadata(new AllowAnonymousAttribute()); e.MapPost("{*all:regex(^a+$)}", () => "x"); }
}
[Route("p")] public class PController : ControllerBase { [HttpGet("{a:int:range(1,9)}/{b?}")] public string A() => ""; [HttpGet("{name=x}/q/{**rest}"), AllowAnonymous] public string B() => ""; [HttpGet("r/{v:regex(^\\d{{3}}$)}")] public string C() => ""; [HttpGet("f/{file}.{ext?}")] public string D() => ""; [HttpGet("dt/{when:datetime}/{amount:decimal}"), Authorize(Roles = "z")] public string E() => ""; [HttpGet("c-{x}-{y:length(2,3)}")] public string F() => ""; }

using static Microsoft.AspNetCore.Http.HttpMethods;
using Microsoft.AspNetCore.Mvc;
var builder = WebApplication.CreateBuilder(args); builder.Services.AddControllers();
await using var app = builder.Build(); app.MapControllers(); await app.RunAsync();
public static class V { public const string R = "report"; public const string G = "get"; }
[Route("av")]
public class AvController : ControllerBase
{
    [AcceptVerbs(V.G, "Head", Route = V.R + "/{id}")] public string A() => "";
    [AcceptVerbs("post")] public string B() => "";
    [AcceptVerbs("PUT", "DELETE", Name = "x"), Route("r1")] [Route("r2")] public string C() => "";
    [AcceptVerbs("PROPFIND", Order = 3, Route = "~/dav")] public string D() => "";
    [AcceptVerbs("GET"), HttpPost] [Route("e")] public string E() => "";
    [AcceptVerbs("GET"), AcceptVerbs("PATCH", Route = "f")] public string F() => "";
    [Route("g")] [HttpGet, HttpPut] public string G() => "";
    [AcceptVerbs(new[] { "LOCK", "UNLOCK" }, Route = "h")] public string H() => "";
}

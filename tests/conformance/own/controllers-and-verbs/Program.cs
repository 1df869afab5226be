using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Routing;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers(o => o.SuppressAsyncSuffixInActionNames = false); builder.Services.AddAuthentication();
var app = builder.Build();
app.MapControllers();
app.Run();
[Controller] public class Base1 { }
[Route("[controller]/[action]")] public class Derived1 : Base1 { public string Go() => ""; public async Task<string> RunAsync() { await Task.Yield(); return ""; } }
[ApiController, Route("api/poco")] public class PocoApi { [HttpGet] public string Get() => ""; [HttpPost, Authorize] public string Post() => ""; }
public class WidgetCONTROLLER { [Route("w")] public string W() => ""; }
public class Controller1 { [Route("no")] public string W() => ""; }
public record RecController(int X = 1) { [HttpGet("rec")] public string R() => ""; }
public abstract class Abs : ControllerBase { [HttpGet("abs")] public virtual string A() => ""; [HttpGet("only")] public string Only() => ""; protected string P() => ""; }
public class ConcController : Abs { public override string A() => "b"; public string Dispose() => ""; }
public class GenericBase<T> : ControllerBase { [HttpGet("[controller]/g")] public string G(T x) => ""; }
public class IntsController : GenericBase<int> { }
public sealed class NestedHost { public class InnerController : ControllerBase { [HttpGet("inner")] public string I() => ""; } }
[Area("Ar")] [Route("[area]/z", Order = 2), Route("zz")] public class ZController : ControllerBase { [AcceptVerbs("GET", "HEAD", Route = "v")] public string V() => ""; [HttpGet, HttpHead, Route("r")] public string R() => ""; [HttpOptions("o")] public string O() => ""; [ActionName("nm"), HttpGet("[action]")] public string N() => ""; }
public interface IAuthed { [Authorize] string I1(); } public interface IAuthedC { }
[Route("if")] public class IfController : ControllerBase, IAuthed, IAuthedC { [HttpGet] public string I1() => ""; }
[AttributeUsage(AttributeTargets.Class, Inherited = false)] public class OnlyHereAttribute : Attribute, IAuthorizeData { public string? Policy { get; set; } public string? Roles { get; set; } public string? AuthenticationSchemes { get; set; } }
[OnlyHere] public class OhBase : ControllerBase { } [Route("oh")] public class OhController : OhBase { [HttpGet] public string G() => ""; } 
public class VerbAttribute : HttpMethodAttribute { public VerbAttribute(string t) : base(new[] { "PURGE", "get" }, "verb/" + t) { } } [Route("vv")] public class VvController : ControllerBase { [Verb("x")] public string X() => ""; }
public class TenantRouteAttribute : Attribute, IRouteTemplateProvider { public string? Template => "t/{tenant}/[controller]"; public int? Order => 0; public string? Name { get; set; } } [TenantRoute] public class TenController : ControllerBase { [HttpGet("{id:int}")] public string G(int id) => ""; [Route("/top")] public string T() => ""; [HttpGet("[[x]]")] public string B() => ""; }

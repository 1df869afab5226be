using System.Text.RegularExpressions; using Microsoft.AspNetCore.Mvc; using Microsoft.AspNetCore.Mvc.ApplicationModels; using Microsoft.AspNetCore.Mvc.Routing;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers(o => { o.Conventions.Add(new RouteTokenTransformerConvention(new KebabCase())); });
builder.Services.AddRouting(o => { o.LowercaseUrls = true; o.ConstraintMap["slug"] = typeof(KebabCase); });
var app = builder.Build(); app.MapControllers(); app.MapControllerRoute("d", "{controller:slug}/{action:slug=Index}/{id?}"); app.Run();
public partial class KebabCase : IOutboundParameterTransformer
{
    [GeneratedRegex("([a-z])([A-Z])")] private static partial Regex Boundary();
    public string? TransformOutbound(object? value) { if (value is null) { return null; } return Boundary().Replace(value.ToString()!, "$1-$2").ToLowerInvariant(); }
}
[Route("api/[controller]/[action]")] public class OrderLinesController : ControllerBase { [HttpGet] public string ListAllOpen() => ""; [HttpGet("Raw/{lineId}")] public string GetOne() => ""; [HttpPost("~/[controller]/DoIt")] public string X() => ""; [HttpGet, ActionName("HTMLExport")] public string Exp() => ""; }
public class BigStoreController : Controller { public string Index() => ""; public string OpenHours() => ""; }

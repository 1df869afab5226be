using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationModels;
using Microsoft.AspNetCore.Mvc.Authorization;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers(o => {
  o.Conventions.Add(new ActConv());
  o.Conventions.Add(new CtlConv());
  o.Conventions.Add(new RouteTokenTransformerConvention(new Kebab()));
});
var app = builder.Build();
app.MapControllers();
app.Run();
public class Kebab : IOutboundParameterTransformer { public string? TransformOutbound(object? v) => v is null ? null : string.Concat(v.ToString()!.Select((c, i) => i > 0 && char.IsUpper(c) ? "-" + char.ToLower(c) : char.ToLower(c).ToString())); }
public class ActConv : IActionModelConvention { public void Apply(ActionModel action) {
  if (action.Controller.ControllerName == "Gone") { action.Selectors.Clear(); }
  if (action.ActionMethod.Name.StartsWith("Delete")) action.Filters.Add(new AuthorizeFilter());
  foreach (var s in action.Selectors) if (action.ActionName == "Meta") s.EndpointMetadata.Add(new AuthorizeAttribute { Roles = "r" });
  if (action.Attributes.OfType<HttpPutAttribute>().Any()) action.ActionName = "Renamed";
} }
public class CtlConv : IControllerModelConvention { public void Apply(ControllerModel c) {
  if (c.Attributes.Any(a => a is ObsoleteAttribute)) c.ApiExplorer.IsVisible = false;
  if (c.ControllerName.EndsWith("V2")) { c.ControllerName = c.ControllerName[..^2]; foreach (var s in c.Selectors) s.AttributeRouteModel = new AttributeRouteModel(new RouteAttribute("v2/[controller]")); }
  if (!c.Selectors.Any(s => s.AttributeRouteModel != null)) c.Selectors[0].AttributeRouteModel = new AttributeRouteModel { Template = "auto/[controller]" };
} }
[AttributeUsage(AttributeTargets.Class)] public class PrefAttribute : Attribute, IControllerModelConvention { public void Apply(ControllerModel c) { foreach (var s in c.Selectors.Where(x => x.AttributeRouteModel is not null)) s.AttributeRouteModel!.Template = "pref/" + s.AttributeRouteModel.Template; } }
public class GoneController : ControllerBase { [HttpGet("x")] public string X() => ""; public string Y() => ""; }
[Pref] [Route("[controller]/[action]")] public class SomeThingController : ControllerBase { public string DeleteIt() => ""; public string Meta() => ""; [HttpPut] public string Zz() => ""; [HttpGet("/abs")] public string Abs() => ""; }
public class ItemsV2Controller : ControllerBase { [HttpGet] public string List() => ""; [HttpGet("{id}")] public string One() => ""; }
public class PlainController : ControllerBase { public string NoAttr() => ""; [HttpPost] public string Po() => ""; }

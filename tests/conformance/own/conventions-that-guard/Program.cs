using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationModels;
using Microsoft.AspNetCore.Mvc.Authorization;
using Microsoft.AspNetCore.Mvc.Routing;
using System.Reflection;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication(); builder.Services.AddAuthorization(o => o.AddPolicy("w", p => p.RequireClaim("w")));
builder.Services.AddMvc(o => { o.UseCentralRoutePrefix(new RouteAttribute("svc/{tenant}")); o.Conventions.Add(new WriteGuard()); o.Conventions.Add(new AreaByNamespace()); o.Conventions.Add(new ProtectAll()); });
builder.Services.Configure<MvcOptions>(o => o.Conventions.Add(new HideInternal()));
var app = builder.Build();
app.MapControllerRoute("areas", "{area:exists}/{controller}/{action=Index}");
app.MapControllers();
app.Run();
public static class MvcOptionsExtensions { public static void UseCentralRoutePrefix(this MvcOptions opts, IRouteTemplateProvider t) { opts.Conventions.Insert(0, new RouteConvention(t)); } }
public class RouteConvention : IApplicationModelConvention { readonly AttributeRouteModel _p; public RouteConvention(IRouteTemplateProvider p) { _p = new AttributeRouteModel(p); }
 public void Apply(ApplicationModel app) { foreach (var c in app.Controllers) { if (c.ControllerType.GetCustomAttribute<NoPrefixAttribute>() != null) continue; var matched = c.Selectors.Where(x => x.AttributeRouteModel != null).ToList(); if (matched.Any()) foreach (var s in matched) s.AttributeRouteModel = AttributeRouteModel.CombineAttributeRouteModel(_p, s.AttributeRouteModel); var un = c.Selectors.Where(x => x.AttributeRouteModel == null).ToList(); if (un.Any() && c.ControllerName != "Plain") foreach (var s in un) s.AttributeRouteModel = _p; } } }
public class NoPrefixAttribute : Attribute { }
public class WriteGuard : IActionModelConvention { static readonly string[] Writes = { "POST", "PUT", "DELETE", "PATCH" }; public void Apply(ActionModel a) { var verbs = a.Attributes.OfType<IActionHttpMethodProvider>().SelectMany(x => x.HttpMethods).ToArray(); if (verbs.Any(v => Writes.Contains(v)) && !a.Attributes.Any(x => x is IAllowAnonymous)) a.Filters.Add(new AuthorizeFilter("w")); } }
public class AreaByNamespace : IControllerModelConvention { public void Apply(ControllerModel c) { var ns = c.ControllerType.Namespace; if (ns != null && ns.Contains(".Admin")) { c.RouteValues["area"] = "Admin"; c.Filters.Add(new AuthorizeFilter(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())); } } }
public class ProtectAll : IApplicationModelConvention { public void Apply(ApplicationModel m) { foreach (var a in m.Controllers.SelectMany(c => c.Actions).Where(a => a.ActionName.StartsWith("Secret"))) foreach (var s in a.Selectors) s.EndpointMetadata.Add(new AuthorizeAttribute()); foreach (var c in m.Controllers.Where(c => typeof(IMarked).IsAssignableFrom(c.ControllerType))) foreach (var a in c.Actions.ToList()) if (a.ActionMethod.IsDefined(typeof(ObsoleteAttribute))) c.Actions.Remove(a); } }
public class HideInternal : IControllerModelConvention { public void Apply(ControllerModel c) { if (c.ControllerName == "Internal") c.Actions.Clear(); } }
public interface IMarked { }
[Route("[controller]")] public class ThingsController : ControllerBase, IMarked { [HttpGet] public string L() => ""; [HttpPost] public string A() => ""; [HttpPost("open"), AllowAnonymous] public string O() => ""; [HttpGet("s")] public string SecretThing() => ""; [HttpGet("old"), Obsolete] public string Old() => ""; [HttpGet("/root")] public string Root() => ""; }
[NoPrefix, Route("np")] public class NpController : ControllerBase { [HttpDelete("{id}")] public string D() => ""; }
public class BareController : ControllerBase { [HttpGet("b")] public string B() => ""; [HttpGet] public string C() => ""; }
[Route("internal")] public class InternalController : ControllerBase { [HttpGet] public string B() => ""; }
namespace X.Admin { public class PlainController : ControllerBase { public string Index() => ""; public string SecretList() => ""; } [Route("adm/[area]/[controller]")] public class PanelController : ControllerBase { [HttpGet] public string G() => ""; } }

using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ApplicationModels;
using Microsoft.AspNetCore.Mvc.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRazorPages(o => {
  o.Conventions.AuthorizeFolder("/Sec");
  o.Conventions.AuthorizeAreaFolder("Shop", "/Man", "p");
  o.Conventions.AddPageRoute("/Extra", "other/{id?}");
  o.Conventions.AddAreaPageRoute("Shop", "/List", "shoplist");
  o.Conventions.AddPageRoute("/Sec/Index", "");
  o.Conventions.AddFolderApplicationModelConvention("/Flt", m => m.Filters.Add(new AuthorizeFilter()));
  o.Conventions.AddPageApplicationModelConvention("/Extra", m => m.EndpointMetadata.Add(new AuthorizeAttribute("p")));
  o.Conventions.AddFolderRouteModelConvention("/Pre", m => { foreach (var s in m.Selectors.ToList()) s.AttributeRouteModel = new AttributeRouteModel { Template = "pfx/" + s.AttributeRouteModel!.Template }; });
});
builder.Services.AddAuthorization(o => o.AddPolicy("p", p => p.RequireRole("x")));
var app = builder.Build();
app.MapRazorPages();
app.Run();
[Authorize] public class MyBase : PageModel { }
public class MModel : MyBase { public void OnGet() {} }
public class PocoModel { }

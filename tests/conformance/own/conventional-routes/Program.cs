using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllersWithViews();
builder.Services.AddRouting(o => o.ConstraintMap["slug"] = typeof(Slug));
var app = builder.Build();
app.MapControllerRoute("blog", "blog/{*article}", defaults: new { controller = "Blog", action = "Article" });
app.MapControllerRoute("cons", "cons/{controller}/{action}", new { action = "Index" }, new { controller = "Home|Blog" });
app.MapControllerRoute("rx", "rx/{controller:regex(^H.*)}/{action:slug=Index}");
app.MapControllerRoute("ar", "{area:exists}/{controller=Home}/{action=Index}/{id?}").RequireAuthorization();
app.MapAreaControllerRoute("adm", "Admin", "adm/{controller=Home}/{action=Index}");
var g = app.MapGroup("/grp").RequireAuthorization();
g.MapControllerRoute("g", "{controller}/{action}");
app.MapDefaultControllerRoute();
app.MapFallbackToController("Article", "Blog");
app.Run();
public class Slug : IOutboundParameterTransformer { public string? TransformOutbound(object? v) => v?.ToString()?.ToLowerInvariant(); }
public class HomeController : Controller { public string Index() => "x"; [HttpPost] public string Post() => ""; [Route("attr")] public string Attr() => ""; }
public class BlogController : Controller { public string Article() => "x"; }
[Area("Admin")] public class HomeAdmController : Controller { public string Index() => "x"; [Route("[area]/zz")] public string Zz() => ""; }

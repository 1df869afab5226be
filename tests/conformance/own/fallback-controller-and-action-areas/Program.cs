using Microsoft.AspNetCore.Mvc;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllersWithViews();
var app = builder.Build();
app.MapFallbackToController("Index", "Home");
app.Run();
public class HomeController : Controller { public string Index() => "x"; [Route("attr")] public string Attr() => ""; }
[Area("Q")] [Route("[area]/[controller]/[action]")] public class ZController : Controller { public string A() => "x"; [Area("W")] public string B()=>""; }

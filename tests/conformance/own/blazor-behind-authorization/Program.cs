using Microsoft.AspNetCore.Authentication.Cookies;
using Mill;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRazorComponents().AddInteractiveServerComponents();
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
builder.Services.AddAuthorization();
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();
app.MapStaticAssets();
app.MapGroup("/app").MapRazorComponents<Root>().AddInteractiveServerRenderMode().RequireAuthorization();
app.Run();

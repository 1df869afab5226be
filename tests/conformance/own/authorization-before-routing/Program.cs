using Microsoft.AspNetCore.Authorization;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication(); builder.Services.AddSignalR(); builder.Services.AddHealthChecks();
builder.Services.AddAuthorization(o => o.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
var app = builder.Build();
app.UseAuthorization();
app.UseRouting();
app.MapGet("/a", () => "");
app.MapGet("/b", () => "").RequireAuthorization();
app.MapHub<H>("/hub"); app.MapHealthChecks("/hc");
app.MapFallback(() => "fb");
app.MapFallbackToFile("index.html");
app.Run();
class H : Microsoft.AspNetCore.SignalR.Hub {}

using Pay; var builder = WebApplication.CreateBuilder(args); builder.Services.AddAuthentication(); builder.Services.AddAuthorization();
var app = builder.Build(); app.UseAuthorization();
app.MapSalaries().RequireAuthorization(p => p.RequireRole("hr")); var (a, b) = app.MapBoth(); b.RequireAuthorization(); app.MapThree(out var three); three.RequireAuthorization(); foreach (var e in app.MapMany()) e.RequireAuthorization(); app.Nested().Inner.RequireAuthorization(); var one = app.MapOne(); if (one is RouteHandlerBuilder rh) rh.RequireAuthorization(); app.Run();

using Desk; var builder = WebApplication.CreateBuilder(args); builder.Services.AddAuthentication(); builder.Services.AddAuthorization(o => o.AddPolicy("mgr", p => p.RequireRole("m")));
var app = builder.Build(); app.UseAuthorization();
app.MapGroup("/orders").RequireAuthorization().WithTags("o").MapOrders(); OrderRoutes.MapRefunds(app.MapGroup("/refunds"), policy: "mgr"); app.MapGroup("/open").MapOrders(readOnly: true).MapGet("/extra", () => ""); app.MapAll(("a", true), ("b", false)); ((IEndpointRouteBuilder)app).MapPlain(); app.Run();

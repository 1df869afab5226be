using Microsoft.AspNetCore.Mvc; using Microsoft.AspNetCore.Authorization; using R = Api.Contracts.ApiRoutes;
var builder = WebApplication.CreateBuilder(args); builder.Services.AddControllers(); builder.Services.AddAuthentication();
builder.Services.AddAuthorization(o => { o.AddPolicy(R.Policies.Read, p => p.RequireClaim("scope", R.Policies.Read)); o.AddPolicy(nameof(R.Policies.Manage), p => p.RequireRole(R.Roles.Owner)); });
var app = builder.Build(); app.UseAuthorization(); app.MapControllers(); app.Run();

using Microsoft.AspNetCore.Authentication.JwtBearer;
using Shop.Api;
using Shop.Api.Catalog;
using Shop.Api.Endpoints;
using Shop.Api.Orders;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddControllers();
builder.Services.AddSingleton<OrderStore>();
builder.Services.AddSingleton<ProductStore>();

builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
builder.Services.AddAuthorization(options =>
{
    options.AddPolicy(Policies.Manager, policy => policy.RequireClaim("position", "manager"));
});

var app = builder.Build();
app.UseHsts();
app.UseHttpsRedirection();
app.UseAuthentication();
app.UseAuthorization();

app.MapControllers();

app.MapGroup("/customers").RequireAuthorization().MapCustomers();
app.MapStock();

app.MapGet("/healthz", () => "ok").AllowAnonymous();

app.Run();

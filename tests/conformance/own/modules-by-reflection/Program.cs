using System.Reflection; using Cinema;
var builder = WebApplication.CreateBuilder(args); builder.Services.AddAuthentication(); builder.Services.AddAuthorization(); builder.Services.AddEndpoints(Assembly.GetExecutingAssembly());
var app = builder.Build(); app.UseAuthorization(); var versioned = app.MapGroup("api/v1"); app.MapEndpoints(versioned); app.UseDefs(); app.Run();

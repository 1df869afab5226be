using System;
using System.Linq;
using System.Reflection;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
builder.Services.AddAuthorization();
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
foreach (var type in typeof(ISlice).Assembly.GetTypes().Where(t => t is { IsAbstract: false, IsInterface: false } && t.IsAssignableTo(typeof(ISlice))))
{
    var prefix = type.GetProperty("Prefix")?.GetValue(null) as string ?? $"/slices/{type.Name.ToLowerInvariant()}";
    type.GetMethod(nameof(ISlice.Map))!.Invoke(null, [app.MapGroup(prefix)]);
}
foreach (var type in Assembly.GetExecutingAssembly().GetTypes().Where(t => t.GetInterfaces().Contains(typeof(IPart))))
    type.InvokeMember(nameof(IPart.Add), BindingFlags.InvokeMethod, null, null, new object[] { app });
app.Run();

public interface ISlice
{
    static abstract void Map(RouteGroupBuilder group);
}

public interface IPart
{
    static abstract void Add(IEndpointRouteBuilder routes);
}

public class Bread : ISlice
{
    public static void Map(RouteGroupBuilder group)
    {
        group.RequireAuthorization();
        group.Read(All);
        group.Read(One, "{id:int}");
    }

    public static string All() => "all";

    public static string One(int id) => "one";
}

public class Cake : ISlice
{
    public static string Prefix => "/sweets";

    public static void Map(RouteGroupBuilder group) => group.Read(Any, "any");

    private static string Any() => "any";
}

public class Knife : IPart
{
    public static void Add(IEndpointRouteBuilder routes) => routes.MapPost("knife", () => "cut").RequireAuthorization();
}

public static class Reading
{
    public static RouteHandlerBuilder Read(this IEndpointRouteBuilder routes, Delegate handler, string pattern = "") => routes.MapGet(pattern, handler);
}

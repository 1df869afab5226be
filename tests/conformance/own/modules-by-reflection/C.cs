using System.Reflection; using Microsoft.Extensions.DependencyInjection.Extensions; using Microsoft.AspNetCore.Authorization;
namespace Cinema;
public interface IEndpoint { void MapEndpoint(IEndpointRouteBuilder app); }
public static class EndpointExtensions
{
    public static IServiceCollection AddEndpoints(this IServiceCollection services, Assembly assembly)
    {
        ServiceDescriptor[] serviceDescriptors = assembly.DefinedTypes.Where(type => type is { IsAbstract: false, IsInterface: false } && type.IsAssignableTo(typeof(IEndpoint))).Select(type => ServiceDescriptor.Transient(typeof(IEndpoint), type)).ToArray();
        services.TryAddEnumerable(serviceDescriptors); return services;
    }
    public static IApplicationBuilder MapEndpoints(this WebApplication app, RouteGroupBuilder? routeGroupBuilder = null)
    {
        IEnumerable<IEndpoint> endpoints = app.Services.GetRequiredService<IEnumerable<IEndpoint>>();
        IEndpointRouteBuilder builder = routeGroupBuilder is null ? app : routeGroupBuilder;
        foreach (IEndpoint endpoint in endpoints) endpoint.MapEndpoint(builder);
        return app;
    }
    public static void UseDefs(this WebApplication app)
    {
        foreach (var t in typeof(Def).Assembly.ExportedTypes) { if (t.IsAbstract || !t.IsSubclassOf(typeof(Def))) continue; if (t.GetCustomAttribute<SkipAttribute>() != null) continue; var d = (Def)Activator.CreateInstance(t)!; var g = app.MapGroup(d.Prefix ?? t.Name.Replace("Def", "").ToLower()); if (d.Secure) g.RequireAuthorization(); d.Map(g); }
        var methods = typeof(Statics).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(m => m.Name.StartsWith("Map")); foreach (var m in methods) m.Invoke(null, [app]);
    }
}
internal sealed class Films : IEndpoint { public void MapEndpoint(IEndpointRouteBuilder app) { app.MapGet("films", () => ""); app.MapPost("films", [Authorize] () => ""); } }
public abstract class Base : IEndpoint { public abstract string Path { get; } public virtual void MapEndpoint(IEndpointRouteBuilder app) => app.MapGet(Path, Handle).RequireAuthorization(); protected virtual string Handle() => ""; }
public class Halls : Base { public override string Path => "halls"; } public class Seats : Base { public override string Path => "seats"; public override void MapEndpoint(IEndpointRouteBuilder app) { base.MapEndpoint(app); app.MapDelete(Path, Handle); } }
public abstract class Def { public virtual string? Prefix => null; public virtual bool Secure => true; public abstract void Map(RouteGroupBuilder g); }
public class TicketDef : Def { public override void Map(RouteGroupBuilder g) => g.MapGet("/t", () => ""); } public class SnackDef : Def { public override string Prefix => "/food"; public override bool Secure => false; public override void Map(RouteGroupBuilder g) => g.MapGet("/s", () => ""); } internal class HiddenDef : Def { public override void Map(RouteGroupBuilder g) => g.MapGet("/h", () => ""); } [Skip] public class OldDef : Def { public override void Map(RouteGroupBuilder g) => g.MapGet("/o", () => ""); } public class SkipAttribute : Attribute;
public static class Statics { public static void MapOne(IEndpointRouteBuilder r) => r.MapGet("/st1", () => ""); public static void Other(IEndpointRouteBuilder r) => r.MapGet("/st2", () => ""); }

namespace Pay;
public record Holder(RouteGroupBuilder Outer, RouteGroupBuilder Inner);
public static class Pays { public static IEndpointConventionBuilder MapSalaries(this IEndpointRouteBuilder r) { var g = r.MapGroup("/sal"); g.MapGet("/", () => ""); g.MapPost("/", () => "").AllowAnonymous(); return g; }
 public static (RouteGroupBuilder A, RouteGroupBuilder B) MapBoth(this IEndpointRouteBuilder r) { var a = r.MapGroup("/ba"); a.MapGet("/", () => ""); var b = r.MapGroup("/bb"); b.MapGet("/", () => ""); return (a, b); }
 public static void MapThree(this WebApplication r, out RouteGroupBuilder g) { g = r.MapGroup("/three"); g.MapGet("/", () => ""); }
 public static IEnumerable<RouteHandlerBuilder> MapMany(this IEndpointRouteBuilder r) { yield return r.MapGet("/m1", () => ""); yield return r.MapGet("/m2", () => ""); }
 public static Holder Nested(this IEndpointRouteBuilder r) { var o = r.MapGroup("/o"); var i = o.MapGroup("/i"); o.MapGet("/", () => ""); i.MapGet("/", () => ""); return new Holder(o, i); }
 public static IEndpointConventionBuilder MapOne(this IEndpointRouteBuilder r) => r.MapGet("/one", () => ""); }

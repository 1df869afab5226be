namespace Desk;
internal static class OrderRoutes
{
    internal static T MapOrders<T>(this T group, bool readOnly = false) where T : IEndpointRouteBuilder { group.MapGet("/", List); if (!readOnly) { group.MapPost("/", Create); group.MapGroup("/{id}").MapLines(); } return group; }
    private static void MapLines(this RouteGroupBuilder g) => g.MapGet("/lines", () => "").WithName(nameof(MapLines) + g.GetHashCode());
    public static void MapRefunds(IEndpointRouteBuilder r, string? policy = null) { var e = r.MapPut("/{id:int}", (int id) => id); _ = policy is null ? e : e.RequireAuthorization(policy); }
    public static void MapAll(this IEndpointRouteBuilder r, params (string Name, bool Locked)[] items) { foreach (var item in items) { var e = r.MapGet("/all/" + item.Name, () => ""); if (item.Locked) e.RequireAuthorization(); } }
    public static void MapPlain(this IEndpointRouteBuilder r) { r.MapGet("/plain", () => ""); Inner(r); static void Inner(IEndpointRouteBuilder r) => r.MapGet("/plain/in", () => ""); }
    public static void MapPlain(this WebApplication r) => r.MapGet("/never", () => "");
    static string List() => ""; static IResult Create() => Results.Ok();
}

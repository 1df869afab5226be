using System.Security.Claims;
using Shop.Api.Orders;

namespace Shop.Api.Endpoints;

public static class CustomerEndpoints
{
    /// <summary>Maps the endpoints of the signed-in customer; the caller's group says who may reach them.</summary>
    public static RouteGroupBuilder MapCustomers(this RouteGroupBuilder group)
    {
        group.MapGet("/me", (ClaimsPrincipal user) => Results.Ok(user.Identity?.Name));
        group.MapGet("/me/orders", OrdersOfCaller);
        return group;
    }

    private static IResult OrdersOfCaller(ClaimsPrincipal user, OrderStore orders)
    {
        return user.Identity?.Name is { } name ? Results.Ok(orders.Of(name)) : Results.Unauthorized();
    }
}

using Shop.Api.Catalog;

namespace Shop.Api.Endpoints;

public record StockLevel(int Quantity);

public static class StockEndpoints
{
    public static IEndpointRouteBuilder MapStock(this IEndpointRouteBuilder app)
    {
        var stock = app.MapGroup("/stock");

        stock.MapGet("/{sku}", (string sku, ProductStore products) =>
            products.Stock(sku) is { } quantity ? Results.Ok(new StockLevel(quantity)) : Results.NotFound());

        stock.MapPut("/{sku}", (string sku, StockLevel level, ProductStore products) =>
        {
            products.SetStock(sku, level.Quantity);
            return Results.NoContent();
        });

        return app;
    }
}

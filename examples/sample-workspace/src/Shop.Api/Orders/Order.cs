namespace Shop.Api.Orders;

public record Order(int Id, string Customer, IReadOnlyList<string> Skus)
{
    public bool Cancelled { get; init; }
}

public record PlaceOrder(IReadOnlyList<string> Skus);

using System.Collections.Concurrent;

namespace Shop.Api.Orders;

public class OrderStore
{
    private readonly ConcurrentDictionary<int, Order> _orders = new();
    private int _last;

    public IEnumerable<Order> Of(string customer) => _orders.Values.Where(order => order.Customer == customer);

    public Order Add(string customer, PlaceOrder request)
    {
        var order = new Order(Interlocked.Increment(ref _last), customer, request.Skus);
        _orders[order.Id] = order;
        return order;
    }

    public bool Cancel(int id, string customer)
    {
        return _orders.TryGetValue(id, out var order)
            && order.Customer == customer
            && _orders.TryUpdate(id, order with { Cancelled = true }, order);
    }

    public bool Remove(int id) => _orders.TryRemove(id, out _);
}

using System.Collections.Concurrent;

namespace Shop.Api.Catalog;

public class ProductStore
{
    private readonly ConcurrentDictionary<int, Product> _products = new();
    private readonly ConcurrentDictionary<string, int> _stock = new();

    public IEnumerable<Product> All => _products.Values.OrderBy(product => product.Id);

    public Product? Find(int id) => _products.GetValueOrDefault(id);

    public void Put(Product product) => _products[product.Id] = product;

    public bool Remove(int id) => _products.TryRemove(id, out _);

    public int? Stock(string sku) => _stock.TryGetValue(sku, out var quantity) ? quantity : null;

    public void SetStock(string sku, int quantity) => _stock[sku] = quantity;
}

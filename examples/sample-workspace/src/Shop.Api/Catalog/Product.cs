namespace Shop.Api.Catalog;

public record Product(int Id, string Sku, string Name, decimal Price);

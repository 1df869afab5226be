using Microsoft.AspNetCore.Mvc;
using Shop.Api.Catalog;

namespace Shop.Api.Controllers;

[ApiController]
[Route("api/[controller]")]
public class ProductsController : ControllerBase
{
    private readonly ProductStore _products;

    public ProductsController(ProductStore products)
    {
        _products = products;
    }

    [HttpGet]
    public IEnumerable<Product> List() => _products.All;

    [HttpGet("{id:int}")]
    public ActionResult<Product> Get(int id)
    {
        return _products.Find(id) is { } product ? product : NotFound();
    }

    [HttpPost]
    public ActionResult<Product> Create(Product product)
    {
        _products.Put(product);
        return CreatedAtAction(nameof(Get), new { id = product.Id }, product);
    }

    [HttpPut("{id:int}")]
    public IActionResult Update(int id, Product product)
    {
        _products.Put(product with { Id = id });
        return NoContent();
    }

    [HttpDelete("{id:int}")]
    public IActionResult Delete(int id)
    {
        return _products.Remove(id) ? NoContent() : NotFound();
    }
}

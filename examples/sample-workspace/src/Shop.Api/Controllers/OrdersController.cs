using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Shop.Api.Orders;

namespace Shop.Api.Controllers;

public class OrdersController(OrderStore orders, ILogger<OrdersController> logger) : ApiControllerBase
{
    [HttpGet]
    public IEnumerable<Order> List() => orders.Of(CustomerName);

    [HttpPost]
    public ActionResult<Order> Place(PlaceOrder request)
    {
        var order = orders.Add(CustomerName, request);
        return Created($"/api/orders/{order.Id}", order);
    }

    [HttpPost("{id:int}/cancel")]
    public IActionResult Cancel(int id)
    {
        return orders.Cancel(id, CustomerName) ? NoContent() : NotFound();
    }

    [HttpDelete("{id:int}")]
    [Authorize(Policy = Policies.Manager)]
    public IActionResult Delete(int id)
    {
        if (!orders.Remove(id))
        {
            return NotFound();
        }

        logger.LogInformation("Order {OrderId} deleted by {User}", id, CustomerName);
        return NoContent();
    }
}

using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OData;
using Microsoft.AspNetCore.OData.Query;
using Microsoft.AspNetCore.OData.Routing.Controllers;
using Microsoft.OData.Edm;
using Microsoft.OData.ModelBuilder;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthorization();
builder.Services.AddControllers().AddOData(options => options.Select().Filter().AddRouteComponents("odata", Model.Get()));
var app = builder.Build();
app.UseAuthorization();
app.MapControllers();
app.Run();

public class Customer { public int Id { get; set; } public string Name { get; set; } = ""; public List<Order> Orders { get; set; } = []; }
public class Order { public int Id { get; set; } }

static class Model
{
    public static IEdmModel Get()
    {
        var builder = new ODataConventionModelBuilder();
        builder.EntitySet<Customer>("Customers");
        builder.EntitySet<Order>("Orders");
        return builder.GetEdmModel();
    }
}

public class CustomersController : ODataController
{
    [EnableQuery]
    public IActionResult Get() => Ok();
    public IActionResult Get(int key) => Ok();
    [Authorize]
    public IActionResult Post([FromBody] Customer customer) => Ok();
    public IActionResult Put(int key, [FromBody] Customer customer) => Ok();
    public IActionResult Patch(int key) => Ok();
    [Authorize]
    public IActionResult Delete(int key) => Ok();
    public IActionResult GetName(int key) => Ok();
    public IActionResult GetOrders(int key) => Ok();
    [HttpGet("odata/Customers/Top")]
    public IActionResult Top() => Ok();
    [HttpGet("plain/customers")]
    public IActionResult Plain() => Ok();
}

[Authorize]
public class OrdersController : ODataController
{
    public IActionResult GetOrders() => Ok();
    public IActionResult GetOrder(int key) => Ok();
    public IActionResult PostOrder([FromBody] Order order) => Ok();
    public IActionResult Helper() => Ok();
}

public class OthersController : ODataController
{
    public IActionResult Get() => Ok();
}

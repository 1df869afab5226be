using Microsoft.AspNetCore.Mvc;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
var app = builder.Build();
app.MapControllers();
app.Run();

public record Book(int Id);
public record BookBatch(int[] Ids);

public abstract class StoreController<TItem, TBatch> : ControllerBase
{
    [HttpGet("{id:int}")]
    public virtual ActionResult<TItem?> Get(int id) => Ok();

    [HttpPut("bulk")]
    public virtual IActionResult Update([FromBody] TBatch batch) => Ok();

    [HttpPut("many")]
    public virtual IActionResult Update([FromBody] List<TItem> items) => Ok();

    [HttpDelete("bulk")]
    public virtual object Delete([FromBody] TBatch batch) => Ok();

    [HttpPost]
    public IActionResult Add([FromBody] TItem item) => Ok();
}

[Route("books")]
public class BooksController : StoreController<Book, BookBatch>
{
    [NonAction]
    public override IActionResult Update([FromBody] BookBatch batch) => throw new NotImplementedException();

    [HttpDelete("all")]
    public override object Delete([FromBody] BookBatch batch) => Ok();
}

[Route("films")]
public class FilmsController : StoreController<string, int>
{
    [NonAction]
    public override IActionResult Update([FromBody] List<string> items) => throw new NotImplementedException();

    // Hides nothing: `new` leaves the inherited action served.
    [HttpPost("new")]
    public new IActionResult Add([FromBody] string item) => Ok();
}

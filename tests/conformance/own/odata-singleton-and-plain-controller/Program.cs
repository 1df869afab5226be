using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OData;
using Microsoft.AspNetCore.OData.Routing.Controllers;
using Microsoft.OData.Edm;
using Microsoft.OData.ModelBuilder;
using Shop.Models;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthorization();
var model = new ODataConventionModelBuilder();
model.EntitySet<Book>("Books").EntityType.HasKey(b => b.Id);
model.Singleton<Settings>("Settings");
builder.Services.AddControllers().AddOData(o =>
{
    o.EnableQueryFeatures(100);
    o.AddRouteComponents(model.GetEdmModel());
});
var app = builder.Build();
app.UseRouting();
app.UseAuthorization();
app.MapControllers().RequireAuthorization();
app.Run();

namespace Shop.Models
{
    public class Book { public int Id { get; set; } public string Title { get; set; } = ""; public Author? Author { get; set; } }
    public class Author { public int Id { get; set; } }
    public class Settings { public int Id { get; set; } public string Theme { get; set; } = ""; }
}

namespace Shop
{
    public class BooksController : ControllerBase
    {
        [AllowAnonymous]
        public IActionResult GetBooks() => Ok();
        public IActionResult GetBook(int key) => Ok();
        public IActionResult DeleteBook(int key) => Ok();
        public IActionResult GetAuthor(int key) => Ok();
        [HttpPut]
        public IActionResult Put(int key) => Ok();
    }

    public class SettingsController : ODataController
    {
        public IActionResult Get() => Ok();
        public IActionResult PatchSettings() => Ok();
    }
}

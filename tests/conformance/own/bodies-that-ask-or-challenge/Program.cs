using System.Threading.Tasks;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
builder.Services.AddSingleton<Shelf>();
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
builder.Services.AddAuthorization(o => o.AddPolicy("librarian", p => p.RequireRole("librarian")));
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapControllers();
app.Run();

public class Shelf
{
    public string? Find(string title) => title.Length > 0 ? title : null;
}

[ApiController, Route("books")]
public class BooksController(IAuthorizationService authorization, Shelf shelf) : ControllerBase
{
    [HttpGet("always/{title}")]
    public async Task<IActionResult> Always(string title)
    {
        var book = shelf.Find(title);
        if (book == null)
            return NotFound();
        var allowed = await authorization.AuthorizeAsync(User, book, "librarian");
        return allowed.Succeeded ? Ok(book) : StatusCode(403);
    }

    [HttpGet("sometimes/{title}")]
    public async Task<IActionResult> Sometimes(string title)
    {
        if (title == "rare")
        {
            var allowed = await authorization.AuthorizeAsync(User, title, "librarian");
            if (!allowed.Succeeded)
                return StatusCode(403);
        }
        return Ok(title);
    }
}

using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace Shop.Api.Controllers;

public record SignIn(string Name, string Password);

public class SessionController : ApiControllerBase
{
    // Customers who sign in have no session yet.
    [HttpPost]
    [AllowAnonymous]
    public IActionResult Begin(SignIn request)
    {
        return request.Password.Length == 0 ? Unauthorized() : Accepted();
    }
}

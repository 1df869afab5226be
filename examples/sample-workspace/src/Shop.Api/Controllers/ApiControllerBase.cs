using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace Shop.Api.Controllers;

/// <summary>Base of the controllers that serve signed-in customers.</summary>
[ApiController]
[Authorize]
[Route("api/[controller]")]
public abstract class ApiControllerBase : ControllerBase
{
    protected string CustomerName => User.Identity?.Name ?? throw new InvalidOperationException("No user.");
}

using Microsoft.AspNetCore.Authorization;

namespace Harbor.Components.Pages;

[Authorize(Roles = "foreman")]
public partial class Crane;

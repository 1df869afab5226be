using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;

namespace Harbor.Components.Pages;

[Route("/lookout"), Authorize]
public class Lookout : ComponentBase;

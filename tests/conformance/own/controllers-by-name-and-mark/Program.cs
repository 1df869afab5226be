using Microsoft.AspNetCore.Mvc; using Microsoft.AspNetCore.Authorization;
var builder = WebApplication.CreateBuilder(args); builder.Services.AddMvc(); builder.Services.AddAuthorization(); builder.Services.AddAuthentication();
var app = builder.Build(); app.UseAuthorization(); app.MapControllers(); app.MapDefaultControllerRoute(); app.Run();
public class CONTROLLER { public string Nothing() => ""; }
public class Controller { public string Bare() => ""; }
public class LowercontroLLer { public string Go() => ""; }
public class ClockController { public string Now() => ""; [HttpGet("/clock/utc")] public string Utc() => ""; public static string S() => ""; public int P { get; set; } }
[Controller, Authorize] public class Weather { [HttpGet("weather")] public string G() => ""; }
[Controller] public abstract class MarkedBase { } public class Tide : MarkedBase { [HttpGet("tide")] public string G() => ""; }
[NonController] public class GhostController : ControllerBase { [HttpGet("ghost")] public string G() => ""; } public class SpiritController : GhostController { [HttpGet("spirit")] public string S() => ""; }
public record RecController { [HttpGet("rec")] public string G() => ""; }
public struct StrController { [HttpGet("str")] public string G() => ""; }
public interface IController { [HttpGet("ic")] string G(); }
public static class StaticController { [HttpGet("st")] public static string G() => ""; }

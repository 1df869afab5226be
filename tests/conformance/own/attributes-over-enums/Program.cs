using Microsoft.AspNetCore.Authorization; using Microsoft.AspNetCore.Mvc;
var builder = WebApplication.CreateBuilder(args); builder.Services.AddControllers(); builder.Services.AddAuthentication();
builder.Services.AddAuthorization(o => { foreach (var p in Enum.GetValues<Perm>()) o.AddPolicy(HasAttribute.Prefix + p, b => { if (p == Perm.None) b.RequireAuthenticatedUser(); else b.RequireClaim("perm", p.ToString()); }); });
var app = builder.Build(); app.UseAuthorization(); app.MapControllers(); 
app.MapGet("/m", [Has(Perm.Read)] () => ""); app.MapGet("/m0", [Has] () => "").RequireAuthorization(new StaffAttribute()); app.Run();
public enum Perm { None, Read, Write = 4 }
public class HasAttribute : AuthorizeAttribute { public const string Prefix = "perm:"; public HasAttribute(Perm perm = Perm.None) : base($"{Prefix}{perm}") { } }
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)] public class StaffAttribute : AuthorizeAttribute { public StaffAttribute() : this("staff") { } public StaffAttribute(params string[] roles) { Roles = string.Join(',', roles.Append("root")); } }
public sealed class Plain : AuthorizeAttribute { public string Reason { get; init; } = ""; }
public class TenantAuthorize : AuthorizeAttribute { public string? Tenant { get => Policy?.Substring(7); set => Policy = "tenant:" + value; } }
[Route("x")] public class XController : ControllerBase { [HttpGet("1"), Has(Perm.Write)] public string A() => ""; [HttpGet("2"), HasAttribute()] public string B() => ""; [HttpGet("3"), Staff("a", "b")] public string C() => ""; [HttpGet("4"), Plain(Reason = "q")] public string D() => ""; [HttpGet("5")] public string E() => ""; [HttpGet("6"), Has(perm: (Perm)4)] public string F() => ""; }

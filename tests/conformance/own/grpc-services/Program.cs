using System;
using System.Text;
using System.Threading.Tasks;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddGrpc();
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
builder.Services.AddAuthorization(o => o.AddPolicy("clerk", p => p.RequireRole("clerk")));
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGrpcService<DepotService>();
app.MapGrpcService<YardService>().RequireAuthorization("clerk");
app.Run();

[Authorize]
public class DepotService : DepotBase
{
    public override Task<string> Ship(string request, ServerCallContext context) => Task.FromResult("shipped");

    [AllowAnonymous]
    public override Task<string> Track(string request, ServerCallContext context) => Task.FromResult("tracked");
}

public class YardService : YardBase
{
    public override Task<string> Park(string request, ServerCallContext context) => Task.FromResult("parked");
}

// What the tools write for `package port; service Depot { rpc Ship ...; rpc Track ...; }`, by hand.
[BindServiceMethod(typeof(Binding), "BindDepot")]
public abstract class DepotBase
{
    public virtual Task<string> Ship(string request, ServerCallContext context) => throw new NotImplementedException();

    public virtual Task<string> Track(string request, ServerCallContext context) => throw new NotImplementedException();
}

[BindServiceMethod(typeof(Binding), "BindYard")]
public abstract class YardBase
{
    public virtual Task<string> Park(string request, ServerCallContext context) => throw new NotImplementedException();

    public virtual Task<string> Leave(string request, ServerCallContext context) => throw new NotImplementedException();
}

public static class Binding
{
    private static readonly Marshaller<string> Text = new(Encoding.UTF8.GetBytes, b => Encoding.UTF8.GetString(b));

    private static Method<string, string> Unary(string service, string name) => new(MethodType.Unary, service, name, Text, Text);

    public static void BindDepot(ServiceBinderBase binder, DepotBase service)
    {
        binder.AddMethod(Unary("port.Depot", "Ship"), service == null ? null : new UnaryServerMethod<string, string>(service.Ship));
        binder.AddMethod(Unary("port.Depot", "Track"), service == null ? null : new UnaryServerMethod<string, string>(service.Track));
    }

    public static void BindYard(ServiceBinderBase binder, YardBase service)
    {
        binder.AddMethod(Unary("port.Yard", "Park"), service == null ? null : new UnaryServerMethod<string, string>(service.Park));
        binder.AddMethod(Unary("port.Yard", "Leave"), service == null ? null : new UnaryServerMethod<string, string>(service.Leave));
    }
}

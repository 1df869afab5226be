using System;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
app.UseMiddleware<KeyIfAny>();
app.MapWhen(c => c.Request.Path.StartsWithSegments("/never"), b => b.Run(c => c.Response.WriteAsync("")));
app.MapGet("/stock", () => "stock");
app.MapGet("/locked", () => "locked").AddEndpointFilter<KeyAlways>();
app.Run();

public class KeyIfAny(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers.Keys.Contains("X-Key", StringComparer.OrdinalIgnoreCase))
            await Check(context, context.Request.Headers["X-Key"].FirstOrDefault());
        else if (context.Request.Query.ContainsKey("key"))
            await Check(context, context.Request.Query["key"]);
        else
            await next(context);
    }

    private async Task Check(HttpContext context, string? key)
    {
        if (key != "open sesame")
        {
            context.Response.StatusCode = 401;
            return;
        }
        await next(context);
    }
}

public class KeyAlways : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var keys = context.HttpContext.Request.Headers.Keys;
        return keys.Contains("X-Key") ? await next(context) : Results.Unauthorized();
    }
}

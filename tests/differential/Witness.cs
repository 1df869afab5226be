// Compiled into an app under test: once the app has started, writes its endpoint table to WITNESS_OUT, with what an anonymous and a
// signed-in request to each endpoint were answered, and ends the process.
#nullable enable
using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

[assembly: HostingStartup(typeof(RouteWardenWitness.Startup))]

namespace RouteWardenWitness;

internal sealed class Startup : IHostingStartup
{
    public void Configure(IWebHostBuilder builder) => builder.ConfigureServices(services =>
    {
        services.AddAuthentication("Test").AddScheme<AuthenticationSchemeOptions, HeaderScheme>("Test", _ => { });
        services.PostConfigure<AuthenticationOptions>(o =>
            o.DefaultScheme = o.DefaultAuthenticateScheme = o.DefaultChallengeScheme = o.DefaultForbidScheme = "Test");
        services.AddSingleton<IStartupFilter, MatchFilter>();
        services.AddHostedService<Prober>();
    });
}

internal sealed class HeaderScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var user = Request.Headers["X-Witness-User"].ToString();
        if (user.Length == 0)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, user), new Claim(ClaimTypes.NameIdentifier, user)], "Test");
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), "Test")));
    }
}

/// <summary>Remembers which endpoint routing matched for a request.</summary>
internal sealed class MatchFilter : IStartupFilter
{
    public static readonly ConcurrentDictionary<string, string?> Matched = new();

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, rest) =>
        {
            var id = context.Request.Headers["X-Witness"].ToString();
            context.Response.OnStarting(() =>
            {
                Matched[id] = context.GetEndpoint()?.DisplayName;
                return Task.CompletedTask;
            });
            try
            {
                await rest();
            }
            finally
            {
                Matched[id] = context.GetEndpoint()?.DisplayName ?? Matched.GetValueOrDefault(id);
            }
        });
        next(app);
    };
}

internal sealed class Prober(IServiceProvider services, IHostApplicationLifetime lifetime, IServer server) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => Task.Run(async () =>
        {
            var path = Environment.GetEnvironmentVariable("WITNESS_OUT")!;
            try
            {
                await File.WriteAllTextAsync(path, await Probe());
            }
            catch (Exception failure)
            {
                await File.WriteAllTextAsync(path, JsonSerializer.Serialize(new { error = failure.ToString() }));
            }

            Environment.Exit(0);
        }));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<string> Probe()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First()), Timeout = TimeSpan.FromSeconds(5),
        };
        var rows = new List<object>();
        foreach (var endpoint in services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<ISuppressMatchingMetadata>()?.SuppressMatching == true)
            {
                continue; // these serve link generation only
            }

            var methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.ToArray() ?? [];
            var probes = new List<object>();
            foreach (var method in methods.Length > 0 ? methods : ["GET", "POST"])
            {
                var url = Url(endpoint);
                var (anonymous, hit) = url is null ? (-1, null) : await Send(http, method, url, null);
                var (signedIn, _) = url is null ? (-1, null) : await Send(http, method, url, "alice");
                var answered = hit is null ? "none" : hit == endpoint.DisplayName ? "same" : "other";
                probes.Add(new { method, url, anonymous, signedIn, anonymousHit = answered });
            }

            rows.Add(new
            {
                route = "/" + (endpoint.RoutePattern.RawText ?? "").TrimStart('/'),
                methods,
                required = endpoint.RoutePattern.RequiredValues.Where(v => v.Value is string).ToDictionary(v => v.Key, v => v.Value),
                probes,
            });
        }

        return JsonSerializer.Serialize(new { endpoints = rows });
    }

    private static async Task<(int Status, string? Hit)> Send(HttpClient http, string method, string url, string? user)
    {
        var id = Guid.NewGuid().ToString();
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        request.Headers.Add("X-Witness", id);
        if (user is not null)
        {
            request.Headers.Add("X-Witness-User", user);
        }

        if (method is not ("GET" or "HEAD" or "OPTIONS" or "DELETE"))
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return ((int)response.StatusCode, MatchFilter.Matched.GetValueOrDefault(id));
        }
        catch (Exception)
        {
            return (-1, MatchFilter.Matched.GetValueOrDefault(id));
        }
    }

    /// <summary>A URL that fits the pattern; null where none is known.</summary>
    private string? Url(RouteEndpoint endpoint)
    {
        var segments = endpoint.RoutePattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart parameter => Value(endpoint.RoutePattern, parameter),
            _ => null,
        } ?? "\0")));
        var url = "/" + string.Join('/', segments);
        return url.Contains('\0') ? null : url;
    }

    private string? Value(RoutePattern pattern, RoutePatternParameterPart parameter)
    {
        if (pattern.RequiredValues.TryGetValue(parameter.Name, out var required) && required is string { Length: > 0 } text)
        {
            var policies = services.GetRequiredService<ParameterPolicyFactory>();
            return parameter.ParameterPolicies.Select(p => policies.Create(parameter, p)).OfType<IOutboundParameterTransformer>()
                .Aggregate(text, (value, transformer) => transformer.TransformOutbound(value) ?? value);
        }

        var constraints = parameter.ParameterPolicies.Select(p => p.Content ?? "").ToList();
        return constraints.Exists(c => c.StartsWith("regex", StringComparison.Ordinal)) ? null
            : constraints.Contains("guid") ? "11111111-1111-1111-1111-111111111111"
            : constraints.Contains("alpha") || parameter.IsCatchAll ? "a"
            : constraints.Contains("bool") ? "true"
            : "1";
    }
}

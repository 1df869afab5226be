using Microsoft.AspNetCore.Authorization;
namespace App.Security;
public static class Policies { public const string Everyone = nameof(Everyone); public const string Member = "member"; public const string Adult = "Adult"; }
public static class Registration
{
    public static IServiceCollection AddAppPolicies(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddAuthorizationCore(Build);
        services.AddAuthorization();
        services.AddSingleton<IAuthorizationHandler, AdultHandler>();
        var name = configuration["Policy:Name"] ?? "from-config";
        services.Configure<AuthorizationOptions>(o => o.AddPolicy(name, p => p.RequireAuthenticatedUser()));
        foreach (var (key, role) in new Dictionary<string, string> { ["X"] = "operator", ["Y"] = "none" }) services.AddAuthorizationBuilder().AddPolicy($"op:{key}", p => p.RequireRole(role));
        return services;
    }
    private static void Build(AuthorizationOptions options)
    {
        options.AddPolicy(Policies.Everyone, policy => policy.RequireAssertion(context => true));
        options.AddPolicy(Policies.Member, MemberPolicy());
        options.AddPolicy(Policies.Adult, p => p.Requirements.Add(new AdultRequirement(18)));
        options.AddPolicy("Never", p => p.RequireAssertion(_ => false));
        options.AddPolicy("either", p => p.RequireAssertion(c => c.User.Identity!.IsAuthenticated || c.User.IsInRole("x")));
    }
    private static AuthorizationPolicy MemberPolicy() { var b = new AuthorizationPolicyBuilder(); b.RequireAuthenticatedUser(); return b.Build(); }
}
public class AdultRequirement(int age) : IAuthorizationRequirement { public int Age => age; }
public class AdultHandler : AuthorizationHandler<AdultRequirement> { protected override Task HandleRequirementAsync(AuthorizationHandlerContext c, AdultRequirement r) { var birth = c.User.FindFirst("birth"); if (birth is null) return Task.CompletedTask; if (DateTime.Parse(birth.Value).AddYears(r.Age) < DateTime.Now) c.Succeed(r); return Task.CompletedTask; } }

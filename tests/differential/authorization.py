"""Policies of a generated app, and the many ways to require or waive them."""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

REQUIREMENTS = [
    'p.RequireRole("Admin")', 'p.RequireRole("Clerk", "Boss")', 'p.RequireClaim("scope", "write")', 'p.RequireAuthenticatedUser()',
    'p.RequireAssertion(_ => true)', "p.RequireAssertion(c => c.User.Identity is { IsAuthenticated: true })", 'p.RequireUserName("root")',
    "p.RequireAssertion(c => c.User.IsInRole(Names.Admin))", "p.RequireAuthenticatedUser().RequireClaim(Names.Scope)",
    "p.AddRequirements(new LevelRequirement(3))", "p.Requirements.Add(new LevelRequirement(0))",
    "p.AddRequirements(new DenyAnonymousAuthorizationRequirement())", "{ p.RequireAuthenticatedUser(); p.RequireRole(Names.Admin); }",
]

SUPPORT = """
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;

namespace Generated;

public static class Names
{
    public const string Admin = "Admin";
    public const string Scope = "scope";
    public const string Prefix = "/" + nameof(Prefix);
    public static readonly string[] Reading = ["GET", "HEAD"];
    public static string Segment(string name) => $"/{name.ToLowerInvariant()}";
}

public sealed class LevelRequirement(int level) : IAuthorizationRequirement
{
    public int Level { get; } = level;
}

public sealed class LevelHandler : AuthorizationHandler<LevelRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, LevelRequirement requirement)
    {
        if (requirement.Level == 0)
        {
            context.Succeed(requirement);
        }
        else if (context.User.HasClaim("level", requirement.Level.ToString()))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class AdminOnlyAttribute : AuthorizeAttribute
{
    public AdminOnlyAttribute() => Roles = Names.Admin;
}

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public class SignedInAttribute : AuthorizeAttribute;

public sealed class PolicyGateAttribute(string name) : AuthorizeAttribute(name);

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class OpenAttribute : Attribute, IAllowAnonymous;

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class AuthorizedAttribute : Attribute;

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class LevelAttribute(int level) : Attribute, IAuthorizationRequirementData
{
    public IEnumerable<IAuthorizationRequirement> GetRequirements()
    {
        yield return new LevelRequirement(level);
    }
}

public sealed class RoleData(string roles) : IAuthorizeData
{
    public string? Policy { get; set; }
    public string? Roles { get; set; } = roles;
    public string? AuthenticationSchemes { get; set; }
}

public static class Security
{
    public static readonly AuthorizationPolicy Everyone = new AuthorizationPolicyBuilder().RequireAssertion(_ => true).Build();
    public static AuthorizationPolicy SignedIn { get; } = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
    public static AuthorizationPolicy Admins() => new([new RolesAuthorizationRequirement([Names.Admin])], []);

    public static TBuilder Secured<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.RequireAuthorization();
        return builder;
    }

    public static RouteHandlerBuilder ForAdmins(this RouteHandlerBuilder builder) =>
        builder.RequireAuthorization(p => p.RequireRole(Names.Admin)).WithTags("admin");

    public static T OpenToAll<T>(this T builder) where T : IEndpointConventionBuilder => builder.WithMetadata(new OpenAttribute());

    public static T WithoutAuthorization<T>(this T builder) where T : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            foreach (var data in endpoint.Metadata.OfType<IAuthorizeData>().ToArray())
            {
                endpoint.Metadata.Remove(data);
            }
        });
        return builder;
    }
}
"""


@dataclass
class Policies:
    """`names` have C# spellings beside: `"Edit"`, `PolicyNames.Edit`."""

    names: list[str] = field(default_factory=list)
    spellings: dict[str, list[str]] = field(default_factory=dict)
    setup: str = ""
    support: str = SUPPORT


def policies(random: Random) -> Policies:
    names = random.sample(["Edit", "View", "Audit", "Ship", "Anyone"], random.randint(2, 4))
    found = Policies(names)
    constants = "".join(f'    public const string {n} = "{n}";\n' for n in names)
    found.support = SUPPORT + f"\npublic static class PolicyNames\n{{\n{constants}}}\n"
    for name in names:
        found.spellings[name] = [f'"{name}"', f"PolicyNames.{name}", f"nameof(PolicyNames.{name})"]
    bodies = {n: random.choice(REQUIREMENTS) for n in names}
    if "Anyone" in bodies:
        bodies["Anyone"] = "p.RequireAssertion(_ => true)"
    fallback = random.choice([None, None, None, None, "p.RequireAuthenticatedUser()", 'p.RequireRole("Admin")', "p.RequireAssertion(_ => true)"])
    default = random.choice([None, None, None, None, 'p.RequireClaim("tenant")', "p.RequireAuthenticatedUser()"])
    handler = "builder.Services.AddSingleton<IAuthorizationHandler, LevelHandler>();\n"
    style = random.randrange(3)
    lines: list[str] = []
    if style == 0:
        lines.append("builder.Services.AddAuthorization(options =>\n{")
        for name in names:
            lines.append(f"    options.AddPolicy({random.choice(found.spellings[name])}, p => {_statement(bodies[name])});")
        if fallback:
            lines.append(f"    options.FallbackPolicy = {_built(fallback)};")
        if default:
            lines.append(f"    options.DefaultPolicy = {_built(default)};")
        lines.append("});")
    elif style == 1:
        lines.append("builder.Services.AddAuthorizationBuilder()")
        for name in names:
            lines.append(f"    .AddPolicy({random.choice(found.spellings[name])}, p => {_statement(bodies[name])})")
        if fallback:
            lines.append(random.choice([
                f"    .SetFallbackPolicy({_built(fallback)})", f'    .AddFallbackPolicy("fallback", p => {_statement(fallback)})',
            ]))
        if default:
            lines.append(random.choice([
                f"    .SetDefaultPolicy({_built(default)})", f'    .AddDefaultPolicy("default", p => {_statement(default)})',
            ]))
        lines[-1] += ";"
    else:
        lines.append("builder.Services.AddAuthorization();\nbuilder.Services.Configure<AuthorizationOptions>(options =>\n{")
        for name in names:
            lines.append(f"    options.AddPolicy({random.choice(found.spellings[name])}, {_built(bodies[name])});" if bodies[name][0] != "{"
                         else f"    options.AddPolicy({random.choice(found.spellings[name])}, p => {bodies[name]});")
        if fallback:
            lines.append(f"    options.FallbackPolicy = {_built(fallback)};")
        if default:
            lines.append(f"    options.DefaultPolicy = {_built(default)};")
        lines.append("});")
    found.setup = handler + "\n".join(lines)
    return found


def _statement(body: str) -> str:
    return body


def _built(body: str) -> str:
    if body.startswith("p.Requirements"):
        return "new AuthorizationPolicyBuilder().AddRequirements(new LevelRequirement(0)).Build()"
    return body.replace("p.", "new AuthorizationPolicyBuilder().", 1) + ".Build()"


def convention(random: Random, known: Policies, handler: bool = True) -> str:
    """One call on a convention builder that says something about access; `handler`: on a RouteHandlerBuilder."""
    name = random.choice(known.names)
    spelled = random.choice(known.spellings[name])
    other = random.choice(known.spellings[random.choice(known.names)])
    choices = [
        ".RequireAuthorization()", ".RequireAuthorization()", f".RequireAuthorization({spelled})", f".RequireAuthorization({spelled}, {other})",
        '.RequireAuthorization(p => p.RequireRole("Boss"))', ".RequireAuthorization(p => p.RequireAssertion(_ => true))",
        ".RequireAuthorization(Security.SignedIn)", ".RequireAuthorization(Security.Everyone)", ".RequireAuthorization(Security.Admins())",
        '.RequireAuthorization(new AuthorizeAttribute { Roles = "Clerk,Boss" })', f".RequireAuthorization(new AuthorizeAttribute({spelled}))",
        ".AllowAnonymous()", ".AllowAnonymous()", ".WithMetadata(new AllowAnonymousAttribute())", ".WithMetadata(new AuthorizeAttribute())",
        f".WithMetadata(new AuthorizeAttribute({spelled}), new OpenAttribute())" if random.random() < 0.3 else f".WithMetadata(new AuthorizeAttribute({spelled}))",
        '.WithMetadata(new RoleData("Admin"))', ".WithMetadata(new LevelAttribute(2))", ".WithMetadata(new AdminOnlyAttribute())", ".Secured()",
        ".OpenToAll()", ".WithoutAuthorization()", ".WithMetadata(Security.Everyone)", f".RequireAuthorization([new AuthorizeAttribute({spelled})])",
    ]
    if handler:
        choices += [".ForAdmins()", ".RequireAuthorization().ForAdmins()"]
    return random.choice(choices)


def attribute(random: Random, known: Policies) -> str:
    """An attribute for a lambda, method or controller, in brackets."""
    name = random.choice(known.names)
    spelled = random.choice(known.spellings[name])
    return random.choice([
        "[Authorize]", "[Authorize]", f"[Authorize({spelled})]", f"[Authorize(Policy = {spelled})]", '[Authorize(Roles = "Admin")]', "[AllowAnonymous]",
        "[AllowAnonymous]", "[AdminOnly]", "[SignedIn]", f"[PolicyGate({spelled})]", "[Open]", "[Authorized]", "[Level(1)]", "[Level(0)]",
        "[Authorize, AllowAnonymous]", f'[Authorize(Roles = Names.Admin), Authorize({spelled})]',
    ])

using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ApplicationModels;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthorization(o => { o.AddPolicy("Staff", p => p.RequireRole("staff")); o.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build(); });
builder.Services.AddAuthentication();
builder.Services.AddRazorPages().WithRazorPagesRoot("/Site").AddRazorPagesOptions(o => { o.Conventions.AllowAnonymousToFolder("/"); o.Conventions.AuthorizeFolder("/Staff", "Staff").AllowAnonymousToPage("/Staff/Hello"); o.Conventions.AuthorizeAreaPage("Blog", "/Edit"); o.Conventions.Add(new PageRouteTransformerConvention(new Slug())); o.Conventions.Add(new GlobalHeader()); o.Conventions.AddFolderRouteModelConvention("/Docs", m => { foreach (var s in m.Selectors.ToList()) m.Selectors.Add(new SelectorModel { AttributeRouteModel = new AttributeRouteModel { Order = -1, Template = AttributeRouteModel.CombineTemplates("{lang}", s.AttributeRouteModel!.Template) } }); }); });
var app = builder.Build();
app.MapRazorPages();
app.MapGroup("/grp").RequireAuthorization("Staff").MapRazorPages();
app.Run();
public class Slug : IOutboundParameterTransformer { public string? TransformOutbound(object? v) => v == null ? null : System.Text.RegularExpressions.Regex.Replace(v.ToString()!, "([a-z])([A-Z])", "$1-$2").ToLower(); }
public class GlobalHeader : IPageApplicationModelConvention { public void Apply(PageApplicationModel m) { if (m.ViewEnginePath.EndsWith("Secret")) m.EndpointMetadata.Add(new AuthorizeAttribute { Roles = "x" }); } }

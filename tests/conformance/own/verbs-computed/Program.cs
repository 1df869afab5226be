using Microsoft.AspNetCore.Http;
var app = WebApplication.Create(args);
var verbs = new HashSet<string> { "get", HttpMethods.Head }; string[] more = [.. verbs, "OPTIONS"];
app.MapMethods("/a", verbs, () => ""); app.MapMethods("/b", more, () => ""); app.MapMethods("/c", Table.Write, (HttpContext c) => c.Response.WriteAsync("")); app.MapMethods("/d", new List<string>() { "PROPFIND" }.AsReadOnly(), () => ""); app.MapMethods("/e", Enum.GetNames<Verb>(), () => ""); app.MapMethods("/f", "PUT,PATCH".Split(','), () => ""); app.MapMethods("/g", Enumerable.Repeat("LOCK", 1), () => ""); app.MapMethods("/h", Table.For(true), () => "");
app.Map("/any", () => ""); app.Map("/any2/{x}", async (HttpContext c) => await c.Response.WriteAsync("")); app.MapFallback("/api/{**rest}", () => Results.NotFound()); app.MapFallback(async c => await c.Response.WriteAsync("")); app.MapFallbackToFile("index.html"); app.MapFallbackToFile("/spa/{*path:nonfile}", "spa/index.html"); app.MapGroup("/g").MapFallback(() => "");
app.Run();
enum Verb { Get, Post } static class Table { public static IEnumerable<string> Write => Read.Except(["GET"]).Concat(new[] { "POST" }); private static readonly string[] Read = { "GET", "HEAD" }; public static string[] For(bool w) => w switch { true => ["PUT"], false => [] }; }

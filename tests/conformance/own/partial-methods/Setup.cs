namespace Hotel;
internal static partial class Setup { public static WebApplicationBuilder AddHotel(this WebApplicationBuilder b) { b.Services.AddControllers(); b.Services.AddAuthorization(); b.Services.AddAuthentication(); return b; } }
static partial class Setup { public static WebApplication UseHotel(this WebApplication app) { app.UseAuthorization(); app.MapControllers(); return app; } }

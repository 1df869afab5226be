using Hotel; var builder = WebApplication.CreateBuilder(args); builder.AddHotel(); var app = builder.Build(); app.UseHotel().Run();

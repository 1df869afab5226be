using App;
Host.CreateDefaultBuilder(args).ConfigureWebHost(w => w.UseKestrel().UseStartup(typeof(Boot))).Build().Run();

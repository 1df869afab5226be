global using Microsoft.AspNetCore.Authorization; global using Routes = Microsoft.AspNetCore.Routing.IEndpointRouteBuilder; global using static Sensors.Names;

using Microsoft.AspNetCore.Authorization; using Microsoft.AspNetCore.Mvc; namespace Hotel;
[Route("rooms"), ApiController] partial class RoomsController : ControllerBase { private partial string Find(int id) => ""; [Authorize(Roles = "desk")] public partial string Add() => ""; public partial class Inner : ControllerBase { [HttpGet("inner")] public string X() => ""; } }

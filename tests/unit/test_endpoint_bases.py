"""Ardalis.ApiEndpoints: a class on a base that is declared nowhere and is called so is a controller of one action."""

from __future__ import annotations

from routewarden.analysis.project import Project

PROGRAM = """
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthorization();
builder.Services.AddControllers();
var app = builder.Build();
app.UseAuthorization();
app.MapControllers();
app.Run();
"""
ENDPOINTS = """
using Ardalis.ApiEndpoints;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

public record Request(int Id);

public class CreateItem : EndpointBaseAsync.WithRequest<Request>.WithActionResult<string>
{
    [HttpPost("api/items"), Authorize]
    public override async Task<ActionResult<string>> HandleAsync(Request request, CancellationToken token = default) => Ok();
}

[Route("api/items")]
public class ListItems : EndpointBaseSync.WithoutRequest.WithResult<string>
{
    [HttpGet]
    public override string Handle() => "all";
}

public abstract class Secured<T> : EndpointBaseAsync.WithRequest<int>.WithActionResult<T> { }

[Authorize]
public class DeleteItem : Secured<string>
{
    [HttpDelete("api/items/{id:int}")]
    public override async Task<ActionResult<string>> HandleAsync(int id, CancellationToken token = default) => Ok();
}
"""


def labels(**files: str) -> list[str]:
    named = {f"{name}.cs": text for name, text in files.items()}
    return [f"{e.label} {e.access}" for e in Project.in_memory({"Program.cs": PROGRAM, **named}).register.endpoints]


def test_endpoint_classes_are_controllers() -> None:
    assert labels(Endpoints=ENDPOINTS) == [
        "GET /api/items public", "POST /api/items authenticated", "DELETE /api/items/{id:int} authenticated",
    ]


def test_a_class_of_the_workspace_with_such_a_name_is_none() -> None:
    own = "public abstract class EndpointBaseSync { public abstract class WithoutResult { public abstract void Handle(); } }"
    head = ENDPOINTS.split("public record")[0]
    code = head + 'public class X : EndpointBaseSync.WithoutResult { [HttpGet("x")] public override void Handle() { } }'
    assert labels(Own=own, X=code) == []
    assert labels(X=code) == ["GET /x public"]

"""A register that was computed before an edit and after it equals the one of a fresh start: action by action, key by key."""

from __future__ import annotations

import pytest

from routewarden.analysis.project import Project
from routewarden.text.source import SourceText

PROJECT = """\
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
"""
PROGRAM = """\
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
var app = builder.Build();
app.MapControllers();
app.Run();
"""
CONTROLLER = """\
using Microsoft.AspNetCore.Mvc;
namespace Shop;
[ApiController]
[Route("api/[controller]")]
public class ProductsController : ControllerBase
{
    [HttpGet] public int List() => 1;
}
"""
ACTION = '    [HttpDelete("{id}/image")]\n    public IActionResult DropImage(int id) => NoContent();\n'
PATH = "ProductsController.cs"


def files(controller: str) -> dict[str, str]:
    return {"Shop.csproj": PROJECT, "Program.cs": PROGRAM, PATH: controller}


def labels(project: Project) -> list[str]:
    return [endpoint.label for endpoint in project.register.endpoints]


@pytest.mark.parametrize("stride", [1, 7, len(ACTION)], ids=["key by key", "in bursts", "pasted"])
def test_an_action_that_is_typed_is_in_the_register_and_leaves_it_again(stride: int) -> None:
    before = labels(Project.in_memory(files(CONTROLLER)))
    project = Project.in_memory(files(CONTROLLER))
    project.open(PATH, SourceText.from_str(CONTROLLER))
    assert labels(project) == before == ["GET /api/Products"]

    start = at = CONTROLLER.rindex("}")
    for step in range(0, len(ACTION), stride):
        keys = ACTION[step : step + stride].encode()
        project.edit(PATH, at, at, keys)
        at += len(keys)
        labels(project)  # as an editor would ask for it
    project.settle()
    assert labels(project) == labels(Project.in_memory(files(CONTROLLER[:start] + ACTION + CONTROLLER[start:])))
    assert "DELETE /api/Products/{id}/image" in labels(project)

    project.edit(PATH, start, at, b"")
    project.settle()
    assert labels(project) == before

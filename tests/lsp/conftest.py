"""A server of its own for each test, over stdio, with one of three clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.lsp.editor import SERVER, Editor, make_client

CONTROLLER = """\
using Microsoft.AspNetCore.Mvc;

namespace Shop;

[ApiController]
[Route("api/[controller]")]
public class OrdersController : ControllerBase
{
    [HttpDelete("{id}")]
    public IActionResult Remove(int id) => Ok();
}
"""
PROGRAM = """\
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
builder.Services.AddAuthorization();
var app = builder.Build();
app.UseHsts();
app.UseHttpsRedirection();
app.UseAuthorization();
app.MapControllers();
app.Run();
"""
PROJECT = """\
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
</Project>
"""
FALLBACK = "AddAuthorization(o => o.FallbackPolicy = o.DefaultPolicy)"
# A policy that lets everyone through: the trail of the finding leads from the action into Program.cs.
OPEN_POLICY = "AddAuthorization(o => o.AddPolicy(\"Open\", p => p.RequireAssertion(_ => true)))"
OPEN_CONTROLLER = CONTROLLER.replace("    [HttpDelete", "    [Authorize(\"Open\")]\n    [HttpDelete").replace(
    "using Microsoft.AspNetCore.Mvc;", "using Microsoft.AspNetCore.Authorization;\nusing Microsoft.AspNetCore.Mvc;"
)
OPEN = {
    "Program.cs": PROGRAM.replace("AddAuthorization()", OPEN_POLICY),
    "Controllers/OrdersController.cs": OPEN_CONTROLLER,
}
SHOP = {"Shop.csproj": PROJECT, "Program.cs": PROGRAM, "Controllers/OrdersController.cs": CONTROLLER}


def write_workspace(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return root


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """One unprotected DELETE."""
    return write_workspace(tmp_path / "shop", SHOP)


@pytest_asyncio.fixture
async def editor() -> AsyncIterator[Editor]:
    """A started server; the session begins with `editor.start`. Afterwards: a clean end, and no exception in the log."""
    client, editor = make_client()
    await client.start_io(*SERVER)
    yield editor
    await client.shutdown_session()
    server = client._server
    if server is not None and client.capabilities is not None:
        assert server.returncode == 0
    await client.stop()
    assert not client.messages, "a popup"
    assert not [text for text in editor.said() if "Traceback" in text]

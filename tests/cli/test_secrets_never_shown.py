"""No command, in no form, prints a planted secret, and no file that is written holds one; nor does anything that the editor gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from lsprotocol import types
from tests.lsp.clients import vscode
from tests.lsp.editor import make_client

from routewarden.analysis.project import Project
from routewarden.cli.commands import routewarden
from routewarden.cli.main import run

SECRETS = (
    "k8vPz2mQx5LrT", "Tz4hPw8vNe0sB3", "Yx82kr1Px8Ln5Tu0Rc3Yd7Vo4Ht6Je9H", "H3arth-Warden-2031", "Kd82wqLzM0xRt", "kio_tqHeEKNDSF1t62HmJoH1z0fQ",
    "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", "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfuBCMDvsFruWiKDt", "Qw3rtz99-compose-Pw",
    "L4unch-Pr0file-Key-77", "ZXJwX3JlYWRlcjp4VXVxSEpLcXNwR0ZVdWZvNEU=", "Gd2LcD00dMCe9sX1", "7468b04fd04dc60b",
)  # fmt: skip
FILES = {
    "Shop.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>',
    "appsettings.json": """{
  "ConnectionStrings": { "Shop": "Server=sql.contoso.com;Database=Shop;User Id=shop;Password=k8vPz2mQx5LrT" },
  "Broken": { "Password": "Gd2LcD00dMCe9sX1" }
  "Missing": "comma"
}
""",
    "Properties/launchSettings.json": '{"profiles": {"Shop": {"environmentVariables": {"Jwt__SigningKey": "L4unch-Pr0file-Key-77"}}}}',
    "docker-compose.production.yml": "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=Qw3rtz99-compose-Pw\n",
    "keys/signing.pem": "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfuBCMDvsFruWiKDt\n-----END PRIVATE KEY-----\n",
    "Program.cs": """using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using Shop;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
var app = builder.Build();
app.MapControllers();
app.MapPost("/erp", () => new NetworkCredential("svc", "Kd82wqLzM0xRt")); app.MapPost("/crm", () => Results.Ok(Keys.Material));
app.MapPost("/basic", () => new AuthenticationHeaderValue("Basic", "ZXJwX3JlYWRlcjp4VXVxSEpLcXNwR0ZVdWZvNEU="));
var key = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(Keys.Material));
app.Run();
""",
    "Keys.cs": """namespace Shop;

public static class Keys
{
    public const string Material = "Yx82kr1Px8Ln5Tu0Rc3Yd7Vo4Ht6Je9H";
    private const string Token = "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";
    private const string PrivateKey = \"\"\"
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfuBCMDvsFruWiKDt
        I5EV8ShFGz0KjqaervYSrriK57ShRANCAAQmvc5HtwfKfshWxW7xLUDWaij0KimJ
        -----END PRIVATE KEY-----
        \"\"\";
    private static readonly byte[] AesKey = [0x74, 0x68, 0xB0, 0x4F, 0xD0, 0x4D, 0xC6, 0x0B, 0x1E, 0xE5, 0x8E, 0x6B, 0xC8, 0xD9, 0x76, 0xF5];
}
""",
    "OrdersController.cs": """using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;

namespace Shop;

[Route("orders")]
public class OrdersController(UserManager<IdentityUser> users, IConfiguration configuration) : ControllerBase
{
    private const string Archive = "Data Source=sql.contoso.com;Initial Catalog=Shop;User ID=archiver;Password=Tz4hPw8vNe0sB3";
    [HttpPost] public IActionResult Seed(string apiKey = "") { users.CreateAsync(new("admin"), "H3arth-Warden-2031"); return Ok(Archive); }
    [HttpDelete] public IActionResult Drop() => Request.Headers["X-Api-Key"] != "kio_tqHeEKNDSF1t62HmJoH1z0fQ" ? Unauthorized() : Ok();
}
""",
}
# The bytes of an array as they are written.
SPELLED = (*SECRETS, "0x74, 0x68, 0xB0")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "shop"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
        (tmp_path / variable.lower()).mkdir()
    monkeypatch.chdir(tmp_path)
    return root


def leaks(text: str) -> list[str]:
    return [secret for secret in SPELLED if secret.lower() in text.lower()]


def test_the_planted_secrets_are_found(shop: Path) -> None:
    found = [f for findings in Project.on_disk(shop).findings().values() for f in findings if f.rule == "AP201"]
    assert {f.site.path for f in found} == set(FILES) - {"Shop.csproj"}
    assert len(found) >= len(SECRETS) - 1  # the launch profile's, in the file of a developer, may be left out
    assert not leaks(repr(found))


def test_no_result_that_is_kept_holds_a_secret(shop: Path) -> None:
    project = Project.on_disk(shop)
    project.findings()
    assert not leaks(repr(project._checks._results))


def invocations(root: Path) -> list[list[str]]:
    """Every command in each of its forms, over the workspace."""
    found: list[list[str]] = []
    for name, command in routewarden.commands.items():
        if name == "lsp":
            continue
        forms: list[list[str]] = [[]]
        takes = [parameter.name for parameter in command.params]
        for parameter in command.params:
            if parameter.name == "form" and isinstance(parameter.type, click.Choice):
                forms = [["--format", str(choice)] for choice in parameter.type.choices]
        for form in forms:
            if "what" in takes:
                found += [[name, what, str(root), *form] for what in ("AP201", "POST /erp", "POST /orders", "DELETE /orders")]
            else:
                found.append([name, *([str(root)] if "path" in takes else []), *form])
    return found


def test_no_command_prints_one_and_no_file_holds_one(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = [*invocations(shop), *(["scan", str(shop), "--format", form, "--output", f"report.{form}"] for form in ("text", "json"))]
    assert {arguments[0] for arguments in ran} >= {"scan", "endpoints", "explain"}
    for arguments in ran:
        run(arguments)
        out, err = capsys.readouterr()
        assert out or err or "--output" in arguments, arguments
        assert not leaks(out + err), arguments
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.relative_to(tmp_path).parts[0] != "shop"]
    assert len(written) >= 2
    for path in written:
        assert not leaks(path.read_bytes().decode("utf-8", "replace")), path
    assert {path.relative_to(shop).as_posix() for path in shop.rglob("*") if path.is_file()} == set(FILES)


@pytest.mark.asyncio
async def test_nothing_that_the_editor_gets_holds_one(shop: Path) -> None:
    from tests.lsp.editor import SERVER

    client, editor = make_client()
    await client.start_io(*SERVER)
    heard: list[str] = []
    try:
        await editor.start(vscode(), [shop])
        for path, text in FILES.items():
            if not path.endswith((".cs", ".json")):
                continue
            uri = (shop / path).as_uri()
            editor.open(uri, text, "csharp" if path.endswith(".cs") else "json")
            await editor.settle(uri)
            for line, row in enumerate(text.split("\n")):
                for column in range(0, len(row), 7):
                    position = types.Position(line, column)
                    params = types.HoverParams(types.TextDocumentIdentifier(uri), position)
                    heard.append(repr(await client.text_document_hover_async(params)))
            end = types.Position(len(text.split("\n")), 0)
            for action in await editor.actions(uri, types.Range(types.Position(0, 0), end)):
                resolved: Any = await client.code_action_resolve_async(action)
                heard.append(repr(resolved))
        assert any(d.code == "AP201" for found in client.diagnostics.values() for d in found)
        heard += [repr(editor.published), json.dumps([m.message for m in client.log_messages])]
    finally:
        await client.shutdown_session()
        await client.stop()
    assert not leaks("\n".join(heard))

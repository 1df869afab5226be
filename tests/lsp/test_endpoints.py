"""What an editor shows of the register: code lenses, and the list of endpoints that a client keeps a copy of."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from tests.lsp.clients import minimal, vscode
from tests.lsp.conftest import CONTROLLER, FALLBACK, PROGRAM, PROJECT, write_workspace
from tests.lsp.editor import SERVER, Editor, make_client

from routewarden.analysis.project import Project
from routewarden.lsp.feed import Feed
from routewarden.lsp.folders import Folder
from routewarden.model.register import Endpoint

ORDERS = "Controllers/OrdersController.cs"
BASE = """\
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace Shop;

[Authorize]
public abstract class CrudController : ControllerBase
{
    [HttpGet]
    public IActionResult List() => Ok();
}
"""
LEAF = """\
using Microsoft.AspNetCore.Mvc;

namespace Shop;

[ApiController, Route("api/[controller]")]
public class StockController : CrudController
{
    [HttpPost]
    public IActionResult Add() => Ok();
}
"""
PAGES = PROGRAM.replace("AddControllers()", "AddRazorPages()").replace("MapControllers()", "MapRazorPages()")


async def lenses(editor: Editor, uri: str) -> list[tuple[int, str]]:
    found = await editor.client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    return [(lens.range.start.line, lens.command.title) for lens in found or () if lens.command is not None]


async def ask(editor: Editor, method: str, **params: Any) -> Any:
    return await editor.client.protocol.send_request_async(method, params)


def listening() -> tuple[Any, Editor, list[str]]:
    """A client that notes what it is told of the register."""
    client, editor = make_client()
    heard: list[str] = []

    @client.feature("routewarden/registerChanged")
    def changed(params: Any) -> None:
        heard.append("registerChanged")
        editor.changed.set()

    @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
    def refresh(params: Any) -> None:
        heard.append("codeLens/refresh")
        editor.changed.set()

    return client, editor, heard


# --- code lenses -----------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_an_action_and_a_map_call(editor: Editor, shop: Path) -> None:
    program = PROGRAM.replace("app.Run();", 'app.MapGroup("/v1")\n   .MapPost("/go", () => 1).RequireAuthorization();\napp.Run();')
    write_workspace(shop, {"Program.cs": program})
    await editor.start(vscode(), [shop])
    controller, main = (shop / ORDERS).as_uri(), (shop / "Program.cs").as_uri()
    editor.open(controller, CONTROLLER)
    editor.open(main, program)
    assert await lenses(editor, controller) == [(9, "DELETE /api/Orders/{id} · public")]
    assert await lenses(editor, main) == [(9, "POST /v1/go · authenticated")]


@pytest.mark.asyncio
async def test_inherited_actions_are_shown_where_they_are_written_and_where_they_are_served(editor: Editor, shop: Path) -> None:
    write_workspace(shop, {"Base.cs": BASE, "Stock.cs": LEAF, "Rack.cs": LEAF.replace("Stock", "Rack")})
    await editor.start(vscode(), [shop])
    base, leaf = (shop / "Base.cs").as_uri(), (shop / "Stock.cs").as_uri()
    editor.open(base, BASE)
    editor.open(leaf, LEAF)
    assert await lenses(editor, base) == [(9, "GET /api/Rack · authenticated"), (9, "GET /api/Stock · authenticated")]
    assert await lenses(editor, leaf) == [
        (5, "GET /api/Stock · authenticated · inherited"),
        (8, "POST /api/Stock · authenticated"),
    ]
    shown = await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(leaf), types.Position(5, 15))
    )
    assert shown is not None and isinstance(shown.contents, types.MarkupContent)
    assert shown.contents.value.startswith("`GET /api/Stock` · **authenticated**")


@pytest.mark.asyncio
async def test_many_endpoints_of_one_place_are_counted(editor: Editor, shop: Path) -> None:
    leaves = {f"C{n}.cs": LEAF.replace("Stock", f"C{n}") for n in range(6)}
    more = "".join(f'    [HttpGet("{n}")] public void M{n}() {{ }}\n' for n in range(4))
    many = BASE.replace("    [HttpGet]", more + "    [HttpGet]")
    write_workspace(shop, {"Base.cs": many, **leaves})
    await editor.start(vscode(), [shop])
    base, leaf = (shop / "Base.cs").as_uri(), (shop / "C0.cs").as_uri()
    editor.open(base, many)
    editor.open(leaf, leaves["C0.cs"])
    of_line = [title for line, title in await lenses(editor, base) if line == 8]
    assert of_line == [*(f"GET /api/C{n}/0 · authenticated" for n in range(3)), "and 3 more: 3 authenticated"]
    assert (5, "5 inherited endpoints: 5 authenticated") in await lenses(editor, leaf)


@pytest.mark.asyncio
async def test_a_page_and_its_model(editor: Editor, shop: Path) -> None:
    page = '@* a comment *@\n@page "/about/{topic?}"\n@model Shop.Pages.AboutModel\n<h1>x</h1>\n'
    model = "using Microsoft.AspNetCore.Mvc.RazorPages;\nnamespace Shop.Pages;\npublic class AboutModel : PageModel\n{\n}\n"
    shutil.rmtree(shop / "Controllers")
    write_workspace(shop, {"Program.cs": PAGES, "Pages/About.cshtml": page, "Pages/About.cshtml.cs": model})
    await editor.start(vscode(), [shop])
    markup, code = (shop / "Pages/About.cshtml").as_uri(), (shop / "Pages/About.cshtml.cs").as_uri()
    editor.open(markup, page, "aspnetcorerazor")
    editor.open(code, model)
    assert await lenses(editor, markup) == [(1, "ANY /about/{topic?} · public")]
    assert await lenses(editor, code) == [(2, "ANY /about/{topic?} · public · inherited")]
    shown = await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(markup), types.Position(1, 3))
    )
    assert shown is not None and isinstance(shown.contents, types.MarkupContent)
    assert "**public**" in shown.contents.value
    editor.set_text(markup, "\n\n" + page)
    assert [line for line, _ in await lenses(editor, markup)] == [3]


@pytest.mark.asyncio
async def test_a_title_is_harmless_and_short(editor: Editor, shop: Path) -> None:
    program = PROGRAM.replace("app.Run();", f'app.MapGet("/\\u202e{"x" * 400}", () => 1);\napp.Run();')
    write_workspace(shop, {"Program.cs": program})
    await editor.start(vscode(), [shop])
    main = (shop / "Program.cs").as_uri()
    editor.open(main, program)
    [(_, title)] = await lenses(editor, main)
    assert title.startswith("GET /\\u202ex")
    assert len(title) < 250


@pytest.mark.asyncio
async def test_a_lens_can_be_clicked_where_the_client_says_how(editor: Editor, shop: Path) -> None:
    await editor.start(vscode(), [shop], {"showTrailCommand": "routewarden.showTrail"})
    uri = (shop / ORDERS).as_uri()
    editor.open(uri, CONTROLLER)
    [lens] = await editor.client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri))) or ()
    assert lens.command is not None
    assert (lens.command.command, list(lens.command.arguments or ())) == ("routewarden.showTrail", [uri, 9, 25])


@pytest.mark.asyncio
async def test_the_setting_turns_lenses_off(shop: Path) -> None:
    client, editor, heard = listening()
    await client.start_io(*SERVER)
    client.set_configuration({"routewarden": {"codeLens": False}})
    await editor.start(vscode(), [shop])
    uri = (shop / ORDERS).as_uri()
    editor.open(uri, CONTROLLER)
    assert await lenses(editor, uri) == []
    heard.clear()
    client.set_configuration({"routewarden": {"codeLens": True}})
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.until(lambda: "codeLens/refresh" in heard)
    assert await lenses(editor, uri) != []
    await client.shutdown_session()
    await client.stop()


@pytest.mark.asyncio
async def test_lenses_of_other_files_are_asked_for_anew_when_the_register_changes(shop: Path) -> None:
    client, editor, heard = listening()
    await client.start_io(*SERVER)
    await editor.start(vscode(), [shop])
    await editor.until(lambda: "codeLens/refresh" in heard)
    controller, main = (shop / ORDERS).as_uri(), (shop / "Program.cs").as_uri()
    editor.open(controller, CONTROLLER)
    editor.open(main, PROGRAM)
    await editor.settle(main)
    heard.clear()
    editor.replace(main, "AddAuthorization()", FALLBACK)
    await editor.until(lambda: "codeLens/refresh" in heard)
    assert await lenses(editor, controller) == [(9, "DELETE /api/Orders/{id} · authenticated")]
    heard.clear()
    editor.replace(controller, "=> Ok()", "=> Ok( )")
    await editor.settle(controller)
    editor.replace(controller, "Remove", "Drop")  # a change of the register, whose refresh is the first since
    await editor.until(lambda: bool(heard))
    assert heard == ["codeLens/refresh"], "nobody asked for the list, and a body changes nothing"
    await client.shutdown_session()
    await client.stop()


# --- the list --------------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_list_is_kept_current(shop: Path) -> None:
    client, editor, heard = listening()
    await client.start_io(*SERVER)
    await editor.start(minimal(), [shop])
    controller, main = (shop / ORDERS).as_uri(), (shop / "Program.cs").as_uri()
    editor.open(controller, CONTROLLER)
    editor.open(main, PROGRAM)
    await editor.settle(main)
    assert heard == []
    first = await ask(editor, "routewarden/register")
    assert first.complete
    [entry] = first.endpoints
    assert (entry.app, entry.method, entry.route, entry.access, entry.file) == (
        "Shop.csproj", "DELETE", "/api/Orders/{id}", "public", ORDERS,
    )  # fmt: skip
    assert (await ask(editor, "routewarden/register", since=first.version)).endpoints == []

    editor.edit(controller, ((0, 0), (0, 0), "\n\n"))  # moves it, and changes nothing in the list
    await editor.settle(controller)
    place = await ask(editor, "routewarden/endpoint", id=entry.id)
    assert (place.uri, place.range.start.line, place.range.start.character) == (controller, 11, 25)
    assert place.markdown.startswith("`DELETE /api/Orders/{id}` · **public**")
    assert heard == []

    editor.replace(main, "AddAuthorization()", FALLBACK)
    await editor.until(lambda: bool(heard))
    editor.replace(main, "app.Run();", 'app.MapGet("/new", () => 1);\napp.Run();')
    await editor.settle(main)
    second = await ask(editor, "routewarden/register", since=first.version)
    assert heard == ["registerChanged"], "once, until it is asked"
    assert not second.complete and list(second.removed) == []
    assert {(e.method, e.route, e.access) for e in second.endpoints} == {
        ("DELETE", "/api/Orders/{id}", "authenticated"),
        ("GET", "/new", "authenticated"),
    }
    assert entry.id in {e.id for e in second.endpoints}

    client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(
            types.WorkspaceFoldersChangeEvent(added=[], removed=[types.WorkspaceFolder(shop.as_uri(), "shop")])
        )
    )
    await editor.until(lambda: len(heard) == 2)
    third = await ask(editor, "routewarden/register", since=second.version)
    assert {e.route for e in third.endpoints} <= {"/new", "/api/Orders/{id}"}
    assert entry.id in third.removed
    assert await ask(editor, "routewarden/endpoint", id=entry.id) is None
    await client.shutdown_session()
    await client.stop()


def made(n: int) -> Project:
    calls = "".join(f'app.MapGet("/r{i}", () => {i});\n' for i in range(n))
    return Project.in_memory({"A.csproj": PROJECT, "Program.cs": PROGRAM.replace("app.Run();", calls + "app.Run();")})


POOL = made(12).register.endpoints


@given(st.lists(st.tuples(st.lists(st.sampled_from(POOL)), st.booleans()), max_size=12))
def test_a_copy_that_takes_over_every_answer_is_the_list(states: list[tuple[list[Endpoint], bool]]) -> None:
    folder = Folder("file:///w", "/w", SimpleNamespace())  # type: ignore[arg-type]
    feed, copy, version = Feed(), dict[str, Any](), 0
    for endpoints, asks in states:
        now = tuple(replace(e, app="other") if asks and at % 3 == 0 else e for at, e in enumerate(endpoints))
        feed.update([(folder, now)])
        if asks:
            answer = feed.since(version)
            copy = {} if answer["complete"] else copy
            for key in answer["removed"]:
                copy.pop(key, None)
            copy |= {entry["id"]: entry for entry in answer["endpoints"]}
            version = answer["version"]
            assert copy == {entry.id: entry.data for entry in feed.entries.values()}
            assert len(copy) == len(now)


def test_a_client_that_is_too_far_behind_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routewarden.lsp.feed.MOST_REMOVED", 3)
    folder = Folder("file:///w", "/w", SimpleNamespace())  # type: ignore[arg-type]
    feed = Feed()
    feed.update([(folder, POOL)])
    feed.update([(folder, POOL[:2])])
    assert feed.since(1)["complete"]
    assert not feed.since(2)["complete"]
    assert feed.since(99)["complete"]

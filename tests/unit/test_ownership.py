"""What ties a row to the caller: facts and what follows from them, and whole endpoints in small."""

from __future__ import annotations

import pytest

from routewarden.analysis.project import Project
from routewarden.model.ownership.knowledge import CALLER, PRIVILEGED, client, closure, equal, meet, member_of

OWN, OTHER, PARENT = 0, 1, 2


def test_a_member_that_equals_the_caller_ties_its_row() -> None:
    known = closure(equal(member_of(OWN, "OwnerId", "N.Order"), CALLER))
    assert known.tied == {OWN}


def test_the_link_to_a_tied_parent_ties_but_two_equal_ids_of_different_kinds_do_not() -> None:
    parent = equal(member_of(PARENT, "OwnerId", "N.Trip"), CALLER) | equal(member_of(PARENT, "Id", "N.Trip"), client("tripid"))
    child = equal(member_of(OWN, "TripId", "N.Expense"), client("tripid"))
    stranger = equal(member_of(OTHER, "Id", "N.Expense"), client("tripid"))
    assert closure(parent | child).tied == {OWN, PARENT}
    assert closure(parent | stranger).tied == {PARENT}


def test_a_verified_input_stands_for_the_caller() -> None:
    known = closure(equal(client("userid"), CALLER) | equal(member_of(OWN, "UserId", "N.Order"), client("userid")))
    assert known.verified == {"userid"}
    assert known.tied == {OWN}


def test_either_of_two_ties_is_a_tie_and_a_role_is_as_good() -> None:
    by_owner, by_editor = equal(member_of(OWN, "OwnerId", "N.Doc"), CALLER), equal(member_of(OWN, "EditorId", "N.Doc"), CALLER)
    assert closure(meet(by_owner, by_editor)).tied == {OWN}
    assert meet(by_owner, frozenset({PRIVILEGED})) == by_owner
    assert not closure(meet(by_owner, frozenset())).tied


APP = """
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace Shop;

[ApiController]
[Authorize]
[Route("docs")]
public class DocsController(DocsDb db) : ControllerBase
{
    private string Me => User.FindFirstValue(ClaimTypes.NameIdentifier)!;

    [HttpPut("{id:int}")]
    public async Task<IActionResult> Put(int id, [FromBody] string text)
    {
BODY
    }
}

public class DocsDb(DbContextOptions<DocsDb> options) : DbContext(options)
{
    public DbSet<Doc> Docs => Set<Doc>();
}

public class Doc
{
    public int Id { get; set; }
    public string OwnerId { get; set; } = "";
    public string EditorId { get; set; } = "";
    public string Text { get; set; } = "";
}
"""
HOST = """
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
builder.Services.AddDbContext<Shop.DocsDb>();
var app = builder.Build();
app.MapControllers();
app.Run();
"""
PROJECT = """<Project Sdk="Microsoft.NET.Sdk.Web">
<PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable></PropertyGroup>
</Project>"""
WRITE = "doc.Text = text; await db.SaveChangesAsync(); return NoContent();"
LOAD = "var doc = await db.Docs.FindAsync(id); if (doc is null) return NotFound(); "


def is_reported(body: str) -> bool:
    project = Project.in_memory({"Docs.cs": APP.replace("BODY", body), "Program.cs": HOST, "App.csproj": PROJECT})
    return any(f.rule == "AP101" for findings in project.findings().values() for f in findings)


@pytest.mark.parametrize("body", [
    LOAD + WRITE,
    LOAD + 'if (doc.OwnerId != Me) Console.WriteLine("somebody else");' + WRITE,
    LOAD + WRITE.replace("return NoContent();", "if (doc.OwnerId != Me) return Forbid(); return NoContent();"),
    "var doc = await db.Docs.FirstOrDefaultAsync(d => d.Id == id || d.OwnerId == Me); if (doc is null) return NotFound(); " + WRITE,
    "if (!await db.Docs.AnyAsync(d => d.OwnerId == Me)) return Forbid(); " + LOAD + WRITE,
    LOAD + "var mine = doc.OwnerId == Me;" + WRITE,
    LOAD + "try { if (doc.OwnerId != Me) throw new InvalidOperationException(); } catch (InvalidOperationException) { }" + WRITE,
])
def test_what_only_looks_like_a_check(body: str) -> None:
    assert is_reported(body)


@pytest.mark.parametrize("body", [
    LOAD + "if (doc.OwnerId != Me && doc.EditorId != Me) return Forbid(); " + WRITE,
    LOAD + 'if (doc.OwnerId != Me && !User.IsInRole("Admin")) return Forbid(); ' + WRITE,
    LOAD + "var mine = doc.OwnerId == Me; if (!mine) { return Forbid(); } " + WRITE,
    LOAD + "if (doc is { OwnerId: var owner } && owner == Me) { " + WRITE + " } return Forbid();",
    LOAD + "switch (doc.OwnerId == Me) { case false: return Forbid(); default: " + WRITE + " }",
    "var own = await db.Docs.Where(d => d.OwnerId == Me).ToListAsync(); var doc = own.Find(d => d.Id == id); if (doc is null) return Ok(); " + WRITE,
    "var doc = await (from d in db.Docs where d.Id == id && d.OwnerId == Me select d).SingleOrDefaultAsync(); if (doc is null) return Ok(); " + WRITE,
    "var mine = await db.Docs.Where(d => d.OwnerId == Me).ToListAsync(); if (mine.All(d => d.Id != id)) return NotFound(); " + LOAD + WRITE,
])
def test_checks_of_many_shapes(body: str) -> None:
    assert not is_reported(body)

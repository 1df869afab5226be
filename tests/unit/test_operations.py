"""What endpoints do: edits of bodies on the way reach the findings, and equal a fresh start."""

from __future__ import annotations

from collections.abc import Mapping

from routewarden.analysis.project import Project
from routewarden.model.operations import sql
from routewarden.text.source import SourceText

PROGRAM = """
using Microsoft.EntityFrameworkCore;
using Shop;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthorization();
builder.Services.AddDbContext<ShopDb>();
builder.Services.AddScoped<IOrders, Orders>();
var app = builder.Build();
app.MapDelete("/orders/{id}", async (int id, IOrders orders) => { await orders.Drop(id); return Results.NoContent(); }).RequireAuthorization();
app.Run();
"""
SERVICE = """
using Microsoft.EntityFrameworkCore;
namespace Shop;
public class Order { public int Id { get; set; } }
public class ShopDb(DbContextOptions<ShopDb> options) : DbContext(options) { public DbSet<Order> Orders => Set<Order>(); }
public interface IOrders { Task Drop(int id); }
public class Orders(ShopDb db, ILogger<Orders> logger) : IOrders
{
    public async Task Drop(int id)
    {
        await db.Orders.Where(o => o.Id == id).ExecuteDeleteAsync();
        /*here*/
    }
}
"""
LOG = 'logger.LogInformation("Order {Id} deleted", id);'


def findings(files: Mapping[str, str]) -> list[str]:
    return messages(Project.in_memory(files))


def messages(project: Project) -> list[str]:
    return [f.message for found in project.findings().values() for f in found if f.rule == "AP107"]


def test_an_edit_of_a_service_reaches_the_endpoint_and_equals_a_fresh_start() -> None:
    project = Project.in_memory({"Program.cs": PROGRAM, "Orders.cs": SERVICE})
    assert len(messages(project)) == 1
    register = project.register
    project.open("Orders.cs", SourceText.from_str(SERVICE))
    start = SERVICE.index("/*here*/")
    project.edit("Orders.cs", start, start + len("/*here*/"), LOG.encode())
    assert messages(project) == findings({"Program.cs": PROGRAM, "Orders.cs": SERVICE.replace("/*here*/", LOG)}) == []
    assert project.register is register, "a body behind the handler is not what the register rests on"
    project.edit("Orders.cs", start, start + len(LOG), b"")
    assert messages(project) == findings({"Program.cs": PROGRAM, "Orders.cs": SERVICE}) != []


def test_the_registered_implementation_decides() -> None:
    body = "{ db.Orders.Remove(new Order()); " + LOG + " return db.SaveChangesAsync(); }"
    logged = SERVICE + "public class Logged(ILogger<Logged> logger, ShopDb db) : IOrders { public Task Drop(int id) " + body + " }"
    assert len(findings({"Program.cs": PROGRAM, "Orders.cs": logged})) == 1
    assert findings({"Program.cs": PROGRAM.replace("Orders>()", "Logged>()"), "Orders.cs": logged}) == []


def test_methods_that_call_each_other_end() -> None:
    circle = SERVICE.replace("/*here*/", "await Again(id);").replace(
        "public async Task Drop", "private async Task Again(int id) { if (id > 0) { await Drop(id - 1); } }\n    public async Task Drop"
    )
    assert len(findings({"Program.cs": PROGRAM, "Orders.cs": circle})) == 1


def test_statements_are_read_by_their_verbs() -> None:
    verbs = {text: [s.verb for s in sql.statements(text)] for text in (
        "SELECT * FROM deleted_orders", "DELETE FROM orders WHERE id = @id", "truncate table x", "UPDATE o SET x = 1",
        "INSERT INTO audit_log VALUES (1)", "-- DELETE FROM x\nSELECT 1", "SELECT 'DELETE FROM x'",
    )}
    assert list(verbs.values()) == [[], ["delete"], ["delete"], ["update"], ["insert"], [], []]
    assert [s.verb for s in sql.procedure("[dbo].[Order_DeleteById]")] == ["delete"]

"""What the symbol table costs on the path of a small scan: opening it, 50 lookups, memory.

    python tests/bench/framework_lookup.py
"""

from __future__ import annotations

import resource
import statistics
import time

from routewarden.framework.table import SHIPPED, FrameworkTable

TYPES = [
    "Microsoft.AspNetCore.Authorization.AuthorizeAttribute", "Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute",
    "Microsoft.AspNetCore.Authorization.IAuthorizeData", "Microsoft.AspNetCore.Mvc.ControllerBase",
    "Microsoft.AspNetCore.Mvc.Controller", "Microsoft.AspNetCore.Mvc.ApiControllerAttribute",
    "Microsoft.AspNetCore.Mvc.RouteAttribute", "Microsoft.AspNetCore.Mvc.HttpGetAttribute",
    "Microsoft.AspNetCore.Mvc.HttpPostAttribute", "Microsoft.AspNetCore.Mvc.HttpPutAttribute",
    "Microsoft.AspNetCore.Mvc.HttpDeleteAttribute", "Microsoft.AspNetCore.Mvc.IActionResult",
    "Microsoft.AspNetCore.Mvc.ActionResult`1", "Microsoft.AspNetCore.Mvc.FromBodyAttribute",
    "Microsoft.AspNetCore.Builder.WebApplication", "Microsoft.AspNetCore.Builder.WebApplicationBuilder",
    "Microsoft.AspNetCore.Routing.RouteGroupBuilder", "Microsoft.AspNetCore.Http.Results",
    "Microsoft.AspNetCore.Http.HttpContext", "Microsoft.Extensions.DependencyInjection.IServiceCollection",
    "Microsoft.Extensions.Logging.ILogger`1", "Microsoft.EntityFrameworkCore.DbContext",
    "Microsoft.EntityFrameworkCore.DbSet`1", "System.Threading.Tasks.Task`1", "System.Threading.CancellationToken",
    "System.Collections.Generic.List`1", "System.Guid", "System.String", "System.Object", "System.Attribute",
]
METHODS = ["MapGet", "MapPost", "MapGroup", "RequireAuthorization", "AllowAnonymous", "AddAuthorization", "UseAuthorization",
           "MapControllers", "ToListAsync", "AddControllers"]
MISSES = [f"Shop.Missing{i}" for i in range(10)]


def run() -> tuple[float, float]:
    """(ms to open the table, ms for 50 lookups)."""
    start = time.perf_counter()
    table = FrameworkTable(SHIPPED)
    opened = time.perf_counter()
    found = sum(table.type(name) is not None for name in TYPES) + sum(bool(table.extension_methods(m)) for m in METHODS)
    found += sum(table.type(name) is not None for name in MISSES)
    done = time.perf_counter()
    if found != len(TYPES) + len(METHODS):
        raise SystemExit(f"{len(TYPES) + len(METHODS) - found} of the names are not in the table")
    return 1000 * (opened - start), 1000 * (done - opened)


if __name__ == "__main__":
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = run()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    runs = [run() for _ in range(9)]
    number = len(TYPES) + len(METHODS) + len(MISSES)
    print(f"table: {SHIPPED.stat().st_size / 1e6:.2f} MB on disk, {(after - before) / 1024:.1f} MB of memory after the lookups")
    print(f"first: open {first[0]:.2f} ms + {number} lookups {first[1]:.2f} ms = {sum(first):.2f} ms")
    opens, lookups = (statistics.median(r[i] for r in runs) for i in (0, 1))
    print(f"median of {len(runs)}: open {opens:.2f} ms + {number} lookups {lookups:.2f} ms = {opens + lookups:.2f} ms")

"""Random small apps over the idioms of ASP.NET Core, the same for the same seed.

Invariant: every app compiles and starts; no two endpoints of an app answer the same URL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random

from tests.differential.authorization import policies
from tests.differential.controllers import write_controllers
from tests.differential.idioms import write_idioms
from tests.differential.minimal import Writer, block, conventions, module_files

_USINGS = """using Generated;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Mvc.Authorization;
"""


def generate(seed: int) -> Mapping[str, str]:
    """Path → text of one app."""
    random = Random(seed)
    w = Writer(random, policies(random))
    members: list[str] = []
    for _ in range(random.randint(1, 2)):
        w.program += block(w, "app", members, 0)
    if random.random() < 0.7:
        write_idioms(w)
    if random.random() < 0.45:
        write_controllers(w)
    if random.random() < 0.4:
        module_files(w)
    if random.random() < 0.2:
        _hub(w)
    if random.random() < 0.2:
        w.services.append("builder.Services.AddHealthChecks();")
        w.program.append(f'app.MapHealthChecks("/health{w.next()}"){conventions(w, 0.5, False)};')
    if random.random() < 0.15:
        w.program.append(f'app.MapFallback(() => "nothing here"){conventions(w, 0.4)};')
    if random.random() < 0.1:
        w.program.append(f'app.MapShortCircuit(404, "short{w.next()}");')
    pipeline = "app.UseRouting();\n" if w.needs_routing or random.random() < 0.3 else ""
    pipeline += random.choice(["app.UseAuthentication();\napp.UseAuthorization();\n", "app.UseAuthorization();\n"])
    spaces = sorted({f"Generated.{path.split('/')[0]}" for path in w.files if "/" in path})
    usings = _USINGS + "".join(f"using {space};\n" for space in spaces)
    program = (
        f"{usings}\nvar builder = WebApplication.CreateBuilder(args);\nbuilder.Services.AddAuthentication();\n{w.policies.setup}\n"
        + "\n".join(w.services) + f"\n\nvar app = builder.Build();\n{pipeline}\n" + "\n".join(w.program)
        + "\n\napp.Run();\n\n" + "\n".join([*members, *w.tail]) + "\n"
    )
    files = {"Program.cs": program, "Security.cs": w.policies.support, **w.files}
    files = {path: _with_extensions(path, text, spaces) for path, text in files.items()}
    if w.settings:
        files["appsettings.json"] = json.dumps(w.settings, indent=2)
    return files


def _with_extensions(path: str, text: str, spaces: list[str]) -> str:
    """Files that call extension methods of others see their namespace."""
    if path.startswith(("Endpoints/", "Modules/", "Idioms/")):
        return "".join(f"using {s};\n" for s in ["Generated", *spaces] if not path.startswith(s.rpartition(".")[2] + "/")) + text
    return text


def _hub(w: Writer) -> None:
    n = w.next()
    said = w.random.choice(["", "[Authorize]\n", "[Authorize(Roles = Names.Admin)]\n"])
    w.files[f"Hubs/Hub{n}.cs"] = (
        "using Generated;\nusing Microsoft.AspNetCore.Authorization;\nusing Microsoft.AspNetCore.SignalR;\n\n"
        f"namespace Generated.Hubs;\n\n{said}public class Hub{n} : Hub;\n"
    )
    w.services.append("builder.Services.AddSignalR();")
    w.program.append(f'app.MapHub<Hub{n}>("/hub{n}"){conventions(w, 0.4, False)};')


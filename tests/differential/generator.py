"""Random small apps over the idioms of ASP.NET Core, the same for the same seed.

Invariant: every app compiles and starts; no two endpoints of an app answer the same URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from tests.differential.authorization import policies
from tests.differential.controllers import write_controllers
from tests.differential.hosts import Parts, in_projects, laid_out, settings_files
from tests.differential.idioms import write_idioms
from tests.differential.minimal import Writer, block, conventions, module_files
from tests.differential.templated import Template, templates, with_usings, write_template

_USINGS = """using Generated;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Authorization;
using Microsoft.Extensions.Options;
"""


def generate(seed: int) -> Mapping[str, str]:
    """Path → text of one app."""
    random = Random(seed)
    w = Writer(random, policies(random))
    members: list[str] = []
    for _ in range(random.randint(1, 2)):
        w.program += block(w, "app", members, 0)
    if random.random() < 0.5:
        write_idioms(w)
    chosen = random.sample(templates(), random.randint(1, 4))
    for template in chosen:
        write_template(w, template)
    if random.random() < 0.3:
        write_controllers(w)
    elif any(t.flags & {"mvc", "views"} for t in chosen):
        _controllers(w, any("views" in t.flags for t in chosen))
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
    return _assembled(w, members)


def single(seed: int, template: Template) -> Mapping[str, str]:
    """An app of one templated idiom."""
    random = Random(seed)
    w = Writer(random, policies(random))
    write_template(w, template)
    if template.flags & {"mvc", "views"}:
        _controllers(w, "views" in template.flags)
    return _assembled(w, [])


def _assembled(w: Writer, members: list[str]) -> Mapping[str, str]:
    """The files of the app that is written."""
    random = w.random
    spaces = sorted({
        space for path, text in w.files.items() if path.endswith(".cs") for space in re.findall(r"^namespace (Generated[\w.]*)", text, re.MULTILINE)
    })
    usings = _USINGS + "".join(f"using {space};\n" for space in spaces)
    parts = Parts(
        usings, "builder.Services.AddAuthentication();\n" + w.policies.setup + "\n" + "\n".join(w.services),
        bool(w.needs_routing or random.random() < 0.3), "\n".join(w.early), "\n".join(w.program), "\n".join([*members, *w.tail]),
    )
    files = {"Security.cs": w.policies.support, **w.files}
    files = {path: text if path in w.templated else _with_extensions(path, text, spaces) for path, text in files.items()}
    several = random.random() < 0.03
    files = with_usings(files, w.templated, global_usings=not several and random.random() < 0.4)
    files = laid_out(random, parts, files) | settings_files(random, w.settings)
    return in_projects(files) if several else files


def _with_extensions(path: str, text: str, spaces: list[str]) -> str:
    """Files that call extension methods of others see their namespace."""
    if path.startswith(("Endpoints/", "Modules/", "Idioms/")):
        return "".join(f"using {s};\n" for s in ["Generated", *spaces] if f"namespace {s};" not in text and f"using {s};" not in text) + text
    return text


def _controllers(w: Writer, views: bool) -> None:
    """The calls that the templates' controllers need."""
    w.services.append(f"builder.Services.{'AddControllersWithViews' if views else 'AddControllers'}();")
    said = conventions(w, 0.25, False)
    w.program.append(w.random.choice([f"app.MapControllers(){said};", f"app.MapControllers(){said};", f'app.MapGroup("/m"){said}.MapControllers();']))
    if views:
        w.program.append(w.random.choice(["app.MapDefaultControllerRoute();", 'app.MapControllerRoute("last", "last/{controller}/{action}");']))


def _hub(w: Writer) -> None:
    n = w.next()
    said = w.random.choice(["", "[Authorize]\n", "[Authorize(Roles = Names.Admin)]\n"])
    w.files[f"Hubs/Hub{n}.cs"] = (
        "using Generated;\nusing Microsoft.AspNetCore.Authorization;\nusing Microsoft.AspNetCore.SignalR;\n\n"
        f"namespace Generated.Hubs;\n\n{said}public class Hub{n} : Hub;\n"
    )
    w.services.append("builder.Services.AddSignalR();")
    w.program.append(f'app.MapHub<Hub{n}>("/hub{n}"){conventions(w, 0.4, False)};')


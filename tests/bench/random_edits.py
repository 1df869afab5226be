"""Random edits through the real server: text, lines, tree, facts and findings must equal those of a fresh start.

    python -m tests.bench.random_edits [--edits 20000] [--seed 1]

The client's text is kept by an independent model (`tests.lsp.editor`). Edits insert, delete and replace pieces of C# and of what
breaks it: unbalanced brackets, half strings, directives, CR, LF, CRLF, form feeds, U+2028, astral characters; some come several
to a notification, some replace the whole text. Every so often the server's state is compared, and what it logged is read.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.lsp.clients import CLIENTS
from tests.lsp.editor import SERVER, Editor, make_client, position_at

PIECES = (
    '[HttpDelete("{id}")]', "[Authorize]", "[AllowAnonymous]", "public IActionResult A(int id) => Ok();",
    "class B : C<int> {", "}", "{", "(", ")", "[", "]", '"', "'", "/*", "*/", "//", '"""', '$"{x', '@"', "#if DEBUG",
    "#else\n", "#endif\n", "\n#region x\n", "\r", "\n", "\r\n", "\x0c", "\u2028", "\x85", "\ufeff", "😋", "é", "日",
    "\t", " ", ";", ",", "=>", 'app.MapGet("/x", () => 1);', "using X;\n", "namespace N;\n", "extension(int x) {",
    "required", "async", "=", "a?.b = c;", '$""', "[1, 2]", "\x00", "a", "0", "<", ">", "!", "\\",
    'app.MapGroup("/g").RequireAuthorization()', ".RequireAuthorization()", "void M() { }", "record struct R(int X);",
    "global using Y;\n",
)  # fmt: skip
START = {
    "Program.cs": """\
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
var app = builder.Build();
var group = app.MapGroup("/g").RequireAuthorization();
group.MapPost("/x", (int id) => id);
app.MapDelete("/y/{id}", (int id) => id);
app.MapControllers();
app.Run();
""",
    "OrdersController.cs": """\
using Microsoft.AspNetCore.Mvc;

namespace Shop;

#if DEBUG
[ApiController]
#else
[ApiController, Authorize]
#endif
[Route("api/[controller]")]
public class OrdersController : ControllerBase
{
    /// <summary>Ünicode 😋</summary>
    [HttpDelete("{id}")]
    public IActionResult Remove(int id) => Ok($"{id}: gone");

    [HttpGet("{id}")]
    public IActionResult Get(int id)
    {
        var names = new[] { "a", "b" };
        return Ok(names.Where(n => n.Length > id));
    }
}
""",
    "Other.cs": 'namespace Shop;\r\npublic record Item(int Id)\r\n{\r\n    public string Shown => $"no. {Id}";\r\n}\r\n',
}  # fmt: skip
CHECK_EVERY = 100
DEEP_EVERY = 500  # ... the findings, too
LONGEST = 6000  # characters; a longer text starts again


async def run(edits: int, seed: int, client_name: str = "vscode") -> list[str]:
    """What went wrong, in words; [] is the good end."""
    chance = random.Random(seed)
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "Shop.csproj").write_text('<Project Sdk="Microsoft.NET.Sdk.Web"></Project>')
        for name, text in START.items():
            (root / name).write_bytes(text.encode())
        client, editor = make_client()
        await client.start_io(*SERVER)
        await editor.start(CLIENTS[client_name](), [root])
        uris = {name: (root / name).as_uri() for name in START}
        for name, uri in uris.items():
            editor.open(uri, START[name])
        for count in range(edits):
            name = chance.choice(tuple(START))
            one_edit(editor, uris[name], START[name], chance)
            if count % CHECK_EVERY == CHECK_EVERY - 1 or count == edits - 1:
                for name, uri in uris.items():
                    problems += await compare(editor, uri, f"edit {count}, {name}, seed {seed}")
                differ = (await editor.differences()) if count % DEEP_EVERY > DEEP_EVERY - CHECK_EVERY else []
                problems += [f"edit {count}, seed {seed}: findings differ from a fresh start: {path}" for path in differ]
                if problems:
                    break
        problems += [text for text in editor.said() if "Traceback" in text or "failed" in text or "cannot" in text]
        await client.shutdown_session()
        server = client._server
        if server is not None and server.returncode != 0:
            problems.append(f"the server ended with {server.returncode}")
        await client.stop()
    return problems


def one_edit(editor: Editor, uri: str, start: str, chance: random.Random) -> None:
    text = editor.texts[uri]
    roll = chance.random()
    if len(text) > LONGEST or roll < 0.005:
        editor.set_text(uri, start)
        return
    for _ in range(3 if roll > 0.95 else 1):
        text = editor.texts[uri]
        at = chance.randint(0, len(text))
        length = chance.choice((0, 0, 0, 1, 1, 2, 5, 20, 80))
        low, high = (snapped(text, index) for index in (at, min(len(text), at + length)))
        new = "" if length and chance.random() < 0.5 else chance.choice(PIECES)
        editor.edit(uri, (position_at(text, low, editor.encoding), position_at(text, high, editor.encoding), new))


def snapped(text: str, index: int) -> int:
    """There is no position between CR and LF."""
    return index - 1 if index > 0 and text[index - 1 : index + 1] == "\r\n" else index


async def compare(editor: Editor, uri: str, where: str) -> list[str]:
    state = await editor.state(uri)
    wrong = [] if state.text == editor.texts[uri] else [f"{where}: the text differs"]
    if state.version != editor.versions[uri]:
        wrong.append(f"{where}: version {state.version}, not {editor.versions[uri]}")
    for what in ("linesEqual", "engineTextEqual", "treeEqual", "factsEqual"):
        if not getattr(state, what, False):
            wrong.append(f"{where}: not {what}; the text is {state.text!r}")
    return wrong


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--edits", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    began = time.perf_counter()
    problems = asyncio.run(run(options.edits, options.seed))
    took = time.perf_counter() - began
    print(f"{options.edits} random edits, seed {options.seed}, {took:.0f} s, compared every {CHECK_EVERY}")
    for problem in problems:
        print(problem[:4000])
    print("no exception and no divergence from a fresh parse" if not problems else f"{len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()

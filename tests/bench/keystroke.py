"""From a key to its squiggle: how long a keystroke takes to published diagnostics, as a ratio to a bare pygls server.

    python -m tests.bench.keystroke [--files 2000] [--lines 2000] [--rounds 5]

Somebody types statements, an attribute and a route into a controller of 2,000 lines in a workspace of 2,000 files, with
brackets and quotes closed by the editor as VS Code does. Every key goes to both servers in turn, so that a busy machine is busy
for both. The time runs from the write of the didChange to the arrival of the publication. Behind the cursor, on its line, stands
an action with a finding: each key moves it, so each key is answered; keys that are not (no finding before and none after, as
half a bracket may have it) are counted.
"""

from __future__ import annotations

import argparse
import json
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BAR = 3.0
ANSWER_WITHIN = 0.5  # seconds; a key without an answer by then has none
PAUSE = 0.02  # seconds between keys; a fast typist makes 10 a second

PROGRAM = """\
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
builder.Services.AddAuthorization();
var app = builder.Build();
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
CURSOR = "/*|*/"
TYPED = {
    "statement": ('public int Work(int a) { /*|*/ return a; } ', "var total = items.Where(x => x.Price > 3).Sum(x => x.Price);"),
    "attribute": ('/*|*/ [HttpGet("typed")] public IActionResult Typed() => Ok(); ', "[ProducesResponseType(200)]"),
    "route": ('[Authorize, HttpPut("/*|*/x")] public IActionResult Routed() => Ok(); ', "orders/lines"),
}
PAIRS = {"(": ")", "[": "]", "{": "}", '"': '"'}


def write_workspace(root: Path, files: int, lines: int) -> Path:
    """A web project of `files` C# files, a twentieth of them controllers; the path of the one with `lines` lines."""
    (root / "Shop.csproj").write_text(PROJECT)
    (root / "Program.cs").write_text(PROGRAM)
    for number in range(files - 2):
        folder = root / f"Part{number % 40}"
        folder.mkdir(exist_ok=True)
        if number % 20 == 0:
            text = controller(f"Small{number}", 60, "[Authorize]" if number % 40 else "")
            (folder / f"Small{number}Controller.cs").write_text(text)
        else:
            methods = (f"    public int M{i}(int a, string b) {{ var c = a + {i}; return c * b.Length; }}" for i in range(40))
            body = "\n".join(methods)
            head = f"namespace Shop.Part{number % 40};\n\npublic class Type{number}"
            (folder / f"Type{number}.cs").write_text(f"{head}\n{{\n{body}\n}}\n")
    big = root / "BigController.cs"
    big.write_text(controller("Big", lines, "", ", Authorize"))
    return big


def controller(name: str, lines: int, on_class: str, on_action: str = "") -> str:
    """Actions of ten lines each; half-way down a line for each way of typing, before an action without a stance."""
    actions = []
    count = max(1, (lines - 20) // 10)
    for number in range(count):
        if number == count // 2 and name == "Big":
            for way, (before, _) in TYPED.items():
                actions.append(
                    f'    {before}[HttpDelete("{way}/{{id}}")] public IActionResult Gone{way}(int id) => Ok();'
                )
        actions.append(
            f"""\
    [HttpPost("a{number}/{{id}}"){on_action}]
    public async Task<IActionResult> Change{number}(int id, [FromBody] Item item)
    {{
        var found = await _store.FindAsync(id);
        if (found is null)
            return NotFound();
        found.Name = item.Name ?? "none";
        return Ok(found);
    }}
"""
        )
    body = "\n".join(actions)
    head = f'{on_class}\n[ApiController]\n[Route("api/[controller]")]\npublic class {name}Controller : ControllerBase'
    usings = "using Microsoft.AspNetCore.Authorization;\nusing Microsoft.AspNetCore.Mvc;\n"
    return f"{usings}\nnamespace Shop;\n\n{head}\n{{\n{body}\n}}\n"


def keys(text: str, line: int, column: int) -> list[tuple[int, int, int, str]]:
    """(line, start, end, new) for each key: brackets and quotes come in pairs, and what the editor closed is typed over."""
    edits: list[tuple[int, int, int, str]] = []
    closing: list[str] = []
    for key in text:
        if closing and key == closing[-1]:
            closing.pop()
            column += 1
            continue
        new = key + PAIRS.get(key, "")
        if key in PAIRS:
            closing.append(PAIRS[key])
        edits.append((line, column, column, new))
        column += 1
    return edits


@dataclass
class Server:
    """A server process and a client that only counts time."""

    command: list[str]
    uri: str
    times: dict[str, list[float]] = field(default_factory=dict)
    silent: int = 0

    def start(self, root: Path) -> None:
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.inbox: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self.version = 1
        threading.Thread(target=self._read, daemon=True).start()
        understood = {"relatedInformation": True, "codeDescriptionSupport": True, "dataSupport": True}
        capabilities = {"textDocument": {"publishDiagnostics": understood}}
        self.send("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": capabilities}, 1)
        self.wait(lambda message: message.get("id") == 1, 60)
        self.send("initialized", {})

    def send(self, method: str, params: Any, request: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **({} if request is None else {"id": request})}
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def wait(self, wanted: Any, limit: float) -> float | None:
        """When the wanted message arrived; None where it did not within the limit."""
        end = time.perf_counter() + limit
        while (left := end - time.perf_counter()) > 0:
            try:
                at, message = self.inbox.get(timeout=left)
            except queue.Empty:
                break
            if wanted(message):
                return at
        return None

    def open(self, text: str) -> None:
        self.send("textDocument/didOpen", {"textDocument": {"uri": self.uri, "languageId": "csharp", "version": 1, "text": text}})

    def key(self, way: str, edit: tuple[int, int, int, str]) -> None:
        line, start, end, new = edit
        self.version += 1
        span = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
        while not self.inbox.empty():
            self.inbox.get()
        began = time.perf_counter()
        self.send(
            "textDocument/didChange",
            {"textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": [{"range": span, "text": new}]},
        )
        arrived = self.wait(self._is_published, ANSWER_WITHIN)
        if arrived is None:
            self.silent += 1
        else:
            self.times.setdefault(way, []).append(arrived - began)

    def stop(self) -> None:
        self.send("shutdown", None, 99)
        self.wait(lambda message: message.get("id") == 99, 20)
        self.send("exit", None)
        self.process.wait(20)

    def _is_published(self, message: dict[str, Any]) -> bool:
        return message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == self.uri

    def _read(self) -> None:
        out = self.process.stdout
        assert out is not None
        while True:
            length = 0
            while (header := out.readline().strip()) != b"":
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            if not length:
                return
            body = out.read(length)
            self.inbox.put((time.perf_counter(), json.loads(body)))


@dataclass(frozen=True)
class Result:
    ours: dict[str, list[float]]
    bare: dict[str, list[float]]
    silent: int

    def ratio(self, percent: int) -> float:
        return percentile(merged(self.ours), percent) / percentile(merged(self.bare), percent)


def merged(times: dict[str, list[float]]) -> list[float]:
    return [one for found in times.values() for one in found]


def percentile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def measure(files: int, lines: int, rounds: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        big = write_workspace(root, files, lines)
        text = big.read_text()
        ours = Server([sys.executable, "-m", "routewarden", "lsp"], big.as_uri())
        bare = Server([sys.executable, str(Path(__file__).with_name("bare_server.py"))], big.as_uri())
        ours.start(root)
        ready = ours.wait(lambda m: m.get("method") == "routewarden/status" and m["params"]["state"] == "ready", 300)
        if ready is None:
            raise TimeoutError("the scan did not end")
        bare.start(root)
        for server in (ours, bare):
            server.open(text)
        time.sleep(0.5)
        rows = text.split("\n")
        for turn in range(rounds + 1):
            for way, (_, typed) in TYPED.items():
                line = next(i for i, row in enumerate(rows) if CURSOR in row and f"Gone{way}" in row)
                column = rows[line].index(CURSOR) + len(CURSOR)
                edits = keys(typed, line, column)
                length = sum(len(edit[3]) for edit in edits)
                for edit in [*edits, (line, column, column + length, "")]:
                    for server in (ours, bare):
                        server.key(way if turn else "warm-up", edit)
                    time.sleep(PAUSE)
        for server in (ours, bare):
            server.times.pop("warm-up", None)
            server.stop()
        return Result(ours.times, bare.times, ours.silent)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=int, default=2000)
    arguments.add_argument("--lines", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    result = measure(options.files, options.lines, options.rounds)
    print(f"keystroke to published diagnostics, {options.lines} lines, workspace of {options.files} files, in ms")
    print(f"{'':12}{'keys':>6}{'ours p50':>10}{'p95':>8}{'bare p50':>10}{'p95':>8}{'ratio p50':>11}{'p95':>7}")
    for way in (*TYPED, "all"):
        ours = merged(result.ours) if way == "all" else result.ours.get(way, [])
        bare = merged(result.bare) if way == "all" else result.bare.get(way, [])
        if len(ours) < 2:
            continue
        o50, o95, b50, b95 = (percentile(times, p) * 1000 for times in (ours, bare) for p in (50, 95))
        print(f"{way:12}{len(ours):>6}{o50:>10.2f}{o95:>8.2f}{b50:>10.2f}{b95:>8.2f}{o50 / b50:>11.2f}{o95 / b95:>7.2f}")
    print(f"keys without a publication: {result.silent}")
    ratio = result.ratio(95)
    print(f"p95 ratio {ratio:.2f}, bar {BAR:g}: {'met' if ratio <= BAR else 'MISSED'}")
    sys.exit(ratio > BAR)


if __name__ == "__main__":
    main()

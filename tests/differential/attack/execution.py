"""Builds generated apps with the attack harness, runs them, and reads off what the attack found.

Invariant: the truth of an endpoint is what happened, never what the generator meant: `vulnerable` when a call in another user's name reached or
changed an object of the victim, `destructive` when the owner's call changed or removed rows that were there, `audited` when that call left an own
log record (Information or above) or a row of an audit table. The files that are analysed are compiled as they are; the harness lies beside them.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.differential.attack.app import GeneratedApp

HARNESS = Path(__file__).with_name("Harness.cs")
_WITHIN = 120  # seconds an app may take to start and be attacked


@dataclass(frozen=True, slots=True)
class Truth:
    """What the attack found out about one endpoint; `why`: evidence in a few words; `broken`: the owner's own call failed."""

    vulnerable: bool
    destructive: bool
    audited: bool
    why: str
    broken: str = ""


def attack(apps: Sequence[GeneratedApp], oracle: Path, parallel: int = 1) -> Iterator[tuple[GeneratedApp, dict[str, Truth] | str]]:
    """For each app its endpoints' truth by key, or why there is none. One compiler process serves all; apps run while the next compile."""
    tool = _module(oracle)
    bundle = tool.Bundle()
    compiler = tool.Compiler(bundle)
    with tempfile.TemporaryDirectory(prefix="attack-") as folder, ThreadPoolExecutor(parallel) as pool:
        waiting: list[tuple[GeneratedApp, Future[dict[str, Truth] | str]]] = []
        for app in apps:
            work = Path(folder) / app.name
            work.mkdir()
            built = compiler.ask({
                "id": app.name, "op": "build", "out": str(work / "app"),
                "files": {**app.files, "attack/Harness.cs": HARNESS.read_text(), "attack/Seeds.cs": app.seeds},
            })
            problems = built.get("error") or "\n".join(f"{e['file']}:{e['line']} {e['code']} {e['message']}" for e in built.get("errors", []))
            if not built.get("dll"):
                yield app, "does not compile: " + problems[:2000]
                continue
            waiting.append((app, pool.submit(_run, bundle, Path(built["dll"]), work, app)))
            if len(waiting) > parallel:
                done, future = waiting.pop(0)
                yield done, future.result()
        compiler.close()
        for done, future in waiting:
            yield done, future.result()


def _module(oracle: Path) -> Any:
    """The tool's own code: how it unpacks the SDK and talks to the compiler."""
    loader = importlib.machinery.SourceFileLoader("oracle_tool", str(oracle))
    spec = importlib.util.spec_from_loader("oracle_tool", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _run(bundle: Any, dll: Path, work: Path, app: GeneratedApp) -> dict[str, Truth] | str:
    spec, out = work / "spec.json", work / "out.json"
    spec.write_text(json.dumps([{"key": e.key, "calls": [*e.attacks, e.owner]} for e in app.endpoints]))
    env = dict(bundle.env, ATTACK_SPEC=str(spec), ATTACK_OUT=str(out), ASPNETCORE_URLS="http://127.0.0.1:0", ASPNETCORE_ENVIRONMENT="Production",
               HOME=str(work), DOTNET_TieredPGO="0")
    with (work / "app.log").open("w+") as log:
        process = subprocess.Popen([bundle.dotnet, "exec", str(dll)], env=env, cwd=work, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True)
        try:
            process.wait(_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"no answer within {_WITHIN} s"
    if not out.exists():
        return f"exit {process.returncode}: {(work / 'app.log').read_text(errors='replace')[-1500:]}"
    answers = json.loads(out.read_text())
    if "error" in answers:
        return str(answers["error"])[:2000]
    log_text = (work / "app.log").read_text(errors="replace")
    return {e.key: _judge(app, e.key, answers[e.key], log_text) for e in app.endpoints}


def _judge(app: GeneratedApp, key: str, answers: Sequence[dict[str, Any]], log_text: str) -> Truth:
    endpoint = next(e for e in app.endpoints if e.key == key)
    *attacks, owner = answers
    hit = next((a for a in attacks if _reaches(app, a)), None)
    touched = [k for k in (*owner["removed"], *owner["changed"]) if k.partition(":")[0] not in app.audit_types]
    rows = [k for k in owner["added"] if k.partition(":")[0] in app.audit_types]
    added = [k for k in owner["added"] if k not in rows]
    broken = ""
    if owner["status"] >= 400:
        broken = f"the owner's call answered {owner['status']}: {owner['body'][:300]} {_last_failure(log_text)}"
    elif endpoint.writes and not touched and not added:
        broken = "the owner's call changed nothing"
    elif not endpoint.writes and not endpoint.open and not _marked(app, owner["body"]):
        broken = f"the owner's call did not show the object: {owner['body'][:200]}"
    why = f"attack: {hit['status']}, {_evidence(hit)}" if hit else f"attacks answered {[a['status'] for a in attacks]}"
    why += f"; owner: {[*owner['logs'][:1], *rows[:1]] or 'no record'}"
    return Truth(hit is not None, bool(touched), bool(owner["logs"] or rows), why, broken)


def _last_failure(log_text: str) -> str:
    at = log_text.find("Exception")
    return log_text[max(0, at - 100) : at + 300] if at >= 0 else ""


def _marked(app: GeneratedApp, body: str) -> bool:
    return any(m in body for m in app.markers)


def _reaches(app: GeneratedApp, answer: dict[str, Any]) -> bool:
    """An object of the victim was shown or changed, or something was put into it."""
    if any(k in app.victim_rows for k in (*answer["removed"], *answer["changed"])):
        return True
    if any(link in row for row in answer["added"].values() for link in app.victim_links):
        return True
    return answer["status"] < 400 and _marked(app, answer["body"])


def _evidence(answer: dict[str, Any]) -> str:
    for kind in ("removed", "changed"):
        if answer[kind]:
            return f"{kind} {answer[kind][0]}"
    return f"added {next(iter(answer['added']))}" if answer["added"] else f"showed {answer['body'][:60]}"

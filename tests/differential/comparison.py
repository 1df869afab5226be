"""RouteWarden's register beside the framework's own answers for the same files.

Invariant: an endpoint is a method, a route and the values that conventional routing fixes; what no request can reach ("unprobed"), what
answers 500 to everyone,
and what differs by method within one endpoint ("mixed"), counts for its route only.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from routewarden.analysis.project import Project

SHARED = Path(__file__).parents[3] / "shared" / "dotnet" / "oracle"

Key = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass
class Comparison:
    """Counts over apps; `deviations` says each, `app: what`."""

    apps: int = 0
    endpoints: int = 0
    right: int = 0
    unknown: int = 0
    deviations: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # apps that did not compile or start

    def __str__(self) -> str:
        share = 100 * self.right / self.endpoints if self.endpoints else 0.0
        unknown = 100 * self.unknown / self.endpoints if self.endpoints else 0.0
        return (
            f"{self.apps} apps, {self.endpoints} endpoints: {share:.2f} % right in route and access, {unknown:.2f} % unknown, "
            f"{len(self.deviations)} deviations, {len(self.broken)} apps did not start"
        )


def oracle() -> Path | None:
    """The tool that asks the framework; None where it is not beside the repository."""
    return SHARED if SHARED.exists() else None


def ask(apps: Mapping[str, Mapping[str, str]], tool: Path, parallel: int = 1) -> dict[str, object]:
    """Name → what ASP.NET Core answers: {"endpoints": [...]}, or {"error": ...}."""
    with tempfile.TemporaryDirectory(prefix="differential-") as folder:
        root = Path(folder)
        for name, files in apps.items():
            for path, text in files.items():
                file = root / name / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        answer: dict[str, object] = {}
        done = subprocess.run(
            [tool, "truth", *(str(root / name) for name in apps), "-j", str(parallel)], capture_output=True, text=True, check=False
        )
        for name in apps:
            truth = root / name / "truth.json"
            answer[name] = json.loads(truth.read_text()) if truth.exists() else {"error": _failure(done.stdout + done.stderr, name)}
        shutil.rmtree(root, ignore_errors=True)
    return answer


def _failure(output: str, name: str) -> str:
    """What the tool says of an app that did not compile or start: the line that names it, and the one after."""
    lines = output.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith("FAILED") and f" {name}:" in line), None)
    return "\n".join(lines[at : at + 2]) if at is not None else output[-1000:]


def framework(truth: Mapping[str, object]) -> dict[Key, str]:
    """Endpoint → access, of the answer for one app."""
    found: dict[Key, str] = {}
    rows = truth["endpoints"]
    assert isinstance(rows, list)
    for row in rows:
        required = _fixed(row["route"], row["required"])
        for method in row["methods"] or ["*"]:
            found[(method.upper(), row["route"], required)] = "unprobed" if _fails(row) else row["access"]
    return found


def _fails(row: Mapping[str, Any]) -> bool:
    """Every request to the endpoint is answered 500 (two conventional routes lead to one URL, say): who gets in was not measured."""
    return bool(row["probes"]) and all(p["anonymous"] == 500 and p["signedIn"] == 500 for p in row["probes"])


def register(files: Mapping[str, str]) -> dict[Key, str]:
    """Endpoint → access, as RouteWarden has it."""
    found: dict[Key, str] = {}
    for endpoint in Project.in_memory(files).register.endpoints:
        required = _fixed(endpoint.route, dict(endpoint.required))
        for method in endpoint.methods or ("*",):
            found[(method, endpoint.route, required)] = str(endpoint.access)
    return found


def _fixed(route: str, required: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The values that tell the actions of one conventional route apart."""
    return tuple(sorted((k, v) for k, v in required.items() if v)) if any("{" + k in route for k in required) else ()


def agrees(said: str, truth: str) -> bool:
    """An own guard shows as `restricted` to the framework's probes."""
    if truth == "public":
        return said in ("public", "anonymous")
    if truth == "restricted":
        return said in ("restricted", "guarded")
    return said == truth or truth == "unprobed" or truth.startswith("mixed")


def compare(into: Comparison, name: str, files: Mapping[str, str], truth: Mapping[str, object]) -> None:
    """Adds one app to the counts."""
    if "endpoints" not in truth:
        into.broken.append(f"{name}: {str(truth.get('error'))[:400]}")
        return
    expected, actual = framework(truth), register(files)
    rows = truth["endpoints"]
    assert isinstance(rows, list)
    if rows and all(_fails(row) for row in rows):
        into.broken.append(f"{name}: answers 500")
        return
    into.apps += 1
    into.endpoints += len(expected)
    for line, right in _differences(expected, actual):
        if right:
            into.right += 1
        else:
            into.deviations.append(f"{name}: {line}")
    into.unknown += sum(1 for key in expected if actual.get(key) == "unknown")


def _differences(expected: Mapping[Key, str], actual: Mapping[Key, str]) -> Iterator[tuple[str, bool]]:
    for key, truth in expected.items():
        said = actual.get(key)
        label = f"{key[0]} {key[1]} {dict(key[2]) or ''}"
        if said is None:
            yield f"missing {label} ({truth})", False
        else:
            yield f"access {label}: {truth}, said {said}", agrees(said, truth)
    for key, said in actual.items():
        if key not in expected:
            yield f"extra {key[0]} {key[1]} {dict(key[2]) or ''} ({said})", False

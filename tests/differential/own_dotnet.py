"""The framework's answers from a .NET SDK of the user's own: `dotnet` on the PATH, with `Witness.cs` compiled into each app.

Invariant: the answer has the shape of `../shared/dotnet/oracle truth`, so that the comparison is the same. Slower by the time that
MSBuild takes; the oracle is asked where it is there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

WITNESS = Path(__file__).parent / "Witness.cs"
_PROJECT = """<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>
  <LangVersion>14</LangVersion><InvariantGlobalization>true</InvariantGlobalization></PropertyGroup>
</Project>
"""
_OLDEST = 10  # the major version of the SDK that net10.0 takes
_SECONDS = 180


def find() -> str | None:
    """A `dotnet` whose SDK can build net10.0; None where there is none."""
    dotnet = shutil.which("dotnet")
    if dotnet is None:
        return None
    listed = subprocess.run([dotnet, "--list-sdks"], capture_output=True, text=True, check=False).stdout
    majors = [line.split(".", 1)[0] for line in listed.splitlines()]
    return dotnet if any(m.isdigit() and int(m) >= _OLDEST for m in majors) else None


def ask(apps: Mapping[str, Mapping[str, str]], dotnet: str) -> dict[str, object]:
    """Name → {"endpoints": [...]} or {"error": ...}."""
    return {name: _asked(files, dotnet) for name, files in apps.items()}


def _asked(files: Mapping[str, str], dotnet: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="witness-") as folder:
        root = Path(folder)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        projects = [p for p in root.rglob("*.csproj") if "Sdk.Web" in p.read_text(encoding="utf-8")]
        project = projects[0] if projects else root / "App.csproj"
        if not projects:
            project.write_text(_PROJECT, encoding="utf-8")
        shutil.copy(WITNESS, project.parent / WITNESS.name)
        built = subprocess.run([dotnet, "build", project, "-v", "q", "-nologo"], capture_output=True, text=True, check=False, timeout=_SECONDS)
        if built.returncode:
            return {"error": built.stdout[-1000:]}
        out = root / "witness.json"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("ASPNETCORE_", "Logging__"))} | {
            "WITNESS_OUT": str(out), "ASPNETCORE_URLS": "http://127.0.0.1:0", "ASPNETCORE_ENVIRONMENT": "Production",
        }
        dll = next((project.parent / "bin" / "Debug").glob(f"*/{project.stem}.dll"))
        try:
            ran = subprocess.run([dotnet, dll], cwd=project.parent, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            return {"error": "not started and probed in time"}
        if not out.exists():
            return {"error": (ran.stdout + ran.stderr)[-1000:]}
        answer: dict[str, object] = json.loads(out.read_text(encoding="utf-8"))
        rows = answer.get("endpoints")
        for row in rows if isinstance(rows, list) else ():
            row["access"] = _access(row["probes"])
        return answer


def _access(probes: list[dict[str, object]]) -> str:
    """As the oracle says it: whom the endpoint lets in, "unprobed" where no request reaches it, "mixed" where its methods differ."""
    seen: set[str] = set()
    for probe in probes:
        anonymous, hit = probe["anonymous"], probe["anonymousHit"]
        if anonymous == -1 or hit == "other" or (hit == "none" and anonymous in (404, 405)):
            continue
        seen.add("public" if anonymous not in (401, 403) else "authenticated" if probe["signedIn"] not in (401, 403) else "restricted")
    return "unprobed" if not seen else seen.pop() if len(seen) == 1 else "mixed"

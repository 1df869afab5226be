"""Registers of real applications against the endpoint tables that ASP.NET Core itself gave for them.

    python tests/bench/real_apps.py CHECKOUTS [NAME...] [--tables FOLDER] [--list N] [--alone] [--registers FOLDER]

CHECKOUTS has one folder a repository, named as the repository is (`Ombi` for Ombi-app/Ombi), at the commit of its table. FOLDER (by
default ../shared/apps beside this repository) has the tables and their `score.py`, whose docstring says how endpoints are joined; those
that come from packages are left out (`--own`). Each repository is analysed once, whole; with `--alone` each project by its own folder.
NAME narrows to tables whose name has it; `--list` shows that many deviations of each kind; `--registers` keeps each register as JSON.

Tables of mode "declared" count every named policy as restricted, whatever it requires. Where the register read the policy and says
`authenticated`, that is neither equal nor different: it is counted as `policy read`.

Prints one line an application and a total, and exits 1 unless 98 % of the operations are found, access is equal on 97 % of those, and
nothing open is called closed. What deviates still, and why: docs/real-applications.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from routewarden.analysis.workspace import open_folder
from routewarden.report.json_report import endpoints_json

TABLES = Path(__file__).resolve().parents[3] / "shared" / "apps"
MOST_MISSING, MOST_DIFFERENT = 0.02, 0.03
OPEN = frozenset({"public", "anonymous", "unknown"})


def scorer(tables: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score", tables / "score.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"no score.py in {tables}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def register_of(folder: Path) -> list[dict[str, Any]]:
    project = open_folder(folder).project
    for _ in project.load():
        pass
    found: list[dict[str, Any]] = json.loads(endpoints_json(project, project.register.endpoints))["endpoints"]
    return found


def checkout(checkouts: Path, repository: str) -> Path:
    owner, _, name = repository.partition("/")
    return next((p for p in (checkouts / name, checkouts / f"{owner}+{name}") if p.is_dir()), checkouts / name)


def scored(arguments: argparse.Namespace) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(name of the table, its mode, what score.py makes of it)."""
    score = scorer(arguments.tables).score
    registers: dict[Path, list[dict[str, Any]]] = {}
    for path in sorted(arguments.tables.glob("*.json")):
        if arguments.names and not any(name.lower() in path.stem.lower() for name in arguments.names):
            continue
        truth = json.loads(path.read_text(encoding="utf-8-sig"))
        folder = checkout(arguments.checkouts, truth["repo"])
        app: str | None = truth["project"]
        if arguments.alone:
            folder, app = (folder / truth["project"]).parent, None
        if not folder.is_dir():
            raise SystemExit(f"{path.stem}: {folder} is not there (commit {truth['commit']})")
        if folder not in registers:
            registers[folder] = register_of(folder)
        if arguments.registers:
            ours = [e for e in registers[folder] if app is None or e["app"] == app]
            (arguments.registers / path.name).write_text(json.dumps({"endpoints": ours}, indent=1), encoding="utf-8")
        yield path.stem, truth["mode"], score(registers[folder], truth, app, False, None, True)


def line(name: str, count: Counter[str]) -> str:
    return (
        f"{name:40} found {count['found']:5} of {count['measured']:5}   access equal {count['equal']:5}   unknown {count['unknown']:3}"
        f"   called closed {count['closed']:3}   extra {count['extra']:3}   policy read {count['read']:3}"
    )


def is_policy_read(measured: dict[str, Any], ours: dict[str, Any], mode: str) -> bool:
    """The table knows a policy by its name only, the register says what it requires."""
    named = {data.get("policy") for data in measured["e"].get("authorize", ())} - {None}
    differs = measured["c"] == "restricted" and ours["c"] == "authenticated"
    return mode == "declared" and differs and bool(named) and named <= set(ours["e"]["policies"])


def counted(result: dict[str, Any], mode: str) -> Counter[str]:
    unknown = sum(n for (_, ours), n in result["confusion"].items() if ours == "unknown")
    closed = sum(n for (measured, ours), n in result["confusion"].items() if measured == "public" and ours not in OPEN)
    return Counter({
        "measured": result["truth"], "found": result["matched"], "equal": result["agree"], "unknown": unknown, "closed": closed,
        "extra": len(result["extra"]), "read": sum(is_policy_read(measured, ours, mode) for measured, ours in result["differ"]),
    })


def deviations(result: dict[str, Any], shown: int) -> Iterator[str]:
    for row in result["missing"][:shown]:
        who = f"{row['e'].get('type') or ''}.{row['e'].get('member') or ''}"
        yield f"    missing {row['m']} {row['e']['route']}  {row['c']}  {row['e']['kind']} {who}"
    for row in result["extra"][:shown]:
        yield f"    extra {row['m']} {row['e']['route']}  {row['c']}  {row['e']['file']}:{row['e']['line']}"
    for measured, ours in result["differ"][:shown]:
        yield (
            f"    access {measured['m']} {measured['e']['route']}  measured {measured['c']}, said {ours['c']}"
            f"  {ours['e']['file']}:{ours['e']['line']}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--tables", type=Path, default=TABLES)
    parser.add_argument("--list", type=int, default=0)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--registers", type=Path)
    arguments = parser.parse_args()
    total: Counter[str] = Counter()
    applications = 0
    for name, mode, result in scored(arguments):
        count = counted(result, mode)
        total.update(count)
        applications += 1
        print(line(name, count), flush=True)
        for deviation in deviations(result, arguments.list):
            print(deviation)
    if not applications:
        raise SystemExit(f"no table in {arguments.tables} has such a name")
    print(line(f"total ({applications} applications)", total))
    missing = total["measured"] - total["found"]
    different = total["found"] - total["equal"] - total["read"]
    return int(missing > MOST_MISSING * total["measured"] or different > MOST_DIFFERENT * total["found"] or total["closed"] > 0)


if __name__ == "__main__":
    sys.exit(main())

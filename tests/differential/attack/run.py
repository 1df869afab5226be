"""Attacks a range of seeds and prints the figures: `python -m tests.differential.attack.run FIRST COUNT [--keep FOLDER] [--truth FOLDER]`.

`--truth FOLDER` keeps what the attack found beside the app's files (truth.json), and takes it from there when the files have not changed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from tests.differential.attack.app import GeneratedApp, generate
from tests.differential.attack.execution import HARNESS, Truth, attack
from tests.differential.attack.score import Score, compare
from tests.differential.comparison import oracle


def truths(apps: list[GeneratedApp], folder: Path | None, tool: Path, parallel: int) -> dict[str, dict[str, Truth] | str]:
    found: dict[str, dict[str, Truth] | str] = {}
    todo = []
    for app in apps:
        kept = folder / app.name / "truth.json" if folder is not None else None
        if kept is not None and kept.exists():
            data = json.loads(kept.read_text())
            if data.get("of") == _identity(app):
                found[app.name] = {k: Truth(**v) for k, v in data["endpoints"].items()}
                continue
        todo.append(app)
    for app, truth in attack(todo, tool, parallel) if todo else ():
        found[app.name] = truth
        if folder is not None:
            keep(folder / app.name, app, truth)
    return found


def _identity(app: GeneratedApp) -> dict[str, object]:
    calls = [[e.key, list(e.attacks), e.owner] for e in app.endpoints]
    return {"harness": HARNESS.read_text(), "files": app.files, "seeds": app.seeds, "calls": calls}


def keep(folder: Path, app: GeneratedApp, truth: Mapping[str, Truth] | str) -> None:
    for path, text in app.files.items():
        file = folder / "app" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    if not isinstance(truth, str):
        data = {"of": _identity(app), "endpoints": {k: asdict(v) for k, v in truth.items()}, "idioms": {e.key: e.idioms for e in app.endpoints}}
        (folder / "truth.json").write_text(json.dumps(data, indent=1))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--truth", type=Path, help="keep apps and truths here")
    parser.add_argument("-j", type=int, default=1)
    parser.add_argument("--no-rules", action="store_true", help="only attack")
    options = parser.parse_args()
    tool = oracle()
    if tool is None:
        print("no ../shared/dotnet/oracle", file=sys.stderr)
        return 2
    apps = [generate(n) for n in range(options.first, options.first + options.count)]
    found = truths(apps, options.truth, tool, options.j)
    score = Score()
    for app in apps:
        truth = found[app.name]
        if isinstance(truth, str):
            score.broken.append(f"{app.name}: {truth}")
            continue
        compare(score, app, truth, rules=not options.no_rules)
    for line in (*score.broken, *score.deviations):
        print(line)
    print(score)
    return 1 if score.broken or score.deviations else 0


if __name__ == "__main__":
    sys.exit(main())

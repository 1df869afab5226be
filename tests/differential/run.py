"""Compares a range of seeds and prints the figures: `python -m tests.differential.run FIRST COUNT [--keep FOLDER]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.differential.comparison import Comparison, ask, compare, oracle
from tests.differential.generator import generate


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--keep", type=Path, help="write the apps and their truth here")
    parser.add_argument("-j", type=int, default=1)
    options = parser.parse_args()
    tool = oracle()
    if tool is None:
        print("no ../shared/dotnet/oracle", file=sys.stderr)
        return 2
    apps = {f"seed{n}": generate(n) for n in range(options.first, options.first + options.count)}
    answers = ask(apps, tool, options.j)
    result = Comparison()
    for name, files in apps.items():
        truth = answers[name]
        assert isinstance(truth, dict)
        compare(result, name, files, truth)
        if options.keep is not None:
            keep(options.keep / name, files, truth)
    for line in (*result.broken, *result.deviations):
        print(line)
    print(result)
    return 1 if result.deviations or result.broken else 0


def keep(folder: Path, files: Mapping[str, str], truth: Mapping[str, object]) -> None:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "truth.json").write_text(json.dumps(truth, indent=1))


if __name__ == "__main__":
    sys.exit(main())

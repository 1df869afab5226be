"""Cold scan against plain parsing, memory, and start-up: `python tests/bench/cold_scan.py PATH...`.

For each folder, in one run and taking turns: the wall time of `routewarden scan` as a process of its own, and the time that one
process takes to parse every .cs file once with the same grammar (reading and parsing only, the interpreter's start not counted).
Prints both, their ratio and the peak memory of the scan, with the processes that it starts; then `routewarden --version` against
`python -c pass`. Exits 1 if a bar is missed: ratio at most 2, memory below 300 MB, start-up at most 4 times.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import psutil

TURNS = 3
STARTS = 15
MOST_RATIO, MOST_MEMORY, MOST_START = 2.0, 300.0, 4.0
PARSE = """
import sys, time
from pathlib import Path
import tree_sitter_c_sharp
from tree_sitter import Language, Parser
parser = Parser(Language(tree_sitter_c_sharp.language()))
paths = [p for p in sorted(Path(sys.argv[1]).rglob("*.cs")) if p.is_file()]
begin = time.perf_counter()
for path in paths:
    parser.parse(path.read_bytes())
print(len(paths), time.perf_counter() - begin)
"""


def parse_everything(folder: Path) -> tuple[int, float]:
    """(files, seconds)."""
    done = subprocess.run([sys.executable, "-c", PARSE, folder], check=True, capture_output=True, text=True)
    files, seconds = done.stdout.split()
    return int(files), float(seconds)


def scan(folder: Path) -> tuple[float, float]:
    """(seconds, peak of the resident memory of all its processes in MB)."""
    command = [sys.executable, "-m", "routewarden", "scan", folder, "--fail-on", "never", "--format", "json"]
    begin = time.perf_counter()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, sum(p.memory_info().rss for p in (process, *process.children(recursive=True))))
        except psutil.Error:  # one of them ended meanwhile
            continue
        time.sleep(0.02)
    seconds = time.perf_counter() - begin
    if process.returncode != 0:
        raise SystemExit(f"the scan of {folder} ended with {process.returncode}")
    return seconds, peak / 1e6


def start(arguments: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main(folders: list[Path]) -> int:
    if not folders:
        print(__doc__, file=sys.stderr)
        return 2
    missed = False
    for folder in folders:
        parse_everything(folder)  # fills the file cache for both
        turns = [(parse_everything(folder), scan(folder)) for _ in range(TURNS)]
        files = turns[0][0][0]
        parsing = median(seconds for (_, seconds), _ in turns)
        scanning = median(seconds for _, (seconds, _) in turns)
        memory = max(peak for _, (_, peak) in turns)
        ratio = scanning / parsing
        missed |= ratio > MOST_RATIO or memory >= MOST_MEMORY
        print(
            f"{folder.name}: {files} files; parse {parsing:.2f} s, scan {scanning:.2f} s, "
            f"ratio {ratio:.2f} (bar {MOST_RATIO}), peak {memory:.0f} MB (bar {MOST_MEMORY:.0f})"
        )
    pairs = [(start(["-c", "pass"]), start(["-m", "routewarden", "--version"])) for _ in range(STARTS)]
    bare, version = (median(column) for column in zip(*pairs, strict=True))
    ratio = version / bare
    missed |= ratio > MOST_START
    print(f"--version {version * 1000:.0f} ms, bare interpreter {bare * 1000:.0f} ms, ratio {ratio:.2f} (bar {MOST_START})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))

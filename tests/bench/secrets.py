"""What AP201 costs: `python tests/bench/secrets.py PATH...`.

For each folder, in one run and taking turns: the processor time that the rule takes over all C#, settings, compose and key files (looking at
the bytes, parsing what may matter, reading and judging it; the files are in memory), and the time to parse every .cs file of the folder once
with the same grammar. Prints both and their ratio; then the processor time that the provider formats take to start in a fresh process
(module and first match).
Exits 1 if a bar is missed: ratio at most 0.5, start below 0.3 seconds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from routewarden.analysis.file_checks import FileChecks
from routewarden.analysis.files import DiskFiles, MemoryFiles
from routewarden.analysis.registry import rule_by_id
from routewarden.analysis.sources import Sources
from routewarden.facts.project_evaluation import read_project
from routewarden.model.register import Register
from routewarden.syntax.grammar import parse_bytes

TURNS = 3
MOST_RATIO, MOST_START = 0.5, 0.3
START = """
import time
begin = time.process_time()
from routewarden_rules.ap201_hardcoded_secret.providers import provider_key
assert provider_key("ghp_" + "aB3" * 12) is not None
print(time.process_time() - begin)
"""


def rule_time(folder: Path) -> tuple[float, int, int]:
    """(seconds, files parsed, findings)."""
    disk = DiskFiles(folder)
    listing = disk.list()
    wanted = (*listing.sources, *listing.settings, *listing.keys, *listing.projects, *listing.build_files)
    files = MemoryFiles({path: disk.read(path) for path in wanted})
    sources = Sources(files)
    sources.set_listing(files.list(), {path: read_project(path, files.read) for path in listing.projects})
    for path in listing.sources:
        sources.add(path)
    rule = rule_by_id("AP201")
    assert rule is not None
    checks = FileChecks((rule,), sources)
    begin = time.process_time()
    checks.relisted()
    parsed = sum(1 for _ in checks.refresh())
    found = checks.findings(Register((), ()))
    return time.process_time() - begin, parsed, len(found)


def parse_time(folder: Path) -> tuple[float, int]:
    """(seconds, files)."""
    texts = [path.read_bytes() for path in sorted(folder.rglob("*.cs")) if path.is_file()]
    begin = time.process_time()
    for text in texts:
        parse_bytes(text)
    return time.process_time() - begin, len(texts)


def main(folders: list[str]) -> int:
    missed = False
    for name in folders:
        folder = Path(name)
        turns = [(rule_time(folder), parse_time(folder)) for _ in range(TURNS)]
        rule, parse = median(t[0][0] for t in turns), median(t[1][0] for t in turns)
        (_, parsed, found), (_, files) = turns[0]
        print(f"{folder.name}: secrets {rule:.2f} s ({parsed} files parsed, {found} findings), ", end="")
        print(f"parsing {files} files {parse:.2f} s, ratio {rule / parse:.2f}")
        missed |= rule > MOST_RATIO * parse
    starts = [float(subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True).stdout) for _ in range(5)]
    print(f"start of the provider formats: {median(starts):.3f} s")
    return 1 if missed or median(starts) > MOST_START else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

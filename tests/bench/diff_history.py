"""`routewarden diff` over the last commits of a real repository: each change checked against two registers made from scratch, and its cost.

    python tests/bench/diff_history.py REPOSITORY [COMMITS]

Prints a line for each commit that changes the surface, then the median ratio of one diff to one cold scan of the same commit. Fails where
a diff says something else than the two scans, or where the median ratio is above the bar.
"""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

from routewarden.analysis.git_files import GitFiles, run_git
from routewarden.analysis.surface_diff import SurfaceDiff, compare
from routewarden.analysis.workspace import open_files
from routewarden.cli.diff import _compared
from routewarden.report.diff_report import sentence

BAR = 1.3


def scratch(root: Path, base: GitFiles, head: GitFiles) -> tuple[SurfaceDiff, float]:
    """What two scans say, and how long the second took."""
    projects = []
    seconds = 0.0
    for files in (base, head):
        started = time.perf_counter()
        project = open_files(root, files)
        project.findings()
        seconds = time.perf_counter() - started
        projects.append(project)
    of = [[f for found in project.findings().values() for f in found] for project in projects]
    return compare(projects[0].register.endpoints, projects[1].register.endpoints, of[0], of[1]), seconds


def main() -> int:
    root = Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    commits = run_git(root, "rev-list", "--first-parent", f"--max-count={count + 1}", "HEAD").decode().split()
    ratios, wrong, changed = [], 0, 0
    for head, base in pairwise(commits):
        files = [GitFiles(root, commit) for commit in (base, head, base, head)]
        started = time.perf_counter()
        diff, _ = _compared(root, files[0], files[1], None)
        spent = time.perf_counter() - started
        expected, cold = scratch(root, files[2], files[3])
        for of_commit in files:
            of_commit.close()
        ratios.append(spent / cold)
        if diff != expected:
            wrong += 1
            print(f"{head[:9]} WRONG: {[sentence(c) for c in diff.changes]} instead of {[sentence(c) for c in expected.changes]}")
        if diff.changes or diff.opened or diff.closed:
            changed += 1
            kinds = ", ".join(f"{change.kind} {sentence(change)}" for change in diff.changes[:3])
            print(f"{head[:9]} {len(diff.changes)} changes, {len(diff.opened)} opened, {len(diff.closed)} closed: {kinds}")
    ratio = median(ratios)
    print(f"{len(ratios)} commits, {changed} that change the surface, {wrong} wrong; a diff takes {ratio:.2f} of a cold scan (bar {BAR})")
    return 1 if wrong or ratio > BAR else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""How much of real C# parses, and what the pre-pass costs: `python tests/bench/parse_corpus.py DIR...`.

Prints how many files parse without an error, for the files that hold the composition root and the controllers and for all, lists
those that do not, and gives the time of the whole as a ratio to the time that the grammar alone takes over the same files. Exits 1
if more than 3 in 1,000 of the first set stay broken. `--no-list` leaves the list out.
"""

from __future__ import annotations

import fnmatch
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import tree_sitter_c_sharp
from tree_sitter import Language, Parser

from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText

ENTRY_PATTERNS = ("Program*.cs", "Startup*.cs", "*Controller.cs")
BAR = 3 / 1000


def sources(folders: list[Path]) -> Iterator[tuple[Path, SourceText]]:
    for folder in folders:
        for path in sorted(folder.rglob("*.cs")):
            if path.is_file():
                yield path, SourceText.from_bytes(path.read_bytes())


def main(arguments: list[str]) -> int:
    folders = [Path(argument) for argument in arguments if not argument.startswith("--")]
    if not folders:
        print(__doc__, file=sys.stderr)
        return 2
    language = Language(tree_sitter_c_sharp.language())
    alone = whole = 0.0
    size = raw_broken = 0
    files = {True: 0, False: 0}  # by whether the name is one of ENTRY_PATTERNS
    broken: dict[bool, list[tuple[Path, SourceText, tuple[int, int]]]] = {True: [], False: []}
    for number, (path, text) in enumerate(sources(folders)):
        # Which goes first alternates: the second finds the caches warm.
        for turn in range(2):
            begin = time.perf_counter()
            if (turn + number) % 2:
                tree = parse(text)
                whole += time.perf_counter() - begin
            else:
                raw = Parser(language).parse(text.data)
                alone += time.perf_counter() - begin
                raw_broken += raw.root_node.has_error
        entry = any(fnmatch.fnmatch(path.name, pattern) for pattern in ENTRY_PATTERNS)
        files[entry] += 1
        size += len(text.data)
        if tree.errors:
            broken[entry].append((path, text, tree.errors[0]))
    count = files[True] + files[False]
    if not count:
        print("no .cs files", file=sys.stderr)
        return 2
    bad = len(broken[True])
    print(f"entry files   {files[True] - bad} of {files[True]} parse")
    print(f"all files     {count - bad - len(broken[False])} of {count} parse; the grammar alone {count - raw_broken}")
    print(f"time          {whole:.2f} s for {size / 1e6:.1f} MB, the grammar alone {alone:.2f} s: ratio {whole / alone:.3f}")
    if "--no-list" not in arguments:
        for path, text, (start, _) in broken[True] + broken[False]:
            print(f"  {path}:{text.line_of(start) + 1}")
    return 1 if bad > BAR * files[True] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Incremental equals from scratch: after any sequence of edits, register and findings are those of a new project.

Run on the sample workspace, conformance cases, random apps of `tests/differential`, and a repository that ROUTEWARDEN_REPOSITORY names
(`ROUTEWARDEN_REPOSITORY=/work/checkouts/eShop pytest tests/unit/test_incremental.py -k repository`).
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest
from tests.differential.generator import generate

from routewarden.analysis.project import Project

CASES = Path(__file__).parents[2] / "tests" / "conformance" / "cases"
SAMPLE = Path(__file__).parents[2] / "examples" / "sample-workspace"
TOKENS = [
    b"[Authorize] ", b"[AllowAnonymous] ", b'[HttpDelete("x")] ', b"public ", b"abstract ", b"}", b"{", b"(", b";", b'"', b"// ",
    b"/*", b"#if DEBUG\n", b"#endif\n", b".RequireAuthorization()", b"Base", b"\n", b"\r\n", b": ControllerBase ", b"using A;\n",
    b"global using B;\n", b"namespace Q;\n", b"static ", b"class Z { }\n", b'public const string P = "p";\n',
]


def folders() -> list[Path]:
    found = sorted(p for p in CASES.iterdir() if p.is_dir())[::6] if CASES.is_dir() else []
    return [SAMPLE, *found]


def shown(project: Project) -> tuple[object, ...]:
    register = project.register
    return register.apps, register.endpoints, register.not_analysed, dict(project.findings())


def read(folder: Path) -> dict[str, bytes]:
    kinds = (".cs", ".csproj", ".cshtml", ".json")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.suffix in kinds and p.is_file()}


@pytest.mark.parametrize("folder", folders(), ids=lambda p: p.name)
def test_random_edits_equal_a_fresh_start(folder: Path) -> None:
    edited(read(folder), random.Random(folder.name), 24)


@pytest.mark.parametrize("seed", [3, 5, 11, 17, 23, 31])
def test_random_edits_of_random_apps(seed: int) -> None:
    edited({path: text.encode() for path, text in generate(seed).items()}, random.Random(seed), 24)


@pytest.mark.skipif("ROUTEWARDEN_REPOSITORY" not in os.environ, reason="ROUTEWARDEN_REPOSITORY names no repository to edit")
def test_random_edits_of_a_repository() -> None:
    edited(read(Path(os.environ["ROUTEWARDEN_REPOSITORY"])), random.Random(1), 24)


def edited(files: dict[str, bytes], rng: random.Random, steps: int) -> None:
    """Edits the files at random, undoing half of it; now and then, all answers must be those of a new project."""
    sources = sorted(p for p in files if p.endswith(".cs"))
    project = Project.in_memory(dict(files))
    shown(project)
    undo: list[tuple[str, int, int, bytes]] = []
    for path in sources:
        text = project.text(path)
        assert text is not None
        project.open(path, text)
    for step in range(steps):
        if undo and rng.random() < 0.45:
            path, start, end, new = undo.pop()
        else:
            path = rng.choice(sources)
            data = project.text(path).data  # type: ignore[union-attr]
            places = [m.start() for m in re.finditer(rb"^\s*\S", data, re.MULTILINE)] or [0]
            start = rng.choice(places) if rng.random() < 0.7 else rng.randrange(len(data) + 1)
            end = min(len(data), start + rng.choice((0, 0, 0, 1, 3, 20)))
            new = rng.choice(TOKENS)
            start, end = whole_characters(data, start), whole_characters(data, end)
            undo.append((path, start, start + len(new), data[start:end]))
        project.edit(path, start, end, new)
        if step % 3 == 0:
            project.settle()
            now = {p: project.text(p).data for p in sources}  # type: ignore[union-attr]
            fresh = Project.in_memory({**files, **now})
            for p in sources:
                fresh.open(p, project.text(p))  # type: ignore[arg-type]
            assert shown(project) == shown(fresh)


def whole_characters(data: bytes, at: int) -> int:
    while 0 < at < len(data) and data[at] & 0xC0 == 0x80:
        at -= 1
    return at

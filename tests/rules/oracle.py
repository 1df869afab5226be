"""The C# compiler as a test oracle: `../shared/dotnet/oracle serve`, or the program that ROUTEWARDEN_ORACLE names."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.rules.scenario import ROOT


def oracle_path() -> Path | None:
    """Where the oracle is; None where this machine has none."""
    path = Path(os.environ.get("ROUTEWARDEN_ORACLE") or ROOT.parent / "shared" / "dotnet" / "oracle")
    return path if path.is_file() else None


@dataclass(frozen=True)
class Compiler:
    requests: IO[str]
    answers: IO[str]

    def errors(self, files: Mapping[str, str]) -> list[str]:
        """What the compiler says against a project: `Program.cs:3:26 CS1026 ) expected`."""
        self.requests.write(json.dumps({"id": 1, "files": dict(files)}) + "\n")
        self.requests.flush()
        answer = json.loads(self.answers.readline())
        assert "error" not in answer, answer["error"]
        return ["{file}:{line}:{column} {code} {message}".format(**row) for row in answer["errors"]]


@contextmanager
def compiler(path: Path) -> Iterator[Compiler]:
    with subprocess.Popen([path, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Compiler(process.stdin, process.stdout)
        process.stdin.write('{"op": "quit"}\n')
        process.stdin.close()

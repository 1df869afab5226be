"""The projects that a solution names (.sln, .slnx).

Invariant: never fails; what cannot be read gives no projects and an `error`.
https://learn.microsoft.com/visualstudio/extensibility/internals/solution-dot-sln-file
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from routewarden.facts.project_file import parse_xml
from routewarden.facts.project_membership import resolve

_PROJECT_LINE = re.compile(rb'^[ \t]*Project\("[^"\r\n]*"\)[ \t]*=[ \t]*"[^"\r\n]*"[ \t]*,[ \t]*"([^"\r\n]*)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SolutionFacts:
    path: str
    projects: tuple[str, ...] = ()  # paths of .csproj files, root-relative, sorted; solution folders are left out
    error: str = ""


def parse_solution(path: str, data: bytes) -> SolutionFacts:
    """The C# projects of a solution file; `path` says which of the two formats it has."""
    if path.lower().endswith(".slnx"):
        root = parse_xml(data)
        if isinstance(root, str):
            return SolutionFacts(path, error=root)
        names = [element.get("Path", "") for element in root.iter("Project")]
    else:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", "replace").encode("utf-8")
        names = [match.decode("utf-8", "replace") for match in _PROJECT_LINE.findall(data)]
    folder = posixpath.dirname(path)
    projects = {resolve(folder, name) for name in names if name.lower().endswith(".csproj")}
    return SolutionFacts(path, tuple(sorted(projects)))

"""The Razor files of a workspace as the model sees them: pages with their place in the project, and the C# that stands for each.

Invariant: what it answers depends on the bytes of the files alone; a file is read once until it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from routewarden.facts.declarations import EMPTY_FACTS, FileFacts
from routewarden.facts.razor import RazorDirectives, razor_facts, read_directives
from routewarden.model.pages import PageFile

_IMPORTS = {".cshtml": "_ViewImports.cshtml", ".razor": "_Imports.razor"}
_NONE = RazorDirectives()


class RazorFiles:
    """`read` gives the bytes of a path and raises OSError; `project_of` the project of a path, "" for none."""

    def __init__(self, read: Callable[[str], bytes], project_of: Callable[[str], str]) -> None:
        self._read = read
        self._project_of = project_of
        self._paths: tuple[str, ...] = ()
        self._directives: dict[str, RazorDirectives] = {}
        self._facts: dict[str, FileFacts] = {}

    def set_paths(self, paths: Sequence[str]) -> None:
        """All Razor files there are."""
        self._paths = tuple(p for p in paths if p.lower().endswith((".cshtml", ".razor")))
        self.forget()

    def forget(self) -> None:
        """Files may have changed: an import is part of every file below it."""
        self._directives.clear()
        self._facts.clear()

    def pages(self, project: str) -> list[PageFile]:
        """The files of a project with `@page`, by path, and all its components."""
        found = []
        folder = project.rpartition("/")[0] if project.endswith(".csproj") else project
        for path in self._paths:
            is_component = path.endswith(".razor")
            if self._project_of(path) == project and (is_component or self._of(path).pages):
                inside = path[len(folder) :] if folder and path.startswith(folder + "/") else "/" + path
                pages = self._of(path).pages
                found.append(PageFile(path, inside, component=pages) if is_component else PageFile(path, inside, pages[0]))
        return found

    def facts(self, path: str) -> FileFacts:
        """The file as C#, with the imports of the folders above it."""
        known = self._facts.get(path)
        if known is None:
            above = path.split("/")[:-1]
            folders = ["/".join(above[:depth]) for depth in range(len(above) + 1)]
            kind = ".razor" if path.endswith(".razor") else ".cshtml"
            imports = [p for folder in folders if (p := f"{folder}/{_IMPORTS[kind]}".lstrip("/")) in self._paths and p != path]
            own = self._of(path)
            is_read = own.pages or kind == ".razor"  # a component may have its route in C#
            known = razor_facts(own, [self._of(p) for p in imports], kind == ".razor") if is_read else EMPTY_FACTS
            self._facts[path] = known
        return known

    def _of(self, path: str) -> RazorDirectives:
        known = self._directives.get(path)
        if known is None:
            try:
                known = read_directives(self._read(path))
            except OSError:
                known = _NONE
            self._directives[path] = known
        return known

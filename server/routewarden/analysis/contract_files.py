"""The OpenAPI documents of a workspace: which data files are one, their parts put together, and what is known of the app each describes.

Invariant: what is in the files decides, not their names: a document says `openapi` or `swagger` with a version. Files in its folder that
say nothing but `paths` are parts of it, and so is what a `$ref` names, as long as that stays inside the workspace; nothing is fetched. What
could not be followed is in `problems`. Documents that a project generates a client from describe somebody else's API and are left out.
https://learn.microsoft.com/aspnet/core/fundamentals/openapi/aspnetcore-openapi#generate-openapi-documents-at-build-time
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from routewarden.facts.openapi import MARK, OpenApiFacts, OpenApiFile, PathFacts, read_openapi
from routewarden.facts.project_evaluation import ProjectFacts
from routewarden.facts.project_membership import glob_matches
from routewarden.facts.sites import Site
from routewarden.model.contracts import Document, DocumentOperation, DocumentPath
from routewarden.model.register import NotAnalysed
from routewarden.text.source import SourceText

_MOST_REFERENCES = 8  # from one to the next
_MOST_FILES = 2_000  # of one document


@dataclass(frozen=True, slots=True)
class ContractSetting:
    """What a team says of documents: a `[[openapi]]` table of routewarden.toml. `document` is a glob, root-relative.

    `apps`: project files, or names of apps; None leaves it to the search. `ignore`: the document is no contract of this workspace.
    """

    document: str
    apps: tuple[str, ...] | None = None
    base: str | None = None
    ignore: bool = False


class ContractFiles:
    """`text_of` gives a file as it is now, the editor's text before the disk's; None where it cannot be read."""

    def __init__(self, text_of: Callable[[str], SourceText | None], bytes_of: Callable[[str], bytes | None]) -> None:
        self._text_of = text_of
        self._bytes_of = bytes_of
        self._kinds: dict[str, str] = {}  # "whole", "part" or ""
        self._files: dict[str, OpenApiFile | None] = {}
        self._problems: dict[str, NotAnalysed] = {}

    def forget(self, path: str) -> None:
        """The file has another text now."""
        self._kinds.pop(path, None)
        self._files.pop(path, None)

    def keep(self, paths: Iterable[str]) -> None:
        """Forgets files that are no longer there."""
        for path in set(self._kinds) - set(paths):
            self.forget(path)

    def kind(self, path: str) -> str:
        """Whether a file is a "whole" document, may be a "part" of one, or is none (""). Looks at its bytes without parsing them."""
        if path not in self._kinds:
            data = self._bytes_of(path)
            self._kinds[path] = "" if data is None else "whole" if MARK.search(data) else "part" if b"paths" in data else ""
        return self._kinds[path]

    def file(self, path: str) -> OpenApiFile | None:
        """A file read as OpenAPI; None where it cannot be read."""
        if path not in self._files:
            text = self._text_of(path)
            self._files[path] = read_openapi(path, text) if text is not None else None
        return self._files[path]

    @property
    def problems(self) -> list[NotAnalysed]:
        """What of the documents could not be read, as of the last call of `documents`."""
        return sorted(self._problems.values(), key=lambda p: (p.path, p.reason))

    def documents(
        self, paths: Iterable[str], projects: Mapping[str, ProjectFacts], project_of: Callable[[str], str], said: Sequence[ContractSetting] = ()
    ) -> tuple[Document, ...]:
        """Every document, by path. `paths`: the data files there are; `project_of` names the project in whose folder a path lies."""
        self._problems.clear()
        clients = frozenset(client for project in projects.values() for client in project.openapi_clients)
        paths = sorted(paths)
        roots = [p for p in paths if self.kind(p) == "whole" and p not in clients and self._facts(p).version[:2] in ("2.", "3.")]
        parts = self._parts(paths, roots)
        found = []
        for root in roots:
            setting = next((s for s in said if glob_matches(s.document, root)), ContractSetting(root))
            if not setting.ignore:
                document = self._document(root, parts.get(root, []))
                found.append(replace(
                    document, apps=setting.apps, base=setting.base, built_by=_builder_of(root, projects), project=project_of(root),
                ))
        return tuple(found)

    def _facts(self, path: str) -> OpenApiFacts:
        file = self.file(path)
        return file.facts if file is not None else OpenApiFacts()

    def _parts(self, paths: Sequence[str], roots: Sequence[str]) -> dict[str, list[str]]:
        """The files beside each document that hold nothing but some of its paths; of several documents, those of the one without any."""
        by_folder: defaultdict[str, list[str]] = defaultdict(list)
        for root in roots:
            by_folder[posixpath.dirname(root)].append(root)
        found: defaultdict[str, list[str]] = defaultdict(list)
        for path in paths:
            owners = by_folder.get(posixpath.dirname(path), [])
            if len(owners) > 1:
                owners = [root for root in owners if not self._facts(root).paths]
            if len(owners) == 1 and self.kind(path) == "part" and self._facts(path).paths:
                found[owners[0]].append(path)
        return found

    def _document(self, root: str, parts: Sequence[str]) -> Document:
        facts = self._facts(root)
        gathering = _Gathering(self, root)
        for path in (root, *parts):
            gathering.read(path)
        self._problems.update(gathering.problems)
        return Document(
            root, facts.version, facts.title, facts.release, facts.servers, facts.hosts, facts.security, facts.schemes, tuple(gathering.paths),
            tuple(gathering.operations), not gathering.problems,
        )


class _Gathering:
    """The paths of one document, references followed."""

    def __init__(self, files: ContractFiles, root: str) -> None:
        self.files = files
        self.root = root
        self.read_files = {root}
        self.paths: list[DocumentPath] = []
        self.operations: list[DocumentOperation] = []
        self.problems: dict[str, NotAnalysed] = {}

    def read(self, path: str) -> None:
        """Takes over the paths of a file that is the document or a part of it."""
        file = self.files.file(path)
        if file is None:
            self._problem(path, "cannot be read")
            return
        if file.error:
            self._problem(path, f"partially analysed: {file.error}")
        for item in file.facts.paths:
            self._add(item.path, Site(path, item.pointer), path, item)
        if file.facts.paths_ref:
            for target, item in self._map(path, file.facts.paths_ref):
                self._add(item.path, Site(target, item.pointer), target, item)

    def _add(self, path: str, site: Site, holder: str, item: PathFacts) -> None:
        """One path with its operations, those of the items that it refers to too."""
        at, holder_of = item, holder
        opaque = item.opaque
        servers = item.servers
        owned = [(holder, op) for op in item.operations]
        for _ in range(_MOST_REFERENCES):
            if not at.ref:
                break
            target = self._item(holder_of, at.ref)
            if target is None:
                opaque = True
                break
            holder_of, at = target
            known = {op.method for _, op in owned}
            owned += [(holder_of, op) for op in at.operations if op.method not in known]
            servers = servers if servers is not None else at.servers
            opaque = opaque or at.opaque
        else:
            opaque = True
        of = DocumentPath(path, site, servers, opaque)
        self.paths.append(of)
        for where, op in owned:
            self.operations.append(DocumentOperation(op.method, of, Site(where, op.pointer), op.deprecated, op.security, op.servers, op.summary))

    def _item(self, holder: str, ref: str) -> tuple[str, PathFacts] | None:
        """The path item that a reference means."""
        target, fragment = self._target(holder, ref)
        facts = self._facts(target, holder, ref)
        if facts is None:
            return None
        named = fragment.strip("/")
        item = next((i for i in (*facts.items, *facts.paths) if i.pointer == f"#{fragment}"), None) if named else facts.item
        if item is None:
            self._problem(holder, f"`$ref: {ref}` is no path item that can be read")
            return None
        return target, item

    def _map(self, holder: str, ref: str) -> Iterator[tuple[str, PathFacts]]:
        """The path items of the map of paths that a reference means."""
        target, fragment = self._target(holder, ref)
        facts = self._facts(target, holder, ref)
        for item in () if facts is None else facts.paths if fragment == "/paths" else facts.items:
            if item.path.startswith("/"):
                yield target, item

    def _target(self, holder: str, ref: str) -> tuple[str, str]:
        """The file of a reference, root-relative, and its fragment. https://www.rfc-editor.org/rfc/rfc3986#section-5"""
        name, _, fragment = ref.partition("#")
        if not name:
            return holder, unquote(fragment)
        if "://" in name or name.startswith(("/", "\\")) or ":" in name.split("/", 1)[0]:
            return "", ""
        return posixpath.normpath(posixpath.join(posixpath.dirname(holder), unquote(name).replace("\\", "/"))), unquote(fragment)

    def _facts(self, target: str, holder: str, ref: str) -> OpenApiFacts | None:
        if not target or target.startswith("../") or target == "..":
            self._problem(holder, f"`$ref: {ref}` is not followed: it leaves the workspace")
            return None
        self.read_files.add(target)
        file = self.files.file(target) if len(self.read_files) <= _MOST_FILES and "\0" not in target else None
        if file is None:
            self._problem(holder, f"`$ref: {ref}` cannot be read")
            return None
        if file.error:
            self._problem(target, f"partially analysed: {file.error}")
        return file.facts

    def _problem(self, path: str, reason: str) -> None:
        self.problems.setdefault(path, NotAnalysed(path, reason))


def _builder_of(path: str, projects: Mapping[str, ProjectFacts]) -> str:
    """The project whose build writes a document: into the folder that it names, under the name of its assembly; "" for none."""
    folder, name = posixpath.split(path)
    stem = posixpath.splitext(name)[0]
    for project in sorted(projects):
        facts = projects[project]
        if folder in facts.openapi_folders and (stem == facts.assembly_name or stem.startswith(f"{facts.assembly_name}_")):
            return project
    return ""

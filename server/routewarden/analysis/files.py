"""The files of a workspace: which exist, which are left out and why, and their bytes.

Invariant: a listing is a value. Paths are relative to the root, with forward slashes, sorted; the order of a folder on
disk, its dates and its owner never show. What cannot be analysed is in `skipped` with its reason; listing never raises.
Links are not followed: what they name inside the root is listed where it lies, what lies outside is left alone.
Deliberately absent: what is inside the files, and any cache.
"""

# os.path on strings, because a Path object for every entry would cost more than the scan of its folder:
# ruff: noqa: PTH112, PTH118, PTH123

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from routewarden.analysis.ignore import Patterns, is_ignored, parse_patterns, patterns_above, read_patterns
from routewarden.facts.project_evaluation import BUILD_FILES_ABOVE
from routewarden.model.register import NotAnalysed

SIZE_LIMIT = 8 * 1024 * 1024  # bytes; a file of that size parses in about two seconds

# The SDK's own excludes: DefaultItemExcludes has `bin` and `obj` of the project, dot folders and node_modules.
# https://learn.microsoft.com/dotnet/core/project-sdk/msbuild-props#defaultitemexcludes
_NEVER_SOURCE = frozenset({"node_modules", "bower_components"})
_BUILD_OUTPUT = frozenset({"bin", "obj"})

# Generated code by name, as Roslyn knows it (GeneratedCodeUtilities.IsGeneratedCodeFile), and EF Core's migrations.
# `.generated.cs` is not among them: NSwag and the OpenAPI generators write controllers with routes under that name.
_GENERATED = re.compile(
    r"(?:\.g|\.g\.i|\.designer)\.cs$|(?:^|/)temporarygeneratedfile_[^/]*\.cs$"
    r"|(?:^|/)\d{14}_[^/]*\.cs$|(?:^|/)[^/]*modelsnapshot\.cs$"
)
_BUILD_FILES = frozenset({"directory.build.props", "directory.build.targets", "directory.packages.props"})
_SETTINGS = re.compile(r"(?:^|/)(?:appsettings[^/]*\.json|launchsettings\.json|(?:docker-)?compose[^/]*\.ya?ml)$")
# Data files that may be an OpenAPI document or a part of one; `analysis.contract_files` looks into them. Tools' own files are none.
_DOCUMENT = re.compile(r"\.(?:json|ya?ml)$")
_OPENAPI = re.compile(r"openapi|swagger")
_TOOL_FILES = re.compile(
    r"(?:^|/)(?:package(?:-lock)?|global|tsconfig[^/]*|jsconfig[^/]*|angular|nx|lerna|composer|bower|nuget\.config|pnpm-lock|libman"
    r"|bundleconfig|\.[^/]*|[^/]*\.(?:deps|runtimeconfig|resources))\.(?:json|ya?ml)$"
)
_KEYS = re.compile(r"\.(?:pfx|p12|pem|key|ppk)$|(?:^|/)(?:tempkey\.(?:rsa|jwk)|key-[0-9a-f-]{36}\.xml|id_(?:rsa|dsa|ecdsa|ed25519))$")
_CONFIGS = frozenset({"routewarden.toml", ".apiposture.json"})


@dataclass(frozen=True, slots=True)
class FileListing:
    """Root-relative paths with forward slashes, each tuple sorted."""

    sources: tuple[str, ...] = ()  # .cs
    projects: tuple[str, ...] = ()  # .csproj
    solutions: tuple[str, ...] = ()  # .sln, .slnx
    build_files: tuple[str, ...] = ()  # Directory.Build.props and its kin
    configs: tuple[str, ...] = ()  # routewarden.toml, .apiposture.json
    settings: tuple[str, ...] = ()  # appsettings*.json, launchSettings.json, compose files: what an app is started with
    documents: tuple[str, ...] = ()  # other .json and .yaml: they may be OpenAPI documents
    keys: tuple[str, ...] = ()  # .pfx, .pem and what else may hold a private key
    razor: tuple[str, ...] = ()  # .cshtml, .razor
    protos: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()  # C# that nobody wrote and that holds no endpoint; not in `sources`
    skipped: tuple[NotAnalysed, ...] = ()


class FileSystem(Protocol):
    """Where the engine reads from: a disk, an editor's open documents, a git tree, a test's dictionary."""

    def list(self) -> FileListing: ...

    def read(self, path: str) -> bytes:
        """The bytes of a root-relative path. Raises OSError."""
        ...


def not_readable(path: str, error: OSError) -> NotAnalysed:
    """How every layer says that a file could not be read."""
    return NotAnalysed(path, f"cannot be read: {error.strerror or error}")


def kind_of(path: str) -> str | None:
    """The name of the `FileListing` field that a path belongs to; None where the analysis has no use for it."""
    low = path.lower()
    name = low.rpartition("/")[2]
    if low.endswith(".cs"):
        return "generated" if _GENERATED.search(low) else "sources"
    if low.endswith(".csproj"):
        return "projects"
    if low.endswith((".sln", ".slnx")):
        return "solutions"
    if low.endswith((".cshtml", ".razor")):
        return "razor"
    if low.endswith(".proto"):
        return "protos"
    if name in _BUILD_FILES:
        return "build_files"
    if name in _CONFIGS:
        return "configs"
    if _SETTINGS.search(low):
        return "settings"
    if _KEYS.search(low):
        return "keys"
    return "documents" if _DOCUMENT.search(low) and not _TOOL_FILES.search(low) else None


@dataclass(slots=True)
class _Found:
    """A listing in the making."""

    paths: dict[str, list[str]] = field(default_factory=dict)
    skipped: list[NotAnalysed] = field(default_factory=list)

    def add(self, kind: str, path: str) -> None:
        self.paths.setdefault(kind, []).append(path)

    def skip_kind(self, kind: str | None, path: str, reason: str) -> None:
        """Leaves out a file. That a data file is missing is said only of one whose name makes it an OpenAPI document."""
        if kind != "documents" or _OPENAPI.search(path.lower()):
            self.skip(path, reason)

    def skip(self, path: str, reason: str) -> None:
        self.skipped.append(NotAnalysed(path, reason))

    def listing(self) -> FileListing:
        sorted_paths = {kind: tuple(sorted(paths)) for kind, paths in self.paths.items()}
        return FileListing(**sorted_paths, skipped=tuple(sorted(self.skipped, key=lambda n: (n.path, n.reason))))


@dataclass(frozen=True, slots=True)
class DiskFiles:
    """The files below a folder.

    `exclude`: gitignore patterns on top of those that the repository has. `exclude_above`: the root as these see it, with a
    trailing slash, where they are relative to a folder above it ("" = to the root).
    """

    root: Path
    exclude: tuple[str, ...] = ()
    exclude_above: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(os.path.realpath(self.root)))

    def list(self) -> FileListing:
        """Every file that matters, in one pass over the folders; nothing is opened but `.gitignore`."""
        found = _Found()
        excluded = parse_patterns("\n".join(self.exclude), above=self.exclude_above)
        root = str(self.root)
        pending: list[tuple[str, tuple[Patterns, ...]]] = [("", patterns_above(self.root))]
        while pending:
            folder, stack = pending.pop()
            try:
                with os.scandir(os.path.join(root, folder)) as scan:
                    entries = list(scan)
            except OSError as error:
                found.skip(folder.rstrip("/") or ".", f"folder cannot be read: {error.strerror or error}")
                continue
            names = {entry.name.lower() for entry in entries}
            if ".gitignore" in names:
                stack = _with_ignore_file(root, folder, stack, found)
            has_project = any(name.endswith("proj") for name in names)
            for entry in entries:
                path = folder + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not _left_out(entry.name, has_project) and _encodable(path, found):
                        below = path + "/"
                        if not is_ignored(below, stack) and not excluded.verdict(below):
                            pending.append((below, stack))
                    continue
                kind = kind_of(path)
                if entry.is_symlink():
                    _add_link(root, entry, path, kind, found)
                elif kind and _encodable(path, found) and not is_ignored(path, stack) and not excluded.verdict(path):
                    _add_file(entry, path, kind, found)
        return found.listing()

    def read(self, path: str) -> bytes:
        """The bytes of a root-relative path. Raises OSError, also where it leads outside or is no plain file.

        Outside are only build files that MSBuild looks for in the folders above a project, as far as the repository goes.
        """
        full = os.path.realpath(os.path.join(self.root, path))
        if not _is_inside(str(self.root), full) and not self._is_build_file_above(path):
            raise PermissionError(13, "lies outside the workspace", path)
        # A named pipe would block the open for ever.
        descriptor = os.open(full, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(22, "not a plain file", path)
            data = file.read(SIZE_LIMIT + 1)
        if len(data) > SIZE_LIMIT:
            raise OSError(27, _too_large(), path)
        return data


    def _is_build_file_above(self, path: str) -> bool:
        """`../../Directory.Build.props`, where no folder below that one is the root of a repository."""
        levels = path.count("../")
        name = path.removeprefix("../" * levels)
        if name.lower() not in BUILD_FILES_ABOVE or levels > len(self.root.parents):
            return False
        below = [self.root, *self.root.parents][:levels]
        return not any((folder / ".git").exists() for folder in below) and not (self.root.parents[levels - 1] / name).is_symlink()


@dataclass(frozen=True, slots=True)
class MemoryFiles:
    """Files in a dictionary, listed by the same rules as those on disk."""

    files: Mapping[str, bytes]
    exclude: tuple[str, ...] = ()

    def list(self) -> FileListing:
        found = _Found()
        excluded = parse_patterns("\n".join(self.exclude))
        ignores: dict[str, Patterns] = {}
        for path in sorted(self.files):
            folder, _, name = path.rpartition("/")
            if name == ".gitignore":
                below = f"{folder}/" if folder else ""
                ignores[below] = parse_patterns(self.files[path].decode("utf-8", "replace"), below)
        project_folders = {path.rpartition("/")[0] for path in self.files if path.lower().endswith("proj")}
        for path in self.files:
            kind = kind_of(path)
            if kind and not self._ignored(path, ignores, excluded, project_folders):
                if len(self.files[path]) > SIZE_LIMIT:
                    found.skip_kind(kind, path, _too_large())
                else:
                    found.add(kind, path)
        return found.listing()

    def read(self, path: str) -> bytes:
        """The bytes of a path. Raises FileNotFoundError."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory", path) from None

    @staticmethod
    def _ignored(
        path: str, ignores: Mapping[str, Patterns], excluded: Patterns, project_folders: Iterable[str]
    ) -> bool:
        stack: tuple[Patterns, ...] = ()
        folder = ""
        for name in path.split("/")[:-1]:
            if folder in ignores:
                stack += (ignores[folder],)
            below = f"{folder}{name}/"
            if _left_out(name, folder.rstrip("/") in project_folders):
                return True
            if is_ignored(below, stack) or excluded.verdict(below):
                return True
            folder = below
        if folder in ignores:
            stack += (ignores[folder],)
        return is_ignored(path, stack) or excluded.verdict(path) is True


def _left_out(name: str, has_project: bool) -> bool:
    """Folders that hold no source. `bin` and `obj` are output only beside a project: elsewhere a namespace."""
    low = name.lower()
    return name.startswith(".") or low in _NEVER_SOURCE or (has_project and low in _BUILD_OUTPUT)


def _is_inside(root: str, path: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _too_large() -> str:
    return f"larger than {SIZE_LIMIT // 1024 // 1024} MB"


def _encodable(path: str, found: _Found) -> bool:
    """Whether a name is Unicode; a report could not carry any other (POSIX names are bytes)."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        found.skip(os.fsencode(path).decode("utf-8", "backslashreplace"), "its name is not valid UTF-8")
        return False
    return True


def _add_file(entry: os.DirEntry[str], path: str, kind: str, found: _Found) -> None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        found.skipped.append(not_readable(path, error))
        return
    if not stat.S_ISREG(status.st_mode):
        found.skip_kind(kind, path, "not a plain file")
    elif status.st_size > SIZE_LIMIT and kind != "generated":
        found.skip_kind(kind, path, _too_large())
    else:
        found.add(kind, path)


def _add_link(root: str, entry: os.DirEntry[str], path: str, kind: str | None, found: _Found) -> None:
    """Say which links are not followed. One that stays inside needs no word: its target is listed where it lies."""
    try:
        target = os.path.realpath(entry.path, strict=True)
        is_folder = os.path.isdir(target)
    except OSError as error:
        if kind and _encodable(path, found):
            found.skip_kind(kind, path, f"symbolic link cannot be followed: {error.strerror or error}")
        return
    if (kind or is_folder) and not _is_inside(root, target) and _encodable(path, found):
        found.skip_kind(kind, path, "symbolic link that leaves the workspace")


def _with_ignore_file(root: str, folder: str, stack: tuple[Patterns, ...], found: _Found) -> tuple[Patterns, ...]:
    path = folder + ".gitignore"
    try:
        patterns = read_patterns(Path(root, path), folder)
    except OSError as error:
        found.skipped.append(not_readable(path, error))
        return stack
    for pattern in patterns.refused:
        found.skip(path, f"pattern not applied: {pattern[:80]}")
    return (*stack, patterns)

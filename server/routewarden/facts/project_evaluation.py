"""What a project means: its MSBuild file with Directory.Build.props, imports, properties and conditions worked out.

Invariant: the answers are those of a Release build with a single target framework, the newest that the project names. Nothing
is executed. A condition that cannot be known (a property function, `Exists`) leaves a property alone and lets an item in:
a reference too many is safer than one too few. Deliberately absent: the namespaces of ImplicitUsings
(`framework.implicit_usings`) and packages' own .props files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from routewarden.facts.declarations import UsingDirective
from routewarden.facts.msbuild_condition import expand, holds
from routewarden.facts.project_file import BuildFile, Import, Item, Property, parse_build_file
from routewarden.facts.project_membership import glob_matches, resolve
from routewarden.facts.sdk_symbols import framework_age, symbols_of
from routewarden.facts.syntax_ir import TypeRef

Read = Callable[[str], bytes]  # root-relative path → content; raises OSError

_MOST_IMPORTS = 64
_MOST_ABOVE = 12  # folders above the root
BUILD_FILES_ABOVE = frozenset({"directory.build.props", "directory.build.targets"})  # what MSBuild looks for in every folder above
_FILE_ABOVE = re.compile(r"\$\(\[MSBuild\]::GetPathOfFileAbove\((.*)\)\)")

_EXECUTABLE_SDKS = frozenset({"microsoft.net.sdk.web", "microsoft.net.sdk.worker"})
ASPNETCORE = "Microsoft.AspNetCore.App"


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """All paths are root-relative with forward slashes; one that leaves the root begins with `../`."""

    path: str
    sdk: str = ""  # "Microsoft.NET.Sdk.Web"; "" for the old style
    target_frameworks: tuple[str, ...] = ()
    symbols: frozenset[str] = frozenset()  # of a Release build: DefineConstants, TRACE, RELEASE, NET8_0_OR_GREATER ...
    implicit_usings: bool = False
    usings: tuple[UsingDirective, ...] = ()  # `<Using Include>`; those that the SDK brings are not among them
    usings_removed: tuple[str, ...] = ()  # `<Using Remove>`: takes those of the SDK away
    references: tuple[str, ...] = ()  # projects
    packages: tuple[str, ...] = ()  # names
    frameworks: tuple[str, ...] = ()  # FrameworkReference; the web SDK's own too
    output_type: str = "Library"
    nullable: bool = False
    root_namespace: str = ""
    assembly_name: str = ""
    default_compile: bool = True  # every .cs file below the folder is compiled
    compile_include: tuple[str, ...] = ()  # globs
    compile_remove: tuple[str, ...] = ()
    openapi_folders: tuple[str, ...] = ()  # where the build may write OpenAPI documents of the app
    openapi_clients: tuple[str, ...] = ()  # OpenApiReference: documents of services that the project calls
    inputs: tuple[str, ...] = ()  # the files that this was read from
    error: str = ""  # the project file could not be read or is malformed; the rest is then default values

    @property
    def folder(self) -> str:
        """"" for a project in the root."""
        return posixpath.dirname(self.path)

    @property
    def is_web(self) -> bool:
        return ASPNETCORE in self.frameworks

    def compiles(self, path: str) -> bool:
        """Whether a source file is part of the project, when no other project lies between (`project_of`)."""
        below = not self.folder or path.startswith(self.folder + "/")
        if self.default_compile and below and not any(glob_matches(glob, path) for glob in self.compile_remove):
            return True
        return any(glob_matches(glob, path) for glob in self.compile_include)


@dataclass(slots=True)
class _Evaluation:
    """The state of one evaluation: property names are in lower case."""

    read: Read
    properties: dict[str, str]
    framework: str = ""  # the one of several that is built
    items: list[Item] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)

    def load(self, path: str) -> BuildFile | None:
        """An imported file, once; None if there is none, or it was imported already (MSBuild warns and goes on too)."""
        outside = path.startswith("../") and posixpath.basename(path).lower() not in BUILD_FILES_ABOVE
        if path in self.inputs or len(self.inputs) >= _MOST_IMPORTS or outside:
            return None
        try:
            data = self.read(path)
        except OSError:
            return None
        self.inputs.append(path)
        return parse_build_file(path, data)

    def run(self, file: BuildFile) -> None:
        folder = posixpath.dirname(file.path)
        for statement in file.statements:
            self.properties["msbuildthisfiledirectory"] = f"./{folder}/" if folder else "./"
            if isinstance(statement, Item):
                self.items.append(statement)
            elif all(holds(condition, self.properties) for condition in statement.conditions):
                if isinstance(statement, Property):
                    self.set(statement.name.lower(), expand(statement.value, self.properties))
                elif not statement.sdk:
                    self.run_import(statement, folder)

    def set(self, name: str, value: str | None) -> None:
        # The build of one framework is given its TargetFramework from outside; the project cannot change it then.
        if value is not None and not (name == "targetframework" and self.framework):
            self.properties[name] = value

    def run_import(self, statement: Import, folder: str) -> None:
        if above := _FILE_ABOVE.fullmatch(statement.project.strip()):
            name, _, below = (part.strip(" '") for part in above[1].partition(","))
            start = expand(below, self.properties) if below else f"./{folder}"
            if start is not None:
                self.run_nearest(name, resolve("", start))
            return
        project = expand(statement.project, self.properties)
        if project:
            path = resolve("" if project.startswith("./") else folder, project)
            if (file := self.load(path)) is not None:
                self.run(file)

    def run_nearest(self, name: str, folder: str) -> None:
        """The file called `name` in the folder or the nearest one above; above the root, as far as `read` goes."""
        folder = "" if folder == "." else folder
        while folder.count("../") <= _MOST_ABOVE:
            if (file := self.load(posixpath.join(folder, name))) is not None:
                self.run(file)
                return
            folder = f"../{folder}" if not folder or folder.startswith("../") else posixpath.dirname(folder)


def read_project(path: str, read: Read) -> ProjectFacts:
    """The facts of a project file; its imports are read with `read` too. Never fails: see `ProjectFacts.error`."""
    try:
        data = read(path)
    except OSError as error:
        return ProjectFacts(path, error=f"cannot be read: {error.strerror or error}")
    file = parse_build_file(path, data)
    if file.error:
        return ProjectFacts(path, inputs=(path,), error=file.error)
    outer = _evaluate(file, read, "")
    named = outer.properties.get("targetframeworks") or outer.properties.get("targetframework", "")
    frameworks = tuple(name.strip() for name in named.split(";") if name.strip())
    newest = max(frameworks, key=framework_age, default="")
    inner = _evaluate(file, read, newest) if len(frameworks) > 1 else outer
    return _facts(file, inner, frameworks, newest)


def _evaluate(file: BuildFile, read: Read, framework: str) -> _Evaluation:
    folder = posixpath.dirname(file.path)
    name = posixpath.basename(file.path)
    properties = {
        "configuration": "Release",
        "platform": "AnyCPU",
        "msbuildprojectname": posixpath.splitext(name)[0],
        "msbuildprojectfile": name,
        "msbuildprojectdirectory": f"./{folder}" if folder else ".",
        "msbuildprojectextension": posixpath.splitext(name)[1],
    }
    if framework:
        properties["targetframework"] = framework
    evaluation = _Evaluation(read, properties, framework, inputs=[file.path])
    evaluation.run_nearest("Directory.Build.props", folder)
    if _names(file.sdk) & _EXECUTABLE_SDKS:
        properties["outputtype"] = "Exe"
    if file.sdk:
        properties["defineconstants"] = f"{properties.get('defineconstants', '')};TRACE".lstrip(";")
    evaluation.run(file)
    evaluation.run_nearest("Directory.Build.targets", folder)
    return evaluation


def _facts(file: BuildFile, evaluation: _Evaluation, frameworks: tuple[str, ...], newest: str) -> ProjectFacts:
    properties = evaluation.properties
    items = _Items(evaluation)
    folder = posixpath.dirname(file.path)  # paths in imported files are relative to the project too
    stem = properties["msbuildprojectname"]
    shared = set(items.included("FrameworkReference"))
    if "microsoft.net.sdk.web" in _names(file.sdk):
        shared.add(ASPNETCORE)
    return ProjectFacts(
        file.path,
        sdk=file.sdk,
        target_frameworks=frameworks,
        symbols=symbols_of(properties.get("defineconstants", ""), newest, is_sdk_style=bool(file.sdk)),
        implicit_usings=properties.get("implicitusings", "").lower() in ("enable", "true"),
        usings=_usings(items),
        usings_removed=tuple(items.removed("Using")),
        references=tuple(dict.fromkeys(resolve(folder, value) for value in items.included("ProjectReference"))),
        packages=tuple(sorted(items.included("PackageReference"))),
        frameworks=tuple(sorted(shared)),
        output_type=properties.get("outputtype") or "Library",
        nullable=properties.get("nullable", "").lower() in ("enable", "annotations"),
        root_namespace=properties.get("rootnamespace") or stem.replace(" ", "_"),
        assembly_name=properties.get("assemblyname") or stem,
        default_compile=bool(file.sdk)
        and properties.get("enabledefaultcompileitems", "").lower() != "false"
        and properties.get("enabledefaultitems", "").lower() != "false",
        compile_include=tuple(resolve(folder, value) for value in items.included("Compile")),
        compile_remove=tuple(resolve(folder, value) for value in items.removed("Compile")),
        openapi_folders=_openapi_folders(folder, properties.get("openapidocumentsdirectory", "")),
        openapi_clients=tuple(resolve(folder, value) for value in items.included("OpenApiReference")),
        inputs=tuple(evaluation.inputs),
    )


def _openapi_folders(folder: str, written: str) -> tuple[str, ...]:
    """The folder of `OpenApiDocumentsDirectory`; `./x` may be the project's or, from a property, the root's."""
    if not written:
        return ()
    found = {resolve(folder, written), *([resolve("", written)] if written.startswith("./") else [])}
    return tuple(sorted("" if path == "." else path for path in found))


def _names(sdk: str) -> set[str]:
    return {name.lower() for name in sdk.split(";")}


class _Items:
    """Items with their values expanded. MSBuild evaluates them after all properties, whatever the order in the file."""

    def __init__(self, evaluation: _Evaluation) -> None:
        self.properties = evaluation.properties
        self.items = [
            item
            for item in evaluation.items
            if all(holds(condition, self.properties) is not False for condition in item.conditions)
        ]

    def of(self, kind: str) -> list[Item]:
        return [item for item in self.items if item.kind == kind]

    def values(self, text: str) -> list[str]:
        return [v.strip() for v in (expand(text, self.properties) or "").split(";") if v.strip()]

    def included(self, kind: str) -> list[str]:
        """What is included and not removed later."""
        found: dict[str, None] = {}
        for item in self.of(kind):
            found |= dict.fromkeys(self.values(item.include))
            for value in self.values(item.remove):
                found.pop(value, None)
        return list(found)

    def removed(self, kind: str) -> list[str]:
        return [value for item in self.of(kind) for value in self.values(item.remove)]


def _usings(items: _Items) -> tuple[UsingDirective, ...]:
    """https://learn.microsoft.com/dotnet/core/project-sdk/msbuild-props#using: each is a global using directive."""
    found: dict[str, UsingDirective] = {}
    for item in items.of("Using"):
        metadata = {key.lower(): value for key, value in item.metadata}
        for name in items.values(item.include):
            is_static = metadata.get("static", "").lower() == "true"
            found[name] = UsingDirective(TypeRef(name), metadata.get("alias") or None, is_static, is_global=True)
        for name in items.values(item.remove):
            found.pop(name, None)
    return tuple(found[name] for name in sorted(found))

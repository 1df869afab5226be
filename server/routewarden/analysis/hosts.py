"""Which projects are hosts, where they start, and which files may hold controllers.

Invariant: decided from project files, outlines and the facts of the few files that outlines point at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from routewarden.analysis.files import not_readable
from routewarden.analysis.sources import NOT_COMPILED, Sources
from routewarden.facts.declarations import TypeFacts, UsingDirective
from routewarden.facts.project_evaluation import ProjectFacts
from routewarden.facts.proto_file import ProtoService, proto_services
from routewarden.facts.syntax_ir import TypeRef
from routewarden.framework.implicit_usings import implicit_usings
from routewarden.model.link import Entry, HostProject
from routewarden.model.workspace_types import Project, WorkspaceTypes

_TEST_SDK = "microsoft.net.test.sdk"
_TEST_FRAMEWORKS = ("xunit", "nunit", "mstest", "tunit")
_API_ENDPOINT_ENDS = ("WithActionResult", "WithResult", "WithoutResult")  # of `EndpointBaseAsync.WithRequest<T>.WithResult<U>`
_WEB_SDK = "Microsoft.NET.Sdk.Web"


def resolution_projects(sources: Sources) -> dict[str, Project]:
    """What name resolution needs of each project; without any project file, all files form one web project."""
    found = {path: Project(path, facts.references, _usings(facts)) for path, facts in sources.projects.items()}
    if not found:
        found[""] = Project("", (), tuple(_using(n) for n in implicit_usings(_WEB_SDK)))
    return found


def _usings(facts: ProjectFacts) -> tuple[UsingDirective, ...]:
    implied = implicit_usings(facts.sdk) if facts.implicit_usings else ()
    return (*facts.usings, *(_using(n) for n in implied if n not in facts.usings_removed))


def _using(namespace: str) -> UsingDirective:
    return UsingDirective(TypeRef(namespace), is_global=True)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Files worth parsing, as far as outlines tell: where an app may start, and where controllers may be (and of which names)."""

    starts: tuple[str, ...]
    controllers: tuple[str, ...]
    names: frozenset[str]


def candidates(sources: Sources) -> Candidates:
    """To be made anew when `sources.shape` has changed."""
    outlines = sorted(sources.outlines())
    suspects = {"Controller", "ControllerBase", "ODataController", *_API_ENDPOINT_ENDS}
    suspects |= {name for _, outline in outlines if outline.marks_controllers for name, _ in outline.headers}
    headers = [(path, name, words) for path, o in outlines for name, words in o.headers]
    while True:
        more = {name for _, name, words in headers if name not in suspects and (name.endswith("Controller") or words & suspects)}
        if not more:
            break
        suspects |= more
    controllers = dict.fromkeys(path for path, name, _ in headers if name in suspects and name not in ("Controller", "ControllerBase"))
    tests = {project for project in sources.projects if is_test(sources, project)} | {NOT_COMPILED}
    return Candidates(
        tuple(path for path, outline in outlines if outline.may_start and sources.project_of(path) not in tests),
        tuple(path for path in controllers if sources.project_of(path) not in tests),
        frozenset(suspects),
    )


def hosts(sources: Sources, types: WorkspaceTypes, paths: Iterable[str]) -> list[HostProject]:
    """The projects that start an app in one of the files, by path."""
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for path in paths:
        project = sources.project_of(path)
        facts = sources.facts(path)
        if facts.has_top_level:
            entries[project].append(Entry(path))
        for part in facts.types:
            for member in part.members:
                if member.kind == "method" and member.name == "Main" and "static" in member.modifiers and member.body is not None:
                    entries[project].append(Entry(path, part.id, member.id))
    for path in paths:
        for part in sources.facts(path).types:
            if part.name == "Startup" and any(m.name == "Configure" and m.kind == "method" for m in part.members):
                # Last: UseStartup<Startup>() of Main has run it already where it could be followed.
                entries[sources.project_of(path)].append(Entry(path, part.id))
    found = []
    for project in sorted(entries):
        name = project.rsplit("/", 1)[-1].removesuffix(".csproj") or "app"
        found.append(HostProject(project, name, types.visible(project), tuple(entries[project])))
    return found


def settings(sources: Sources, project: str, entry: str) -> dict[str, str | None]:
    """The settings of a host as Production reads them: appsettings.json, then appsettings.Production.json, beside its project file.

    https://learn.microsoft.com/aspnet/core/fundamentals/configuration#default-application-configuration-sources
    """
    folder = (project or entry).rpartition("/")[0]
    found: dict[str, str | None] = {}
    for name in ("appsettings.json", "appsettings.production.json"):
        for path in sources.settings_paths():
            head, _, last = path.rpartition("/")
            if head == folder and last.lower() == name:
                data = sources.data(path)
                if data is not None:
                    found.update(data.settings())
    return found


def proto_services_of(sources: Sources) -> tuple[ProtoService, ...]:
    """The gRPC services that `.proto` files of the workspace declare."""
    found: list[ProtoService] = []
    for path in sources.listing.protos:
        try:
            found.extend(proto_services(path, sources.files.read(path)))
        except OSError as error:
            sources.unreadable[path] = not_readable(path, error)
    return tuple(found)


def is_test(sources: Sources, project: str) -> bool:
    """A web project that drags in the test SDK without a framework to write tests with is an application all the same."""
    facts = sources.projects.get(project)
    if facts is None:
        return False
    packages = [p.lower() for p in facts.packages]
    return _TEST_SDK in packages and (not facts.is_web or any(p.startswith(_TEST_FRAMEWORKS) for p in packages))


def controller_parts(sources: Sources, of: Candidates) -> list[tuple[str, TypeFacts]]:
    """Type parts that may be controllers: by their own name, by [Controller], or by a base that may be one, however far up."""
    return [
        (path, part)
        for path in of.controllers
        for part in sources.facts(path).types
        if part.name in of.names and part.kind in ("class", "record") and part.containing is None
    ]


def types_of_project(sources: Sources, project: str) -> Iterable[tuple[str, TypeFacts]]:
    """Every type part of a project; parses all its files."""
    for path in sources.paths():
        if sources.project_of(path) == project:
            for part in sources.facts(path).types:
                yield path, part

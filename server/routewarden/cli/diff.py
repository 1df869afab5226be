"""`routewarden diff`: what a change does to the attack surface, read from git's objects; the work tree is not touched.

Invariant: the second state is worked out from the first: one scan, and then the files that differ. What comes out is what two scans say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routewarden.cli.exit_codes import FINDINGS, OK
from routewarden.cli.options import BadInput, format_option, output_option
from routewarden.cli.output import report_console, report_stream
from routewarden.cli.scan import config_excludes, today_option
from routewarden.cli.workspace import folder_of

if TYPE_CHECKING:
    from datetime import datetime

    from routewarden.analysis.files import FileListing, FileSystem
    from routewarden.analysis.git_files import GitFiles
    from routewarden.analysis.project import Project
    from routewarden.analysis.surface_diff import SurfaceDiff
    from routewarden.facts.sites import Site
    from routewarden.report.diff_report import Where
    from routewarden.report.view import Place


@dataclass(slots=True)
class _Current:
    """The files of the commit that is looked at."""

    files: FileSystem

    def list(self) -> FileListing:
        return self.files.list()

    def read(self, path: str) -> bytes:
        return self.files.read(path)


@click.command()
@click.argument("base")
@click.argument("head", default="HEAD")
@click.option("--path", type=str, default=".", help="The folder of the application or of its repository.  [default: the current one]")
@format_option("text", "json", "markdown")
@today_option
@output_option
def diff(base: str, head: str, path: str, form: str, today: datetime | None, output: Path | None) -> int:
    """Say what the change from BASE to HEAD does to the attack surface: endpoints that came, went or have another route, access that was
    loosened or tightened, findings that it opens and closes.

    Both are commits; the settings are those of the folder as it is.

    Exit codes: 0 nothing was loosened, 1 access was loosened, or an endpoint was added that anyone can call and nobody said so, 2 bad
    usage or configuration.
    """
    from routewarden.analysis.git_files import GitError, GitFiles, commit_of

    root = folder_of(Path(path))
    files: list[GitFiles] = []
    try:
        commits = [commit_of(root, revision) for revision in (base, head)]
        excludes = config_excludes(root)
        files = [GitFiles(root, commit, excludes) for commit in commits]
        result, where = _compared(root, files[0], files[1], today)
        with report_stream(output) as stream:
            from routewarden.report import diff_report

            if form == "json":
                stream.write(diff_report.diff_json(result, where, *commits))
            elif form == "markdown":
                stream.write(diff_report.diff_markdown(result, where))
            else:
                diff_report.print_diff(report_console(stream), result, where)
    except GitError as error:
        raise BadInput(str(error)) from None
    finally:
        for of_commit in files:
            of_commit.close()
    return FINDINGS if result.is_loosening else OK


def _compared(root: Path, base: GitFiles, head: GitFiles, today: datetime | None) -> tuple[SurfaceDiff, Where]:
    from routewarden.analysis.surface_diff import compare
    from routewarden.analysis.workspace import open_files

    current = _Current(base)
    project = open_files(root, current, today.date() if today else None)
    register = project.register
    before = [finding for found in project.findings().values() for finding in found]
    current.files = head
    project.disk_changed(head.changed_from(base))
    after = [finding for found in project.findings().values() for finding in found]
    return compare(register.endpoints, project.register.endpoints, before, after), _places(project, base)


def _places(project: Project, base: GitFiles) -> Where:
    """Where sites are: in the new state as the project has it, in the old one by a parse of that file as it was."""
    from routewarden.analysis.project import Project as Engine
    from routewarden.report.view import Place, place_of

    @cache
    def old(path: str) -> Engine | None:
        try:
            return Engine.in_memory({path: base.read(path)})
        except OSError:
            return None

    def where(site: Site, is_new: bool) -> Place:
        if is_new:
            return place_of(project, site)
        engine = old(site.path)
        return place_of(engine, site) if engine is not None else Place(site.path)

    return where

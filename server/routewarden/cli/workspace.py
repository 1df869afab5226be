"""Opens the workspace that a command is about: its path, its settings, its analysis, with progress on a terminal."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from routewarden.cli.options import BadInput

if TYPE_CHECKING:
    from routewarden.analysis.config import Config
    from routewarden.analysis.project import Project


def open_workspace(path: Path, today: date | None = None) -> tuple[Project, Config]:
    """The analysis of a folder, loaded, and its settings. Raises BadInput for a bad path or configuration.

    `today`: the day that waivers expire by; None: the clock's.
    """
    from routewarden.analysis.workspace import open_folder

    workspace = open_folder(folder_of(path), today or date.today())
    if workspace.problems:
        lines = [f"{_shown(problem.path)}:{problem.line}: {problem.message}" for problem in workspace.problems]
        raise BadInput("\n".join(["the configuration cannot be used", *lines]))
    project, config = workspace.project, workspace.config
    _load(project)
    return project, config


def folder_of(path: Path) -> Path:
    """The folder of a path, resolved. Raises BadInput where it is none that can be read."""
    from routewarden.report.printable import printable

    shown = printable(str(path))
    try:
        root = path.resolve(strict=True)
        if not root.is_dir():
            raise BadInput(f"{shown} is a file; give the folder of the application or of its repository")
        with os.scandir(root):
            return root
    except FileNotFoundError:
        raise BadInput(f"{shown} does not exist") from None
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a NUL in the path
        raise BadInput(f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _shown(path: Path) -> str:
    from routewarden.report.printable import printable

    try:
        return printable(str(path.relative_to(Path.cwd())))
    except ValueError:
        return printable(str(path))


def _load(project: Project) -> None:
    """Run the analysis; a progress bar on stderr if that is a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        for _ in project.load():
            pass
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Analysing", total=None)
        for done, total in project.load():
            progress.update(task, completed=done, total=total)

"""A folder on disk as its repository wants it analysed: the engine with the settings of `routewarden.toml`.

Invariant: the command line and the editor open folders here, so that they cannot disagree about what is left out and which rules
speak. What to do about a bad file is theirs to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from routewarden.analysis.config import NAME, Config, ConfigProblem, load_config
from routewarden.analysis.files import DiskFiles, FileSystem
from routewarden.analysis.finding import Waiver
from routewarden.analysis.project import Project
from routewarden.analysis.registry import load_rules
from routewarden.analysis.rule import Setting


def rule_settings() -> dict[str, tuple[Setting, ...]]:
    """What `routewarden.toml` may say of each rule."""
    return {rule.id: rule.settings for rule in load_rules()}


@dataclass(frozen=True, slots=True)
class Workspace:
    project: Project
    config: Config
    problems: tuple[ConfigProblem, ...]  # of the configuration; what it says rightly counts nevertheless


def open_folder(root: Path, today: date | None = None) -> Workspace:
    """The engine for a folder, not loaded yet. `today`: the day that waivers expire by; None: none does."""
    root = root.resolve()
    config, problems = load_config(root, rule_settings())
    project = Project(files_of(root, config), config.rules, config.contracts(root), waivers=waivers_of(root, config), today=today)
    return Workspace(project, config, problems)


def open_files(root: Path, files: FileSystem, today: date | None = None) -> Project:
    """The engine for other files of the same folder (a commit), with the settings of the folder as it is, not loaded yet."""
    root = root.resolve()
    config, _ = load_config(root, rule_settings())
    return Project(files, config.rules, config.contracts(root), waivers=waivers_of(root, config), today=today)


def waivers_of(root: Path, config: Config) -> tuple[Waiver, ...]:
    """The waivers of the settings, with the paths of the folder (resolved)."""
    above = config.root_seen_from_file(root)
    source = "../" * above.count("/") + NAME
    return tuple(replace(waiver, source=source, above=above) for waiver in config.waivers)


def files_of(root: Path, config: Config) -> DiskFiles:
    """The files of a folder (resolved) without those that its settings leave out."""
    return DiskFiles(root, config.exclude, config.root_seen_from_file(root))

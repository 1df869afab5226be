"""A folder on disk as its repository wants it analysed: the engine with the settings of `routewarden.toml`.

Invariant: the command line and the editor open folders here, so that they cannot disagree about what is left out and which rules
speak. What to do about a bad file is theirs to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from routewarden.analysis.config import Config, ConfigProblem, load_config
from routewarden.analysis.files import DiskFiles
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


def open_folder(root: Path) -> Workspace:
    """The engine for a folder, not loaded yet."""
    root = root.resolve()
    config, problems = load_config(root, rule_settings())
    return Workspace(Project(files_of(root, config), config.rules), config, problems)


def files_of(root: Path, config: Config) -> DiskFiles:
    """The files of a folder (resolved) without those that its settings leave out."""
    return DiskFiles(root, config.exclude, config.root_seen_from_file(root))

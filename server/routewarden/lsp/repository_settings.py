"""`routewarden.toml` in the editor: read again whenever it changes, as it is shown, saved or not; what is wrong in it is a diagnostic.

Invariant: after a change the folder is analysed with the settings that a fresh start would read, with one exception: a text that says
nothing usable because it is being typed leaves the last settings in place. The same reader as on the command line decides.
"""

import logging
from datetime import date
from pathlib import Path

from routewarden.analysis.config import NAME, Config, ConfigProblem, find_config, parse_config, read_config
from routewarden.analysis.workspace import files_of, rule_settings, waivers_of
from routewarden.lsp.folders import Folder
from routewarden.lsp.publishing import requeue, schedule, settle_later
from routewarden.lsp.session import RouteWardenServer
from routewarden.lsp.uris import file_uri, key_of

logger = logging.getLogger(__name__)


def is_settings(uri: str) -> bool:
    return key_of(uri).rpartition("/")[2] == NAME


def reload_around(ls: RouteWardenServer, uri: str) -> None:
    """A `routewarden.toml` was edited, saved, made or deleted: every folder that it may be about reads its settings again."""
    home = key_of(uri).rpartition("/")[0]
    for folder in list(ls.folders.by_root.values()):
        if folder.root == home or folder.root.startswith(home.rstrip("/") + "/") or home.startswith(folder.root.rstrip("/") + "/"):
            reload(ls, folder)


def reload(ls: RouteWardenServer, folder: Folder) -> None:
    """Use the settings that the folder has now, and show what is wrong with them."""
    config, problems = _read(ls, Path(folder.root))
    _queue_problems(ls, folder, config.path, problems)
    usable = not problems or config != Config(config.path)
    before = folder.config
    if not folder.loaded or not usable or config == before:
        return
    root = Path(folder.root).resolve()
    folder.config = config
    left_out = (before.exclude, before.path) != (config.exclude, config.path)
    try:
        files = files_of(root, config) if left_out else None
        folder.project.configure(config.rules, waivers_of(root, config), files, date.today(), config.contracts(root))
    except Exception:
        logger.exception("settings of %s cannot be applied", folder.root)
        return
    if left_out:
        ls.documents.rehome()
    requeue(ls, folder)
    settle_later(ls)  # rules that read files have some to read


def _read(ls: RouteWardenServer, root: Path) -> tuple[Config, tuple[ConfigProblem, ...]]:
    """What the folder's file says, as the editor shows it."""
    known = rule_settings()
    path = find_config(root)
    if path is None:
        return Config(), ()
    document = ls.documents.by_key(key_of(file_uri(str(path))))
    return read_config(path, known) if document is None else parse_config(path, document.text.data, known)


def _queue_problems(ls: RouteWardenServer, folder: Folder, path: Path | None, problems: tuple[ConfigProblem, ...]) -> None:
    now = {_relative(folder, path): problems} if path is not None and problems else {}
    for problem in problems:
        logger.warning("%s", problem)
    for at in (*folder.settings_problems, *now):
        ls.outbox.queue[folder, at] = None
    folder.settings_problems = now
    schedule(ls)


def _relative(folder: Folder, path: Path) -> str:
    """The path below the folder; `../..` parts where the file lies above it."""
    root = Path(folder.root).resolve()
    ups = 0
    while not path.is_relative_to(root):
        root, ups = root.parent, ups + 1
    return "../" * ups + path.relative_to(root).as_posix()

"""Editor settings, `routewarden.*`, one set a folder.

Invariant: settings are asked for, scoped by folder, where the client can be asked; else they are read from what it sends. What
a team has to agree on is not here but in `routewarden.toml`, which these settings cannot contradict.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#workspace_configuration
"""

import asyncio
import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from lsprotocol import types

from routewarden.lsp.folders import Folder, Settings
from routewarden.lsp.publishing import requeue
from routewarden.lsp.session import RouteWardenServer

logger = logging.getLogger(__name__)

SECTION = "routewarden"
Choice = TypeVar("Choice", bound=StrEnum)
ANSWER_WITHIN = 5.0  # seconds; after that the defaults hold until the client says otherwise


async def pull_configuration(ls: RouteWardenServer) -> None:
    """Ask for the settings of every folder."""
    if not ls.client.configuration:
        return
    folders = list(ls.folders)
    items = [types.ConfigurationItem(scope_uri=folder.uri, section=SECTION) for folder in folders]
    if not items:
        return
    try:
        answers = await asyncio.wait_for(
            ls.workspace_configuration_async(types.ConfigurationParams(items=items)), timeout=ANSWER_WITHIN
        )
    except Exception as error:
        logger.warning("no settings from the client, the defaults hold: %r", error)
        return
    for folder, answer in zip(folders, answers, strict=False):
        apply_settings(ls, folder, answer)


def push_configuration(ls: RouteWardenServer, settings: object) -> None:
    """Take the settings that a client sent which cannot be asked."""
    section = settings.get(SECTION, settings) if isinstance(settings, Mapping) else None
    for folder in ls.folders:
        apply_settings(ls, folder, section)


def apply_settings(ls: RouteWardenServer, folder: Folder, section: object) -> None:
    """Use one folder's settings; what is missing or wrong has its default, and wrong values are said in the log."""
    values: Mapping[str, object] = section if isinstance(section, Mapping) else {}
    settings = Settings(
        _choice(values, "minimumConfidence", Settings().minimum_confidence),
        _choice(values, "minimumSeverity", Settings().minimum_severity),
        _flag(values, "codeLens", Settings().code_lens),
    )
    if settings == folder.settings:
        return
    lenses = settings.code_lens != folder.settings.code_lens
    folder.settings = settings
    requeue(ls, folder)
    if lenses and ls.client.refresh_code_lens:
        ls.workspace_code_lens_refresh(None)


def _flag(values: Mapping[str, object], name: str, default: bool) -> bool:
    value = values.get(name)
    if value is None or isinstance(value, bool):
        return default if value is None else value
    logger.warning("%s.%s: %r is not true or false", SECTION, name, value)
    return default


def _choice(values: Mapping[str, object], name: str, default: Choice) -> Choice:
    value = values.get(name)
    if value is None:
        return default
    try:
        return type(default)(str(value))
    except ValueError:
        choices = ", ".join(type(default))
        logger.warning("%s.%s: %r is not one of %s", SECTION, name, value, choices)
        return default


async def did_change_configuration(ls: RouteWardenServer, params: types.DidChangeConfigurationParams) -> None:
    if ls.client.configuration:
        await pull_configuration(ls)
    else:
        push_configuration(ls, params.settings)

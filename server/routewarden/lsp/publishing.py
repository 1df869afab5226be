"""When diagnostics are computed and sent: at once after an edit, the edited file first, and never in the way of the next key.

Invariant: nothing is sent twice, and nothing is computed inside a notification: handlers mark what changed and call
`schedule`, which runs `publish` once in the next turn of the loop. After a computation of d seconds the next one waits at
least d, so that a burst of keys, or a slow machine, spends half of its time reading input. Long queues are worked off in
slices of a few milliseconds.
"""

import asyncio
import logging
import time

from lsprotocol import types

from routewarden.analysis.files import kind_of
from routewarden.lsp import endpoints
from routewarden.lsp.diagnostics import NOTHING, Rendered, render, render_problems, to_diagnostics
from routewarden.lsp.folders import Folder, Home
from routewarden.lsp.session import RouteWardenServer, Status

logger = logging.getLogger(__name__)

STATUS = "routewarden/status"
SLICE = 0.008  # seconds of one turn of the loop spent on files that nobody is typing in
SHORT = 0.004  # seconds; a computation below needs no rest after it
PAUSE = 0.4  # seconds without an edit before broken syntax is parsed anew, which may take as long as some tens of keys
QUIET = 1.0  # seconds without an edit before a file is called unreadable: while typing, every file is for a moment


def touch(ls: RouteWardenServer, home: Home) -> None:
    """A document's text changed: its diagnostics come first, and its syntax is settled when the typing pauses."""
    ls.outbox.urgent[home] = None
    settle_later(ls)


def settle_later(ls: RouteWardenServer) -> None:
    """Have `settle` run once nothing has changed for a moment."""
    outbox = ls.outbox
    if outbox.settling is not None:
        outbox.settling.cancel()
    if not outbox.closed:
        outbox.settling = asyncio.get_running_loop().call_later(PAUSE, settle, ls)


def settle(ls: RouteWardenServer) -> None:
    """Parse anew what was broken while it was typed (`Project.settle`), and show what that changes."""
    ls.outbox.settling = None
    settled = [folder for folder in ls.folders if folder.loaded and folder.project.settle()]
    if settled:
        # Findings may be the same and yet stand elsewhere.
        homes = (home for document in ls.documents for home in document.homes if home[0] in settled)
        ls.outbox.queue.update(dict.fromkeys(homes))
        schedule(ls)


def schedule(ls: RouteWardenServer, delay: float = 0.0) -> None:
    """Have `publish` run in the next turn of the loop, or after `delay` seconds; once, however often it is asked for."""
    outbox = ls.outbox
    if outbox.closed:
        return
    loop = asyncio.get_running_loop()
    at = max(loop.time() + delay, outbox.rest_until)
    waiting = outbox.scheduled
    if waiting is not None:
        if not isinstance(waiting, asyncio.TimerHandle) or waiting.when() <= at:
            return
        waiting.cancel()
    outbox.scheduled = loop.call_soon(publish, ls) if at <= loop.time() else loop.call_at(at, publish, ls)


def publish_now(ls: RouteWardenServer) -> None:
    """What the next turn would do, at once: for a request that needs the state of this moment."""
    if ls.outbox.scheduled is not None:
        ls.outbox.scheduled.cancel()
        publish(ls)


def publish(ls: RouteWardenServer) -> None:
    """Show what is new: the edited files, then as many others as fit into a slice."""
    outbox = ls.outbox
    outbox.scheduled = None
    loop = asyncio.get_running_loop()
    started = loop.time()
    for folder in outbox.left:
        for told in list(ls.board.of_folder(folder).values()):
            show(ls, (folder, told.path), NOTHING)
    outbox.left.clear()
    for folder in ls.folders:
        if folder.loaded:
            _find_news(ls, folder)
    _tell_of_registers(ls)
    for home in outbox.urgent:
        _queue_pointing_at(ls, home)
        _refresh(ls, home)
        outbox.queue.pop(home, None)
    outbox.urgent.clear()
    spent = loop.time() - started
    deadline = loop.time() + SLICE
    while outbox.queue and loop.time() < deadline:
        home = next(iter(outbox.queue))
        del outbox.queue[home]
        _refresh(ls, home)
    if spent > SHORT:
        outbox.rest_until = loop.time() + spent
    if outbox.queue:
        outbox.rest_until = 0.0
        schedule(ls)
    else:
        send_status(ls)
    if outbox.pull_again:
        outbox.pull_again = False
        if ls.client.refresh_diagnostics:
            ls.workspace_diagnostic_refresh(None)


def _tell_of_registers(ls: RouteWardenServer) -> None:
    """Have clients that show endpoints ask again, where endpoints are not those that they were told of."""
    now = [(folder, folder.register.endpoints) for folder in ls.folders if folder.loaded and folder.register is not None]
    if now != ls.outbox.announced:
        endpoints.announce(ls)
    ls.outbox.announced = now


def requeue(ls: RouteWardenServer, folder: Folder) -> None:
    """Show a whole folder anew, because a setting changed or because it belongs to another folder now."""
    for path in dict.fromkeys((*folder.findings, *folder.notes, *ls.board.of_folder(folder))):
        ls.outbox.queue[folder, path] = None
    _open_ones_first(ls)
    schedule(ls)


def send_status(ls: RouteWardenServer) -> None:
    """Tell the client's status item, where something changed."""
    status = _status(ls)
    if not ls.outbox.closed and status != ls.outbox.status:
        ls.outbox.status = status
        state, count, findings, not_analysed = status
        ls.protocol.notify(
            STATUS, {"state": state, "endpoints": count, "findings": findings, "notAnalysed": not_analysed}
        )


def _status(ls: RouteWardenServer) -> Status:
    folders = list(ls.folders)
    state = "ready"
    if any(folder.stopped for folder in folders):
        state = "stopped"
    if any(not folder.loaded and not folder.stopped for folder in folders):
        state = "scanning"
    registers = [folder.register for folder in folders if folder.register is not None]
    count = sum(len(register.endpoints) for register in registers)
    return state, count, ls.board.findings, sum(len(register.not_analysed) for register in registers)


def _find_news(ls: RouteWardenServer, folder: Folder) -> None:
    """Queue the files whose findings or notes are not those that were shown. The engine keeps what did not change identical."""
    try:
        findings, register = folder.project.findings(behind=False), folder.project.register
        if folder.project.is_deferred and ls.outbox.settling is None:
            settle_later(ls)
    except Exception:
        # The last good results stay; typing on is what usually mends it.
        logger.exception("analysis of %s failed", folder.root)
        return
    queue = ls.outbox.queue
    before = len(queue)
    if findings is not folder.findings:
        shown = folder.findings
        for path, found in findings.items():
            if found is not (known := shown.get(path, ())) and found != known:
                queue[folder, path] = None
        for path in shown:
            if path not in findings:
                queue[folder, path] = None
        folder.findings = findings
    if register is not folder.register:
        folder.register = register
        notes = {missing.path: missing.reason for missing in register.not_analysed if kind_of(missing.path) is not None}
        for path in notes.keys() | folder.notes.keys():
            if notes.get(path) != folder.notes.get(path):
                queue[folder, path] = None
        folder.notes = notes
    if len(queue) > before:
        _open_ones_first(ls)


def _open_ones_first(ls: RouteWardenServer) -> None:
    outbox = ls.outbox
    first = {home: None for document in ls.documents for home in document.homes if home in outbox.queue}
    if first:
        outbox.queue = {**first, **outbox.queue}


def _queue_pointing_at(ls: RouteWardenServer, home: Home) -> None:
    """Diagnostics of other files name lines of this one."""
    folder, path = home
    for key in ls.board.pointed_at_by.get(folder.key_of(path), ()):
        told = ls.board.told[key]
        ls.outbox.queue[told.folder, told.path] = None


def _refresh(ls: RouteWardenServer, home: Home) -> None:
    folder, path = home
    if not folder.loaded or not ls.folders.holds(folder):
        return  # a folder that went: what was queued of it before must not show again what `left` cleared
    if not folder.owns(path):
        if _is_told_by(ls, home):
            show(ls, home, NOTHING)
        return
    try:
        rendered = rendering(ls, home)
    except Exception:
        logger.exception("%s cannot be shown", path)
        return
    show(ls, home, rendered)


def rendering(ls: RouteWardenServer, home: Home) -> Rendered:
    """The diagnostics of a file as they are now."""
    folder, path = home
    if problems := folder.settings_problems.get(path):
        return render_problems(problems)
    return render(folder, path, folder.findings.get(path, ()), _note(ls, home), ls.documents.encoding)


def _note(ls: RouteWardenServer, home: Home) -> str:
    """Why a file is analysed in part only. Not said of a file that is being typed in, unless it was said before."""
    folder, path = home
    note = folder.notes.get(path, "")
    document = ls.documents.by_key(folder.key_of(path)) if note else None
    if document is None:
        return note
    told = ls.board.told.get(document.key)
    quiet = time.monotonic() - document.edited_at
    if quiet >= QUIET or (told is not None and told.noted):
        return note
    if home not in ls.outbox.noted_later:
        ls.outbox.noted_later.add(home)
        asyncio.get_running_loop().call_later(QUIET - quiet + 0.01, _refresh_later, ls, home)
    return ""


def _refresh_later(ls: RouteWardenServer, home: Home) -> None:
    ls.outbox.noted_later.discard(home)
    ls.outbox.queue[home] = None
    schedule(ls)


def _is_told_by(ls: RouteWardenServer, home: Home) -> bool:
    told = ls.board.told.get(home[0].key_of(home[1]))
    return told is not None and told.folder is home[0]


def show(ls: RouteWardenServer, home: Home, rendered: Rendered) -> None:
    """Have the client show this of a document, if it does not yet."""
    folder, path = home
    key = folder.key_of(path)
    document = ls.documents.by_key(key)
    uri = document.uri if document is not None else folder.uri_of(path)
    before = ls.board.told.get(key)
    if not ls.board.put(folder, path, uri, rendered):
        return
    if before is not None and before.uri != uri and ls.outbox.pulled is None:
        _send(ls, before.uri, None, NOTHING)
    if ls.outbox.pulled is not None:
        ls.outbox.pulled.set()
        # The client asks again by itself for what is typed in, and not for other open documents.
        ls.outbox.pull_again |= document is not None and home not in ls.outbox.urgent
        return
    _send(ls, uri, document.version if document is not None else None, rendered)


def _send(ls: RouteWardenServer, uri: str, version: int | None, rendered: Rendered) -> None:
    ls.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(
            uri=uri,
            diagnostics=to_diagnostics(rendered, ls.client),
            version=version if ls.client.diagnostic_version else None,
        )
    )

"""The cold scan of a folder: one step after the other on the event loop, behind everything that the user does.

Invariant: the loop is free between two steps, and while somebody types the scan takes a break after each. Nothing is
published of a folder before its scan has ended, because what the last file says (a fallback policy) may clear the findings of
the first. The progress bar appears only where a scan takes long enough to be noticed, and cancelling it stops the scan.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#serverInitiatedProgress
"""

import asyncio
import gc
import logging
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from lsprotocol import types

from routewarden.lsp.folders import Folder
from routewarden.lsp.publishing import requeue, schedule, send_status
from routewarden.lsp.repository_settings import reload
from routewarden.lsp.session import RouteWardenServer, in_background
from routewarden.lsp.watching import take_over

logger = logging.getLogger(__name__)

TURN = 0.003  # seconds of scanning between two turns of the loop
NOTICED = 0.3  # seconds after which a scan shows its progress
REPORT_EVERY = 0.15  # seconds
TYPING = 0.3  # seconds after an edit during which the scan gives way
BREATH = 0.004  # seconds that it then sleeps after each step: time for the thread that reads stdin


def start_scan(ls: RouteWardenServer, folder: Folder) -> None:
    """Scan a folder in the background, one folder at a time."""
    in_background(ls, asyncio.get_running_loop().create_task(scan(ls, folder)))
    send_status(ls)


async def scan(ls: RouteWardenServer, folder: Folder) -> None:
    """Load the folder, then have its findings published."""
    async with ls.one_scan:
        if folder.root not in ls.folders.by_root:
            return  # removed while it waited
        started = time.monotonic()
        with _short_switch_interval():
            finished = await _load(ls, folder)
        folder.loaded, folder.stopped = finished, not finished
        # What the scan built lives as long as the session: the collector need not walk it again on some keystroke.
        gc.freeze()
    if finished:
        folder.project.settle()  # what was typed meanwhile
        ls.documents.rehome()  # now it is known which files count
        if folder.changed_on_disk:
            take_over(ls, folder, folder.changed_on_disk)
            folder.changed_on_disk = []
        reload(ls, folder)
        logger.info("scanned %s in %.1f s", folder.root, time.monotonic() - started)
        requeue(ls, folder)
    schedule(ls)


async def _load(ls: RouteWardenServer, folder: Folder) -> bool:
    """Exhaust the engine's `load`; False where the user stopped it or the folder went away."""
    token: str | None = None
    started = reported = turned = time.monotonic()
    finished = True
    noticed = 0.0 if ls.client.debug else NOTICED
    try:
        for done, total in folder.project.load():
            now = time.monotonic()
            if now - turned < TURN:
                continue
            if token is None and ls.client.work_done_progress and now - started > noticed:
                token = await _begin(ls, folder)
            if token is not None and now - reported > REPORT_EVERY:
                reported = now
                percentage = min(100, done * 100 // max(1, total))
                ls.work_done_progress.report(
                    token, types.WorkDoneProgressReport(message=f"{done}/{total} files", percentage=percentage)
                )
            await asyncio.sleep(BREATH if _is_typing(ls, now) else 0)
            turned = time.monotonic()
            if ls.folders.by_root.get(folder.root) is not folder or _is_cancelled(ls, token):
                finished = False
                break
    finally:
        if token is not None:
            ls.work_done_progress.end(token, types.WorkDoneProgressEnd(message="done" if finished else "stopped"))
            ls.work_done_progress.tokens.pop(token, None)
    return finished


async def _begin(ls: RouteWardenServer, folder: Folder) -> str | None:
    """A progress bar of the client's; None where it does not answer."""
    token = str(uuid.uuid4())
    try:
        await asyncio.wait_for(ls.work_done_progress.create_async(token), timeout=2)
    except Exception as error:
        logger.info("no progress bar: %s", error)
        return None
    name = folder.root.rstrip("/").rsplit("/", 1)[-1]
    ls.work_done_progress.begin(
        token, types.WorkDoneProgressBegin(title=f"RouteWarden: scanning {name}", cancellable=True, percentage=0)
    )
    return token


def _is_cancelled(ls: RouteWardenServer, token: str | None) -> bool:
    return token is not None and (future := ls.work_done_progress.tokens.get(token)) is not None and future.cancelled()


def _is_typing(ls: RouteWardenServer, now: float) -> bool:
    return any(now - document.edited_at < TYPING for document in ls.documents)


@contextmanager
def _short_switch_interval() -> Iterator[None]:
    """Let the thread that reads stdin have the interpreter sooner (measured: hover p95 during a scan 99 ms, then 23 ms)."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(before)

"""The server object that every handler gets as `ls`: the state of one session, on the event loop and nowhere else.

Invariant: no handler runs in a thread. stdin is read in one, so a threaded handler would starve the input (measured: a
hover took 2.8 s instead of 4 ms); everything here runs on the loop, in steps of a few milliseconds.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcContentModified,
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcMethodNotFound,
    PyglsError,
)
from pygls.lsp.server import LanguageServer

from routewarden import __version__
from routewarden.analysis.workspace import Workspace, open_folder
from routewarden.lsp.client import Client
from routewarden.lsp.diagnostics import Board
from routewarden.lsp.documents import Documents
from routewarden.lsp.feed import Feed
from routewarden.lsp.folders import Folder, Folders, Home, OpenFolder
from routewarden.model.register import Endpoint

logger = logging.getLogger(__name__)

ANSWERS = (JsonRpcContentModified, JsonRpcInvalidParams, JsonRpcMethodNotFound)  # errors that tell the client something
Status = tuple[str, int, int, int]  # state, endpoints, findings, files that are not analysed or in part only


@dataclass(slots=True)
class Outbox:
    """What waits to be shown. Dictionaries stand for ordered sets."""

    urgent: dict[Home, None] = field(default_factory=dict)  # their text changed
    queue: dict[Home, None] = field(default_factory=dict)  # their findings, or texts they point to, changed
    left: list[Folder] = field(default_factory=list)  # no longer part of the workspace
    noted_later: set[Home] = field(default_factory=set)  # have a timer: unreadable files that are being typed in
    closed: bool = False  # the session has ended
    scheduled: asyncio.Handle | None = None
    settling: asyncio.TimerHandle | None = None  # runs when the typing pauses
    rest_until: float = 0.0  # loop time before which nothing is computed again
    status: Status | None = None  # as last sent
    announcing: asyncio.TimerHandle | None = None  # tells the client that the register changed
    announced: list[tuple[Folder, tuple[Endpoint, ...]]] = field(default_factory=list)  # what it was last told of
    pulled: asyncio.Event | None = None  # set where the client pulls: diagnostics changed
    pull_again: bool = False  # ... of an open document that was not edited


def open_today(root: Path) -> Workspace:
    """The engine of a folder, with waivers that expire by today's date."""
    return open_folder(root, date.today())


class RouteWardenServer(LanguageServer):
    """One session with one client."""

    def __init__(self, open_folder: OpenFolder = open_today) -> None:
        super().__init__(
            "routewarden", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental, max_workers=2
        )
        self.client = Client()
        self.folders = Folders(open_folder)
        self.board = Board()
        self.outbox = Outbox()
        self.feed = Feed()
        self.tasks: set[asyncio.Task[None]] = set()
        self.one_scan = asyncio.Lock()

    @property
    def documents(self) -> Documents:
        """The open documents. Raises RuntimeError before `initialize`."""
        documents = self.workspace
        if not isinstance(documents, Documents):
            raise RuntimeError("the session is not initialized")
        return documents

    def report_server_error(self, error: Exception, source: type[PyglsError] | type[JsonRpcException]) -> None:  # noqa: ARG002
        """Log an exception that a handler let out; pygls would show a popup for each."""
        if isinstance(error, ANSWERS):
            return
        data = error.data if isinstance(error, JsonRpcException) else None
        trace = "".join(data.get("traceback", ())) if isinstance(data, dict) else ""
        logger.error("%s: %s%s", type(error).__name__, error, f"\nTraceback:\n{trace}" if trace else "")


def in_background(ls: RouteWardenServer, task: "asyncio.Task[None]") -> None:
    """Keep a task alive until it ends, and log what it raises."""
    ls.tasks.add(task)
    task.add_done_callback(ls.tasks.discard)
    task.add_done_callback(_log_failure)


def _log_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("background task failed: %s", error, exc_info=error)


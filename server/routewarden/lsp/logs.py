"""Where the server's words go: stderr, and the client's output channel. Never stdout, never a popup.

Invariant: a handler that fails leaves a traceback in the log and nothing on the user's screen. pygls' own logger is kept to
warnings, because below that it prints every message of the protocol, documents included.
"""

import logging
import sys

from lsprotocol import types

from routewarden.lsp.session import ANSWERS, RouteWardenServer

_LEVELS = (
    (logging.ERROR, types.MessageType.Error),
    (logging.WARNING, types.MessageType.Warning),
    (logging.INFO, types.MessageType.Info),
)


class ClientHandler(logging.Handler):
    """Sends records as `window/logMessage`; editors show them in an output channel."""

    def __init__(self, ls: RouteWardenServer) -> None:
        super().__init__(logging.INFO)
        self.ls = ls

    def emit(self, record: logging.LogRecord) -> None:
        if self.ls.protocol._workspace is None or self.ls.protocol._shutdown:
            return
        kind = next((kind for level, kind in _LEVELS if record.levelno >= level), types.MessageType.Log)
        try:
            self.ls.window_log_message(types.LogMessageParams(kind, self.format(record)))
            record.told_client = True
        except Exception:
            self.handleError(record)  # to stderr


def untold(record: logging.LogRecord) -> bool:
    """False for what the client was told already: editors show stderr in the same channel, as errors."""
    return not getattr(record, "told_client", False)


def expected(record: logging.LogRecord) -> bool:
    """False for what pygls reports as a failure and is none: errors that are answers, and requests cancelled too late."""
    if record.exc_info and isinstance(record.exc_info[1], ANSWERS):
        return False
    return not str(record.msg).startswith("Cancel notification for unknown message id")


def log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(untold)
    logging.getLogger("routewarden").setLevel(logging.INFO)
    pygls = logging.getLogger("pygls")
    pygls.setLevel(logging.WARNING)
    for name in ("pygls.protocol.json_rpc", "pygls.protocol"):
        logging.getLogger(name).addFilter(expected)


def log_to_client(ls: RouteWardenServer) -> None:
    logging.getLogger("routewarden").addHandler(ClientHandler(ls))

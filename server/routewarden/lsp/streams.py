"""The session over stdin and stdout, with as few waits for the input as there are chunks of it.

Invariant: what has arrived is handled before the loop goes on, so that a burst of keys becomes one computation. pygls reads each line of
a header and each body in a trip to another thread of its own, which costs a key more than its parse does, and during a scan
three turns of the loop; here a chunk is one trip, whatever is in it. The protocol itself stays pygls'.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import BinaryIO, Protocol

from pygls.io_ import StdoutWriter, run_async

from routewarden.lsp.session import RouteWardenServer

CHUNK = 1 << 16  # bytes; a larger message is read in several


class ChunkSource(Protocol):
    """`io.BufferedReader` is one: `read1` waits for some bytes and gives what there is; b"" is the end."""

    def read1(self, size: int, /) -> bytes: ...


class ChunkReader:
    """The reader that pygls' message loop asks; a call that the buffer can answer does not wait."""

    def __init__(self, source: ChunkSource, executor: ThreadPoolExecutor) -> None:
        self._source = source
        self._executor = executor
        self._buffer = bytearray()

    async def readline(self) -> bytes:
        """Bytes up to and with the next line feed; what is left where the input ends."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if not await self._more():
                return self._take(len(self._buffer))
        return self._take(end + 1)

    async def readexactly(self, size: int) -> bytes:
        """`size` bytes; b"" where the input ends before."""
        while len(self._buffer) < size:
            if not await self._more():
                return b""
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def _more(self) -> bool:
        chunk = await asyncio.get_running_loop().run_in_executor(self._executor, self._source.read1, CHUNK)
        self._buffer += chunk
        return bool(chunk)


def run_session(ls: RouteWardenServer, stdin: ChunkSource, stdout: BinaryIO) -> None:
    """Serve until the client says `exit` or its end of the pipe closes."""
    ls.protocol.set_writer(StdoutWriter(stdout))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="stdin") as executor:
        try:
            asyncio.run(
                run_async(
                    stop_event=Event(),
                    reader=ChunkReader(stdin, executor),
                    protocol=ls.protocol,
                    logger=logging.getLogger("pygls.io_"),
                    error_handler=ls.report_server_error,
                )
            )
        except BrokenPipeError:
            logging.getLogger(__name__).warning("the client is gone")
        except (KeyboardInterrupt, SystemExit):
            pass  # `exit`

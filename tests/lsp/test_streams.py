"""Reading the input in chunks: whatever the chunks are, the lines and bodies are the same."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from routewarden.lsp.streams import ChunkReader


class Chunks:
    """An input that arrives in pieces, and counts how often it was asked."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = list(chunks)
        self.asked = 0

    def read1(self, size: int) -> bytes:
        self.asked += 1
        return self.chunks.pop(0) if self.chunks else b""


def read_all(chunks: list[bytes], bodies: int) -> tuple[list[bytes], int]:
    source = Chunks(chunks)

    async def run() -> list[bytes]:
        with ThreadPoolExecutor(1) as executor:
            reader = ChunkReader(source, executor)
            found: list[bytes] = []
            for _ in range(bodies):
                length = 0
                while (line := await reader.readline()).strip():
                    if line.startswith(b"Content-Length: "):
                        length = int(line[16:])
                found.append(await reader.readexactly(length))
            return [*found, await reader.readline()]

    return asyncio.run(run()), source.asked


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5), st.lists(st.integers(1, 30), max_size=20))
def test_any_chunks_give_the_same_messages(bodies: list[bytes], cuts: list[int]) -> None:
    data = b"".join(b"Content-Length: %d\r\nX: y\r\n\r\n%s" % (len(body), body) for body in bodies)
    chunks: list[bytes] = []
    for cut in cuts:
        chunks, data = [*chunks, data[:cut]], data[cut:]
    found, _ = read_all([chunk for chunk in [*chunks, data] if chunk], len(bodies))
    assert found == [*bodies, b""]


def test_a_burst_is_read_at_once() -> None:
    message = b"Content-Length: 2\r\n\r\n{}"
    found, asked = read_all([message * 50], 50)
    assert found == [b"{}"] * 50 + [b""]
    assert asked == 2, "the burst, and the end"


def test_an_input_that_ends_within_a_message() -> None:
    assert read_all([b"Content-Length: 9\r\n\r\n{"], 1)[0] == [b"", b"{"]
    assert read_all([b"Content-Le"], 1)[0] == [b"", b""]

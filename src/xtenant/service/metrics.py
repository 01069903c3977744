"""`GET /metrics` for the operator: a port of its own on this machine's loopback address, in plain HTTP, and nothing else there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

LOOPBACK = "127.0.0.1"
ASKED_SECONDS = 10.0
LONGEST_HEAD = 8_192
OK, NOT_FOUND = "200 OK", "404 Not Found"
TYPE = "text/plain; version=0.0.4; charset=utf-8"


@asynccontextmanager
async def metrics_on(port: int, read: Callable[[], str]) -> AsyncGenerator[int]:
    """Answer on a loopback port (0: any, which one is yielded) while the block runs. `read` runs in a thread."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ASKED_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                asked = head.split(b" ", 2)[:2] == [b"GET", b"/metrics"]
                body = (await asyncio.to_thread(read) if asked else "Only GET /metrics is here.\n").encode()
                told = OK if asked else NOT_FOUND
                writer.write(
                    f"HTTP/1.1 {told}\r\nContent-Type: {TYPE}\r\nContent-Length: {len(body)}\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return  # whoever asked so badly gets no answer
        finally:
            writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, port, limit=LONGEST_HEAD)
    async with server:
        yield int(server.sockets[0].getsockname()[1])

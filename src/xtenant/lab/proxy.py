"""The lab's HTTP CONNECT proxy: known host names lead to a loopback port, every other host is refused.

It reads one bounded request head, opens the way, and then carries bytes both ways without looking at them; when one side
ends its half, the other side is told. 403 for unknown hosts, 503 for known ones that are stopped (settled A 4). Plain
requests (without CONNECT) are refused too, so that nothing of a client inside the lab leaves the machine.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable

import structlog

from xtenant.lab.ports import LOOPBACK

log = structlog.get_logger("xtenant.lab.proxy")

HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 5.0
PIECE_BYTES = 256 * 1024
MAX_TUNNELS = 2_000
MAX_REFUSED_NAMES = 1_000

PortOf = Callable[[str], int | None]
"""Host name → its port now, None when its server is stopped; KeyError for a host the lab does not know."""

_TEXTS = {400: "Bad Request", 403: "Forbidden", 405: "Method Not Allowed", 431: "Head Too Large", 503: "Unavailable"}


class Refusal(Exception):
    """Why a request gets no tunnel."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class ConnectProxy:
    """Serves on one loopback port until `stop`; `refused` counts the hosts that were asked for and do not exist here."""

    def __init__(self, port_of: PortOf) -> None:
        self.port = 0
        self.refused: Counter[str] = Counter()
        self._port_of = port_of
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._tunnels: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; `port` holds the number afterwards. Raises OSError when it is taken."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
            listener.listen(256)
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._accepting = asyncio.create_task(self._accept(listener))

    async def stop(self) -> None:
        """Stop listening and cut every tunnel."""
        tasks = [*([self._accepting] if self._accepting else []), *self._tunnels]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._listener:
            self._listener.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        room = asyncio.Semaphore(MAX_TUNNELS)
        while True:
            await room.acquire()
            client, _ = await loop.sock_accept(listener)
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = asyncio.create_task(self._serve(client))
            self._tunnels.add(task)
            task.add_done_callback(lambda done: (self._tunnels.discard(done), room.release()))

    async def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                async with asyncio.timeout(HEAD_SECONDS):
                    head, early = await _read_head(client)
                server = await self._open(head)
            except Refusal as refusal:
                await _answer(client, refusal)
            except (OSError, TimeoutError, EOFError):
                return
            else:
                with server:
                    await _carry(client, server, early)

    async def _open(self, head: bytes) -> socket.socket:
        host = self._host_of(head)
        try:
            port = self._port_of(host)
        except KeyError:
            self._count_refused(host)
            raise Refusal(403, f"{host} does not exist in this lab.") from None
        if port is None:
            raise Refusal(503, f"{host} is stopped.")
        server = socket.socket()
        try:
            server.setblocking(False)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(server, (LOOPBACK, port))
        except (OSError, TimeoutError):
            server.close()
            raise Refusal(503, f"{host} does not answer.") from None
        except BaseException:
            server.close()
            raise
        return server

    def _host_of(self, head: bytes) -> str:
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise Refusal(400, "This is an HTTP proxy.")
        method, target = words[0], words[1]
        if method != "CONNECT":
            host = target.split("://", 1)[-1].split("/", 1)[0]
            self._count_refused(host.lower())
            raise Refusal(403, "The lab speaks https only.")
        host, _, port = target.rpartition(":")
        if port != "443":
            self._count_refused(target.lower())
            raise Refusal(403, f"{target}: only port 443 leads somewhere in this lab.")
        return host.lower().rstrip(".")

    def _count_refused(self, host: str) -> None:
        name = host[:253]
        if name in self.refused or len(self.refused) < MAX_REFUSED_NAMES:
            self.refused[name] += 1
        log.info("proxy.refused", host=name)


async def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """The request head, and what came with it; Refusal when it is too large, EOFError when it never ends."""
    loop = asyncio.get_running_loop()
    read = bytearray()
    while (end := read.find(b"\r\n\r\n")) < 0:
        if len(read) > HEAD_BYTES:
            raise Refusal(431, "The request head is too large.")
        piece = await loop.sock_recv(client, HEAD_BYTES)
        if not piece:
            raise EOFError
        read += piece
    return bytes(read[:end]), bytes(read[end + 4 :])


async def _answer(client: socket.socket, refusal: Refusal) -> None:
    body = f"{refusal.text}\n".encode()
    head = (
        f"HTTP/1.1 {refusal.status} {_TEXTS[refusal.status]}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            await loop.sock_sendall(client, head.encode() + body)
            client.shutdown(socket.SHUT_WR)
            await loop.sock_recv(client, HEAD_BYTES)  # let the client close first, or its reader may see a reset
    except (OSError, TimeoutError):
        return


async def _carry(client: socket.socket, server: socket.socket, early: bytes) -> None:
    """Carry bytes both ways until both sides have ended, or one of them breaks."""
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(client, b"HTTP/1.1 200 Connection established\r\n\r\n")
        if early:
            await loop.sock_sendall(server, early)
        async with asyncio.TaskGroup() as both:
            both.create_task(_carry_one_way(client, server))
            both.create_task(_carry_one_way(server, client))
    except (OSError, ExceptionGroup):
        return  # one side is gone; leaving closes the other


async def _carry_one_way(source: socket.socket, sink: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    room = memoryview(bytearray(PIECE_BYTES))
    while size := await loop.sock_recv_into(source, room):
        await loop.sock_sendall(sink, room[:size])
    sink.shutdown(socket.SHUT_WR)

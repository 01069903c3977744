"""Small servers for the lab's tests: an ASGI application that says what reached it, on a leased port with a real certificate."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from starlette.types import Receive, Scope, Send

from xtenant.lab.certificates import CertificateFolder
from xtenant.lab.listener import Listener
from xtenant.lab.ports import lease_port
from xtenant.lab.proxy import ConnectProxy
from xtenant.outside.clock import SystemClock

CLOCK = SystemClock()


class Echo:
    """Answers with its name, the request line, the host and the size of the body; a body starting `slow` is echoed back."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        headers = dict(scope["headers"])
        raw = scope.get("raw_path", b"").decode()
        if raw.startswith("/v1.0/bytes/"):
            await send_bytes(send, int(raw.rsplit("/", 1)[1]))
            return
        text = (
            f"{self.name} {scope['method']} {raw}?{scope['query_string'].decode()} {headers[b'host'].decode()} {size}"
        )
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-tenant", self.name.encode())]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else text.encode()})


async def send_bytes(send: Send, count: int) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(count // 65536):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    await send({"type": "http.response.body", "body": b"x" * (count % 65536)})


def certificates(folder: Path, **servers: Sequence[str]) -> CertificateFolder:
    made = CertificateFolder(folder=folder)
    made.renew("test", dict(servers), now=datetime.now(UTC))
    return made


def tls_of(folder: CertificateFolder) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder.ca_file))


@asynccontextmanager
async def serving(app: object, folder: CertificateFolder, server: str) -> AsyncIterator[int]:
    lease = lease_port()
    listener = Listener(
        app,  # type: ignore[arg-type]
        port=lease.port,
        certificate=folder.certificate_file(server),
        key=folder.key_file(server),
        clock=CLOCK,
    )
    await listener.start()
    try:
        yield lease.port
    finally:
        await listener.stop()
        lease.release()


@asynccontextmanager
async def proxying(ports: dict[str, int | None]) -> AsyncIterator[ConnectProxy]:
    proxy = ConnectProxy(ports.__getitem__)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()


def client_through(
    proxy: ConnectProxy, folder: CertificateFolder, stack: AsyncExitStack | None = None
) -> httpx.AsyncClient:
    return httpx.AsyncClient(proxy=f"http://127.0.0.1:{proxy.port}", verify=tls_of(folder), trust_env=False, timeout=20)

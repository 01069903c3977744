"""Bulk transfer over real TLS, the lab's proxy and a real tenant edge; and connections that break in the middle."""

from __future__ import annotations

import io
from pathlib import Path

import anyio.to_thread
import pytest
from starlette.types import Receive, Scope, Send

from clock import FakeClock
from graph_tenant import ANN, GraphTenant, graph_tenant
from lab.servers import certificates, proxying, serving
from xtenant.domain import errors
from xtenant.protocols.graph.codec.drives import drive_id
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.transport import Connection

pytestmark = pytest.mark.anyio

HOST = "contoso.sharepoint.com"
BODY = bytes(range(256)) * 12_000


class Cutting:
    """Cuts the first answers that carry content after some bytes."""

    def __init__(self, graph: GraphTenant, cuts: int) -> None:
        self.graph, self.cuts = graph, cuts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or self.cuts == 0:
            await self.graph.edge(scope, receive, send)
            return
        self.cuts -= 1

        async def cut(message: dict[str, object]) -> None:
            body = message.get("body", b"")
            if message["type"] == "http.response.body" and isinstance(body, bytes) and len(body) > 100_000:
                await send({**message, "body": body[:100_000], "more_body": True})
                raise ConnectionResetError
            await send(message)

        await self.graph.edge(scope, receive, cut)  # type: ignore[arg-type]


async def test_content_goes_up_and_down_through_proxy_and_tls(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "store").mkdir()
    with graph_tenant(tmp_path / "store", clock) as graph:
        folder = certificates(tmp_path, contoso=[HOST])
        async with serving(graph.edge, folder, "contoso") as port, proxying({HOST: port}) as proxy:
            connection = Connection(proxy_url=f"http://127.0.0.1:{proxy.port}", ca_file=folder.ca_file)
            bulk = BulkTransfer(connection, clock=clock)
            await anyio.to_thread.run_sync(round_trip, graph, bulk)
            bulk.close()


def round_trip(graph: GraphTenant, bulk: BulkTransfer) -> None:
    drive = drive_id(graph.make_site())
    session = graph.ask("POST", f"/drives/{drive}/root:/big.bin:/createUploadSession", ANN, json={})
    item = bulk.upload(session.json()["uploadUrl"], io.BytesIO(BODY), len(BODY), fragment=1_000_000)
    assert (item["name"], item["size"]) == ("big.bin", len(BODY))
    address = str(item["@microsoft.graph.downloadUrl"])
    assert b"".join(bulk.download(address)) == BODY
    assert b"".join(bulk.download(address, start=1_000_001, size=999)) == BODY[1_000_001:1_001_000]
    with pytest.raises(errors.NotSignedIn):
        list(bulk.download(address.replace("tempauth=v1.", "tempauth=v1.x")))
    with pytest.raises(errors.NotFound):
        graph.ask("DELETE", f"/drives/{drive}/items/{item['id']}", ANN)
        list(bulk.download(address))


async def test_a_download_goes_on_where_it_broke(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "store").mkdir()
    with graph_tenant(tmp_path / "store", clock) as graph:
        folder = certificates(tmp_path, contoso=[HOST])
        cutting = Cutting(graph, cuts=3)
        async with serving(cutting, folder, "contoso") as port, proxying({HOST: port}) as proxy:
            connection = Connection(proxy_url=f"http://127.0.0.1:{proxy.port}", ca_file=folder.ca_file)
            bulk = BulkTransfer(connection, clock=clock)
            address = (await anyio.to_thread.run_sync(put, graph))["@microsoft.graph.downloadUrl"]
            found = await anyio.to_thread.run_sync(lambda: b"".join(bulk.download(address)))
            assert (found == BODY, cutting.cuts) == (True, 0)
            bulk.close()


def put(graph: GraphTenant) -> dict[str, str]:
    return graph.put(graph.make_site(), "big.bin", BODY)


async def answer_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Takes a body and answers an empty JSON object."""
    while (await receive()).get("more_body", False):
        continue
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def test_a_kept_connection_whose_server_is_gone_is_not_used_again(tmp_path: Path, clock: FakeClock) -> None:
    folder = certificates(tmp_path, contoso=[HOST])
    ports: dict[str, int | None] = {HOST: None}
    async with proxying(ports) as proxy:
        bulk = BulkTransfer(Connection(proxy_url=f"http://127.0.0.1:{proxy.port}", ca_file=folder.ca_file), clock=clock)
        for _ in range(2):
            async with serving(answer_nothing, folder, "contoso") as ports[HOST]:
                for _ in range(2):
                    answer = await anyio.to_thread.run_sync(bulk.send, f"https://{HOST}/import", iter([b"x"]), {})
                    assert answer == {}
        bulk.close()


async def answer_in_part(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuses one path; begins to answer the other and breaks off."""
    while (await receive()).get("more_body", False):
        continue
    await send({"type": "http.response.start", "status": 404 if scope["path"] == "/refused" else 200, "headers": []})
    await send({"type": "http.response.body", "body": BODY[:300_000], "more_body": scope["path"] != "/refused"})
    if scope["path"] != "/refused":
        raise ConnectionResetError


async def test_an_answer_is_read_as_it_comes_and_one_that_breaks_off_is_told(tmp_path: Path, clock: FakeClock) -> None:
    folder = certificates(tmp_path, contoso=[HOST])
    async with serving(answer_in_part, folder, "contoso") as port, proxying({HOST: port}) as proxy:
        bulk = BulkTransfer(Connection(proxy_url=f"http://127.0.0.1:{proxy.port}", ca_file=folder.ca_file), clock=clock)
        await anyio.to_thread.run_sync(read_in_part, bulk)
        bulk.close()


def read_in_part(bulk: BulkTransfer) -> None:
    with bulk.asked(f"https://{HOST}/refused", b"{}", {}) as answer:
        assert (answer.status, answer.read(10), answer.read(1_000_000)) == (404, BODY[:10], BODY[10:300_000])
    found = bytearray()
    with bulk.asked(f"https://{HOST}/broken", b"{}", {}) as answer, pytest.raises(errors.NetworkError):
        while piece := answer.read(100_000):
            found += piece
    assert bytes(found) == BODY[: len(found)]

"""The proxy leads known hosts to their ports and refuses everything else."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from lab.servers import Echo, certificates, client_through, proxying, serving
from xtenant.lab.ports import PortTaken, is_listening, lease_port
from xtenant.lab.proxy import ConnectProxy

HOST = "contoso.sharepoint.com"


def talk(ports: dict[str, int | None], request: bytes) -> tuple[bytes, ConnectProxy]:
    """Send raw bytes to a proxy; everything it answers until it closes."""

    async def scenario() -> tuple[bytes, ConnectProxy]:
        async with proxying(ports) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(request)
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return answer, proxy

    return asyncio.run(scenario())


def test_an_unknown_host_is_refused_and_counted() -> None:
    answer, proxy = talk({HOST: 1}, b"CONNECT www.microsoft.com:443 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ") and b"www.microsoft.com does not exist in this lab." in answer
    assert proxy.refused == {"www.microsoft.com": 1}


def test_a_known_host_that_is_stopped_is_unavailable() -> None:
    answer, proxy = talk({HOST: None}, f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 503 ") and not proxy.refused


def test_a_known_host_whose_process_is_gone_is_unavailable() -> None:
    lease = lease_port()
    answer, _ = talk({HOST: lease.port}, f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
    lease.release()
    assert answer.startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (f"CONNECT {HOST}:22 HTTP/1.1\r\n\r\n".encode(), 403),
        (b"GET http://www.example.com/ HTTP/1.1\r\n\r\n", 403),
        (f"GET http://{HOST}/ HTTP/1.1\r\n\r\n".encode(), 403),
        (b"\x16\x03\x01 hello\r\n\r\n", 400),
        (b"CONNECT " + b"a" * 40_000 + b":443 HTTP/1.1\r\n\r\n", 431),
    ],
)
def test_whatever_is_not_a_tunnel_to_port_443_is_refused(request_bytes: bytes, status: int) -> None:
    answer, _ = talk({HOST: 1}, request_bytes)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


def test_an_ended_half_is_passed_on_and_the_other_half_still_answers() -> None:
    async def far_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        everything = await reader.read()  # ends only when the client's end of sending came through
        writer.write(everything[::-1])
        writer.close()

    async def scenario() -> bytes:
        server = await asyncio.start_server(far_end, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, proxying({HOST: port}) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\nabc".encode())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"d" * 1_000_000)
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            return answer

    assert asyncio.run(scenario()) == b"d" * 1_000_000 + b"cba"


def test_large_bodies_pass_both_ways(tmp_path: Path) -> None:
    folder = certificates(tmp_path, contoso=[HOST])

    async def scenario() -> tuple[int, str]:
        async with serving(Echo("contoso"), folder, "contoso") as port, proxying({HOST: port}) as proxy:
            async with client_through(proxy, folder) as client:
                down = await client.get(f"https://{HOST}/v1.0/bytes/5000000")
                up = await client.put(f"https://{HOST}/up", content=b"u" * 5_000_000)
                return len(down.content), up.text

    size, text = asyncio.run(scenario())
    assert size == 5_000_000 and text.endswith(" 5000000")


def test_a_stopped_proxy_listens_no_more() -> None:
    async def scenario() -> int:
        async with proxying({}) as proxy:
            return proxy.port

    assert not is_listening(asyncio.run(scenario()))


def test_a_port_that_somebody_listens_on_is_not_leased() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken):
            lease_port(other.getsockname()[1])


def test_a_port_is_leased_to_one_lab_only_although_nothing_listens_yet() -> None:
    lease = lease_port()
    with pytest.raises(PortTaken):
        lease_port(lease.port)
    lease.release()
    lease_port(lease.port).release()

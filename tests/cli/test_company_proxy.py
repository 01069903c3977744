"""A company's proxy that opens connections: real sockets, real TLS, certificates of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from clock import CountingIds
from xtenant.client.doctor.checkup import ONE_TRY
from xtenant.client.doctor.findings import Diagnosis
from xtenant.client.doctor.network import check_hosts
from xtenant.client.opening import ProfileNetwork, TenantOpener
from xtenant.client.profiles import Credential, CredentialKind, Profile, ProfileKind, ProfileStore
from xtenant.domain import errors
from xtenant.lab.certificates import KeyPair, create_authority, issue_server
from xtenant.outside.clock import SystemClock

HOSTS = [
    *("login.microsoftonline.com", "graph.microsoft.com", "contoso.sharepoint.com"),
    *("contoso-my.sharepoint.com", "contoso-admin.sharepoint.com"),
]
PROFILE = Profile(
    name="contoso",
    kind=ProfileKind.MICROSOFT365,
    admin_url="https://contoso-admin.sharepoint.com",
    tenant_id="11111111-1111-4111-8111-111111111111",
    client_id="aaaaaaaa-0000-4000-8000-000000000001",
    credential=Credential(kind=CredentialKind.DEVICE_CODE),
)


@contextmanager
def opening_proxy(folder: Path, authority: KeyPair) -> Generator[str]:
    """A CONNECT proxy that answers everything itself, with 401 and the tenant's id, under the authority's certificate."""
    pair = issue_server(authority, HOSTS, now=datetime.now(UTC))
    (folder / "proxy.pem").write_bytes(pair.key_pem + pair.certificate_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "proxy.pem")
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                _answer(server.accept()[0], context)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def _answer(connection: socket.socket, context: ssl.SSLContext) -> None:
    with connection, suppress(OSError):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as inside:
            inside.recv(65_536)
            challenge = f'WWW-Authenticate: Bearer realm="{PROFILE.tenant_id}"'.encode()
            inside.sendall(
                b"HTTP/1.1 401 Unauthorized\r\n" + challenge + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )


def looked_at(folder: Path, proxy: str, authority: Path | None) -> Diagnosis:
    """The doctor's look at the network, by way of the proxy."""
    network = ProfileNetwork(None, company_proxy=proxy, company_ca=authority)
    opener = TenantOpener(
        ProfileStore(folder),
        network,
        clock=SystemClock(),
        ids=CountingIds(),
        show=print,
        limits=ONE_TRY,
        read_only=True,
    )
    said = Diagnosis(profile="contoso")

    async def look() -> None:
        async with opener.unsigned(PROFILE) as session:
            await check_hosts(session, PROFILE, SystemClock(), said)

    anyio.run(look)
    return said


def test_a_proxy_with_certificates_of_its_own_is_named_until_its_authority_is(tmp_path: Path) -> None:
    authority = create_authority("company", now=datetime.now(UTC))
    file = tmp_path / "authority.pem"
    file.write_bytes(authority.certificate_pem)
    with opening_proxy(tmp_path, authority) as proxy:
        distrusted = looked_at(tmp_path, proxy, None)
        trusted = looked_at(tmp_path, proxy, file)
    assert {finding.check for finding in distrusted.findings} == {"tlsNotTrusted"}
    assert len(distrusted.findings) == len(HOSTS)
    assert {"reachability", "tenant"} <= set(trusted.passed)
    assert not trusted.found("tlsNotTrusted")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "nonsense://"])
def test_a_proxy_of_another_kind_is_told_before_anything_is_sent(tmp_path: Path, proxy: str) -> None:
    with pytest.raises(errors.UsageError, match="HTTPS_PROXY"):
        looked_at(tmp_path, proxy, None)

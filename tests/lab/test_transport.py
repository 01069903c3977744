"""The transport over real TLS and the lab's real proxy: own authorities only, and why a host was not reached."""

from __future__ import annotations

import ssl
from pathlib import Path

import anyio.to_thread
import httpx
import pytest

from clock import CountingIds, FakeClock
from lab.servers import Echo, certificates, proxying, serving
from xtenant.domain import errors, trust
from xtenant.domain.limits import DEFAULT
from xtenant.domain.tenant import Geo, GeoCode, HostUrl, Tenant, TenantId
from xtenant.protocols.partner.call import PartnerCalls
from xtenant.wire.partner_tokens import PartnerTokens, new_partner_key
from xtenant.wire.transport import Connection, Session, open_http, open_http_sync, tls_context

pytestmark = pytest.mark.anyio

HOST = "contoso-my.sharepoint.com"
STOPPED = "fabrikam-my.sharepoint.com"


async def token_for(resource: str) -> str:
    return "token"


def session(http: httpx.AsyncClient, clock: FakeClock) -> Session:
    return Session(http, token_for, clock=clock, ids=CountingIds())


async def test_both_clients_reach_a_host_through_proxy_and_authority(tmp_path: Path, clock: FakeClock) -> None:
    folder = certificates(tmp_path, contoso=[HOST])
    async with serving(Echo("contoso"), folder, "contoso") as port, proxying({HOST: port}) as proxy:
        connection = Connection(proxy_url=f"http://127.0.0.1:{proxy.port}", ca_file=folder.ca_file)
        async with open_http(connection) as http:
            assert (await session(http, clock).request("GET", f"https://{HOST}/a")).status_code == 200
        with open_http_sync(connection) as http_sync:
            answer = await anyio.to_thread.run_sync(http_sync.get, f"https://{HOST}/a")
            assert answer.status_code == 200


async def test_an_answer_beyond_the_limit_is_cut_off_on_the_wire(tmp_path: Path, clock: FakeClock) -> None:
    folder = certificates(tmp_path, contoso=[HOST])
    async with serving(Echo("contoso"), folder, "contoso") as port, proxying({HOST: port}) as proxy:
        connection = Connection(
            proxy_url=f"http://127.0.0.1:{proxy.port}", ca_file=folder.ca_file, max_response_bytes=100_000
        )
        async with open_http(connection) as http:
            with pytest.raises(errors.NetworkError, match="longer than"):
                await session(http, clock).request("GET", f"https://{HOST}/v1.0/bytes/50000000")


async def test_a_certificate_of_another_authority_is_not_trusted(tmp_path: Path, clock: FakeClock) -> None:
    folder = certificates(tmp_path, contoso=[HOST])
    async with serving(Echo("contoso"), folder, "contoso") as port, proxying({HOST: port}) as proxy:
        async with open_http(Connection(proxy_url=f"http://127.0.0.1:{proxy.port}")) as http:
            with pytest.raises(errors.NetworkError, match="is not trusted"):
                await session(http, clock).request("GET", f"https://{HOST}/")
    assert clock.waited == []


async def test_a_stopped_partner_is_unreachable_and_an_unknown_one_unknown(tmp_path: Path, clock: FakeClock) -> None:
    geo = Geo(code=GeoCode("NAM"), label="contoso")
    tenant = Tenant(
        tenant_id=TenantId(CountingIds().new_id()),
        name="contoso",
        display_name="Contoso",
        initial_domain="contoso.onmicrosoft.com",
        geos=(geo,),
    )
    folder = certificates(tmp_path, contoso=[HOST])
    tokens = PartnerTokens(tenant, new_partner_key(), clock=clock, ids=CountingIds(), limits=DEFAULT)
    async with proxying({STOPPED: None}) as proxy:
        connection = Connection(proxy_url=f"http://127.0.0.1:{proxy.port}", ca_file=folder.ca_file)
        async with open_http(connection) as http:
            calls = PartnerCalls(http, tokens, DEFAULT)
            with pytest.raises(errors.PartnerUnreachable, match="is stopped"):
                await calls.tenant_id_of(HostUrl(f"https://{STOPPED}/"))
            with pytest.raises(trust.UnknownPartner, match="no tenant at"):
                await calls.tenant_id_of(HostUrl("https://nobody-my.sharepoint.com/"))


def test_tls_is_1_2_or_newer_and_always_checked() -> None:
    context = tls_context(None)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)

"""The front of the shared hosts finds each request's tenant, by real HTTP, and says so clearly where it cannot."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from clock import CountingIds
from lab.servers import CLOCK, Echo, certificates, client_through, proxying, serving, tls_of
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST
from xtenant.lab.front import Front
from xtenant.lab.tenant_hints import KnownTenant, Signposts

CONTOSO_ID = "11111111-1111-4111-8111-111111111111"
FABRIKAM_ID = "22222222-2222-4222-8222-222222222222"
SHARED_APP = "9bc3ab49-b65d-410a-85ad-de819febfddc"
CONTOSO_APP = "aaaaaaaa-1111-4111-8111-111111111111"
FABRIKAM_APP = "bbbbbbbb-1111-4111-8111-111111111111"

TENANTS = [
    KnownTenant(
        name=name,
        tenant_id=tenant_id,
        domains=frozenset({f"{name}.onmicrosoft.com", f"{name}.com"}),
        client_ids=frozenset({app, SHARED_APP}),
    )
    for name, tenant_id, app in (("contoso", CONTOSO_ID, CONTOSO_APP), ("fabrikam", FABRIKAM_ID, FABRIKAM_APP))
]


def jwt(**claims: str) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "x"}, claims)
    ]
    return ".".join([*parts, "signature"])


@dataclass
class World:
    client: httpx.AsyncClient
    ports: dict[str, int | None]


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """Two echoing services behind a front, and a client that reaches the front through the proxy."""
    made = certificates(
        folder,
        front=[LOGIN_HOST, GRAPH_HOST],
        contoso=["contoso-admin.sharepoint.com"],
        fabrikam=["fabrikam-admin.sharepoint.com"],
    )
    async with serving(Echo("contoso"), made, "contoso") as one, serving(Echo("fabrikam"), made, "fabrikam") as two:
        ports: dict[str, int | None] = {"contoso": one, "fabrikam": two}
        front = Front(Signposts(TENANTS), ports.__getitem__, tls=tls_of(made), clock=CLOCK, ids=CountingIds())
        async with serving(front, made, "front") as port:
            async with proxying(dict.fromkeys((LOGIN_HOST, GRAPH_HOST), port)) as proxy:
                async with client_through(proxy, made) as client:
                    yield World(client, ports)


def ask(folder: Path, scenario: Callable[[World], Awaitable[httpx.Response]]) -> httpx.Response:
    async def run() -> httpx.Response:
        async with world(folder) as here:
            return await scenario(here)

    return asyncio.run(run())


TOKEN = f"https://{LOGIN_HOST}/common/oauth2/v2.0/token"
BASIC = "Basic " + base64.b64encode(f"{FABRIKAM_APP}:secret".encode()).decode()


@pytest.mark.parametrize(
    ("method", "url", "options"),
    [
        ("POST", f"https://{LOGIN_HOST}/{FABRIKAM_ID}/oauth2/v2.0/token", {"data": {"grant_type": "x"}}),
        ("POST", f"https://{LOGIN_HOST}/{FABRIKAM_ID.upper()}/oauth2/v2.0/token", {"data": {"grant_type": "x"}}),
        ("GET", f"https://{LOGIN_HOST}/fabrikam.onmicrosoft.com/v2.0/.well-known/openid-configuration", {}),
        ("GET", f"https://{LOGIN_HOST}/Fabrikam.com/discovery/v2.0/keys", {}),
        ("POST", TOKEN, {"data": {"client_id": FABRIKAM_APP, "grant_type": "client_credentials"}}),
        ("POST", TOKEN, {"data": {"grant_type": "refresh_token"}, "headers": {"Authorization": BASIC}}),
        ("POST", TOKEN, {"data": {"client_id": SHARED_APP, "refresh_token": f"1.{FABRIKAM_ID}.abc"}}),
        ("POST", TOKEN, {"data": {"client_id": SHARED_APP, "device_code": f"{FABRIKAM_ID}.abc"}}),
        ("POST", TOKEN, {"data": {"client_id": SHARED_APP, "username": "ann@fabrikam.com", "password": "x"}}),
        ("POST", TOKEN, {"data": {"client_assertion": jwt(iss=FABRIKAM_APP, sub=FABRIKAM_APP)}}),
        ("GET", f"https://{LOGIN_HOST}/common/userrealm/ann@fabrikam.com?api-version=1.0", {}),
        ("GET", f"https://{GRAPH_HOST}/v1.0/me", {"headers": {"Authorization": f"Bearer {jwt(tid=FABRIKAM_ID)}"}}),
        (
            "PUT",
            f"https://{GRAPH_HOST}/v1.0/x",
            {"content": b"", "headers": {"Authorization": f"bearer {jwt(tid=FABRIKAM_ID)}"}},
        ),
    ],
)
def test_each_hint_leads_to_its_tenant(tmp_path: Path, method: str, url: str, options: dict[str, object]) -> None:
    answer = ask(tmp_path, lambda here: here.client.request(method, url, **options))  # type: ignore[arg-type]
    assert (answer.status_code, answer.headers.get("x-tenant")) == (200, "fabrikam")


def test_a_form_that_was_looked_into_arrives_whole(tmp_path: Path) -> None:
    form = {"client_id": CONTOSO_APP, "grant_type": "client_credentials"}
    answer = ask(tmp_path, lambda here: here.client.post(TOKEN + "?client-request-id=1", data=form))
    size = len(str(httpx.QueryParams(form)))
    assert answer.text == f"contoso POST /common/oauth2/v2.0/token?client-request-id=1 {LOGIN_HOST} {size}"


def test_the_raw_path_survives(tmp_path: Path) -> None:
    async def scenario(here: World) -> httpx.Response:
        headers = {"Authorization": f"Bearer {jwt(tid=CONTOSO_ID)}"}
        return await here.client.get(f"https://{GRAPH_HOST}/v1.0/a(b='c%2Fd')?$top=1", headers=headers)

    assert ask(tmp_path, scenario).text == f"contoso GET /v1.0/a(b='c%2Fd')?$top=1 {GRAPH_HOST} 0"


@pytest.mark.parametrize("how", ["length", "chunked"])
def test_large_bodies_stream_to_the_tenant(tmp_path: Path, how: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"p" * 100_000

    async def scenario(here: World) -> httpx.Response:
        headers = {"Authorization": f"Bearer {jwt(tid=CONTOSO_ID)}"}
        content = b"p" * 4_000_000 if how == "length" else pieces()
        return await here.client.put(f"https://{GRAPH_HOST}/v1.0/up", content=content, headers=headers)

    assert ask(tmp_path, scenario).text.endswith(" 4000000")


def test_large_answers_stream_back_and_the_connection_is_used_again(tmp_path: Path) -> None:
    async def scenario(here: World) -> httpx.Response:
        headers = {"Authorization": f"Bearer {jwt(tid=CONTOSO_ID)}"}
        for _ in range(3):
            answer = await here.client.get(f"https://{GRAPH_HOST}/v1.0/bytes/3000001", headers=headers)
            assert len(answer.content) == 3_000_001
        return await here.client.head(f"https://{GRAPH_HOST}/v1.0/me", headers=headers)

    answer = ask(tmp_path, scenario)
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_login_host_itself_is_alive(tmp_path: Path) -> None:
    assert ask(tmp_path, lambda here: here.client.head(f"https://{LOGIN_HOST}/")).status_code == 200
    assert ask(tmp_path, lambda here: here.client.get(f"https://{LOGIN_HOST}/")).status_code == 200


@pytest.mark.parametrize(
    ("url", "form", "status", "number"),
    [
        (f"https://{LOGIN_HOST}/33333333-3333-4333-8333-333333333333/oauth2/v2.0/token", {"a": "b"}, 400, 90002),
        (f"https://{LOGIN_HOST}/nobody.com/oauth2/v2.0/token", {"a": "b"}, 400, 90002),
        (TOKEN, {"client_id": SHARED_APP}, 400, 700016),
        (TOKEN, {"client_id": "00000000-0000-0000-0000-000000000000"}, 400, 700016),
        (TOKEN, {"client_assertion": "a.b.c", "refresh_token": "opaque"}, 400, 700016),
        (TOKEN, {"client_id": "x" * 70_000}, 413, 90014),
    ],
)
def test_what_no_tenant_owns_is_refused_in_entras_form(
    tmp_path: Path, url: str, form: dict[str, str], status: int, number: int
) -> None:
    answer = ask(tmp_path, lambda here: here.client.post(url, data=form))
    assert answer.status_code == status
    assert answer.json()["error_codes"] == [number]
    assert answer.json()["error_description"].startswith(f"AADSTS{number}: ")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer x", "Bearer a.!!.c", f"Bearer {jwt(tid='nobody')}", "Bearer a.e30.c"]
)
def test_graph_without_a_token_of_a_tenant_is_unauthorized(tmp_path: Path, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = ask(tmp_path, lambda here: here.client.get(f"https://{GRAPH_HOST}/v1.0/me", headers=headers))
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("host", [LOGIN_HOST, GRAPH_HOST])
@pytest.mark.parametrize("known_as_stopped", [True, False])
def test_a_stopped_tenant_is_unavailable_on_both_hosts(tmp_path: Path, host: str, known_as_stopped: bool) -> None:
    async def scenario(here: World) -> httpx.Response:
        here.ports["contoso"] = None if known_as_stopped else 1
        headers = {"Authorization": f"Bearer {jwt(tid=CONTOSO_ID)}"}
        return await here.client.get(f"https://{host}/{CONTOSO_ID}/v2.0", headers=headers)

    assert ask(tmp_path, scenario).status_code == 503


def test_a_client_that_breaks_off_its_upload_leaves_the_front_alive(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"p" * 100_000
        raise RuntimeError("the client breaks off")

    async def scenario(here: World) -> httpx.Response:
        headers = {"Authorization": f"Bearer {jwt(tid=CONTOSO_ID)}"}
        with pytest.raises(RuntimeError):
            await here.client.put(f"https://{GRAPH_HOST}/v1.0/up", content=endless(), headers=headers)
        return await here.client.get(f"https://{GRAPH_HOST}/v1.0/me", headers=headers)

    assert ask(tmp_path, scenario).status_code == 200

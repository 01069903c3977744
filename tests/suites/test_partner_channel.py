"""Two tenants' services in one process: what a partner may say, what it hears, and every token that is refused."""

from __future__ import annotations

import dataclasses
import hmac
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode
from sqlalchemy import Engine

from clock import CountingIds, FakeClock
from xtenant.domain import errors, trust
from xtenant.domain.limits import DEFAULT
from xtenant.domain.ports.partner import TrustQuestion
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, HostUrl, Tenant, TenantId, TenantSettings
from xtenant.domain.trust import OrganizationRelationship, PartnerAnswer, PartnerRole, RelationKey, Scenario
from xtenant.protocols.partner import call, serve
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.tables import metadata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Edge
from xtenant.wire.partner_caller import PartnerAuthenticator
from xtenant.wire.partner_tokens import NOTIFY, VERIFY, PartnerTokens, new_partner_key
from xtenant.wire.routes import Router
from xtenant.wire.transport import Connection, open_http

pytestmark = pytest.mark.anyio

CONTOSO_ID = TenantId(UUID("11111111-1111-4111-8111-111111111111"))
FABRIKAM_ID = TenantId(UUID("22222222-2222-4222-8222-222222222222"))
NORTHWIND_ID = TenantId(UUID("33333333-3333-4333-8333-333333333333"))
CONTOSO = HostUrl("https://contoso-my.sharepoint.com/")
FABRIKAM = HostUrl("https://fabrikam-my.sharepoint.com/")
IDS = itertools.count(1, 1_000_000)
QUESTION = TrustQuestion(scenario=Scenario.MNA, partner_role=PartnerRole.TARGET)
"""Fabrikam is a source here: it asks Contoso, which it calls its Target."""


class Wires(httpx.AsyncBaseTransport):
    """Leads host names to applications of this process, and counts what was asked of each."""

    def __init__(self) -> None:
        self.apps: dict[str, Any] = {}
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.url.host}{request.url.path.partition('(')[0]}")
        if request.url.host not in self.apps:
            raise httpx.ConnectError("no such host")
        return await httpx.ASGITransport(self.apps[request.url.host]).handle_async_request(request)


@dataclass
class Service:
    """One tenant with its routes, its calls and its way of signing."""

    tenant: Tenant
    units: Units
    tokens: PartnerTokens
    calls: call.PartnerCalls
    authenticator: PartnerAuthenticator

    @property
    def geo(self) -> Geo:
        return self.tenant.default_geo


def a_tenant(tenant_id: TenantId, name: str) -> Tenant:
    geos = (Geo(code=GeoCode("NAM"), label=name), Geo(code=GeoCode("EUR"), label=f"{name}eur"))
    return Tenant(
        tenant_id=tenant_id,
        name=name,
        display_name=name.title(),
        initial_domain=f"{name}.onmicrosoft.com",
        geos=geos,
    )


def a_service(wires: Wires, tenant: Tenant, units: Units, clock: FakeClock) -> Service:
    ids = CountingIds(next(IDS))
    tokens = PartnerTokens(tenant, new_partner_key(), clock=clock, ids=ids, limits=DEFAULT)
    calls = call.PartnerCalls(open_http(Connection(), transport=wires), tokens, DEFAULT)
    authenticator = PartnerAuthenticator(tenant, units, calls.fetch_keys, clock=clock, limits=DEFAULT)
    unused: Any = None  # tokens of our own play no part here
    backend = Backend(
        tenant=tenant,
        units=units,
        clock=clock,
        ids=ids,
        limits=DEFAULT,
        partner=calls,
        tokens=unused,
        blobs=unused,
        uploads=unused,
    )
    names = ("partner", "my", "admin", "root")
    edge = Edge(
        tenant=tenant,
        router=Router(serve.mount(backend, tokens)),
        authenticator=authenticator,
        renderers=dict.fromkeys(names, serve.render_error),
        ids=ids,
        limits=DEFAULT,
    )
    for geo in tenant.geos:
        wires.apps[geo.my_host] = edge
    return Service(tenant, units, tokens, calls, authenticator)


@pytest.fixture
def wires() -> Wires:
    return Wires()


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Callable[[TenantId], Units]]:
    """A store of its own for each tenant; the replay memory's suite runs on both engines."""
    engines: list[Engine] = []

    def store(tenant_id: TenantId) -> Units:
        engine = open_engine(f"sqlite:///{tmp_path / str(tenant_id)}.db")
        metadata.create_all(engine)
        engines.append(engine)
        return SqlUnits(engine, tenant_id)

    yield store
    for engine in engines:
        engine.dispose()


@pytest.fixture
def contoso(stores: Callable[[TenantId], Units], wires: Wires, clock: FakeClock) -> Service:
    return a_service(wires, a_tenant(CONTOSO_ID, "contoso"), stores(CONTOSO_ID), clock)


@pytest.fixture
def fabrikam(stores: Callable[[TenantId], Units], wires: Wires, clock: FakeClock) -> Service:
    return a_service(wires, a_tenant(FABRIKAM_ID, "fabrikam"), stores(FABRIKAM_ID), clock)


def trusted_by(service: Service, partner: HostUrl, role: PartnerRole, clock: FakeClock) -> None:
    with service.units.write() as uow:
        uow.settings.put(TenantSettings(waiting_period=3600))
        uow.relationships.put(
            OrganizationRelationship(
                key=RelationKey(geo=service.geo.code, partner=partner, partner_role=role),
                relation_id=UUID(int=5),
                requested_at=clock.business_now(),
                requested_by="spo@contoso.com",
            )
        )


async def test_a_notice_lands_in_the_partners_inbox(contoso: Service, fabrikam: Service) -> None:
    await fabrikam.calls.notify(fabrikam.geo, CONTOSO, QUESTION)
    with contoso.units.read() as uow:
        (received,) = uow.inbox.all()
    assert (received.partner, received.partner_tenant_id, received.geo) == (FABRIKAM, FABRIKAM_ID, "NAM")
    assert received.answer_role is PartnerRole.SOURCE


async def test_a_question_is_answered_with_an_age(contoso: Service, fabrikam: Service, clock: FakeClock) -> None:
    assert await fabrikam.calls.verify(fabrikam.geo, CONTOSO, QUESTION) == PartnerAnswer(requested=False)
    trusted_by(contoso, FABRIKAM, PartnerRole.SOURCE, clock)
    clock.advance(seconds=90)
    answer = await fabrikam.calls.verify(fabrikam.geo, CONTOSO, QUESTION)
    assert answer == PartnerAnswer(requested=True, age=timedelta(seconds=90), waiting=timedelta(hours=1))


async def test_the_reversed_role_is_another_question(contoso: Service, fabrikam: Service, clock: FakeClock) -> None:
    trusted_by(contoso, FABRIKAM, PartnerRole.TARGET, clock)
    assert not (await fabrikam.calls.verify(fabrikam.geo, CONTOSO, QUESTION)).requested


async def test_the_schema_is_told_to_a_partner_only(contoso: Service, fabrikam: Service, clock: FakeClock) -> None:
    assert await fabrikam.calls.schema_version(fabrikam.geo, CONTOSO) is None
    trusted_by(contoso, FABRIKAM, PartnerRole.SOURCE, clock)
    assert await fabrikam.calls.schema_version(fabrikam.geo, CONTOSO) == "16.0"


async def test_keys_are_anybodys_to_read_and_hold_no_private_part(contoso: Service, wires: Wires) -> None:
    document = await contoso.calls.fetch_keys(CONTOSO)
    assert (document.tid, document.issuer) == (CONTOSO_ID, CONTOSO.text)
    async with open_http(Connection(), transport=wires) as http:
        body = (await http.get("https://contoso-my.sharepoint.com/_api/xtenant/partner-keys")).json()
    assert set(body["keys"][0]) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


async def test_a_partners_keys_are_asked_for_once(contoso: Service, fabrikam: Service, wires: Wires) -> None:
    for _ in range(3):
        await fabrikam.calls.verify(fabrikam.geo, CONTOSO, QUESTION)
    assert wires.asked.count("fabrikam-my.sharepoint.com/_api/xtenant/partner-keys") == 1


async def get(wires: Wires, token: str, function: str = "OrgRelationVerification") -> httpx.Response:
    argument = "encodedNotificationQuery" if function == "OrgRelationNotification" else "encodedVerificationQuery"
    async with open_http(Connection(), transport=wires) as http:
        return await http.get(f"https://contoso-my.sharepoint.com/_api/{function}({argument}='{token}')")


def claims(service: Service, clock: FakeClock, **changes: Any) -> dict[str, Any]:
    now = int(clock.security_now().timestamp())
    made: dict[str, Any] = {
        "iss": service.geo.host_url.text,
        "aud": CONTOSO.text,
        "tid": str(service.tenant.tenant_id),
        "jti": str(UUID(int=99)),
        "iat": now,
        "exp": now + 120,
        "op": VERIFY,
        "scenario": "MnA",
        "role": "Target",
    }
    return made | changes


def signed(service: Service, body: dict[str, Any], **header: Any) -> str:
    key = service.tokens._key  # pyright: ignore
    return jwt.encode({"alg": "ES256", "kid": key.thumbprint()} | header, body, key, algorithms=["ES256"])


def unsigned(service: Service, body: dict[str, Any]) -> str:
    kid = service.tokens._key.thumbprint()  # pyright: ignore
    parts = [json.dumps({"alg": "none", "kid": kid}).encode(), json.dumps(body).encode()]
    return ".".join(urlsafe_b64encode(part).decode() for part in parts) + "."


def with_shared_secret(service: Service, body: dict[str, Any]) -> str:
    """HS256 with the published key as the secret: the classic confusion of algorithms."""
    key = service.tokens._key  # pyright: ignore
    parts = [json.dumps({"alg": "HS256", "kid": key.thumbprint()}).encode(), json.dumps(body).encode()]
    text = ".".join(urlsafe_b64encode(part).decode() for part in parts)
    mac = hmac.digest(key.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{urlsafe_b64encode(mac).decode()}"


def by_another_key(service: Service, body: dict[str, Any]) -> str:
    key = ECKey.generate_key("P-256")
    kid = service.tokens._key.thumbprint()  # pyright: ignore
    return jwt.encode({"alg": "ES256", "kid": kid}, body, key, algorithms=["ES256"])


FORGERIES: dict[str, Callable[[Service, FakeClock], str]] = {
    "no token": lambda s, c: "x",
    "three empty parts": lambda s, c: "..",
    "binary": lambda s, c: "%00%ff%fe.e30.e30",
    "no claims": lambda s, c: signed(s, {}),
    "alg none": lambda s, c: unsigned(s, claims(s, c)),
    "alg HS256": lambda s, c: with_shared_secret(s, claims(s, c)),
    "another key": lambda s, c: by_another_key(s, claims(s, c)),
    "an unknown key id": lambda s, c: signed(s, claims(s, c), kid="other"),
    "a key of its own inside": lambda s, c: signed(s, claims(s, c), jwk={"kty": "EC"}),
    "expired": lambda s, c: signed(s, claims(s, c, iat=ago(c, 721), exp=ago(c, 601))),
    "from the future": lambda s, c: signed(s, claims(s, c, iat=ago(c, -700), exp=ago(c, -800))),
    "too long-lived": lambda s, c: signed(s, claims(s, c, exp=ago(c, -121))),
    "ends before it begins": lambda s, c: signed(s, claims(s, c, exp=ago(c, 5))),
    "a huge time": lambda s, c: signed(s, claims(s, c, exp=10**30)),
    "another geo's": lambda s, c: signed(s, claims(s, c, aud="https://contosoeur-my.sharepoint.com/")),
    "another tenant's audience": lambda s, c: signed(s, claims(s, c, aud="https://northwind-my.sharepoint.com/")),
    "the wrong tenant": lambda s, c: signed(s, claims(s, c, tid=str(NORTHWIND_ID))),
    "our own tenant": lambda s, c: signed(s, claims(s, c, tid=str(CONTOSO_ID))),
    "our own host": lambda s, c: signed(s, claims(s, c, iss=CONTOSO.text)),
    "a host that is not there": lambda s, c: signed(s, claims(s, c, iss="https://nobody-my.sharepoint.com/")),
    "no host URL": lambda s, c: signed(s, claims(s, c, iss="https://127.0.0.1/")),
    "an admin URL": lambda s, c: signed(s, claims(s, c, iss="https://fabrikam-admin.sharepoint.com/")),
    "an unknown claim": lambda s, c: signed(s, claims(s, c, admin=True)),
    "far too long": lambda s, c: signed(s, claims(s, c, op="x" * 5000)),
}


def ago(clock: FakeClock, seconds: int) -> int:
    return int(clock.security_now().timestamp()) - seconds


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_that_is_not_right_in_everything_is_refused(
    forgery: str, contoso: Service, fabrikam: Service, wires: Wires, clock: FakeClock
) -> None:
    answer = await get(wires, FORGERIES[forgery](fabrikam, clock))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "notSignedIn")


async def test_a_tenant_is_not_its_own_partner(contoso: Service, wires: Wires, clock: FakeClock) -> None:
    from_the_other_geo = claims(contoso, clock, iss="https://contosoeur-my.sharepoint.com/")
    for body in (claims(contoso, clock), from_the_other_geo):
        assert (await get(wires, signed(contoso, body))).status_code == 401


async def test_the_forgeries_are_judged_beside_a_token_that_is_right(
    contoso: Service, fabrikam: Service, wires: Wires, clock: FakeClock
) -> None:
    assert (await get(wires, signed(fabrikam, claims(fabrikam, clock)))).status_code == 200


async def test_clocks_may_differ_by_ten_minutes(
    contoso: Service, fabrikam: Service, wires: Wires, clock: FakeClock
) -> None:
    slow = claims(fabrikam, clock, iat=ago(clock, 719), exp=ago(clock, 599))
    assert (await get(wires, signed(fabrikam, slow))).status_code == 200


async def test_a_replayed_token_is_refused_even_after_a_restart(
    contoso: Service, fabrikam: Service, wires: Wires, clock: FakeClock
) -> None:
    token = signed(fabrikam, claims(fabrikam, clock))
    assert (await get(wires, token)).status_code == 200
    assert (await get(wires, token)).status_code == 401
    a_service(wires, contoso.tenant, contoso.units, clock)  # takes the host over, with an empty memory of its own
    assert (await get(wires, token)).status_code == 401
    clock.advance(seconds=719)
    assert (await get(wires, token)).status_code == 401


async def test_a_token_is_good_for_the_call_it_was_signed_for(
    contoso: Service, fabrikam: Service, wires: Wires, clock: FakeClock
) -> None:
    answer = await get(wires, signed(fabrikam, claims(fabrikam, clock)), "OrgRelationNotification")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage")
    with contoso.units.read() as uow:
        assert list(uow.inbox.all()) == []


@pytest.mark.parametrize("change", [{"role": "None"}, {"role": "Owner"}, {"scenario": "None"}, {"scenario": "X"}])
async def test_a_role_or_scenario_that_cannot_be_meant_is_a_usage_error(
    change: dict[str, str], contoso: Service, fabrikam: Service, wires: Wires, clock: FakeClock
) -> None:
    body = claims(fabrikam, clock, op=NOTIFY, **change)
    answer = await get(wires, signed(fabrikam, body), "OrgRelationNotification")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage")


async def test_a_host_whose_keys_cannot_be_read_is_asked_again_after_five_seconds(
    contoso: Service, fabrikam: Service, wires: Wires, clock: FakeClock
) -> None:
    edge = wires.apps.pop("fabrikam-my.sharepoint.com")
    asked = "fabrikam-my.sharepoint.com/_api/xtenant/partner-keys"
    for _ in range(3):
        assert (await get(wires, signed(fabrikam, claims(fabrikam, clock)))).status_code == 401
    assert wires.asked.count(asked) == 1
    wires.apps["fabrikam-my.sharepoint.com"] = edge
    clock.advance(seconds=5)
    assert (await get(wires, signed(fabrikam, claims(fabrikam, clock)))).status_code == 200


async def test_a_new_key_of_a_partner_is_fetched(
    contoso: Service, fabrikam: Service, wires: Wires, clock: FakeClock
) -> None:
    await fabrikam.calls.verify(fabrikam.geo, CONTOSO, QUESTION)
    renewed = a_service(wires, fabrikam.tenant, fabrikam.units, clock)
    clock.advance(seconds=61)
    assert not (await renewed.calls.verify(renewed.geo, CONTOSO, QUESTION)).requested


# --- the calling side against hosts that are no tenants -----------------------------------------------------------------


def calls_to(answer: Callable[[httpx.Request], httpx.Response], clock: FakeClock) -> call.PartnerCalls:
    tokens = PartnerTokens(
        a_tenant(FABRIKAM_ID, "fabrikam"), new_partner_key(), clock=clock, ids=CountingIds(), limits=DEFAULT
    )
    http = open_http(Connection(max_response_bytes=1000), transport=httpx.MockTransport(answer))
    return call.PartnerCalls(http, tokens, dataclasses.replace(DEFAULT, partner_seconds=5.0))


GEO = a_tenant(FABRIKAM_ID, "fabrikam").default_geo
ASK: dict[str, Callable[[call.PartnerCalls], Awaitable[object]]] = {
    "notify": lambda calls: calls.notify(GEO, CONTOSO, QUESTION),
    "verify": lambda calls: calls.verify(GEO, CONTOSO, QUESTION),
    "schema": lambda calls: calls.schema_version(GEO, CONTOSO),
    "keys": lambda calls: calls.fetch_keys(CONTOSO),
    "tenant": lambda calls: calls.tenant_id_of(CONTOSO),
}


@pytest.mark.parametrize("ask", ASK)
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>hello</html>"),
        httpx.Response(200, text="[" * 900),
        httpx.Response(200, json={"Result": '{"Requested": true, "AgeSeconds": -1}', "PartnerSiteSubscriptionId": "x"}),
        httpx.Response(302, headers={"location": "https://evil.example/"}),
        httpx.Response(404),
        httpx.Response(421),
    ],
    ids=["a page", "deep JSON", "odd values", "a redirect", "not found", "misdirected"],
)
async def test_a_host_that_is_no_tenant_is_an_unknown_partner(
    ask: str, answer: httpx.Response, clock: FakeClock
) -> None:
    with pytest.raises(trust.UnknownPartner):
        await ASK[ask](calls_to(lambda request: answer, clock))


def failing(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


UNREACHABLE: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "down": failing(httpx.ConnectError("refused")),
    "broken TLS": failing(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")),
    "slow": failing(httpx.ReadTimeout("slow")),
    "broken off": failing(httpx.RemoteProtocolError("closed")),
    "too much": lambda request: httpx.Response(200, content=b"x" * 2000),
    "busy": lambda request: httpx.Response(429),
    "faulty": lambda request: httpx.Response(500),
}


@pytest.mark.parametrize("ask", ASK)
@pytest.mark.parametrize("kind", UNREACHABLE)
async def test_a_partner_that_could_not_be_asked_is_unreachable(ask: str, kind: str, clock: FakeClock) -> None:
    with pytest.raises(errors.PartnerUnreachable):
        await ASK[ask](calls_to(UNREACHABLE[kind], clock))


async def test_a_broken_connection_is_tried_once_more_with_a_fresh_token(clock: FakeClock) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        if len(seen) == 1:
            raise httpx.RemoteProtocolError("closed")
        return httpx.Response(200, json={"NotificationSucceeded": True})

    await calls_to(answer, clock).notify(GEO, CONTOSO, QUESTION)
    assert len(set(seen)) == 2


async def test_a_partner_that_says_no_to_a_notice_is_unknown(clock: FakeClock) -> None:
    calls = calls_to(lambda request: httpx.Response(200, json={"NotificationSucceeded": False}), clock)
    with pytest.raises(trust.UnknownPartner):
        await calls.notify(GEO, CONTOSO, QUESTION)


async def test_the_tenant_behind_a_host_is_read_from_its_challenge(clock: FakeClock) -> None:
    header = f'Bearer realm="{CONTOSO_ID}",client_id="00000003-0000-0ff1-ce00-000000000000",trusted_issuers="x@*"'
    calls = calls_to(lambda request: httpx.Response(401, headers={"www-authenticate": header}), clock)
    assert await calls.tenant_id_of(CONTOSO) == CONTOSO_ID

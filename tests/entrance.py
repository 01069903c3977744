"""One tenant's login host in process, with doors behind it that need a token: real store, real codecs, no socket."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.responses import JSONResponse, Response

from clock import CountingIds, FakeClock
from xtenant.domain.caller import ADMIN_APP_PERMISSIONS, SHAREPOINT_ADMINISTRATOR, Who
from xtenant.domain.directory import AppId
from xtenant.domain.limits import DEFAULT
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.partner import PartnerChannel
from xtenant.domain.ports.units import Units
from xtenant.domain.sign_in import TenantKeys
from xtenant.domain.tenant import Geo, GeoCode, HostRole, PublicTenant, Tenant, TenantId
from xtenant.operations.sign_in import SeedApp, SeedUser, seed_directory
from xtenant.protocols.oauth import serve
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.tables import metadata
from xtenant.wire.backend import Backend
from xtenant.wire.bearer import BearerAuthenticator
from xtenant.wire.edge import Call, Edge
from xtenant.wire.routes import Evidence, Route, Router
from xtenant.wire.tokens import TokenIssuer

TENANT_ID = TenantId(UUID("11111111-2222-3333-4444-555555555555"))
LOGIN = "https://login.microsoftonline.com"
TOKEN = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/token"
APP = AppId(UUID("aaaaaaaa-0000-4000-8000-000000000001"))
BARE_APP = AppId(UUID("aaaaaaaa-0000-4000-8000-000000000002"))
SECRET = "a-secret-of-the-tests"
PASSWORD = "Correct-Horse-7"
ADELE = "adele@contoso.com"
GRAPH = "https://graph.microsoft.com"
ADMIN = "https://contoso-admin.sharepoint.com"
MY = "https://contoso-my.sharepoint.com"
EUROPE = "https://contosoeur.sharepoint.com"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

TENANT = Tenant(
    tenant_id=TENANT_ID,
    name="contoso",
    display_name="Contoso <Ltd> & Co",
    initial_domain="contoso.onmicrosoft.com",
    geos=(Geo(code=GeoCode("NAM"), label="contoso"), Geo(code=GeoCode("EUR"), label="contosoeur")),
    public_directory=(
        PublicTenant(
            tenant_id=TENANT_ID, display_name="Contoso", default_domain="contoso.com", domains=("contoso.com",)
        ),
    ),
)


def new_certificate() -> tuple[str, str]:
    """A self-signed certificate and its private key, both PEM."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    day = datetime.datetime(2026, 1, 1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(day)
        .not_valid_after(day + datetime.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, form, serialization.NoEncryption()).decode()
    return certificate.public_bytes(pem).decode(), private


def new_keys() -> TenantKeys:
    return TenantKeys(token_pem=new_certificate()[1], partner_pem="")


CERTIFICATE, CERTIFICATE_KEY = new_certificate()
KEYS = new_keys()


class InProcess(httpx.BaseTransport):
    """Leads every host to one application."""

    def __init__(self, edge: Edge) -> None:
        self._inner = httpx.ASGITransport(app=edge, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._inner.handle_async_request(asked)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@functools.cache
def _seeded_database() -> bytes:
    """A SQLite file with the schema and the people and apps below, made once a run."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/tenant.db")
        metadata.create_all(engine)
        seed_directory(SqlUnits(engine, TENANT_ID), [PERSON], APPS, clock=FakeClock(), ids=CountingIds(900_000))
        engine.dispose()
        return Path(folder, "tenant.db").read_bytes()


@contextmanager
def entrance(folder: Path, clock: Clock | None = None) -> Iterator[Entrance]:
    """An entrance with a store of its own in a folder."""
    file = folder / "tenant.db"
    file.write_bytes(_seeded_database())
    engine = open_engine(f"sqlite:///{file}")
    yield Entrance(SqlUnits(engine, TENANT_ID), clock)
    engine.dispose()


class NoPartner:
    """Nothing here asks a partner."""


class Entrance:
    """`client` speaks to the edge; `issuer` signs as the tenant does."""

    def __init__(self, units: Units, clock: Clock | None = None) -> None:
        self.units = units
        self.clock = clock or FakeClock()
        self.ids = CountingIds()
        self.issuer = TokenIssuer(tenant=TENANT, keys=KEYS, clock=self.clock, ids=self.ids, limits=DEFAULT)
        self.backend = Backend(**self._parts())
        edge = Edge(
            tenant=TENANT,
            router=Router([*serve.mount(self.backend), *doors()]),
            authenticator=BearerAuthenticator(self.issuer),
            renderers=dict.fromkeys(["oauth", *(role.value for role in HostRole)], serve.render_error),
            ids=self.ids,
            limits=DEFAULT,
        )
        self.client = httpx.Client(transport=InProcess(edge), base_url=LOGIN)

    def _parts(self) -> dict[str, Any]:
        given: dict[str, Any] = {
            "tenant": TENANT,
            "units": self.units,
            "clock": self.clock,
            "ids": self.ids,
            "limits": DEFAULT,
            "partner": cast(PartnerChannel, NoPartner()),
            "tokens": self.issuer,
        }
        known = {field.name for field in dataclasses.fields(Backend)}
        return {name: given.get(name) for name in known}

    def ask(self, url: str = TOKEN, **form: str) -> httpx.Response:
        return self.client.post(url, data=form)

    def app_token(self, resource: str, **proof: str) -> str:
        proof = proof or {"client_secret": SECRET}
        answer = self.ask(client_id=str(APP), grant_type="client_credentials", scope=f"{resource}/.default", **proof)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def person(self, scope: str = f"{GRAPH}/.default openid profile offline_access") -> dict[str, Any]:
        answer = self.ask(client_id=str(APP), grant_type="password", username=ADELE, password=PASSWORD, scope=scope)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def knock(self, token: str | None, host: str = ADMIN) -> httpx.Response:
        """Open a door that any user or app of the tenant may open."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.client.get(f"{host}/door", headers=headers)


PERSON = SeedUser(
    upn=ADELE, display_name="Adele", password=PASSWORD, directory_roles=frozenset({SHAREPOINT_ADMINISTRATOR})
)
APPS = [
    SeedApp(
        app_id=APP,
        display_name="Mover <b>",
        permissions=ADMIN_APP_PERMISSIONS,
        scopes=frozenset({"AllSites.FullControl", "Files.ReadWrite.All"}),
        certificates=(CERTIFICATE,),
        secrets=(SECRET,),
        public_client=True,
    ),
    SeedApp(app_id=BARE_APP, display_name="Bare", secrets=(SECRET,)),
]


async def _door(call: Call) -> Response:
    return JSONResponse({"name": call.caller.name, "admin": call.caller.is_sharepoint_admin})


def doors() -> list[Route]:
    """`/door` for any caller of the tenant, `/office` for administrators, on every host that needs a token."""
    hosts = frozenset({HostRole.ADMIN, HostRole.MY, HostRole.ROOT, HostRole.GRAPH})
    rows = (("/door", Who.OWN_USER), ("/office", Who.OWN_SHAREPOINT_ADMIN))
    return [
        Route(
            hosts=hosts,
            method="GET",
            path=path,
            who=who,
            handler=_door,
            protocol="oauth",
            evidence=Evidence.OUR_CHOICE,
        )
        for path, who in rows
    ]

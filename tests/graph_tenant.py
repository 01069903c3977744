"""One tenant's Graph in process: real store, real tokens, real edge, no socket."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from clock import CountingIds, FakeClock
from xtenant.domain.caller import ADMIN_APP_PERMISSIONS, GLOBAL_ADMINISTRATOR, AppCredential, Caller, CallerKind
from xtenant.domain.directory import App, AppId, User, UserId
from xtenant.domain.drive import Drive, DriveRef
from xtenant.domain.limits import DEFAULT
from xtenant.domain.ports.partner import PartnerChannel
from xtenant.domain.sign_in import SignedIn, TenantKeys
from xtenant.domain.tenant import GRAPH_HOST, Geo, GeoCode, HostRole, PublicTenant, Tenant, TenantId
from xtenant.operations import content, sites
from xtenant.protocols.graph import serve
from xtenant.protocols.graph.codec import drives
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.folder_blobs import FolderBlobs
from xtenant.storage.tables import metadata
from xtenant.storage.uploads import FolderUploads
from xtenant.wire.backend import Backend
from xtenant.wire.bearer import BearerAuthenticator
from xtenant.wire.edge import Edge
from xtenant.wire.routes import Router
from xtenant.wire.tokens import TokenIssuer

GRAPH = f"https://{GRAPH_HOST}/v1.0"
CONTOSO = TenantId(UUID("11111111-2222-3333-4444-555555555555"))
FABRIKAM = TenantId(UUID("22222222-2222-4222-8222-222222222222"))
DOMAIN = "contoso.onmicrosoft.com"
ROOT = "https://contoso.sharepoint.com"

TENANT = Tenant(
    tenant_id=CONTOSO,
    name="contoso",
    display_name="Contoso",
    initial_domain=DOMAIN,
    geos=(Geo(code=GeoCode("NAM"), label="contoso"),),
    public_directory=(
        PublicTenant(
            tenant_id=CONTOSO, display_name="Contoso", default_domain="contoso.com", domains=("contoso.com", DOMAIN)
        ),
        PublicTenant(
            tenant_id=FABRIKAM, display_name="Fabrikam", default_domain="fabrikam.com", domains=("fabrikam.com",)
        ),
    ),
)

NOW = FakeClock().business_now()
ADMIN = User(
    user_id=UserId(UUID(int=0xA1)),
    upn=f"admin@{DOMAIN}",
    display_name="Admin",
    directory_roles=frozenset({GLOBAL_ADMINISTRATOR}),
    created_at=NOW,
)
ANN = User(
    user_id=UserId(UUID(int=0xA2)), upn=f"ann@{DOMAIN}", display_name="Ann", mail="ann@contoso.com", created_at=NOW
)
BOB = User(user_id=UserId(UUID(int=0xA3)), upn=f"bob@{DOMAIN}", display_name="Bob", created_at=NOW)
MOVER = App(
    app_id=AppId(UUID(int=0xB1)),
    object_id=UUID(int=0xB2),
    display_name="Mover",
    permissions=ADMIN_APP_PERMISSIONS
    | {"Files.ReadWrite.All", "Directory.Read.All", "CrossTenantInformation.ReadBasic.All"},
)
BARE = App(app_id=AppId(UUID(int=0xB3)), object_id=UUID(int=0xB4), display_name="Bare")


@functools.cache
def keys() -> TenantKeys:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return TenantKeys(token_pem=pem.decode(), partner_pem="")


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


class GraphTenant:
    """`ask` sends a request as somebody; `edge` is the application."""

    def __init__(self, units: SqlUnits, clock: FakeClock, folder: Path) -> None:
        self.units = units
        self.clock = clock
        self.ids = CountingIds()
        self.issuer = TokenIssuer(tenant=TENANT, keys=keys(), clock=clock, ids=self.ids, limits=DEFAULT)
        self.blobs = FolderBlobs(folder, CONTOSO)
        self.backend = Backend(**self._parts(folder))
        self.routes = serve.mount(self.backend)
        self.edge = Edge(
            tenant=TENANT,
            router=Router(self.routes),
            authenticator=BearerAuthenticator(self.issuer),
            renderers=dict.fromkeys(["graph", "download", *(role.value for role in HostRole)], serve.render_error),
            ids=self.ids,
            limits=DEFAULT,
        )
        self.client = httpx.Client(transport=InProcess(self.edge), base_url=GRAPH)

    def _parts(self, folder: Path) -> dict[str, Any]:
        given: dict[str, Any] = {
            "tenant": TENANT,
            "units": self.units,
            "clock": self.clock,
            "ids": self.ids,
            "limits": DEFAULT,
            "partner": cast(PartnerChannel, None),
            "tokens": self.issuer,
            "blobs": self.blobs,
            "uploads": FolderUploads(folder, CONTOSO),
            "lab": True,
        }
        return {field.name: given.get(field.name) for field in dataclasses.fields(Backend)}

    def token(self, who: User | App, host: str = GRAPH_HOST) -> str:
        if isinstance(who, App):
            return self.issuer.access_token(
                SignedIn(app=who, credential=AppCredential.CERTIFICATE, audience=f"https://{host}")
            )
        scopes = frozenset({"User.Read.All", "Files.ReadWrite.All", "Sites.ReadWrite.All"})
        grant = SignedIn(
            app=MOVER, credential=AppCredential.PUBLIC, audience=f"https://{host}", user=who, scopes=scopes
        )
        return self.issuer.access_token(grant)

    def ask(self, method: str, url: str, who: User | App | None = MOVER, **more: Any) -> httpx.Response:
        """Send a request; an address without host goes to Graph v1.0."""
        url = url if url.startswith("https://") else f"{GRAPH}{url}"
        host = httpx.URL(url).host
        headers = dict(more.pop("headers", {}))
        if who is not None:
            audience = host if host == GRAPH_HOST else "contoso.sharepoint.com"
            headers["Authorization"] = f"Bearer {self.token(who, audience)}"
        return self.client.request(method, url, headers=headers, **more)

    def make_site(self, url: str = f"{ROOT}/sites/x", owner: User = ANN) -> Drive:
        """A team site of Ann's, seen by her."""
        site = sites.create_site(
            self.units,
            geo=TENANT.default_geo,
            url=url,
            title="X",
            owner=owner.user_id,
            clock=self.clock,
            ids=self.ids,
        )
        caller = Caller(kind=CallerKind.USER, user_id=owner.user_id)
        return content.find_drive(self.units, caller, ref=DriveRef(site_id=site.site_id))

    def put(self, drive: Drive, path: str, body: bytes, who: User | App = ANN) -> dict[str, Any]:
        """Upload a small file over the wire; its JSON."""
        answer = self.ask("PUT", f"/drives/{drives.drive_id(drive)}/root:/{quote(path)}:/content", who, content=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


@functools.cache
def _seeded_database() -> bytes:
    """A SQLite file with the schema and the people and apps above, made once a run."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/tenant.db")
        metadata.create_all(engine)
        with SqlUnits(engine, CONTOSO).write() as uow:
            for user in (ADMIN, ANN, BOB):
                uow.users.add(user)
            for app in (MOVER, BARE):
                uow.apps.put(app)
        engine.dispose()
        return Path(folder, "tenant.db").read_bytes()


@contextmanager
def graph_tenant(folder: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    file = folder / "tenant.db"
    file.write_bytes(_seeded_database())
    engine = open_engine(f"sqlite:///{file}")
    tenant = GraphTenant(SqlUnits(engine, CONTOSO), clock, folder)
    yield tenant
    tenant.blobs.close()
    engine.dispose()

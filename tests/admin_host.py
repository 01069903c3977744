"""One tenant's SharePoint hosts in process, without the rest of a service: CSOM and REST over a real store, no socket.

The caller is whoever the test says; the partner is a channel that answers what the test put into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from starlette.requests import Request

from clock import CountingIds, FakeClock
from conftest import CONTOSO_ID
from xtenant.domain import errors
from xtenant.domain.caller import (
    ADMIN_APP_PERMISSIONS,
    SHAREPOINT_ADMINISTRATOR,
    AppCredential,
    Caller,
    CallerKind,
)
from xtenant.domain.limits import Limits
from xtenant.domain.ports.partner import TrustQuestion
from xtenant.domain.ports.units import Units
from xtenant.domain.sign_in import TenantKeys
from xtenant.domain.tenant import Geo, GeoCode, HostUrl, Tenant, TenantId
from xtenant.domain.trust import PartnerAnswer
from xtenant.operations.sign_in import ensure_keys
from xtenant.protocols.csom import serve as csom
from xtenant.protocols.sharepoint_rest import serve as rest
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.tables import metadata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Edge
from xtenant.wire.routes import Match, Router
from xtenant.wire.tokens import TokenIssuer
from xtenant.wire.transport import Session

ADMIN = "https://contoso-admin.sharepoint.com"
FABRIKAM = HostUrl("https://fabrikam-my.sharepoint.com/")
FABRIKAM_ID = TenantId(UUID("22222222-2222-4222-8222-222222222222"))
NAM = Geo(code=GeoCode("NAM"), label="contoso")
EUR = Geo(code=GeoCode("EUR"), label="contosoeur")
CONTOSO = Tenant(
    tenant_id=CONTOSO_ID,
    name="contoso",
    display_name="Contoso Ltd",
    initial_domain="contoso.onmicrosoft.com",
    geos=(NAM, EUR),
)
SHAREPOINT_ADMIN = Caller(
    kind=CallerKind.USER,
    tenant_id=CONTOSO_ID,
    upn="spadmin@contoso.com",
    directory_roles=frozenset({SHAREPOINT_ADMINISTRATOR}),
)
PLAIN_USER = Caller(kind=CallerKind.USER, tenant_id=CONTOSO_ID, upn="ann@contoso.com")
ADMIN_APP = Caller(
    kind=CallerKind.APP,
    tenant_id=CONTOSO_ID,
    app_id=UUID(int=1),
    credential=AppCredential.CERTIFICATE,
    permissions=ADMIN_APP_PERMISSIONS,
)


@dataclass
class ScriptedPartner:
    """A partner channel that says what it was told to; `reachable` False refuses every call. Notes what it was asked."""

    answer: PartnerAnswer = field(default_factory=lambda: PartnerAnswer(requested=False))
    reachable: bool = True
    version: str | None = "16.0"
    asked: list[str] = field(default_factory=list)

    def _note(self, what: str) -> None:
        if not self.reachable:
            raise errors.PartnerUnreachable("The partner could not be reached.")
        self.asked.append(what)

    async def tenant_id_of(self, partner: HostUrl) -> TenantId:
        self._note("tenant")
        return FABRIKAM_ID

    async def notify(self, own: Geo, partner: HostUrl, question: TrustQuestion) -> None:
        self._note("notify")

    async def verify(self, own: Geo, partner: HostUrl, question: TrustQuestion) -> PartnerAnswer:
        self._note("verify")
        return self.answer

    async def schema_version(self, own: Geo, partner: HostUrl) -> str | None:
        self._note("schema")
        return self.version

    def agrees(self, *, days: float = 30) -> None:
        """From now on the partner says that it requested trust so many days ago."""
        self.answer = PartnerAnswer(requested=True, age=timedelta(days=days), waiting=timedelta(days=7))


@dataclass
class AdminHost:
    """`http` is a plain client of the hosts, `session` the tools' own; `caller` None means no token."""

    units: Units
    clock: FakeClock
    partner: ScriptedPartner
    http: httpx.AsyncClient
    session: Session
    edge: Edge
    caller: Caller | None = SHAREPOINT_ADMIN

    async def caller_of(self, request: Request, match: Match, geo: Geo) -> Caller:
        if self.caller is None:
            raise errors.NotSignedIn("There is no token.")
        return self.caller

    async def query(self, body: str | bytes, **headers: str) -> httpx.Response:
        """POST a ProcessQuery body as CLI for Microsoft 365 does, whose Content-Type is wrong."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return await self.http.post(f"{ADMIN}/_vti_bin/client.svc/ProcessQuery", content=body, headers=sent)


_empty_store: list[bytes] = []


@contextmanager
def sqlite_units(folder: Path) -> Iterator[SqlUnits]:
    """An empty store of contoso. What is tested here is the wire; the ports' own suites run on both engines."""
    file = folder / "tenant.db"
    if not _empty_store:
        engine = open_engine(f"sqlite:///{file}")
        metadata.create_all(engine)
        engine.dispose()
        _empty_store.append(file.read_bytes())
    file.write_bytes(_empty_store[0])
    engine = open_engine(f"sqlite:///{file}")
    yield SqlUnits(engine, CONTOSO_ID)
    engine.dispose()


_made: list[TenantKeys] = []


def _keys(units: Units) -> TenantKeys:
    """One pair of keys for the whole run: making an RSA key takes most of a second."""
    if not _made:
        _made.append(ensure_keys(units))
    return _made[0]


@contextmanager
def admin_host(units: Units, limits: Limits | None = None) -> Iterator[AdminHost]:
    """The SharePoint hosts of contoso on a store."""
    limits = limits or Limits()
    clock, ids, partner = FakeClock(), CountingIds(), ScriptedPartner()
    tokens = TokenIssuer(tenant=CONTOSO, keys=_keys(units), clock=clock, ids=ids, limits=limits)
    unused: Any = None  # content plays no part here
    backend = Backend(
        tenant=CONTOSO,
        units=units,
        clock=clock,
        ids=ids,
        limits=limits,
        partner=partner,
        tokens=tokens,
        blobs=unused,
        uploads=unused,
    )
    host: AdminHost
    edge = Edge(
        tenant=CONTOSO,
        router=Router([*csom.mount(backend), *rest.mount(backend)]),
        authenticator=_Late(lambda: host),
        renderers={
            "csom": csom.render_error,
            **dict.fromkeys(("sharepoint_rest", "admin", "my", "root"), rest.render_error),
        },
        ids=ids,
        limits=limits,
    )
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=edge))

    async def token_for(resource: str) -> str:
        return "token"

    session = Session(http, token_for, clock=clock, ids=ids, limits=limits)
    host = AdminHost(units=units, clock=clock, partner=partner, http=http, session=session, edge=edge)
    yield host


class _Late:
    """The host is its own authenticator; it exists only after the edge."""

    def __init__(self, host: object) -> None:
        self._host = host

    async def caller_of(self, request: Request, match: Match, geo: Geo) -> Caller:
        return await self._host().caller_of(request, match, geo)  # type: ignore[operator]

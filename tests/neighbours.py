"""Tenants in one process: real services, real stores, real codecs; only the sockets are left out.

`Neighbours` builds contoso, fabrikam and, when asked, northwind, each with its own database and a shared fake clock, and leads
host names to them: partner calls, client calls and msal's calls all go through `transport` or `sync_transport`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from clock import CountingIds, FakeClock
from xtenant.domain.caller import ADMIN_APP_PERMISSIONS
from xtenant.domain.tenant import GRAPH_HOST, Geo, HostUrl
from xtenant.lab.tenant_hints import KnownTenant, Signposts
from xtenant.service import TenantService, build_service
from xtenant.settings import AppEntry, GeoEntry, PublicTenantEntry, ServiceSettings, SubscriptionEntry, UserEntry

TENANT_IDS = {
    "contoso": UUID("11111111-1111-4111-8111-111111111111"),
    "fabrikam": UUID("22222222-2222-4222-8222-222222222222"),
    "northwind": UUID("33333333-3333-4333-8333-333333333333"),
}
APP_ID = UUID("aaaaaaaa-0000-4000-8000-000000000001")
APP_WITHOUT_PERMISSIONS_ID = UUID("aaaaaaaa-0000-4000-8000-000000000002")
MIGRATION_LICENCES = ("Cross_tenant_user_data_migration", "Cross_tenant_shared_data_migration")
PASSWORD = "Correct-Horse-7"
SECRET = "app-secret-of-the-tests"
GRAPH_PERMISSIONS = frozenset(
    {
        "User.ReadWrite.All",
        "Group.ReadWrite.All",
        "Sites.FullControl.All",
        "Files.ReadWrite.All",
        "Organization.Read.All",
        "Domain.Read.All",
        "SharePointTenantSettings.ReadWrite.All",
        "CrossTenantInformation.ReadBasic.All",
    }
)


def host_url(name: str) -> HostUrl:
    return HostUrl(f"https://{name}-my.sharepoint.com/")


def settings_of(
    name: str, home: Path, *, geos: tuple[str, ...] = ("NAM",), certificate: Path | None = None, **more: Any
) -> ServiceSettings:
    """Settings of a test tenant: an admin of each kind, a plain user, an app with and one without permissions."""
    domain = f"{name}.onmicrosoft.com"
    people = {"admin": "global_admin", "spadmin": "sharepoint_admin", "ann": "user", "bob": "user"}
    certificates = [certificate] if certificate else []
    more.setdefault("settings", {"waiting_period": 0})
    more.setdefault("runner", "in-process")
    more.setdefault("subscriptions", [SubscriptionEntry(part_number=part, enabled=25) for part in MIGRATION_LICENCES])
    return ServiceSettings(
        tenant_id=TENANT_IDS[name],
        name=name,
        display_name=name.capitalize(),
        initial_domain=domain,
        domains=[domain],
        geos=[GeoEntry(code=code, label=name if n == 0 else name + code.lower()) for n, code in enumerate(geos)],
        public_directory=[
            PublicTenantEntry(
                tenant_id=tenant_id,
                display_name=other.capitalize(),
                default_domain=f"{other}.onmicrosoft.com",
                domains=[f"{other}.onmicrosoft.com"],
            )
            for other, tenant_id in TENANT_IDS.items()
        ],
        home=home,
        lab=True,
        users=[
            UserEntry(upn=f"{who}@{domain}", display_name=who.capitalize(), role=role, password=PASSWORD)  # type: ignore[arg-type]
            for who, role in people.items()
        ],
        apps=[
            AppEntry(
                app_id=APP_ID,
                display_name="xtenant",
                permissions=sorted(ADMIN_APP_PERMISSIONS | GRAPH_PERMISSIONS),
                scopes=["AllSites.FullControl", "User.Read.All"],
                secrets=[SECRET],
                certificate_files=certificates,
                public_client=True,
            ),
            AppEntry(
                app_id=APP_WITHOUT_PERMISSIONS_ID,
                display_name="xtenant without permissions",
                secrets=[SECRET],
                certificate_files=certificates,
            ),
        ],
        **more,
    )


class Transport(httpx.AsyncBaseTransport):
    """Leads a host name to the service that owns it; a stopped one refuses the connection. Counts requests by host."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self.seen: list[tuple[str, str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        service = self._neighbours.service_for(request, body)
        self.seen.append((request.method, request.url.host, request.url.raw_path.decode()))
        if service is None:
            raise httpx.ConnectError(f"nothing listens at {request.url.host}", request=request)
        return await httpx.ASGITransport(app=service.app, raise_app_exceptions=False).handle_async_request(request)


class SyncTransport(httpx.BaseTransport):
    """The same for callers that are not async: each request runs in the portal's loop."""

    def __init__(self, portal: BlockingPortal, transport: Transport) -> None:
        self._portal = portal
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._transport.handle_async_request(asked)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@dataclass
class Neighbours:
    """The services by tenant name. `stopped` names those whose hosts refuse connections."""

    clock: FakeClock
    services: dict[str, TenantService] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    portal: BlockingPortal | None = None

    def __post_init__(self) -> None:
        self.transport = Transport(self)

    @property
    def sync_transport(self) -> SyncTransport:
        assert self.portal is not None
        return SyncTransport(self.portal, self.transport)

    def add(self, settings: ServiceSettings) -> TenantService:
        service = build_service(
            settings,
            clock=self.clock,
            ids=CountingIds(start=1 + 1_000_000 * len(self.services)),
            transport=self.transport,
            sync_transport=self.sync_transport if self.portal else None,
        )
        self.services[settings.name] = service
        return service

    def __getitem__(self, name: str) -> TenantService:
        return self.services[name]

    def geo(self, name: str) -> Geo:
        return self.services[name].tenant.default_geo

    def service_for(self, request: httpx.Request, body: bytes) -> TenantService | None:
        """By host; for the shared hosts by the hints the lab's front goes by."""
        host = request.url.host
        for name, service in self.services.items():
            if service.tenant.geo_of_host(host) is not None:
                return None if name in self.stopped else service
        found = self._hinted(host, request, body)
        return None if found in self.stopped else self.services[found]

    def _hinted(self, host: str, request: httpx.Request, body: bytes) -> str:
        signposts = Signposts(
            KnownTenant(
                name=name,
                tenant_id=str(service.tenant.tenant_id),
                domains=frozenset({service.tenant.initial_domain}),
                client_ids=frozenset(),
            )
            for name, service in self.services.items()
        )
        authorization = request.headers.get("authorization", "")
        if host == GRAPH_HOST:
            found = signposts.for_graph(authorization)
        else:
            found = signposts.for_login(request.url.path, request.url.query.decode(), authorization, body)
        return found.name if isinstance(found, KnownTenant) else next(iter(self.services))


@contextmanager
def neighbours(
    folder: Path, clock: FakeClock, *names: str, each: Mapping[str, Mapping[str, Any]] | None = None, **more: Any
) -> Iterator[Neighbours]:
    """Services side by side for one test."""
    with start_blocking_portal() as portal:
        block = Neighbours(clock=clock, portal=portal)
        for name in names or ("contoso", "fabrikam"):
            block.add(settings_of(name, folder / name, **more, **(each or {}).get(name, {})))
        yield block

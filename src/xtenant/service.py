"""Composition root of a tenant service: picks stores, mounts protocols, starts the mail sender and the engine.

Nothing here decides anything; it only names what goes where. `build_service` makes a service that is not running yet,
`serve` runs it on a port until it is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import structlog
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.requests import Request

from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, SHAREPOINT_ADMINISTRATOR, Caller, Who
from xtenant.domain.directory import AppId
from xtenant.domain.limits import DEFAULT, Limits
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.stop import StopPoint, never_stop
from xtenant.domain.tenant import Geo, HostRole, Tenant
from xtenant.engine.dispatcher import Runner
from xtenant.engine.engine import Engine
from xtenant.engine.runner import InProcessRunner
from xtenant.engine.trust_check import TrustFromThreads
from xtenant.engine.workbench import Workbench, checked
from xtenant.engine.workflow import WorkflowRunner
from xtenant.operations import sign_in, sites
from xtenant.outside.clock import SystemClock
from xtenant.outside.ids import SystemIds
from xtenant.outside.mail import MailSender, SmtpSecurity, SmtpSettings
from xtenant.protocols.csom import serve as csom
from xtenant.protocols.graph import serve as graph
from xtenant.protocols.oauth import serve as oauth
from xtenant.protocols.partner import serve as partner
from xtenant.protocols.partner.call import MoveCalls, PartnerCalls
from xtenant.protocols.sharepoint_rest import serve as sharepoint_rest
from xtenant.settings import AppEntry, ServiceSettings, UserEntry
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.folder_blobs import FolderBlobs
from xtenant.storage.schema import prepare
from xtenant.storage.uploads import FolderUploads
from xtenant.wire.backend import Backend
from xtenant.wire.bearer import BearerAuthenticator
from xtenant.wire.edge import Authenticator, Edge, ErrorRenderer
from xtenant.wire.partner_caller import PartnerAuthenticator
from xtenant.wire.partner_tokens import PartnerTokens
from xtenant.wire.routes import Match, Router
from xtenant.wire.tokens import TokenIssuer
from xtenant.wire.transport import Connection, open_http, open_http_sync

log = structlog.get_logger("xtenant.service")

DIRECTORY_ROLES = {
    "global_admin": frozenset({GLOBAL_ADMINISTRATOR}),
    "sharepoint_admin": frozenset({SHAREPOINT_ADMINISTRATOR}),
    "user": frozenset[UUID](),
}

RENDERERS: dict[str, ErrorRenderer] = {
    "oauth": oauth.render_error,
    "csom": csom.render_error,
    "sharepoint_rest": sharepoint_rest.render_error,
    "graph": graph.render_error,
    "download": sharepoint_rest.render_error,
    "partner": partner.render_error,
    HostRole.LOGIN.value: oauth.render_error,
    HostRole.GRAPH.value: graph.render_error,
    HostRole.ADMIN.value: sharepoint_rest.render_error,
    HostRole.MY.value: sharepoint_rest.render_error,
    HostRole.ROOT.value: sharepoint_rest.render_error,
}


@dataclass(frozen=True, kw_only=True)
class EachToItsOwn:
    """Partner routes read partner tokens, all others the tenant's own."""

    own: Authenticator
    partners: Authenticator

    async def caller_of(self, request: Request, match: Match, geo: Geo) -> Caller:
        chosen = self.partners if match.route.who is Who.PARTNER else self.own
        return await chosen.caller_of(request, match, geo)


class TenantService:
    """A tenant service: `app` answers requests; `start` and `stop` run what goes on beside them."""

    def __init__(
        self,
        *,
        backend: Backend,
        units: SqlUnits,
        app: Edge,
        loops: list[Callable[[], Awaitable[None]]],
        engine: Engine,
        trust: TrustFromThreads,
    ) -> None:
        self.backend = backend
        self.tenant = backend.tenant
        self.units = units
        self.clock = backend.clock
        self.ids = backend.ids
        self.app = app
        self.engine = engine
        self._trust = trust
        self._loops = loops
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to send mails and to move."""
        self._trust.bind(asyncio.get_running_loop())
        await asyncio.to_thread(self.engine.start)
        self._running = [asyncio.ensure_future(loop()) for loop in self._loops]

    async def stop(self) -> None:
        """End both; what was in progress goes on at the next start."""
        for task in self._running:
            task.cancel()
        for task in self._running:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._running = []
        await asyncio.to_thread(self.engine.stop)


def build_service(
    settings: ServiceSettings,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    sync_transport: httpx.BaseTransport | None = None,
    limits: Limits = DEFAULT,
    stop: StopPoint = never_stop,
) -> TenantService:
    """Make the service a settings file describes; the first time also its database, keys and directory.

    `transport` and `sync_transport` stand in for the network in tests of one process; `stop` is called at the named places
    of a move.
    """
    tenant = settings.tenant()
    ids = ids or SystemIds()
    clock = clock or _clock_of(settings)
    units = _open_store(settings, clock, ids)
    keys = sign_in.ensure_keys(units)
    partner_tokens = PartnerTokens(tenant, keys.partner_pem, clock=clock, ids=ids, limits=limits)
    calls = PartnerCalls(open_http(_connection_of(settings), transport=transport), partner_tokens, limits)
    backend = Backend(
        tenant=tenant,
        units=units,
        clock=clock,
        ids=ids,
        limits=limits,
        partner=calls,
        tokens=TokenIssuer(tenant=tenant, keys=keys, clock=clock, ids=ids, limits=limits),
        blobs=FolderBlobs(settings.home / "blobs", tenant.tenant_id),
        uploads=FolderUploads(settings.home / "blobs", tenant.tenant_id),
        lab=settings.lab,
        moves=MoveCalls(open_http_sync(_content_connection_of(settings), transport=sync_transport), partner_tokens),
        stop=checked(stop),
    )
    authenticator = EachToItsOwn(
        own=BearerAuthenticator(backend.tokens),
        partners=PartnerAuthenticator(tenant, units, calls.fetch_keys, clock=clock, limits=limits),
    )
    app = Edge(
        tenant=tenant,
        router=_router(backend, partner_tokens),
        authenticator=authenticator,
        renderers=RENDERERS,
        ids=ids,
        limits=limits,
    )
    loops: list[Callable[[], Awaitable[None]]] = []
    if settings.smtp:
        loops.append(MailSender(units, clock, _smtp_of(settings)).run)
    trust = TrustFromThreads(units, calls, tenant=tenant, clock=clock)
    engine = _engine_of(settings, backend, trust)
    return TenantService(backend=backend, units=units, app=app, loops=loops, engine=engine, trust=trust)


def _engine_of(settings: ServiceSettings, backend: Backend, trust: TrustFromThreads) -> Engine:
    """The move engine; embedded, one worker has the whole store to itself, so its name is the tenant's."""
    assert backend.moves is not None
    embedded = settings.database.startswith("sqlite")
    worker = backend.tenant.name if embedded else f"{backend.tenant.name}-{backend.ids.new_id()}"
    workflows = f"sqlite:///{settings.home / 'workflows.db'}" if embedded else settings.database
    bench = Workbench(
        tenant=backend.tenant,
        units=backend.units,
        blobs=backend.blobs,
        clock=backend.clock,
        ids=backend.ids,
        channel=backend.moves,
        trust=trust,
        limits=backend.limits,
        stop=backend.stop,
    )

    def make_runner(bench: Workbench) -> Runner:
        if settings.runner == "in-process":
            return InProcessRunner(bench)
        return WorkflowRunner(bench, workflows, worker=worker)

    return Engine(bench, make_runner, worker=worker)


def _router(backend: Backend, partner_tokens: PartnerTokens) -> Router:
    return Router(
        [
            *oauth.mount(backend),
            *csom.mount(backend),
            *partner.mount(backend, partner_tokens),
            *sharepoint_rest.mount(backend),
            *graph.mount(backend),
        ]
    )


def _open_store(settings: ServiceSettings, clock: Clock, ids: IdSource) -> SqlUnits:
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    tenant = settings.tenant()
    first_start = prepare(engine, tenant.tenant_id)
    units = SqlUnits(engine, tenant.tenant_id)
    if first_start:
        with units.write() as uow:
            uow.settings.put(settings.tenant_settings())
    users = [_seed_user(entry) for entry in settings.users]
    sign_in.seed_directory(units, users, [_seed_app(entry) for entry in settings.apps], clock=clock, ids=ids)
    sites.create_root_sites(units, tenant=tenant, clock=clock, ids=ids)
    return units


def _seed_user(entry: UserEntry) -> sign_in.SeedUser:
    return sign_in.SeedUser(
        upn=entry.upn,
        display_name=entry.display_name,
        password=entry.password,
        directory_roles=DIRECTORY_ROLES[entry.role],
    )


def _seed_app(entry: AppEntry) -> sign_in.SeedApp:
    return sign_in.SeedApp(
        app_id=AppId(entry.app_id),
        display_name=entry.display_name,
        permissions=frozenset(entry.permissions),
        scopes=frozenset(entry.scopes),
        certificates=tuple(file.read_text() for file in entry.certificate_files),
        secrets=tuple(entry.secrets),
        public_client=entry.public_client,
    )


def _clock_of(settings: ServiceSettings) -> SystemClock:
    """Real time; in a lab business time is shifted by the lab's clock file, which only goes forward."""
    file = settings.clock_file
    if file is None or not settings.lab:
        return SystemClock()
    return SystemClock(offset_seconds=lambda: _offset_in(file))


def _offset_in(file: Path) -> float:
    try:
        return float(msgspec.json.decode(file.read_bytes())["offset_seconds"])
    except FileNotFoundError:
        return 0.0


def _connection_of(settings: ServiceSettings) -> Connection:
    return Connection(
        proxy_url=settings.proxy_url,
        ca_file=settings.ca_file,
        allow_private_addresses=settings.lab,
        timeout_seconds=DEFAULT.partner_seconds,
        max_response_bytes=DEFAULT.partner_body,
    )


def _content_connection_of(settings: ServiceSettings) -> Connection:
    """For the engine's calls: content streams through it, and each call bounds what it reads itself."""
    return dataclasses.replace(_connection_of(settings), max_response_bytes=1 << 50, timeout_seconds=60.0)


def _smtp_of(settings: ServiceSettings) -> SmtpSettings:
    smtp = settings.smtp
    assert smtp is not None
    security = SmtpSecurity.NONE if settings.lab else SmtpSecurity.STARTTLS
    return SmtpSettings(host=smtp.host, port=smtp.port, security=security, poll_seconds=0.2 if settings.lab else 1.0)


async def serve(
    service: TenantService, *, address: str, port: int, certificate: Path, key: Path, stopped: asyncio.Event
) -> None:
    """Answer on a port over TLS 1.2 or newer until `stopped` is set."""
    server = Server(
        service.app,
        address=address,
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_level=LogLevels.error,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    await service.start()
    running = asyncio.ensure_future(server.serve())
    waiting = asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        server.stop()
        await running
        await service.stop()


__all__ = ["Tenant", "TenantService", "build_service", "serve"]

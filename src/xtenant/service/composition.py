"""Puts a tenant service together. Nothing here decides anything; it only names what goes where."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import anyio.to_thread
import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from xtenant.domain import errors
from xtenant.domain.caller import Caller, Who
from xtenant.domain.limits import DEFAULT, Limits
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.stop import StopPoint, never_stop
from xtenant.domain.tenant import Geo, HostRole
from xtenant.engine.dispatcher import Runner
from xtenant.engine.engine import Engine
from xtenant.engine.runner import InProcessRunner
from xtenant.engine.trust_check import TrustFromThreads
from xtenant.engine.workbench import Workbench, checked
from xtenant.engine.workflow import WorkflowRunner
from xtenant.operations import collect, deleted, recovery, sign_in, uploads
from xtenant.outside.ids import SystemIds
from xtenant.outside.mail import MailSender
from xtenant.protocols.csom import serve as csom
from xtenant.protocols.graph import serve as graph
from xtenant.protocols.oauth import serve as oauth
from xtenant.protocols.partner import serve as partner
from xtenant.protocols.partner.call import MoveCalls, PartnerCalls
from xtenant.protocols.sharepoint_rest import serve as sharepoint_rest
from xtenant.service.outlets import clock_of, content_connection, partner_connection, smtp_of
from xtenant.service.running import TenantService
from xtenant.service.store import content_root, open_store
from xtenant.settings import ServiceSettings
from xtenant.storage.folder_blobs import FolderBlobs
from xtenant.storage.shared_folder import SharedFolder
from xtenant.storage.uploads import FolderUploads
from xtenant.wire.backend import Backend
from xtenant.wire.bearer import BearerAuthenticator
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.edge import Authenticator, Edge, ErrorRenderer
from xtenant.wire.partner_caller import PartnerAuthenticator
from xtenant.wire.partner_tokens import PartnerTokens
from xtenant.wire.routes import Match, Router
from xtenant.wire.throttling import Meter
from xtenant.wire.tokens import TokenIssuer
from xtenant.wire.transport import open_http, open_http_sync

log = structlog.get_logger("xtenant.service")

HOUSEKEEPING_SECONDS = 60.0

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


def build_service(
    settings: ServiceSettings,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    sync_transport: httpx.BaseTransport | None = None,
    limits: Limits = DEFAULT,
    stop: StopPoint = never_stop,
    after_restore: bool = False,
) -> TenantService:
    """Make the service a settings file describes; the first time also its database, keys and directory.

    With `after_restore` its database was put back from a backup (settled B 5). The transports stand in for the network in
    tests of one process; `stop` is called at the named places of a move.
    """
    ids, clock = ids or SystemIds(), clock or clock_of(settings)
    units = open_store(settings, clock, ids)
    if after_restore:
        recovery.begin(units, clock=clock)
    keys, tenant = sign_in.ensure_keys(units), settings.tenant()
    partner_tokens = PartnerTokens(tenant, keys.partner_pem, clock=clock, ids=ids, limits=limits)
    http = open_http(partner_connection(settings, limits), transport=transport)
    moves = _move_calls(settings, partner_tokens, sync_transport, clock=clock, limits=limits)
    calls = PartnerCalls(http, partner_tokens, limits)
    blobs = FolderBlobs(content_root(settings), tenant.tenant_id)
    backend = Backend(
        tenant=tenant,
        units=units,
        clock=clock,
        ids=ids,
        limits=limits,
        partner=calls,
        tokens=TokenIssuer(tenant=tenant, keys=keys, clock=clock, ids=ids, limits=limits),
        blobs=blobs,
        uploads=FolderUploads(settings.home / "blobs", tenant.tenant_id),
        lab=settings.lab,
        moves=moves,
        stop=checked(stop),
    )
    trust = TrustFromThreads(units, calls, tenant=tenant, clock=clock)
    return TenantService(
        backend=backend,
        units=units,
        app=_edge(backend, partner_tokens, calls),
        loops=_loops(settings, backend),
        closers=[http.aclose, *(partial(anyio.to_thread.run_sync, each.close) for each in (moves, blobs))],
        engine=_engine_of(settings, backend, trust, blobs),
        trust=trust,
    )


def _move_calls(
    settings: ServiceSettings,
    tokens: PartnerTokens,
    transport: httpx.BaseTransport | None,
    *,
    clock: Clock,
    limits: Limits,
) -> MoveCalls:
    """The engine's way to partners; content comes in bulk where there is a network."""
    connection = content_connection(settings, limits)
    bulk = None if transport else BulkTransfer(connection, clock=clock, limits=limits)
    return MoveCalls(open_http_sync(connection, transport=transport), tokens, bulk)


def _edge(backend: Backend, partner_tokens: PartnerTokens, calls: PartnerCalls) -> Edge:
    """The application over every protocol's routes."""
    tenant, limits = backend.tenant, backend.limits
    partners = PartnerAuthenticator(tenant, backend.units, calls.fetch_keys, clock=backend.clock, limits=limits)
    return Edge(
        tenant=tenant,
        router=_router(backend, partner_tokens),
        authenticator=EachToItsOwn(own=BearerAuthenticator(backend.tokens), partners=partners),
        renderers=RENDERERS,
        ids=backend.ids,
        limits=limits,
        clock=backend.clock,
        meter=_meter(backend),
    )


def _meter(backend: Backend) -> Meter:
    """What the tenant lets be asked of it, as it was set when the service starts; a lab says when that changes."""
    meter = Meter(backend.clock)
    with backend.units.read() as uow:
        meter.adopt(uow.settings.get())
    return meter


def _loops(settings: ServiceSettings, backend: Backend) -> list[Callable[[], Awaitable[None]]]:
    """What goes on beside the requests and the engine: mails, and clearing away what nobody refers to."""

    def clear_away() -> None:
        if recovery.stands(backend.units):
            return  # rows that were put back say nothing of what is still needed
        collect.collect_as_set(backend.units, backend.blobs, clock=backend.clock, ids=backend.ids)
        uploads.sweep(backend.units, backend.uploads, clock=backend.clock)
        deleted.forget_expired(backend.units, clock=backend.clock)

    async def housekeeping() -> None:
        while True:
            await backend.clock.sleep(HOUSEKEEPING_SECONDS)
            try:
                await anyio.to_thread.run_sync(clear_away)
            except (errors.XTenantError, SQLAlchemyError):  # the loop outlives a store that is away for a moment
                log.exception("housekeeping.failed")

    mails = (
        [MailSender(backend.units, backend.clock, smtp_of(settings.smtp, lab=settings.lab)).run]
        if settings.smtp
        else []
    )
    return [*mails, housekeeping]


def _engine_of(settings: ServiceSettings, backend: Backend, trust: TrustFromThreads, blobs: FolderBlobs) -> Engine:
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
        shared=SharedFolder(content_root(settings), blobs) if settings.shared_store else None,
    )

    put_back = embedded and recovery.stands(backend.units)

    def make_runner(bench: Workbench) -> Runner:
        if settings.runner == "in-process":
            return InProcessRunner(bench)
        if (
            put_back
        ):  # its notes are of claims that the database no longer knows; deleting them loses nothing (settled B 2)
            for file in settings.home.glob("workflows.db*"):
                file.unlink()
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

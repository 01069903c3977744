"""Moves as Graph's migration tasks name them: by people, sites and groups of the source (graph-migrations.md 2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from xtenant.domain import errors, obstacles, paths
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.consents import includes
from xtenant.domain.directory import UserId
from xtenant.domain.move import Direction, JobKind, MoveJob
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Geo, HostUrl, Tenant, TenantId
from xtenant.domain.trust import PartnerRole
from xtenant.operations import moves
from xtenant.operations.moves import StartWish


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWish:
    """What a task asks for. `source` and `target` are UPNs, site addresses or group aliases; `source_id` a user's object id
    in place of the UPN. The partner is named by host URL, by tenant id, or by both."""

    kind: JobKind
    source: str
    target: str
    source_id: UUID | None = None
    partner: HostUrl | None = None
    partner_tenant_id: TenantId | None = None
    begin_at: datetime | None = None
    latest_start_at: datetime | None = None
    validate_only: bool = False
    body_hash: bytes = b""


def start_wish_of(units: Units, tenant: Tenant, caller: Caller, wish: TaskWish) -> tuple[Geo, StartWish]:
    """The start a task means, and the geo it starts in: the one that holds the source.

    Raises AccessDenied, SourceOneDriveMissing, UsageError for a partner that is named wrongly or not at all.
    """
    require_administrator(caller)
    with units.read() as uow:
        source_url = _source_url(uow, tenant, wish)
        geo = tenant.geo_of_host((urlsplit(source_url).hostname or "").lower()) or tenant.default_geo
        partner = _partner(uow, geo, wish)
    return geo, StartWish(
        source_url=source_url,
        target_url=_target_url(partner, wish),
        partner=partner,
        begin_at=wish.begin_at,
        latest_start_at=wish.latest_start_at,
        updates=True,
        validate_only=wish.validate_only,
        body_hash=wish.body_hash,
    )


def require_administrator(caller: Caller) -> None:
    """Tasks are for SharePoint administrators of the source and for apps that count as one (R-2.27, R-1.10).

    Raises AccessDenied.
    """
    if not caller.is_sharepoint_admin:
        raise errors.AccessDenied("Migration tasks are for SharePoint administrators.")


def require_reader(caller: Caller) -> None:
    """Reading asks an app for its permission to read tasks and for nothing more (settled C 15). Raises AccessDenied."""
    if caller.kind is not CallerKind.APP or not includes(caller.permissions, "SharePointCrossTenantMigration.Read.All"):
        require_administrator(caller)


def task_of_source(units: Units, tenant: Tenant, caller: Caller, kind: JobKind, source: str) -> MoveJob:
    """The newest task of a UPN, site address or alias. Raises AccessDenied, UnknownJob."""
    require_reader(caller)
    with units.read() as uow:
        try:
            url = _source_url(uow, tenant, TaskWish(kind=kind, source=source, target=""))
        except errors.Refused:
            raise obstacles.UnknownJob from None
        found = uow.jobs.latest_of(url, direction=Direction.OUT)
    if found is None or found.kind is not kind:
        raise obstacles.UnknownJob
    return found


def task_of_id(units: Units, caller: Caller, job_id: UUID) -> MoveJob:
    """A task by its id. Tasks are the source's: a move into this tenant is none. Raises AccessDenied, UnknownJob."""
    require_reader(caller)
    found = moves.show_move(units, job_id)
    if found.direction is not Direction.OUT:
        raise obstacles.UnknownJob
    return found


def _source_url(uow: UnitOfWork, tenant: Tenant, wish: TaskWish) -> str:
    if wish.kind is JobKind.SITE:
        return paths.site_url(wish.source)
    if wish.kind is JobKind.GROUP:
        group = uow.groups.by_alias(wish.source)
        geo = next((geo for geo in tenant.geos if group and geo.code == group.preferred_data_location), None)
        return f"{(geo or tenant.default_geo).root_url}/sites/{wish.source}"
    person = uow.users.by_id(UserId(wish.source_id)) if wish.source_id else uow.users.by_upn(wish.source)
    site = uow.sites.visible_personal_of(person.user_id) if person else None
    if site is None:
        raise obstacles.SourceOneDriveMissing(wish.source or str(wish.source_id))
    return site.url


def _partner(uow: UnitOfWork, geo: Geo, wish: TaskWish) -> HostUrl:
    """By its host, else by its tenant id among the tenants this geo named as targets."""
    if wish.partner is not None:
        return wish.partner
    if wish.partner_tenant_id is None:
        raise errors.UsageError("The task names no target.", remedy="Give targetOrganizationHost.")
    named = [
        one.key.partner
        for one in uow.relationships.all(geo.code)
        if one.partner_tenant_id == wish.partner_tenant_id and one.key.partner_role is PartnerRole.TARGET
    ]
    if len(named) != 1:
        raise errors.UsageError(
            f"{len(named)} relationships lead to the target {wish.partner_tenant_id}.",
            remedy="Name its host by targetOrganizationHost.",
        )
    return named[0]


def _target_url(partner: HostUrl, wish: TaskWish) -> str:
    if wish.kind is JobKind.SITE:
        return wish.target
    if wish.kind is JobKind.USER:
        return f"{partner}personal/{paths.personal_path(wish.target)}"
    return f"https://{partner.label}.sharepoint.com/sites/{wish.target}"

"""Reading a tenant's directory into an inventory: the tenant, licences, people, groups and their direct members.

Only reads; nothing here may make a tenant provision anything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.domain.tenant import parse_host_url
from xtenant.inventory.facts import Licence, Member, NotRead, Principal, PrincipalKind, TenantFacts
from xtenant.inventory.store import Inventory
from xtenant.protocols.csom import call as csom
from xtenant.protocols.graph.call import directory
from xtenant.wire.transport import Session

GROUP_KINDS = (PrincipalKind.M365_GROUP, PrincipalKind.SECURITY_GROUP)
GROUPS_A_PART = 100
"""Groups whose members are read between two notes of progress."""

_ON_DEMAND = "ProvisionSiteOnDemand"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoPlace:
    """Where a geo of the tenant is administered, and its host URL."""

    admin_url: str
    host_url: str


async def geos_of(client: TenantClient) -> list[GeoPlace]:
    """Every geo of the tenant; the one the client is signed in at where the tenant names none."""
    found = await csom.tenant_instances(client.session, client.admin_url)
    places = [GeoPlace(admin_url=each.admin_url.rstrip("/"), host_url=each.host_url) for each in found]
    return places or [GeoPlace(admin_url=client.admin_url, host_url=str(await client.host_url()))]


async def read_tenant(
    client: TenantClient, geos: Sequence[GeoPlace], now: datetime, not_read: list[NotRead]
) -> TenantFacts:
    """Who the tenant is. What may not be read of its settings stays unknown and is told of in `not_read`."""
    found = await directory.organization(client.session)
    initial = next((each.name for each in found.verified_domains if each.is_initial), "")
    domains = dict.fromkeys((initial, *(each.name for each in found.verified_domains)))
    settings = await _settings(client.session, not_read)
    return TenantFacts(
        tenant_id=found.id,
        display_name=found.display_name or "",
        initial_domain=initial,
        domains=tuple(filter(None, domains)),
        host_urls=tuple(str(parse_host_url(each.host_url)) for each in geos),
        site_creation_enabled=settings.is_site_creation_enabled,
        read_at=now,
    )


async def _settings(session: Session, not_read: list[NotRead]) -> directory.SharePointSettings:
    try:
        return await directory.sharepoint_settings(session)
    except (errors.AccessDenied, errors.NotFound) as error:
        not_read.append(NotRead(subject="SharePoint settings", reason=error.text))
        return directory.SharePointSettings()


async def licences_of(session: Session, not_read: list[NotRead]) -> list[Licence]:
    """Subscribed SKUs; none where they may not be read, which `not_read` then tells."""
    try:
        return [
            Licence(
                sku_id=each.sku_id,
                part_number=each.sku_part_number,
                enabled=each.prepaid_units.enabled,
                consumed=each.consumed_units,
                plans=tuple(plan.service_plan_name for plan in each.service_plans if plan.service_plan_name),
            )
            async for each in directory.subscribed_skus(session)
        ]
    except (errors.AccessDenied, errors.NotFound) as error:
        not_read.append(NotRead(subject="licences", reason=error.text))
        return []


async def people_of(session: Session) -> AsyncIterator[Principal]:
    """Users and guests."""
    async for each in directory.people(session):
        guest = (each.user_type or "").lower() == "guest"
        yield Principal(
            principal_id=str(each.id),
            kind=PrincipalKind.GUEST if guest else PrincipalKind.USER,
            name=each.display_name or "",
            upn=each.user_principal_name,
            mail=each.mail or "",
            alias=each.mail_nickname or "",
            account_enabled=each.account_enabled is not False,
            usage_location=each.usage_location or "",
            licences=tuple(held.sku_id for held in each.assigned_licenses),
            directory_synced=bool(each.on_premises_sync_enabled),
        )


async def groups_of(session: Session, inventory: Inventory) -> AsyncIterator[Principal]:
    """Groups with the site of each, as the list of sites in the inventory tells it."""
    async for each in directory.groups(session):
        unified = "unified" in (kind.lower() for kind in each.group_types)
        site = inventory.site_of_group(str(each.id)) if unified else None
        yield Principal(
            principal_id=str(each.id),
            kind=PrincipalKind.M365_GROUP if unified else PrincipalKind.SECURITY_GROUP,
            name=each.display_name or "",
            mail=each.mail or "",
            alias=each.mail_nickname or "",
            visibility=each.visibility or "",
            directory_synced=bool(each.on_premises_sync_enabled),
            on_demand=_ON_DEMAND in each.resource_behavior_options,
            site_url=site.url if site else "",
        )


async def read_members(
    session: Session, inventory: Inventory, group_ids: Sequence[str], *, clock: Clock
) -> list[tuple[str, list[Member]]]:
    """Direct members and owners of some groups; nested groups are members like people."""
    found = await directory.people_of_groups(session, [UUID(each) for each in group_ids], clock=clock)
    return [(str(each.group_id), list(_members(each))) for each in found]


def _members(people: directory.GroupPeople) -> list[Member]:
    group_id = str(people.group_id)
    members = [Member(group_id=group_id, member_id=str(each)) for each in people.members]
    return members + [Member(group_id=group_id, member_id=str(each), owner=True) for each in people.owners]

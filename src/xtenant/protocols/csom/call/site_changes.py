"""Sites changed by CSOM: lock, owner, title, administrators, and the recycle bin (spo-admin.md 4.7).

`Tenant.SetSiteAdmin` is documented in the reference of the CSOM library; it answers a user.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.protocols.csom.call.operations import operate, until_done
from xtenant.protocols.csom.call.queries import ask, children_of, fetch, members_of
from xtenant.protocols.csom.codec.answer import Answer
from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.types import TENANT_ID
from xtenant.wire.transport import Session

MAX_PAGES = 20_000
LOCK_STATES = ("Unlock", "NoAdditions", "ReadOnly", "NoAccess")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedSiteRow:
    """A site in the recycle bin."""

    url: str
    site_id: UUID | None
    status: str
    deleted_at: datetime | None
    days_remaining: int
    storage_limit_megabytes: int


async def update_site(
    session: Session, admin_url: str, url: str, values: Mapping[str, str | int], *, clock: Clock, wait: bool = True
) -> None:
    """Set-SPOSite: `LockState`, `Owner`, `Title`, `StorageMaximumLevel` by their names on the wire. Raises NotFound, SiteFrozen's Conflict."""
    query = QueryBuilder()
    site = query.method(query.construct(TENANT_ID), "GetSitePropertiesByUrl", url, False)
    for name, value in values.items():
        query.set(site, name, value)
    action_id = query.select(query.method(site, "Update"))
    reply = await ask(session, admin_url, query, subject=url)
    if wait:
        await until_done(session, admin_url, members_of(reply, action_id), clock)


async def set_site_admin(session: Session, admin_url: str, url: str, login: str, on: bool) -> None:
    """Set-SPOUser -IsSiteCollectionAdmin. Raises NotFound for nobody, or no site."""
    await fetch(session, admin_url, "SetSiteAdmin", url, login, on, subject=url)


async def deleted_site(session: Session, admin_url: str, url: str) -> DeletedSiteRow:
    """Raises NotFound when the recycle bin holds no such site."""
    return _row(await fetch(session, admin_url, "GetDeletedSitePropertiesByUrl", url, subject=url, repeatable=True))


async def deleted_sites(session: Session, admin_url: str) -> AsyncIterator[DeletedSiteRow]:
    """Every site in the recycle bin, page by page."""
    start = "0"
    for _ in range(MAX_PAGES):
        method = "GetDeletedSitePropertiesFromSharePoint"
        found = await fetch(session, admin_url, method, start, children=True, repeatable=True)
        for item in children_of(found):
            yield _row(item)
        following = found.get("NextStartIndexFromSharePoint")
        if not following:
            return
        start = str(following)
    raise errors.Unexpected("The list of deleted sites does not end.")


async def restore_site(session: Session, admin_url: str, url: str, *, clock: Clock, wait: bool = True) -> None:
    """Restore-SPODeletedSite. Raises NotFound, Conflict where another site stands at the address meanwhile."""
    await operate(session, admin_url, "RestoreDeletedSite", url, clock if wait else None)


def _row(item: dict[str, Answer]) -> DeletedSiteRow:
    site_id, deleted = item.get("SiteId"), item.get("DeletionTime")
    return DeletedSiteRow(
        url=str(item.get("Url") or ""),
        site_id=site_id if isinstance(site_id, UUID) else None,
        status=str(item.get("Status") or ""),
        deleted_at=deleted if isinstance(deleted, datetime) else None,
        days_remaining=int(item.get("DaysRemaining") or 0),
        storage_limit_megabytes=int(item.get("StorageMaximumLevel") or 0),
    )

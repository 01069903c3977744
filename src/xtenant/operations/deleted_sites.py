"""Sites in the recycle bin: looked at, and brought back (spo-admin.md 4.7). Removing them for good stands in `sites`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import Site, SiteId, SiteKey
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.site import NothingDeleted, SiteFacts, SitePage
from xtenant.operations import sites

KEPT = timedelta(days=93)
"""How long a deleted site can be had back."""


def list_deleted_sites(units: Units, *, clock: Clock, after: str = "", limit: int = 300) -> SitePage:
    """Oldest first. Raises UsageError for a page nobody gave out."""
    if after and not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise errors.UsageError("The start of the page is none that was given out.")
    with units.read() as uow:
        page = uow.sites.deleted_page(after=SiteKey(int(after or 0)), limit=limit)
        full = len(page) == limit
        return SitePage(sites=_shown(uow, page, clock.business_now()), next_key=str(page[-1].key) if full else None)


def deleted_site_by_url(units: Units, *, url: str, clock: Clock) -> SiteFacts:
    """The one deleted last at an address. Raises NothingDeleted."""
    with units.read() as uow:
        return _shown(uow, [_last_deleted(uow, url)], clock.business_now())[0]


def restore_site(units: Units, *, url: str) -> SiteFacts:
    """Bring back what was deleted last at an address. Raises NothingDeleted, NameTaken where another site stands now."""
    with units.write() as uow:
        return _restored(uow, _last_deleted(uow, url))


def restore_site_by_id(units: Units, *, site_id: UUID) -> SiteFacts:
    """The same by the site's id, which stays the one it had."""
    with units.write() as uow:
        gone = uow.sites.deleted_page(after=SiteKey(0), limit=1, site_id=SiteId(site_id))
        if not gone:
            raise NothingDeleted(str(site_id))
        return _restored(uow, gone[0])


def _restored(uow: UnitOfWork, found: Site) -> SiteFacts:
    site = uow.sites.by_key(found.key, lock=True)
    if site is None or site.deleted_at is None:
        raise NothingDeleted(found.url)
    back = dataclasses.replace(site, deleted_at=None)
    uow.sites.update(back)
    return sites.facts_of(uow, [back])[0]


def _last_deleted(uow: UnitOfWork, url: str) -> Site:
    gone = [site for site in uow.sites.any_by_url(url) if site.deleted_at is not None and site.published_at]
    if not gone:
        raise NothingDeleted(url)
    return max(gone, key=lambda site: (site.deleted_at or site.created_at, site.key))


def _shown(uow: UnitOfWork, page: Sequence[Site], now: datetime) -> Sequence[SiteFacts]:
    return [
        facts
        if facts.deleted_at is None
        else dataclasses.replace(facts, days_remaining=max(0, (facts.deleted_at + KEPT - now).days))
        for facts in sites.facts_of(uow, page)
    ]

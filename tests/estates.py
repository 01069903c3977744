"""Made-up estates for tests: planted in a store, and read back as the records say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from xtenant.domain.content import Item, ItemKey, Site, SiteKey
from xtenant.domain.estates import EstateRecord, EstateTally
from xtenant.domain.ports.units import Units
from xtenant.lab.generating.estate import people_records, sites_of
from xtenant.lab.generating.plan import EstatePlan
from xtenant.operations.estates import Ground, plant


def hash_of_link(link_id: UUID) -> bytes:
    return hashlib.sha256(link_id.bytes).digest()


def planted(ground: Ground, plan: EstatePlan) -> EstateTally:
    """A whole estate in one stream."""
    return plant(ground, chain(people_records(plan), *sites_of(plan)))


def sites_in(units: Units) -> list[Site]:
    """Every published site, OneDrives too."""
    with units.read() as uow:
        found = uow.sites.visible_page(geo=None, template=None, personal=None, after=SiteKey(0), limit=10_000)
        return list(found)


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a site's rows say: live items and deleted ones by id."""

    live: dict[UUID, Item]
    deleted: dict[UUID, Item]


def held_in(units: Units, site: Site) -> Held:
    with units.read() as uow:
        live = uow.items.page(site.key, after=ItemKey(0), limit=100_000)
        gone = uow.recycle_bin.all_page(site.key, after=ItemKey(0), limit=100_000)
        return Held(live=_by_id(live), deleted=_by_id(gone))


def _by_id(items: Iterable[Item]) -> dict[UUID, Item]:
    return {item.item_id: item for item in items}


def records_of(plan: EstatePlan) -> list[EstateRecord]:
    return [*people_records(plan), *chain.from_iterable(sites_of(plan))]

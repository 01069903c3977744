"""Planting a made-up estate in a lab's tenant (`xtenant lab generate`, settled B 13): sites with all they hold, in bulk.

A site is built hidden and published when it is whole; one that cannot be ended leaves nothing behind. Rows are written in
batches, contents settled before the rows that name them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from xtenant.domain import content, errors, paths
from xtenant.domain.content import Site, SiteId, SiteKey, StoredBlob
from xtenant.domain.estates import (
    NOBODY,
    EstateGroup,
    EstateItem,
    EstateLink,
    EstatePerson,
    EstateRecord,
    EstateRights,
    EstateSite,
    EstateSiteGroup,
    EstateTally,
)
from xtenant.domain.lists import web_definition_of
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import BlobStore, SiteWriter
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Geo, Tenant
from xtenant.operations import access, blobs, sites
from xtenant.operations.estate_people import EstatePeople, ensure_people
from xtenant.operations.estate_rows import Numbers, SiteRows

BATCH_ROWS = 4_000
BATCH_BYTES = 32 * 1024 * 1024
TRIES = 5

LinkHash = Callable[[UUID], bytes]
"""By a link's id the hash of the token that this tenant derives for it."""

Record = TypeVar("Record", bound=EstateRecord)


class EstateOrder(errors.UsageError):
    """A record stands where it cannot."""

    code = "badEstate"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where estates are planted."""

    units: Units
    store: BlobStore
    tenant: Tenant
    geo: Geo
    clock: Clock
    ids: IdSource
    link_hash: LinkHash


def plant(ground: Ground, records: Iterable[EstateRecord]) -> EstateTally:
    """Everything a stream of records tells, in the order of `domain/estates.py`; people and groups that are there stay.

    Raises NameTaken for a site that is there, EstateOrder, UnknownNumber, UsageError for a bad estate; sites that were
    whole before stay.
    """
    stream = _Stream(records)
    people = list(stream.all_of(EstatePerson))
    groups = list(stream.all_of(EstateGroup))
    known = ensure_people(ground.units, ground.tenant, people, groups, clock=ground.clock, ids=ground.ids)
    for site in stream.all_of(EstateSite):
        _plant_site(ground, known, site, stream)
    stream.require_end()
    return stream.tally


class _Stream:
    """Records one after the other, with one of foresight; what was taken is counted."""

    def __init__(self, records: Iterable[EstateRecord]) -> None:
        self._records = iter(records)
        self._next = next(self._records, None)
        self.tally = EstateTally()

    def all_of(self, kind: type[Record]) -> Iterator[Record]:
        """The records of one kind that come next."""
        while isinstance(self._next, kind):
            record = self._next
            self.tally.count(record)
            self._next = next(self._records, None)
            yield record

    def batches_of(self, kind: type[Record], weight: Callable[[Record], tuple[int, int]]) -> Iterator[list[Record]]:
        """The same in batches of bounded rows and bytes."""
        batch: list[Record] = []
        rows = size = 0
        for record in self.all_of(kind):
            more = weight(record)
            if batch and (rows + more[0] > BATCH_ROWS or size + more[1] > BATCH_BYTES):
                yield batch
                batch, rows, size = [], 0, 0
            batch.append(record)
            rows, size = rows + more[0], size + more[1]
        if batch:
            yield batch

    def require_end(self) -> None:
        if self._next is not None:
            raise EstateOrder(f"{type(self._next).__name__} stands where it cannot.")


def _plant_site(ground: Ground, people: EstatePeople, wanted: EstateSite, stream: _Stream) -> None:
    work = _Site(ground, people, wanted)
    try:
        work.put_site_groups(list(stream.all_of(EstateSiteGroup)))
        for items in stream.batches_of(EstateItem, _weight):
            work.put_items(items)
        for rights in stream.batches_of(EstateRights, lambda one: (1 + len(one.given), 0)):
            work.put_rights(rights)
        for links in stream.batches_of(EstateLink, lambda one: (1 + len(one.members), 0)):
            work.put_links(links)
        work.publish()
    except BaseException:
        sites.purge(ground.units, work.key)
        raise


def _weight(item: EstateItem) -> tuple[int, int]:
    """How many rows and bytes an item is."""
    size = sum(len(one.content) for one in (*item.versions, *item.attachments))
    return 1 + len(item.versions) + len(item.attachments), size


class _Site:
    """One site in the making: hidden, held by a job that nobody runs."""

    def __init__(self, ground: Ground, people: EstatePeople, wanted: EstateSite) -> None:
        self._ground = ground
        self._wanted = wanted
        self._people = people
        self._job = ground.ids.new_id()
        with ground.units.write() as uow:
            self.key, numbers = self._begin(uow)
        self._rows = SiteRows(self.key, numbers, ground.ids, ground.link_hash)

    def _begin(self, uow: UnitOfWork) -> tuple[SiteKey, Numbers]:
        ground, wanted = self._ground, self._wanted
        owner = self._people.user(wanted.owner)
        address = f"{ground.geo.root_url}/sites/{wanted.name}"
        if not wanted.name:
            address = sites.personal_site_url(ground.geo, owner.upn)
        if wanted.quota_bytes < 1 or len(wanted.title) > paths.NAME_LENGTH:
            raise errors.UsageError(f"The site '{wanted.name}' has a quota or title that no site has.")
        group = None if wanted.group == NOBODY else self._people.group(wanted.group)
        site = uow.sites.add(
            Site(
                key=SiteKey(0),
                site_id=SiteId(ground.ids.new_id()),
                web_id=ground.ids.new_id(),
                geo=ground.geo.code,
                url=paths.site_url(address),
                title=wanted.title,
                template=wanted.template,
                owner_id=owner.user_id,
                group_id=None if group is None else group.group_id,
                created_at=wanted.created_at,
                modified_at=wanted.modified_at,
                published_at=None,
                hidden_job=self._job,
                quota_bytes=wanted.quota_bytes,
            )
        )
        if group is not None:
            uow.groups.update(dataclasses.replace(group, site_url=site.url))
        principals = self._people.principals() | {NOBODY: access.SHAREPOINT_APP}
        keys = uow.principals.ensure(principals.values())
        numbers = Numbers({number: keys[one.directory_id] for number, one in principals.items()})
        writer = self._writer(uow, site.key)
        writer.put_web(content.WEB, web_definition_of(wanted.web))
        writer.put_site_groups((), (), [numbers.key(number) for number in wanted.admins])
        return site.key, numbers

    def _writer(self, uow: UnitOfWork, key: SiteKey) -> SiteWriter:
        return uow.write_site(key, now=self._ground.clock.business_now(), job=self._job)

    def put_site_groups(self, groups: Sequence[EstateSiteGroup]) -> None:
        with self._ground.units.write() as uow:
            self._rows.put_site_groups(uow, self._writer(uow, self.key), groups)

    def put_items(self, items: Sequence[EstateItem]) -> None:
        """Contents first, then all rows in one unit; again when the collector was faster."""
        ground = self._ground
        for _try in range(TRIES):
            stored = _stored(ground.store, items)
            try:
                blobs.record(ground.units, ground.store, list(stored.values()), clock=ground.clock)
                with ground.units.write() as uow:
                    self._rows.put_items(uow, self._writer(uow, self.key), items, stored)
            except content.BlobGone:
                continue
            return
        raise content.BlobGone("The content was collected again and again while it was planted.")

    def put_rights(self, rights: Sequence[EstateRights]) -> None:
        with self._ground.units.write() as uow:
            self._rows.put_rights(uow, self._writer(uow, self.key), rights)

    def put_links(self, links: Sequence[EstateLink]) -> None:
        with self._ground.units.write() as uow:
            self._rows.put_links(uow, self._writer(uow, self.key), links)

    def publish(self) -> None:
        with self._ground.units.write() as uow:
            site = uow.sites.by_key(self.key, lock=True)
            if site is None or uow.items.root_of(self.key) is None:
                raise EstateOrder(f"The site '{self._wanted.name}' has no library.")
            now = self._ground.clock.business_now().replace(microsecond=0)
            uow.sites.update(dataclasses.replace(site, published_at=now, hidden_job=None))


def _stored(store: BlobStore, items: Iterable[EstateItem]) -> Mapping[bytes, StoredBlob]:
    """By content what stands for it in the store."""
    found: dict[bytes, StoredBlob] = {}
    for item in items:
        versions = item.versions if item.kind is content.ItemKind.FILE else ()
        for one in (*versions, *item.attachments):
            if one.content not in found:
                found[one.content] = store.put([one.content])
    return found

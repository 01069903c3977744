"""Sharing links of a frozen site as manifest objects, by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from xtenant.domain.content import Site
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.sharing import SharingLink
from xtenant.domain.snapshot import ManifestLink
from xtenant.engine import places
from xtenant.engine.phases.backup import entries
from xtenant.engine.phases.backup.entries import Written
from xtenant.engine.places import BackupPlace

PAGE = 200


def _next(uow: UnitOfWork, site: Site, place: BackupPlace) -> Sequence[SharingLink]:
    after = UUID(place.after_id) if place.after_id else None
    return uow.links.page(site.key, after=after, limit=PAGE, deleted=True)


def links(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """A page of links is a handful of queries."""
    while page := _next(uow, site, place):
        objects = uow.items.by_keys({link.item_key for link in page})
        lists = uow.items.by_keys({item.library_key for item in objects.values() if item.library_key})
        paths = entries.paths_of(uow, objects.values(), lists)
        for link in page:
            place = places.moved(place, after_id=str(link.link_id))
            thing = ManifestLink(
                link_id=link.link_id,
                object_id=objects[link.item_key].item_id,
                path=paths[link.item_key],
                kind=link.kind,
                scope=link.scope,
                token_hash=link.token_hash,
                created_at=link.created_at,
                created_by=link.created_by,
                expires_at=link.expires_at,
                members=tuple(sorted(link.members)),
            )
            yield thing, place, ()

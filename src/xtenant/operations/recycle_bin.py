"""The recycle bin of a site: listed, restored from, emptied (`content-api.md` 4.5).

The owners of a site see and do everything; anybody else what they deleted themselves, and may restore it to where they may
write.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.content import Item, ItemId, ItemKey, PrincipalKey, Role
from xtenant.domain.deleted_items import MOST_IDS, DeletedPage, DeletedView
from xtenant.domain.list_views import WebRef
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access, webs
from xtenant.operations.access import Standing


def entries(units: Units, caller: Caller, *, ref: WebRef, after: ItemKey, limit: int) -> DeletedPage:
    """Raises NotFound, SiteMoved, AccessDenied, SiteLocked (as every function here does)."""
    with units.read() as uow:
        standing = webs.at(uow, caller, ref).standing
        own = None if _owns(standing) else _key_of(uow, caller)
        found = uow.recycle_bin.page(standing.site.key, after=after, limit=limit, by=own)
        following = found[-1].key if len(found) == limit else None
        return DeletedPage(entries=_views(uow, standing, found), after=following)


def entry(units: Units, caller: Caller, *, ref: WebRef, item_id: UUID) -> DeletedView:
    with units.read() as uow:
        standing = webs.at(uow, caller, ref).standing
        return _views(uow, standing, [_entry(uow, standing, caller, item_id)])[0]


def restore(units: Units, caller: Caller, *, ref: WebRef, ids: Collection[UUID], clock: Clock) -> None:
    """Back to where they were, with all they took along; all or none. Raises NameTaken, NotFound when a folder is gone."""
    _require_few(ids)
    now = clock.business_now()
    with units.write() as uow:
        standing = webs.at(uow, caller, ref).standing
        wanted = [_entry(uow, standing, caller, item_id) for item_id in ids]
        _require_places(uow, standing, wanted)
        writer = uow.write_site(standing.site.key, now=now)
        for item in sorted(wanted, key=lambda one: (one.depth, one.key)):
            writer.restore_deleted(item, now=now)


def purge(units: Units, caller: Caller, *, ref: WebRef, ids: Collection[UUID], clock: Clock) -> None:
    """Gone for good; all or none."""
    _require_few(ids)
    with units.write() as uow:
        standing = webs.at(uow, caller, ref).standing
        wanted = [_entry(uow, standing, caller, item_id) for item_id in ids]
        writer = uow.write_site(standing.site.key, now=clock.business_now())
        # what lies deeper first: a folder takes along what was deleted in it before
        for item in sorted(wanted, key=lambda one: (-one.depth, one.key)):
            writer.purge_deleted(item)


def _owns(standing: Standing) -> bool:
    return standing.on_web is Role.OWNER


def _key_of(uow: UnitOfWork, caller: Caller) -> PrincipalKey:
    """The principal under which a caller deletes; a number that nobody has for one who never did anything."""
    guid = caller.user_id or access.SHAREPOINT_APP.directory_id
    known = uow.principals.by_directory_ids([guid]).get(guid)
    return PrincipalKey(-1) if known is None else known.key


def _entry(uow: UnitOfWork, standing: Standing, caller: Caller, item_id: UUID) -> Item:
    found = uow.recycle_bin.by_id(standing.site.key, ItemId(item_id))
    if found is None or not (_owns(standing) or found.deleted_by == _key_of(uow, caller)):
        raise errors.NotFound("The recycle bin holds no such item.")
    return found


def _require_places(uow: UnitOfWork, standing: Standing, items: Sequence[Item]) -> None:
    """Who is no owner writes back only where they may write now."""
    if _owns(standing):
        return
    parents = uow.items.by_keys({item.parent_key for item in items if item.parent_key is not None})
    for item in items:
        if item.parent_key is None:
            access.require_web(standing, Role.OWNER)
        else:
            access.require_item(uow, standing, parents[item.parent_key], Role.WRITE)


def _require_few(ids: Collection[UUID]) -> None:
    if len(ids) > MOST_IDS:
        raise errors.TooLarge(f"At most {MOST_IDS} items are named at once.")


def _views(uow: UnitOfWork, standing: Standing, items: Sequence[Item]) -> Sequence[DeletedView]:
    inside = [item for item in items if not item.kind.is_container]
    below = uow.items.paths_of(inside)
    libraries = uow.items.by_keys({item.library_key for item in inside if item.library_key is not None})
    containers = [*libraries.values(), *(item for item in items if item.kind.is_container)]
    roots = uow.definitions.paths_of(containers)
    people = uow.principals.by_keys({key for item in items for key in (item.author, item.deleted_by)})

    def place(item: Item) -> tuple[str, ...]:
        if item.kind.is_container or item.library_key is None:
            return roots[item.key][:-1]
        return (*roots[item.library_key], *below[item.key][:-1])

    return [
        DeletedView(
            site=standing.site,
            item=item,
            place=place(item),
            author=people.get(item.author),
            deleted_by=people.get(item.deleted_by),
        )
        for item in items
    ]

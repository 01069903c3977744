"""Writing content: the site's row is locked, the lock state and the freeze are checked, counters and change number kept.

With `list_writer`, `version_writer`, `bin_writer`, `link_writer` and `rights_writer`, the bases of its class one above the other, the only module
that changes items, versions, lists and permissions (design section 6, 'freeze without a race').
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from xtenant.domain import content, errors, limits, paths
from xtenant.domain.content import (
    NO_CONTENT,
    Item,
    ItemKind,
    ItemRow,
    LockState,
    PrincipalKey,
    Site,
    SiteKey,
)
from xtenant.domain.tenant import TenantId
from xtenant.storage.bin_writer import NOBODY
from xtenant.storage.blobs import require_live
from xtenant.storage.bulk import whole_seconds
from xtenant.storage.item_rows import insert_items
from xtenant.storage.items import items
from xtenant.storage.list_writer import SqlListWriter
from xtenant.storage.recovery import require_recovered
from xtenant.storage.sites import SiteStore


def open_writer(
    connection: Connection,
    tenant_id: TenantId,
    site_key: SiteKey,
    *,
    now: datetime,
    epoch: int | None = None,
    job: UUID | None = None,
) -> SqlSiteWriter:
    """Lock the site's row and check that it may be written.

    Raises NotFound (no such site, deleted, or hidden and not this job's), SiteMoved, SiteFrozen, SiteLocked, StaleEpoch,
    NotRecovered.
    """
    site = SiteStore(connection, tenant_id).by_key(site_key, lock=True)
    if site is None or site.deleted_at is not None:
        raise errors.NotFound("There is no such site.")
    if site.published_at is None:
        if job is None or site.hidden_job != job:
            raise errors.NotFound("There is no such site.")
    else:
        _require_writable(site, epoch)
        require_recovered(connection, tenant_id)
    return SqlSiteWriter(connection, tenant_id, site, whole_seconds(now))


def _require_writable(site: Site, epoch: int | None) -> None:
    if site.is_redirect:
        raise content.SiteMoved("The site has moved.", redirect_url=site.redirect_url)
    if site.frozen_by is not None:
        raise content.SiteFrozen("The site is being moved and cannot be changed now.", job=site.frozen_by)
    if site.lock_state in (LockState.READ_ONLY, LockState.NO_ACCESS):
        raise content.SiteLocked("The site is locked by an administrator.", lock_state=site.lock_state.value)
    if epoch is not None and epoch != site.epoch:
        raise content.StaleEpoch("The site was moved or frozen since the upload began.", epoch=site.epoch)


class SqlSiteWriter(SqlListWriter):
    """`SiteWriter` on SQL; made by `open_writer`."""

    def add_item(self, row: ItemRow) -> Item:
        self.add_rows([row])
        return self._again(row.item_id)

    def add_rows(self, rows: Sequence[ItemRow]) -> None:
        if not rows:
            return
        self._require_additions()
        every = [new for row in rows for new in row.versions]
        attached = [new for row in rows for new in row.attachments]
        count = len(rows) + len(every) + len(attached)
        if count > limits.DEFAULT.write_rows:
            raise errors.TooLarge(f"{count} rows at once, {limits.DEFAULT.write_rows} are allowed.")
        contents = {new.stored.key for new in (*every, *attached)} - {NO_CONTENT}
        require_live(self._connection, self._tenant_id, contents)
        insert_items(self._connection, self._tenant_id, self._site, rows)
        self._know({key for row in rows for key in (row.author, row.editor, row.deleted_by)} - {NOBODY})
        live = [row for row in rows if row.deleted_at is None]
        self._count(
            changes=len(rows),
            items_=sum(not row.kind.is_container for row in live),
            versions_=sum(len(row.versions) for row in live),
            size=sum(new.stored.size_bytes for row in live for new in (*row.versions, *row.attachments)),
        )

    def move_item(self, item: Item, *, parent: Item, name: str) -> Item:
        self._require_additions()
        if item.kind.is_container or item.library_key != (parent.library_key or parent.key):
            raise errors.UsageError("An item can be moved inside its own library only.")
        shift = parent.depth + 1 - item.depth
        if item.kind is ItemKind.FOLDER and parent.key != item.parent_key:
            below = self._tree(item.key, deleted=True)
            if parent.key in below:
                raise errors.UsageError("A folder cannot be moved into itself.")
            if shift:
                self._shift(below - {item.key}, shift)
        self._require_free(parent, name, item)
        self._set(item, name=name, name_key=paths.name_key(name), parent_key=parent.key, depth=item.depth + shift)
        self._count(changes=1)
        return self._again(item.item_id)

    def touch(
        self,
        item: Item,
        *,
        created_at: datetime | None,
        modified_at: datetime | None,
        editor: PrincipalKey,
        author: PrincipalKey | None = None,
    ) -> Item:
        self._require_additions()
        self._set(
            item,
            author=item.author if author is None else author,
            created_at=whole_seconds(created_at or item.created_at),
            modified_at=whole_seconds(modified_at or item.modified_at),
            editor=editor,
        )
        self._know([editor] if author is None else [editor, author])
        self._count(changes=1)
        return self._again(item.item_id)

    def _require_free(self, parent: Item, name: str, item: Item) -> None:
        taken = self._connection.execute(
            select(items.c.key).where(
                items.c.tenant_id == self._tenant_id,
                items.c.site_key == self._site.key,
                items.c.parent_key == parent.key,
                items.c.name_key == paths.name_key(name),
                items.c.deleted_at.is_(None),
                items.c.key != item.key,
            )
        ).first()
        if taken:
            raise content.NameTaken(f"The folder holds an item named {name!r} already.", name=name)

    def _shift(self, keys: set[int], shift: int) -> None:
        self._connection.execute(
            update(items)
            .where(items.c.tenant_id == self._tenant_id, items.c.key.in_(keys))
            .values(depth=items.c.depth + shift)
        )

"""Deleting items, bringing them back, and removing them for good; a part of the site's writer, not used alone.

What is removed for good leaves a tombstone, a row with nothing on it, so that delta goes on telling of the deletion.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, and_, func, literal, select, update

from xtenant.domain import content, errors, limits
from xtenant.domain.content import Item, ItemKey, PrincipalKey
from xtenant.domain.fields import NO_FIELDS
from xtenant.storage.attachments import attachments
from xtenant.storage.bulk import whole_seconds
from xtenant.storage.items import CONTAINERS, ItemStore, items, versions
from xtenant.storage.link_writer import SqlLinkWriter
from xtenant.storage.purging import strip_items

NOBODY = PrincipalKey(0)


class SqlBinWriter(SqlLinkWriter):
    """Deleting, and the recycle bin of `ListWriter`, on SQL."""

    def delete(self, item: Item, *, now: datetime) -> None:
        self.delete_by(item, by=NOBODY, now=now)

    def delete_by(self, item: Item, *, by: PrincipalKey, now: datetime) -> None:
        gone = self._below(item)
        own = and_(items.c.tenant_id == self._tenant_id, items.c.key.in_(gone))
        lost = self._weigh(own)
        # the numbers follow the depth, deepest first: delta tells of the content of a folder before the folder
        self._renumber(
            own,
            (items.c.depth.desc(), items.c.key),
            deleted_at=whole_seconds(now),
            deleted_by=by,
            deleted_with=item.key,
        )
        if by != NOBODY:
            self._know([by])
        self._count(changes=len(gone), items_=-lost[0], versions_=-lost[1], size=-lost[2])

    def restore_deleted(self, item: Item, *, now: datetime) -> Item:
        self._require_additions()
        there = self._in_bin(item)
        if there.parent_key is not None:
            parent = ItemStore(self._connection, self._tenant_id).by_keys([there.parent_key]).get(there.parent_key)
            if parent is None or parent.deleted_at is not None:
                raise errors.NotFound("The folder the item was in is gone.", item=item.item_id)
        self._require_name(there)
        own = and_(*self._here(items), items.c.deleted_with == there.key)
        found = self._weigh(own)
        count = self._renumber(own, (items.c.depth, items.c.key), deleted_at=None, deleted_by=NOBODY, deleted_with=0)
        self._now = whole_seconds(now)
        self._count(changes=count, items_=found[0], versions_=found[1], size=found[2])
        return self._again(there.item_id)

    def purge_deleted(self, item: Item) -> None:
        there = self._in_bin(item)
        keys = self._tree(there.key, deleted=True)
        strip_items(self._connection, self._tenant_id, self._site.key, sorted(keys))
        count = self._renumber(
            and_(items.c.tenant_id == self._tenant_id, items.c.key.in_(keys)),
            (items.c.depth.desc(), items.c.key),
            deleted_with=0,
            blob=None,
            size_bytes=0,
            fields=NO_FIELDS,
        )
        self._count(changes=count)

    def _in_bin(self, item: Item) -> Item:
        there = ItemStore(self._connection, self._tenant_id).by_keys([item.key]).get(item.key)
        if there is None or there.site_key != self._site.key or there.deleted_with != there.key:
            raise errors.NotFound("The recycle bin holds no such item.", item=item.item_id)
        return there

    def _require_name(self, item: Item) -> None:
        own = items.alias("own")
        taken = self._connection.execute(
            select(items.c.key)
            .join(own, own.c.name_key == items.c.name_key)
            .where(
                *self._here(items),
                own.c.tenant_id == self._tenant_id,
                own.c.key == item.key,
                items.c.parent_key == (item.parent_key or 0),
                items.c.deleted_at.is_(None),
            )
        ).first()
        if taken:
            raise content.NameTaken(f"An item named {item.name!r} stands there now.", name=item.name)

    def _below(self, item: Item) -> set[int]:
        """The keys of an item and everything live below it."""
        return {item.key} if item.kind.has_versions else self._tree(item.key, deleted=False)

    def _tree(self, key: ItemKey, *, deleted: bool) -> set[int]:
        """The keys of an item and everything below it, with or without what lies in the recycle bin."""
        most = limits.DEFAULT.write_rows
        tree = select(literal(key, BigInteger).label("key")).cte("tree", recursive=True)
        child = items.alias("child")
        seen: list[ColumnElement[bool]] = [] if deleted else [child.c.deleted_at.is_(None)]
        tree = tree.union_all(
            select(child.c.key).where(
                child.c.tenant_id == self._tenant_id,
                child.c.site_key == self._site.key,
                child.c.parent_key == tree.c.key,
                *seen,
            )
        )
        keys = set(self._connection.execute(select(tree.c.key).limit(most + 1)).scalars())
        if len(keys) > most:
            raise errors.Refused(
                f"The folder holds more than {most} items.", remedy="Move or delete its subfolders one by one first."
            )
        return keys

    def _weigh(self, own: ColumnElement[bool]) -> tuple[int, int, int]:
        """What some items add to the site's counters: items, versions, bytes."""
        keys = select(items.c.key).where(own)
        count = select(func.count()).where(own, items.c.kind.not_in(CONTAINERS))
        kept = select(func.count(), func.coalesce(func.sum(versions.c.size_bytes), 0)).where(
            versions.c.tenant_id == self._tenant_id, versions.c.item_key.in_(keys)
        )
        attached = select(func.coalesce(func.sum(attachments.c.size_bytes), 0)).where(
            attachments.c.tenant_id == self._tenant_id, attachments.c.item_key.in_(keys)
        )
        number, size = self._connection.execute(kept).one()
        more = self._connection.execute(attached).scalar_one()
        return self._connection.execute(count).scalar_one(), number, int(size) + int(more)

    def _renumber(self, own: ColumnElement[bool], order: tuple[ColumnElement[object], ...], **values: object) -> int:
        """Change some items, each with a change number of its own; how many they are."""
        turn = func.row_number().over(order_by=order)
        numbers = select(items.c.key, turn.label("number")).where(own).subquery()
        done = self._connection.execute(
            update(items)
            .where(items.c.tenant_id == self._tenant_id, items.c.key == numbers.c.key)
            .values(change_no=literal(self._site.change_no, BigInteger) + numbers.c.number, **values)
        )
        return done.rowcount

    def _set(self, item: Item, **values: object) -> None:
        done = self._connection.execute(
            update(items)
            .where(*self._here(items), items.c.key == item.key, items.c.deleted_at.is_(None))
            .values(change_no=self._site.change_no + 1, **values)
        )
        if done.rowcount != 1:
            raise errors.NotFound("The item is gone.", item=item.item_id)

    def _again(self, item_id: content.ItemId) -> Item:
        found = ItemStore(self._connection, self._tenant_id).by_id(self._site.key, item_id)
        if found is None:
            raise errors.NotFound("The item is gone.", item=item_id)
        return found

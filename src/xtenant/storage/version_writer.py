"""Writing versions of files and list items; a part of the site's writer, not used alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from xtenant.domain import errors
from xtenant.domain.content import NO_CONTENT, Item, NewVersion, PrincipalKey
from xtenant.domain.fields import Fields
from xtenant.storage.bin_writer import SqlBinWriter
from xtenant.storage.blobs import require_live
from xtenant.storage.bulk import whole_seconds
from xtenant.storage.item_rows import insert_version
from xtenant.storage.items import versions

MOST_NAMED = 500
"""Versions that one call removes by number."""


class SqlVersionWriter(SqlBinWriter):
    """The versions' part of `SiteWriter` on SQL."""

    def add_version(self, item: Item, version: NewVersion) -> Item:
        self._require_additions()
        require_live(self._connection, self._tenant_id, {version.stored.key} - {NO_CONTENT})
        if (version.major, version.minor) <= item.version:
            raise errors.Conflict("The item has this version already.", version=item.version)
        insert_version(self._connection, self._tenant_id, item.key, version)
        self._make_current(item, version)
        self._count(changes=1, versions_=1, size=version.stored.size_bytes)
        return self._again(item.item_id)

    def replace_version(self, item: Item, version: NewVersion) -> Item:
        self._require_additions()
        require_live(self._connection, self._tenant_id, {version.stored.key} - {NO_CONTENT})
        gone = self._connection.execute(
            delete(versions).where(self._version(item, item.version)).returning(versions.c.size_bytes)
        ).scalar_one_or_none()
        if gone is None:
            raise errors.NotFound("The item is gone.", item=item.item_id)
        insert_version(self._connection, self._tenant_id, item.key, version)
        self._make_current(item, version)
        self._count(changes=1, size=version.stored.size_bytes - gone)
        return self._again(item.item_id)

    def renumber_version(self, item: Item, number: tuple[int, int], *, comment: str) -> Item:
        self._require_additions()
        done = self._connection.execute(
            update(versions)
            .where(self._version(item, item.version))
            .values(major=number[0], minor=number[1], comment=comment)
        )
        if done.rowcount != 1:
            raise errors.NotFound("The item is gone.", item=item.item_id)
        self._set(item, major=number[0], minor=number[1])
        self._count(changes=1)
        return self._again(item.item_id)

    def remove_versions(self, item: Item, numbers: Collection[tuple[int, int]]) -> None:
        if len(numbers) > MOST_NAMED:
            raise errors.TooLarge(f"At most {MOST_NAMED} versions are removed at once.")
        if item.version in numbers:
            raise errors.UsageError("The current version cannot be deleted.", remedy="Restore another one first.")
        self._remove(item, or_(*(self._version(item, number) for number in numbers)))

    def trim_versions(self, item: Item, *, keep: int) -> None:
        majors = (
            select(versions.c.major)
            .where(self._of(item), versions.c.minor == 0)
            .order_by(versions.c.major.desc())
            .offset(max(keep, 1) - 1)
            .limit(1)
        )
        oldest = self._connection.execute(majors).scalar_one_or_none()
        if oldest is not None:
            self._remove(item, and_(self._of(item), versions.c.major < oldest))

    def set_fields(self, item: Item, fields: Fields, *, editor: PrincipalKey, modified_at: datetime) -> Item:
        self._require_additions()
        changed = {"fields": fields, "editor": editor, "modified_at": whole_seconds(modified_at)}
        self._set(item, **changed)
        if item.kind.has_versions:
            current = update(versions).where(self._version(item, item.version))
            self._connection.execute(current.values(**changed))
        self._know([editor])
        self._count(changes=1)
        return self._again(item.item_id)

    def _make_current(self, item: Item, version: NewVersion) -> None:
        self._know([version.editor])
        self._set(
            item,
            major=version.major,
            minor=version.minor,
            blob=version.stored.key or None,
            fields=version.fields,
            size_bytes=version.stored.size_bytes,
            quick_xor=version.stored.quick_xor,
            modified_at=whole_seconds(version.modified_at),
            editor=version.editor,
        )

    def _remove(self, item: Item, which: ColumnElement[bool]) -> None:
        older = or_(versions.c.major != item.version[0], versions.c.minor != item.version[1])
        gone = select(func.count(), func.coalesce(func.sum(versions.c.size_bytes), 0)).where(which, older)
        count, size = self._connection.execute(gone).one()
        if not count:
            return
        self._connection.execute(delete(versions).where(which, older))
        self._set(item)
        self._count(changes=1, versions_=-count, size=-int(size))

    def _of(self, item: Item) -> ColumnElement[bool]:
        return and_(versions.c.tenant_id == self._tenant_id, versions.c.item_key == item.key)

    def _version(self, item: Item, number: tuple[int, int]) -> ColumnElement[bool]:
        return and_(self._of(item), versions.c.major == number[0], versions.c.minor == number[1])

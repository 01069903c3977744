"""What stands below the sites of an inventory: scopes and assignments, lists, items, and whom a site knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from xtenant.inventory.directory_rows import DirectoryRows
from xtenant.inventory.facts import Assignment, Item, Right, Scope, ScopeKind, SiteList, SiteUser
from xtenant.inventory.schema import moment_text, text_moment

_ITEM = "site_id, item_id, kind, path, scope_id, size_bytes, versions, modified_at, item_number, label"
_LIST = "list_id, path, title, template, items, hidden, drive_id, modified_at"


class ContentRows(DirectoryRows):
    """Readers and writers of what lies in sites, told in the order of paths or ids."""

    def put_scopes(self, site_id: UUID, scopes: Iterable[Scope]) -> None:
        """The scopes of a site, instead of those before."""
        with self.writing():
            self._clear("scopes", site_id)
            rows = (
                (site_id.bytes, each.scope_id.bytes, each.kind.value, each.path, moment_text(each.read_at))
                for each in scopes
            )
            self._write("INSERT OR REPLACE INTO scopes VALUES (?, ?, ?, ?, ?)", rows)

    def scopes(self, site_id: UUID) -> list[Scope]:
        found = self._database.execute(
            "SELECT scope_id, kind, path, read_at FROM scopes WHERE site_id = ? ORDER BY path, scope_id",
            (site_id.bytes,),
        )
        return [
            Scope(
                site_id=site_id, scope_id=UUID(bytes=scope), kind=ScopeKind(kind), path=path, read_at=text_moment(read)
            )
            for scope, kind, path, read in found
        ]

    def put_assignments(self, site_id: UUID, assignments: Iterable[Assignment]) -> None:
        """The rights given on the scopes of a site, instead of those before."""
        with self.writing():
            self._clear("assignments", site_id)
            rows = ((site_id.bytes, each.scope_id.bytes, each.principal_id, each.right.value) for each in assignments)
            self._write("INSERT OR REPLACE INTO assignments VALUES (?, ?, ?, ?)", rows)

    def assignments(self, site_id: UUID) -> list[Assignment]:
        found = self._database.execute(
            "SELECT scope_id, principal_id, access FROM assignments WHERE site_id = ? ORDER BY 1, 2", (site_id.bytes,)
        )
        return [
            Assignment(site_id=site_id, scope_id=UUID(bytes=scope), principal_id=principal, right=Right(right))
            for scope, principal, right in found
        ]

    def put_items(self, site_id: UUID, items: Iterable[Item]) -> None:
        """The lists, folders and files of a site, instead of those before."""
        with self.writing():
            self._clear("items", site_id)
            self.add_items(site_id, items)

    def add_items(self, site_id: UUID, items: Iterable[Item]) -> None:
        """More items of a site: a crawl writes them page by page."""
        rows = map(_item_row, items)
        self._write(f"INSERT OR REPLACE INTO items VALUES ({', '.join('?' * 10)})", rows)

    def spread_scopes(self, site_id: UUID, folders: Sequence[Scope]) -> None:
        """Give everything below these folders its nearest scope; items that are scopes themselves keep their own."""
        site = site_id.bytes
        nearest_last = sorted(folders, key=lambda scope: scope.path.count("/"))
        rows = ((each.scope_id.bytes, site, f"{each.path}/", f"{each.path}0") for each in nearest_last)
        self._write(  # '0' follows '/'
            "UPDATE items SET scope_id = ? WHERE site_id = ? AND path > ? AND path < ? AND scope_id <> item_id", rows
        )

    def items(self, site_id: UUID) -> Iterator[Item]:
        found = self._database.execute(
            f"SELECT {_ITEM} FROM items WHERE site_id = ? ORDER BY path, item_id", (site_id.bytes,)
        )
        return map(_item, found)

    def all_items(self) -> Iterator[Item]:
        """Every item of every site in one pass, by site and path."""
        return map(_item, self._database.execute(f"SELECT {_ITEM} FROM items ORDER BY site_id, path, item_id"))

    def item_paths(self) -> Iterator[tuple[bytes, str, str]]:
        """(site id, kind, path) of every item in one pass, by site and path: what a check of a million names needs, no more."""
        return self._database.execute("SELECT site_id, kind, path FROM items ORDER BY site_id, path, item_id")

    def put_lists(self, site_id: UUID, lists: Iterable[SiteList]) -> None:
        """The lists of a site, hidden ones included, instead of those before; the tokens of those that are gone go too."""
        with self.writing():
            self._clear("lists", site_id)
            rows = (
                (
                    site_id.bytes,
                    each.list_id.bytes,
                    each.path,
                    each.title,
                    each.template,
                    each.items,
                    each.hidden,
                    each.drive_id,
                    moment_text(each.modified_at),
                )
                for each in lists
            )
            self._write(f"INSERT OR REPLACE INTO lists VALUES ({', '.join('?' * 9)})", rows)
            self._database.execute(
                "DELETE FROM drive_tokens WHERE site_id = ? "
                "AND list_id NOT IN (SELECT list_id FROM lists WHERE site_id = ?)",
                (site_id.bytes, site_id.bytes),
            )

    def lists(self, site_id: UUID) -> list[SiteList]:
        found = self._database.execute(
            f"SELECT {_LIST} FROM lists WHERE site_id = ? ORDER BY path, list_id", (site_id.bytes,)
        )
        return [
            SiteList(
                site_id=site_id,
                list_id=UUID(bytes=list_id),
                path=path,
                title=title,
                template=template,
                items=items,
                hidden=bool(hidden),
                drive_id=drive_id,
                modified_at=text_moment(modified),
            )
            for list_id, path, title, template, items, hidden, drive_id, modified in found
        ]

    def put_site_users(self, site_id: UUID, users: Iterable[SiteUser]) -> None:
        """Whom a site knows, instead of those before."""
        with self.writing():
            self._clear("site_users", site_id)
            rows = ((site_id.bytes, each.login_name, each.upn, each.mail, each.is_admin) for each in users)
            self._write("INSERT OR REPLACE INTO site_users VALUES (?, ?, ?, ?, ?)", rows)

    def site_users(self, site_id: UUID) -> list[SiteUser]:
        return list(self._site_users("WHERE site_id = ?", site_id.bytes))

    def all_site_users(self) -> Iterator[SiteUser]:
        """Whom any site knows, site by site."""
        return self._site_users("")

    def labels(self) -> Iterator[tuple[UUID, str, int]]:
        """How many items of which site carry which sensitivity label."""
        found = self._database.execute(
            "SELECT site_id, label, count(*) FROM items WHERE label <> '' GROUP BY site_id, label ORDER BY 1, 2"
        )
        return ((UUID(bytes=site_id), label, number) for site_id, label, number in found)

    def _site_users(self, condition: str, *values: object) -> Iterator[SiteUser]:
        found = self._database.execute(
            f"SELECT site_id, login_name, upn, mail, is_admin FROM site_users {condition} ORDER BY site_id, login_name",
            values,
        )
        return (
            SiteUser(site_id=UUID(bytes=site_id), login_name=login, upn=upn, mail=mail, is_admin=bool(admin))
            for site_id, login, upn, mail, admin in found
        )

    def _clear(self, table: str, site_id: UUID) -> None:
        self._database.execute(f"DELETE FROM {table} WHERE site_id = ?", (site_id.bytes,))


def _item_row(item: Item) -> Sequence[object]:
    return (
        item.site_id.bytes,
        item.path,
        item.item_id.bytes,
        item.kind.value,
        item.scope_id.bytes,
        item.size_bytes,
        item.versions,
        None if item.modified_at is None else int(item.modified_at.timestamp()),
        item.item_number,
        item.label,
    )


def _item(row: Sequence[Any]) -> Item:
    site, item, kind, path, scope, size, versions, modified, number, label = row
    return Item(
        site_id=UUID(bytes=site),
        item_id=UUID(bytes=item),
        kind=ScopeKind(kind),
        path=path,
        scope_id=UUID(bytes=scope),
        size_bytes=size,
        versions=versions,
        modified_at=None if modified is None else datetime.fromtimestamp(modified, UTC),
        item_number=number,
        label=label,
    )

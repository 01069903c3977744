"""Sites in an inventory: their scopes, assignments and items, and the SharePoint groups that live in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from xtenant.domain.paths import url_key
from xtenant.inventory.directory_rows import DirectoryRows
from xtenant.inventory.facts import (
    Assignment,
    Item,
    Member,
    Principal,
    PrincipalKind,
    Right,
    Scope,
    ScopeKind,
    Site,
    SiteKind,
)
from xtenant.inventory.schema import moment_text, text_moment

_SITE = (
    "site_id, kind, url, title, template, owner_id, group_id, admins, lock_state, storage_mb, items, sharing_links, "
    "subsites, read_at"
)
_OF_A_SITE = ("scopes", "assignments", "items")


class SiteRows(DirectoryRows):
    """Readers and writers of sites. What stands below a site is told in the order of paths or ids."""

    def put_site(self, site: Site) -> None:
        """A site, instead of what was known of it; what stands below it stays."""
        self._write(f"INSERT OR REPLACE INTO sites VALUES ({', '.join('?' * 15)})", [_site_row(site)])

    def site(self, site_id: UUID) -> Site | None:
        return self._site_where("site_id = ?", site_id.bytes)

    def site_by_url(self, url: str) -> Site | None:
        """By address, in any letter case, encoded or not, with or without a slash at its end."""
        return self._site_where("url_key = ?", url_key(url))

    def site_of_owner(self, principal_id: str) -> Site | None:
        """A person's OneDrive."""
        return self._site_where(f"owner_id = ? AND kind = '{SiteKind.PERSONAL.value}'", principal_id)

    def site_of_group(self, principal_id: str) -> Site | None:
        """The site of a Microsoft 365 group."""
        return self._site_where("group_id = ?", principal_id)

    def sites(self) -> Iterator[Site]:
        return map(_site, self._database.execute(f"SELECT {_SITE} FROM sites ORDER BY url_key"))

    def forget_site(self, site_id: UUID) -> None:
        """A site and everything below it, its SharePoint groups included."""
        with self.writing():
            self.empty_site(site_id)
            self._database.execute("DELETE FROM sites WHERE site_id = ?", (site_id.bytes,))

    def empty_site(self, site_id: UUID) -> None:
        """Forget what stands below a site, which counts as not read until it is put again."""
        with self.writing():
            self.put_site_groups(site_id, (), ())
            for table in _OF_A_SITE:
                self._database.execute(f"DELETE FROM {table} WHERE site_id = ?", (site_id.bytes,))
            self._database.execute("UPDATE sites SET read_at = NULL WHERE site_id = ?", (site_id.bytes,))

    def put_site_groups(self, site_id: UUID, groups: Iterable[Principal], members: Iterable[Member]) -> None:
        """The SharePoint groups of a site with their members, instead of those before."""
        first = f"sp:{site_id}:"
        within = (first, first + "\U0010ffff")
        with self.writing():
            self._database.execute("DELETE FROM members WHERE group_id >= ? AND group_id < ?", within)
            self._database.execute("DELETE FROM principals WHERE principal_id >= ? AND principal_id < ?", within)
            self.put_principals(groups)
            rows = ((each.group_id, each.member_id, each.owner) for each in members)
            self._write("INSERT OR REPLACE INTO members VALUES (?, ?, ?)", rows)

    def site_groups(self, site_id: UUID) -> Iterator[Principal]:
        """The SharePoint groups of a site."""
        first = f"sp:{site_id}:"
        kinds = (PrincipalKind.SITE_GROUP,)
        return (each for each in self.principals(kinds) if each.principal_id.startswith(first))

    def put_scopes(self, site_id: UUID, scopes: Iterable[Scope]) -> None:
        """The scopes of a site, instead of those before."""
        with self.writing():
            self._clear("scopes", site_id)
            rows = ((site_id.bytes, each.scope_id.bytes, each.kind.value, each.path) for each in scopes)
            self._write("INSERT OR REPLACE INTO scopes VALUES (?, ?, ?, ?)", rows)

    def scopes(self, site_id: UUID) -> list[Scope]:
        found = self._database.execute(
            "SELECT scope_id, kind, path FROM scopes WHERE site_id = ? ORDER BY path, scope_id", (site_id.bytes,)
        )
        return [
            Scope(site_id=site_id, scope_id=UUID(bytes=scope), kind=ScopeKind(kind), path=path)
            for scope, kind, path in found
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
        rows = (
            (site_id.bytes, each.path, each.item_id.bytes, each.kind.value, each.scope_id.bytes, each.size_bytes)
            for each in items
        )
        self._write("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)", rows)

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
            "SELECT item_id, kind, path, scope_id, size_bytes FROM items WHERE site_id = ? ORDER BY path, item_id",
            (site_id.bytes,),
        )
        return (
            Item(
                site_id=site_id,
                item_id=UUID(bytes=item),
                kind=ScopeKind(kind),
                path=path,
                scope_id=UUID(bytes=scope),
                size_bytes=size,
            )
            for item, kind, path, scope, size in found
        )

    def _clear(self, table: str, site_id: UUID) -> None:
        self._database.execute(f"DELETE FROM {table} WHERE site_id = ?", (site_id.bytes,))

    def _site_where(self, condition: str, value: str | bytes) -> Site | None:
        row = self._one(f"SELECT {_SITE} FROM sites WHERE {condition} ORDER BY url_key LIMIT 1", value)
        return None if row is None else _site(row)


def _site_row(site: Site) -> Sequence[object]:
    return (
        site.site_id.bytes,
        site.kind.value,
        site.url,
        site.title,
        site.template,
        site.owner_id,
        site.group_id,
        "\n".join(site.admins),
        site.lock_state,
        site.storage_mb,
        site.items,
        site.sharing_links,
        site.subsites,
        moment_text(site.read_at),
        url_key(site.url),
    )


def _site(row: Sequence[Any]) -> Site:
    (site_id, kind, url, title, template, owner, group, admins, lock, storage, items, links, subsites, read_at) = row
    return Site(
        site_id=UUID(bytes=site_id),
        kind=SiteKind(kind),
        url=url,
        title=title,
        template=template,
        owner_id=owner,
        group_id=group,
        admins=tuple(filter(None, admins.split("\n"))),
        lock_state=lock,
        storage_mb=storage,
        items=items,
        sharing_links=links,
        subsites=subsites,
        read_at=text_moment(read_at),
    )

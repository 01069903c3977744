"""Sites in an inventory, live and deleted, the SharePoint groups that live in them, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from xtenant.domain.paths import url_key
from xtenant.inventory.content_rows import ContentRows
from xtenant.inventory.facts import Member, NotRead, Principal, Site, SiteKind
from xtenant.inventory.schema import moment_text, text_moment, truth

_SITE = (
    "site_id, kind, url, title, template, owner_id, group_id, admins, lock_state, storage_mb, items, sharing_links, "
    "subsites, status, has_holds, label, created_at, modified_at, versions, versions_exact, workflows, deleted_at, "
    "read_at"
)
_OF_A_SITE = ("scopes", "assignments", "items", "lists", "drive_tokens", "site_users")
_NO_SITE = b""


class SiteRows(ContentRows):
    """Readers and writers of sites, told in the order of their addresses."""

    def put_site(self, site: Site) -> None:
        """A site, instead of what was known of it; what stands below it stays."""
        self._write(f"INSERT OR REPLACE INTO sites VALUES ({', '.join('?' * 24)})", [_site_row(site)])

    def site(self, site_id: UUID) -> Site | None:
        """Live or deleted."""
        return self._site_where("site_id = ?", site_id.bytes)

    def site_by_url(self, url: str) -> Site | None:
        """By address, in any letter case, encoded or not, with or without a slash at its end."""
        return self._site_where("url_key = ? AND deleted_at IS NULL", url_key(url))

    def site_of_owner(self, principal_id: str) -> Site | None:
        """A person's OneDrive."""
        condition = f"owner_id = ? AND kind = '{SiteKind.PERSONAL.value}' AND deleted_at IS NULL"
        return self._site_where(condition, principal_id)

    def site_of_group(self, principal_id: str) -> Site | None:
        """The site of a Microsoft 365 group."""
        return self._site_where("group_id = ? AND deleted_at IS NULL", principal_id)

    def sites(self) -> Iterator[Site]:
        """Live ones."""
        return self._sites_where("deleted_at IS NULL")

    def deleted_sites(self) -> Iterator[Site]:
        """Those in the recycle bin of the tenant, with `deleted_at`; an address may stand there more than once."""
        return self._sites_where("deleted_at IS NOT NULL")

    def empty_sites(self) -> set[UUID]:
        """Live sites that were read and hold nothing: no file, and no row in a list that is seen."""
        found = self._database.execute(
            "SELECT site_id FROM sites WHERE deleted_at IS NULL AND read_at IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM items WHERE items.site_id = sites.site_id AND items.kind = 'file') "
            "AND NOT EXISTS (SELECT 1 FROM lists WHERE lists.site_id = sites.site_id AND hidden = 0 AND lists.items > 0)"
        )
        return {UUID(bytes=site_id) for (site_id,) in found}

    def put_not_read(self, rows: Iterable[NotRead]) -> None:
        """Note what could not be read."""
        told = ((each.subject, _site_key(each.site_id), each.reason) for each in rows)
        self._write("INSERT OR REPLACE INTO not_read VALUES (?, ?, ?)", told)

    def clear_not_read(self, site_id: UUID | None) -> None:
        """Forget what could not be read of a site, or, when None, of the tenant apart from its sites."""
        self._database.execute("DELETE FROM not_read WHERE site_id = ?", (_site_key(site_id),))

    def not_read_rows(self) -> Iterator[NotRead]:
        found = self._database.execute("SELECT subject, site_id, reason FROM not_read ORDER BY subject, site_id")
        return (
            NotRead(subject=subject, reason=reason, site_id=UUID(bytes=site) if site else None)
            for subject, site, reason in found
        )

    def not_read(self) -> Iterator[tuple[str, str]]:
        """What could not be read, and why."""
        return ((each.subject, each.reason) for each in self.not_read_rows())

    def forget_site(self, site_id: UUID) -> None:
        """A site and everything below it, its SharePoint groups included."""
        with self.writing():
            self.empty_site(site_id)
            self._database.execute("DELETE FROM sites WHERE site_id = ?", (site_id.bytes,))

    def empty_site(self, site_id: UUID) -> None:
        """Forget what stands below a site, which counts as not read until it is put again."""
        with self.writing():
            self.put_site_groups(site_id, (), ())
            self.clear_not_read(site_id)
            for table in _OF_A_SITE:
                self._database.execute(f"DELETE FROM {table} WHERE site_id = ?", (site_id.bytes,))
            self._database.execute("UPDATE sites SET read_at = NULL WHERE site_id = ?", (site_id.bytes,))

    def put_site_groups(self, site_id: UUID, groups: Iterable[Principal], members: Iterable[Member]) -> None:
        """The SharePoint groups of a site with their members, instead of those before."""
        within = _ids_within(site_id)
        with self.writing():
            self._database.execute("DELETE FROM members WHERE group_id >= ? AND group_id < ?", within)
            self._database.execute("DELETE FROM principals WHERE principal_id >= ? AND principal_id < ?", within)
            self.put_principals(groups)
            rows = ((each.group_id, each.member_id, each.owner) for each in members)
            self._write("INSERT OR REPLACE INTO members VALUES (?, ?, ?)", rows)

    def site_groups(self, site_id: UUID) -> Iterator[Principal]:
        """The SharePoint groups of a site."""
        return self.principals_between(*_ids_within(site_id))

    def _site_where(self, condition: str, value: str | bytes) -> Site | None:
        row = self._one(f"SELECT {_SITE} FROM sites WHERE {condition} ORDER BY url_key LIMIT 1", value)
        return None if row is None else _site(row)

    def _sites_where(self, condition: str) -> Iterator[Site]:
        return map(
            _site, self._database.execute(f"SELECT {_SITE} FROM sites WHERE {condition} ORDER BY url_key, site_id")
        )


def _site_key(site_id: UUID | None) -> bytes:
    return _NO_SITE if site_id is None else site_id.bytes


def _ids_within(site_id: UUID) -> tuple[str, str]:
    """The range of the ids of a site's own groups."""
    first = f"sp:{site_id}:"
    return first, first + "\U0010ffff"


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
        site.status,
        site.has_holds,
        site.label,
        moment_text(site.created_at),
        moment_text(site.modified_at),
        site.versions,
        site.versions_exact,
        site.workflows,
        moment_text(site.deleted_at),
        moment_text(site.read_at),
        url_key(site.url),
    )


def _site(row: Sequence[Any]) -> Site:
    told: Mapping[str, Any] = dict(zip(_SITE_FIELDS, row, strict=True))
    changed = {name: read(told[name]) for name, read in _READ.items()}
    return Site(**{**told, **changed})


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("\n")))


_SITE_FIELDS = tuple(_SITE.split(", "))
_READ: Mapping[str, Callable[[Any], Any]] = {
    "site_id": lambda blob: UUID(bytes=blob),
    "kind": SiteKind,
    "admins": _lines,
    "has_holds": truth,
    "versions_exact": bool,
    "created_at": text_moment,
    "modified_at": text_moment,
    "deleted_at": text_moment,
    "read_at": text_moment,
}
"""How a column becomes a field, where it is not the field itself."""

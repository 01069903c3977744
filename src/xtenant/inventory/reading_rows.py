"""What a crawl keeps in an inventory to read only what changed: the state of each list, and what goes with one that is read anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from xtenant.inventory.facts import PrincipalKind, SiteList
from xtenant.inventory.site_rows import SiteRows


class ReadingRows(SiteRows):
    """A list has a state only while all its items, and the rights given on them, stand in the inventory as of that state."""

    def list_states(self, site_id: UUID) -> dict[UUID, str]:
        """The state of each list of a site: the token of its drive, or what stands for one."""
        found = self._database.execute("SELECT list_id, token FROM drive_tokens WHERE site_id = ?", (site_id.bytes,))
        return {UUID(bytes=list_id): token for list_id, token in found}

    def put_list_states(self, site_id: UUID, states: Mapping[UUID, str]) -> None:
        """Instead of those before."""
        with self.writing():
            self._clear("drive_tokens", site_id)
            rows = ((site_id.bytes, list_id.bytes, token) for list_id, token in states.items())
            self._write("INSERT INTO drive_tokens VALUES (?, ?, ?)", rows)

    def forget_items_of(self, found: SiteList) -> None:
        """Forget the items of a list and its state; its site counts as not read until it is put again."""
        site = found.site_id.bytes
        with self.writing():
            self._database.execute(
                "DELETE FROM drive_tokens WHERE site_id = ? AND list_id = ?", (site, found.list_id.bytes)
            )
            self._database.execute(
                "DELETE FROM items WHERE site_id = ? AND (path = ? OR path > ? AND path < ?)",
                (site, found.path, f"{found.path}/", f"{found.path}0"),  # '0' follows '/'
            )
            self._database.execute("UPDATE sites SET read_at = NULL WHERE site_id = ?", (site,))

    def sums_of(self, site_id: UUID) -> tuple[int, int]:
        """Items of a site without its lists, and the sum of their versions."""
        row = self._one(
            "SELECT count(*), coalesce(sum(versions), 0) FROM items WHERE site_id = ? AND kind <> 'list'", site_id.bytes
        )
        return (0, 0) if row is None else (row[0], row[1])

    def most_versions(self, site_id: UUID) -> Iterator[tuple[UUID, str, int]]:
        """Id, path and versions of every item with more than one, those with most first."""
        found = self._database.execute(
            "SELECT item_id, path, versions FROM items WHERE site_id = ? AND versions > 1 ORDER BY versions DESC, path",
            (site_id.bytes,),
        )
        return ((UUID(bytes=item_id), path, versions) for item_id, path, versions in found)

    def put_versions(self, site_id: UUID, counted: Iterable[tuple[UUID, str, int]]) -> None:
        """Id, path and number of versions as they were counted."""
        self._write(
            "UPDATE items SET versions = ? WHERE site_id = ? AND path = ? AND item_id = ?",
            ((number, site_id.bytes, path, item_id.bytes) for item_id, path, number in counted),
        )

    def forget_strangers(self) -> None:
        """Forget who is in no directory and has no right any more."""
        other = PrincipalKind.OTHER.value
        with self.writing():
            held = {row[0] for row in self._database.execute("SELECT DISTINCT principal_id FROM assignments")}
            held |= {row[0] for row in self._database.execute("SELECT DISTINCT member_id FROM members")}
            for site in self.sites():
                held.update(site.admins)
            strangers = self._database.execute("SELECT principal_id FROM principals WHERE kind = ?", (other,))
            gone = [(each,) for (each,) in strangers.fetchall() if each not in held]
            self._write("DELETE FROM principals WHERE principal_id = ?", gone)
            self._write("DELETE FROM members WHERE group_id = ?", gone)

"""Writing sharing links; a part of the site's writer, not used alone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete

from xtenant.domain import errors, limits
from xtenant.domain.sharing import SharingLink
from xtenant.storage.bulk import whole_seconds
from xtenant.storage.link_rows import link_members, sharing_links
from xtenant.storage.rights_writer import SqlRightsWriter


class SqlLinkWriter(SqlRightsWriter):
    """`LinkWriter` on SQL."""

    def put_links(self, links: Sequence[SharingLink]) -> None:
        count = len(links) + sum(len(link.members) for link in links)
        if not count:
            return
        if count > limits.DEFAULT.write_rows:
            raise errors.TooLarge(f"{count} rows at once, {limits.DEFAULT.write_rows} are allowed.")
        self._require_live({link.item_key for link in links})
        insert = self._insert(sharing_links)
        changed = {name: insert.excluded[name] for name in ("kind", "scope", "expires_at")}
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=["site_key", "link_id"], set_=changed),
            [self._link_row(link) for link in links],
        )
        members = [
            {**self._own, "link_id": link.link_id, "member": member} for link in links for member in link.members
        ]
        if members:
            self._once(link_members, members)
        self._know({key for link in links for key in (link.created_by, *link.members)})
        self._count(changes=len(links))

    def remove_link(self, link_id: UUID) -> None:
        for table in (link_members, sharing_links):
            self._connection.execute(delete(table).where(*self._here(table), table.c.link_id == link_id))
        self._count(changes=1)

    def _link_row(self, link: SharingLink) -> dict[str, object]:
        return {
            **self._own,
            "link_id": link.link_id,
            "item_key": link.item_key,
            "kind": link.kind.value,
            "scope": link.scope.value,
            "token_hash": link.token_hash,
            "created_at": whole_seconds(link.created_at),
            "created_by": link.created_by,
            "expires_at": None if link.expires_at is None else whole_seconds(link.expires_at),
        }

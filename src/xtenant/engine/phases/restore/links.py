"""Sharing links of the hidden site, written from the manifest and compared with it.

Nothing widens: whoever has no counterpart here has no part in a link. Two people of the source who became one here are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from xtenant.domain import obstacles
from xtenant.domain.content import ItemId, SiteKey
from xtenant.domain.move import MoveJob
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.sharing import SharingLink
from xtenant.domain.snapshot import ManifestLink, ManifestObject
from xtenant.engine.phases.restore import people
from xtenant.package.text import DamagedPackage


def expected(uow: UnitOfWork, job: MoveJob, site_key: SiteKey, batch: Sequence[ManifestObject]) -> list[SharingLink]:
    """The links among some objects, in this tenant's keys. Their items must be there already. Raises DamagedPackage."""
    found = [thing for thing in batch if isinstance(thing, ManifestLink)]
    members = {ref for link in found for ref in link.members}
    keys = people.keys_of(uow, job, members | {link.created_by for link in found})
    admitted = people.admitted(uow, job, members)
    objects = uow.scopes.objects(site_key, [ItemId(link.object_id) for link in found], deleted=True)
    links: list[SharingLink] = []
    for link in found:
        item = objects.get(ItemId(link.object_id))
        if item is None:
            raise DamagedPackage(f"The manifest shares '{link.path}', which it does not hold.")
        links.append(
            SharingLink(
                link_id=link.link_id,
                item_key=item.key,
                kind=link.kind,
                scope=link.scope,
                token_hash=link.token_hash,
                created_at=link.created_at,
                created_by=keys[link.created_by],
                expires_at=link.expires_at,
                members=tuple(sorted({keys[ref] for ref in link.members if ref in admitted})),
            )
        )
    return links


def compare(uow: UnitOfWork, site_key: SiteKey, wanted: Sequence[SharingLink], *, after: str) -> str:
    """The next links behind one are exactly these; the last one's id. Raises NotAsSealed."""
    if not wanted:
        return after
    standing = uow.links.page(site_key, after=UUID(after) if after else None, limit=len(wanted), deleted=True)
    if list(standing) != list(wanted):
        raise obstacles.NotAsSealed("A sharing link of the hidden site differs from the manifest.")
    return str(wanted[-1].link_id)

"""Who may do what in a made-up site: SharePoint groups, rights at every level, sharing links of three kinds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from xtenant.domain.content import ItemKind, Role
from xtenant.domain.estates import FIRST_SITE_GROUP, EstateLink, EstateRights, EstateSiteGroup
from xtenant.domain.sharing import LinkKind, LinkScope
from xtenant.lab.generating.draft import SiteDraft
from xtenant.lab.generating.moments import ENDED, FAR, between
from xtenant.lab.generating.people import some

ROLES = (Role.READ, Role.WRITE, Role.OWNER)
LEVELS = (ItemKind.WEB, ItemKind.LIST, ItemKind.LIBRARY, ItemKind.LIST_ITEM, ItemKind.FOLDER, ItemKind.FILE)


def site_groups(draft: SiteDraft) -> list[EstateSiteGroup]:
    """The three that SharePoint makes, and one of somebody's own."""
    titles = (
        f"{draft.name} Owners",
        f"{draft.name} Members",
        f"{draft.name} Visitors",
        "Prüfer & ревизоры",
    )
    return [
        EstateSiteGroup(
            number=FIRST_SITE_GROUP + number,
            title=title,
            description=f"Made with the site, number {number}",
            members=some(draft.chance, draft.workers, 5),
        )
        for number, title in enumerate(titles)
    ]


def rights(draft: SiteDraft, groups: Sequence[int], *, unique: int) -> Iterator[EstateRights]:
    """The root web's, then as many objects with rights of their own as asked for, of every level that the site has."""
    chance = draft.chance
    own = [FIRST_SITE_GROUP + number for number in range(3)]
    everybody = (*draft.workers, *groups, *own)
    given = tuple(zip(own, (Role.OWNER, Role.WRITE, Role.READ), strict=True))
    yield EstateRights(given=(*given, (draft.workers[0], Role.WRITE)))
    for item_id in _chosen(draft, unique):
        named = some(chance, everybody, 4) if chance.random() < 0.97 else ()
        yield EstateRights(item_id=item_id, given=tuple((number, ROLES[int(chance.random() * 3)]) for number in named))


def _chosen(draft: SiteDraft, wanted: int) -> list[UUID]:
    """Objects of every level in turn, until there are enough."""
    by_level = {level: [item_id for item_id, kind in draft.securable if kind is level] for level in LEVELS}
    for ids in by_level.values():
        draft.chance.shuffle(ids)
    found: list[UUID] = []
    while len(found) < wanted and any(by_level.values()):
        for ids in by_level.values():
            if ids and len(found) < wanted:
                found.append(ids.pop())
    return found


def links(draft: SiteDraft, count: int) -> Iterator[EstateLink]:
    """For anybody, for the tenant's people and for some of them, some of them ending one day."""
    chance = draft.chance
    for number, item_id in enumerate(chance.sample(draft.linkable, min(count, len(draft.linkable)))):
        scope = tuple(LinkScope)[number % 3]
        yield EstateLink(
            link_id=draft.new_id(),
            item_id=item_id,
            kind=LinkKind.EDIT if chance.random() < 0.4 else LinkKind.VIEW,
            scope=scope,
            created_at=between(chance, draft.created_at, ENDED),
            created_by=draft.worker(),
            expires_at=FAR if scope is LinkScope.ANONYMOUS and chance.random() < 0.5 else None,
            members=some(chance, draft.workers, 3) if scope is LinkScope.USERS else (),
        )

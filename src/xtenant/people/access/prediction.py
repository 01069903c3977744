"""The prediction of a whole plan: every moving site with everybody's rights before and after, site by site.

A site whose permissions are unknown, or whose move cannot succeed with this map, is not predicted, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.move import JobKind
from xtenant.domain.paths import name_key
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import Right, Site
from xtenant.inventory.store import Inventory
from xtenant.people.access.images import Images
from xtenant.people.access.membership import Membership
from xtenant.people.access.walking import STRENGTH, ScopeRights, SiteWalk

_SITES_KEPT, _SCOPES_KEPT = 4, 64


class Change(Enum):
    SAME = "same"
    GAINS = "gains"
    LOSES = "loses"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRight:
    """One person on one scope. `source_id` is empty for somebody whom only the target knows, `target_id` for the unmapped."""

    source_id: str
    target_id: str
    before: Right
    after: Right

    @property
    def change(self) -> Change:
        step = STRENGTH[self.after] - STRENGTH[self.before]
        return Change.SAME if not step else Change.GAINS if step > 0 else Change.LOSES


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAccess:
    """A move and the site it moves. `walk` is None where nothing can be predicted, for the `reason` told."""

    move: PlannedMove
    url: str
    walk: SiteWalk | None = None
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Summary:
    """How one site's people fare: each counted once, by what happens to them anywhere in the site."""

    people_today: int = 0
    people_after: int = 0
    same: int = 0
    gains: int = 0
    loses: int = 0
    gaining: Sequence[str] = field(default_factory=list[str])
    losing: Sequence[str] = field(default_factory=list[str])


class Prediction:
    """What the moves will do to everybody's access. Reads the inventories as it is asked; keep them open."""

    def __init__(
        self, source: Inventory, target: Inventory, moves: Sequence[PlannedMove], map_file: Path, unmapped: str = ""
    ) -> None:
        self.source, self.target = source, target
        self.moves = moves
        self.images = Images(source, target, map_file, unmapped)
        self._here, self._there = Membership(source), Membership(target)
        sites = ((number, self._site_of(move)) for number, move in enumerate(moves))
        self._numbers = {site.site_id: number for number, site in sites if site is not None}
        self._walk = lru_cache(maxsize=_SITES_KEPT)(self._walked)
        self._rights = lru_cache(maxsize=_SCOPES_KEPT)(self._scope_rights)
        self._scopes = lru_cache(maxsize=_SITES_KEPT)(self._scopes_of_items)

    def sites(self) -> Iterator[SiteAccess]:
        """Every move of the plan, in its order."""
        yield from map(self._walk, range(len(self.moves)))

    def people(self, rights: ScopeRights) -> Iterator[PersonRight]:
        """Everybody with a right on a scope before or after, an account of the source beside the one it becomes."""
        for source_id, before in rights.before.items():
            target_id = self.images.image(source_id) or ""
            after = rights.after.get(target_id, Right.NONE)
            yield PersonRight(source_id=source_id, target_id=target_id, before=before, after=after)
        for target_id, after in rights.after.items():
            sources = self.images.sources(target_id)
            for source_id in sources or ("",):
                if source_id not in rights.before:
                    yield PersonRight(source_id=source_id, target_id=target_id, before=Right.NONE, after=after)

    def summary(self, walk: SiteWalk) -> Summary:
        """One site counted, a scope at a time."""
        found = Summary()
        fared: dict[tuple[str, str], set[Change]] = {}
        reached: dict[tuple[str, str], list[bool]] = {}
        for _, rights in walk.each():
            for person in self.people(rights):
                key = (person.source_id, person.target_id)
                fared.setdefault(key, set()).add(person.change)
                seen = reached.setdefault(key, [False, False])
                seen[0] |= person.before is not Right.NONE
                seen[1] |= person.after is not Right.NONE
        found.people_today = sum(before for before, _ in reached.values())
        found.people_after = sum(after for _, after in reached.values())
        found.same = sum(changes == {Change.SAME} for changes in fared.values())
        found.gaining = sorted(self.named(key) for key, changes in fared.items() if Change.GAINS in changes)
        found.losing = sorted(self.named(key) for key, changes in fared.items() if Change.LOSES in changes)
        found.gains, found.loses = len(found.gaining), len(found.losing)
        return found

    def named(self, key: tuple[str, str]) -> str:
        """A person by name: the source's, or the target's where the source knows nobody."""
        inventory, principal_id = (self.source, key[0]) if key[0] else (self.target, key[1])
        return name_of(inventory, principal_id)

    def rights(self, site_url: str, upn: str, item: UUID | str = "") -> tuple[Right, Right]:
        """What a person of the source may do with an object today, and as the target's account afterwards.

        `item` is an id, or a path below the web ('' is the web). Raises NotFound for what the inventory does not know, and
        for a site that cannot be predicted.
        """
        person = self.source.principal_by_upn(upn)
        if person is None:
            raise errors.NotFound(f"The source has no account '{upn}'.")
        rights = self._on(site_url, item)
        image = self.images.image(person.principal_id)
        after = rights.after.get(image, Right.NONE) if image else Right.NONE
        return rights.before.get(person.principal_id, Right.NONE), after

    def right_after(self, site_url: str, target_upn: str, item: UUID | str = "") -> Right:
        """What an account of the target may do with an object after the move; errors as for `rights`."""
        account = self.images.account(target_upn)
        if account is None:
            raise errors.NotFound(f"The target has no account '{target_upn}'.")
        return self._on(site_url, item).after.get(account, Right.NONE)

    def scope_rights(self, site: Site, scope_id: UUID) -> ScopeRights:
        """Rights on one scope of a site that moves; the last few are remembered."""
        return self._rights(site.site_id, scope_id)

    def _on(self, site_url: str, item: UUID | str) -> ScopeRights:
        site = self.source.site_by_url(site_url)
        if site is None:
            raise errors.NotFound(f"The inventory knows no site {site_url}.")
        if item in ("", site.site_id):
            return self._rights(site.site_id, site.site_id)
        scope_id = self._scopes(site.site_id).get(item if isinstance(item, UUID) else name_key(item))
        if scope_id is None:
            raise errors.NotFound(f"The inventory knows no object '{item}' in {site_url}.")
        return self._rights(site.site_id, scope_id)

    def _scope_rights(self, site_id: UUID, scope_id: UUID) -> ScopeRights:
        number = self._numbers.get(site_id)
        found = None if number is None else self._walk(number)
        if found is None or found.walk is None:
            reason = found.reason if found else "it does not move"
            raise errors.NotFound(f"The site cannot be predicted: {reason}.")
        return found.walk.rights(scope_id)

    def _scopes_of_items(self, site_id: UUID) -> Mapping[UUID | str, UUID]:
        scopes: dict[UUID | str, UUID] = {}
        for item in self.source.items(site_id):
            scopes[item.item_id] = item.scope_id
            scopes[name_key(item.path)] = item.scope_id
        return scopes

    def _walked(self, number: int) -> SiteAccess:
        move = self.moves[number]
        site = self._site_of(move)
        if site is None:
            return SiteAccess(move=move, url=move.source, reason="the source's inventory knows no such site")
        if site.read_at is None:
            return SiteAccess(move=move, url=site.url, reason="its permissions are not in the source's inventory")
        reason = self._obstacle(move, site)
        if reason:
            return SiteAccess(move=move, url=site.url, reason=reason)
        return SiteAccess(move=move, url=site.url, walk=SiteWalk(self._here, self._there, self.images, move, site))

    def _site_of(self, move: PlannedMove) -> Site | None:
        match move.kind:
            case JobKind.USER:
                person = self.source.principal_by_upn(move.source)
                return self.source.site_of_owner(person.principal_id) if person else None
            case JobKind.SITE:
                return self.source.site_by_url(move.source)
            case JobKind.GROUP:
                group = self.source.principal_by_alias(move.source)
                return self.source.site_of_group(group.principal_id) if group else None

    def _obstacle(self, move: PlannedMove, site: Site) -> str:
        """Why the move itself would fail with this map."""
        if move.kind is JobKind.USER:
            account = self.images.account(move.target)
            if account is None:
                return f"the target has no account '{move.target}'"
            if self.images.image(site.owner_id) != account:
                return f"the map does not lead the owner to '{move.target}'"
        if move.kind is JobKind.GROUP:
            group_id = self.images.image(site.group_id)
            group = self.target.principal(group_id) if group_id else None
            if group is None or group.alias.casefold() != move.target.casefold():
                return f"the map does not lead the group to '{move.target}'"
        return ""


def predicted(
    source: Inventory, target: Inventory, moves: Sequence[PlannedMove], map_file: Path, unmapped: str = ""
) -> Prediction:
    """Predict a plan. `unmapped` is `text` (or empty) for no access, or the UPN of the target account that inherits.

    Raises UsageError for an `unmapped` that names no account of the target, and for a map that cannot be read.
    """
    prediction = Prediction(source, target, moves, map_file, unmapped)
    if unmapped and unmapped != "text" and prediction.images.heir is None:
        raise errors.UsageError(
            f"The target has no account '{unmapped}'.", remedy="Give `text`, or a UPN of the target."
        )
    return prediction


def name_of(inventory: Inventory, principal_id: str) -> str:
    """A UPN, a group's name, or the id where nothing else is known."""
    principal = inventory.principal(principal_id)
    return principal_id if principal is None else principal.upn or principal.name or principal_id

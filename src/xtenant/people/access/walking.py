"""One moving site, walked forward: from each scope's assignments to the people of today and those after the move.

A scope at a time, so that memory is bounded by the people of one scope. Sharing links do not move in this version: the
SharePoint groups that stand for them give nobody anything afterwards (settled C 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain.move import JobKind
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import Principal, PrincipalKind, Right, Scope, Site
from xtenant.people.access.images import Images
from xtenant.people.access.membership import OWNERS, Membership

STRENGTH = {right: number for number, right in enumerate(Right)}
SHARING_GROUP = "SharingLinks."
_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScopeRights:
    """Rights on one scope, by principal id: of the source before, of the target after. Whoever is not there has none."""

    before: Mapping[str, Right]
    after: Mapping[str, Right]


class SiteWalk:
    """Reads one site's scopes and assignments once; `rights` is computed for one scope at a time.

    `unmapped` are the source's principals with rights here that the map leads nowhere.
    """

    def __init__(self, here: Membership, there: Membership, images: Images, move: PlannedMove, site: Site) -> None:
        self.site, self.move = site, move
        self._here, self._there, self._images = here, there, images
        inventory = here.inventory
        self.scopes: dict[UUID, Scope] = {scope.scope_id: scope for scope in inventory.scopes(site.site_id)}
        self._assigned: dict[UUID, list[tuple[str, Right]]] = {}
        for each in inventory.assignments(site.site_id):
            self._assigned.setdefault(each.scope_id, []).append((each.principal_id, each.right))
        self.unmapped: set[str] = set()
        self.links: list[str] = []
        self._after: dict[str, frozenset[str]] = {}
        self._full_before = self._everywhere_before()
        self._full_after = self._everywhere_after()
        for principal_id in {each for rows in self._assigned.values() for each, _ in rows}:
            self._become(principal_id)
        self.links += [
            group.name for group in inventory.site_groups(site.site_id) if group.name.startswith(SHARING_GROUP)
        ]

    def rights(self, scope_id: UUID) -> ScopeRights:
        """Everybody's right on a scope, today and afterwards."""
        before: dict[str, Right] = {}
        after: dict[str, Right] = {}
        for principal_id, right in self._assigned.get(scope_id, ()):
            _give(before, self._here.people(principal_id), right)
            _give(after, self._become(principal_id), right)
        _give(before, self._full_before, Right.FULL)
        _give(after, self._full_after, Right.FULL)
        return ScopeRights(before, after)

    def each(self) -> Iterator[tuple[Scope, ScopeRights]]:
        """Every scope with its rights, the web first."""
        for scope_id, scope in self.scopes.items():
            yield scope, self.rights(scope_id)

    def _everywhere_before(self) -> frozenset[str]:
        """Owner, administrators, and the owners of the site's group."""
        people = set[str]()
        for principal_id in (*self.site.admins, self.site.owner_id):
            if principal_id:
                people |= self._here.people(principal_id)
        if self.site.group_id:
            people |= self._here.owners(self.site.group_id)
        return frozenset(people)

    def _everywhere_after(self) -> frozenset[str]:
        """The same after the move: the owner goes by the kind of move, the group's owners are those of its target."""
        people = set[str]()
        for principal_id in (*self.site.admins, self.site.owner_id):
            if principal_id and principal_id != self.site.group_id + OWNERS:
                people |= self._become(principal_id)
        if self.move.kind is JobKind.USER and (account := self._images.account(self.move.target)):
            people.add(account)
        if self.site.group_id and (group_id := self._images.image(self.site.group_id)):
            people |= self._there.owners(group_id)
        return frozenset(people)

    def _become(self, principal_id: str) -> frozenset[str]:
        """The target's people who get what a principal of the source has."""
        found = self._after.get(principal_id)
        if found is None:
            self._after[principal_id] = _NOBODY  # a SharePoint group that holds itself ends here
            found = self._after[principal_id] = self._mapped(principal_id)
        return found

    def _mapped(self, principal_id: str) -> frozenset[str]:
        principal = self._here.inventory.principal(principal_id)
        if principal is not None and principal.kind is PrincipalKind.SITE_GROUP:
            if principal.name.startswith(SHARING_GROUP):
                return _NOBODY
            members = self._here.members(principal_id)
            return _NOBODY.union(*map(self._become, members))
        image = self._images.image(principal_id)
        if image is not None:
            return self._there.owners(image) if _is_owners(principal) else self._there.people(image)
        self.unmapped.add(principal_id)
        return _NOBODY if self._images.heir is None else frozenset((self._images.heir,))


def _is_owners(principal: Principal | None) -> bool:
    return principal is not None and principal.kind is PrincipalKind.OTHER and principal.principal_id.endswith(OWNERS)


def _give(rights: dict[str, Right], people: frozenset[str], right: Right) -> None:
    strength = STRENGTH[right]
    if not strength:
        return
    for person in people:
        if strength > STRENGTH[rights.get(person, Right.NONE)]:
            rights[person] = right

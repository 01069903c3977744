"""Which records of an inventory a handover file tells, by level, by the moves, with or without pseudonyms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from xtenant.inventory.facts import Member, Principal, PrincipalKind, Site, SiteKind
from xtenant.inventory.handover.disguise import Pseudonyms
from xtenant.inventory.handover.manifest import Level
from xtenant.inventory.store import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is told of an inventory. `moving` are the sites that move, None for all; `people` who is concerned by them."""

    inventory: Inventory
    level: Level
    moving: Sequence[Site] | None = None
    pseudonyms: Pseudonyms | None = None
    people: frozenset[str] | None = None

    @classmethod
    def of(
        cls,
        inventory: Inventory,
        level: Level,
        *,
        moving: Sequence[Site] | None = None,
        pseudonyms: Pseudonyms | None = None,
    ) -> Telling:
        people = None if moving is None else concerned_by(inventory, moving)
        return cls(inventory=inventory, level=level, moving=moving, pseudonyms=pseudonyms, people=people)

    def records(self) -> Mapping[str, Callable[[], Iterator[object]]]:
        """The records of each part by name."""
        return {
            "tenant": lambda: iter([self.inventory.tenant()]),
            "licences": lambda: iter(self.inventory.licences()),
            "principals": self.principals,
            "members": self.members,
            "sites": self.told_sites,
            "scopes": lambda: self._below(self.inventory.scopes),
            "assignments": self._assignments,
            "items": lambda: self._below(self.inventory.items),
            "lists": lambda: self._below(self.inventory.lists),
            "site_users": self._site_users,
            "not_read": self._not_read,
        }

    def principals(self) -> Iterator[Principal]:
        for each in self.inventory.principals():
            permission = each.kind in (PrincipalKind.SITE_GROUP, PrincipalKind.OTHER)
            if self.is_told(each.principal_id) and (self.level is Level.PERMISSIONS or not permission):
                yield self.pseudonyms.principal(each) if self.pseudonyms else each

    def members(self) -> Iterator[Member]:
        """Of groups that are told; at the level `plan` those of directory groups only."""
        told = {group.principal_id for group in self.inventory.principals(GROUPS) if self.is_told(group.principal_id)}
        if self.level is Level.PERMISSIONS:
            others = (PrincipalKind.SITE_GROUP, PrincipalKind.OTHER)
            told |= {each.principal_id for each in self.inventory.principals(others) if self.is_told(each.principal_id)}
        for each in self.inventory.all_members():
            if each.group_id in told:
                yield self.pseudonyms.member(each) if self.pseudonyms else each

    def told_sites(self) -> Iterator[Site]:
        """What was read below a site, its administrators, holds and label are told at the level of permissions only.

        Deleted sites, which keep their addresses taken, are told where all sites are.
        """
        deleted = self.inventory.deleted_sites() if self.moving is None else ()
        for site in chain(self._sites(), deleted):
            told = site if self.level is Level.PERMISSIONS else _as_planned(site)
            yield self.pseudonyms.site(told) if self.pseudonyms else told

    def _sites(self) -> Iterable[Site]:
        return self.inventory.sites() if self.moving is None else self.moving

    def _assignments(self) -> Iterator[object]:
        for site in self._sites():
            for each in self.inventory.assignments(site.site_id):
                yield self.pseudonyms.assignment(each) if self.pseudonyms else each

    def _site_users(self) -> Iterator[object]:
        for site in list(self._sites()):
            for each in self.inventory.site_users(site.site_id):
                yield self.pseudonyms.site_user(each) if self.pseudonyms else each

    def _not_read(self) -> Iterator[object]:
        """Of the tenant, and of the sites that are told; an address in it may name a person."""
        told = {site.site_id for site in self._sites()}
        for each in self.inventory.not_read_rows():
            if each.site_id is None or each.site_id in told:
                yield self.pseudonyms.not_read(each) if self.pseudonyms else each

    def _below(self, reader: Callable[[UUID], Iterable[object]]) -> Iterator[object]:
        for site in list(self._sites()):
            yield from reader(site.site_id)

    def is_told(self, principal_id: str) -> bool:
        """Whether a principal is among those the moves concern."""
        return self.people is None or principal_id in self.people


def _as_planned(site: Site) -> Site:
    """A site without what the level `plan` keeps to itself."""
    return replace(
        site,
        admins=(),
        has_holds=None,
        label="",
        created_at=None,
        modified_at=None,
        versions=0,
        versions_exact=False,
        workflows=0,
        read_at=None,
    )


GROUPS = (PrincipalKind.M365_GROUP, PrincipalKind.SECURITY_GROUP)


def concerned_by(inventory: Inventory, sites: Iterable[Site]) -> frozenset[str]:
    """Principals with a right on sites, owners and administrators among them, and everybody in their groups."""
    waiting: list[str] = []
    for site in sites:
        waiting += filter(None, (site.owner_id, site.group_id, *site.admins))
        waiting += (each.principal_id for each in inventory.assignments(site.site_id))
        waiting += (each.principal_id for each in inventory.site_groups(site.site_id))
    found: set[str] = set()
    while waiting:
        principal_id = waiting.pop()
        if principal_id not in found:
            found.add(principal_id)
            waiting += (each.member_id for each in inventory.members(principal_id))
    return frozenset(found)


def counts_of(telling: Telling) -> dict[str, int]:
    """How many there are of everything that a file of the highest level would tell: all, or what the moves concern."""
    inventory = telling.inventory
    if telling.moving is None:
        return dict(inventory.counts())
    kinds = Counter(each.kind.value for each in inventory.principals() if telling.is_told(each.principal_id))
    ids = [site.site_id for site in telling.moving]
    return {
        **{kind.value: kinds[kind.value] for kind in PrincipalKind},
        "licences": len(inventory.licences()),
        "members": sum(telling.is_told(each.group_id) for each in inventory.all_members()),
        "sites": len(ids),
        "scopes": sum(len(inventory.scopes(each)) for each in ids),
        "assignments": sum(len(inventory.assignments(each)) for each in ids),
        "items": sum(1 for each in ids for _ in inventory.items(each)),
        "lists": sum(len(inventory.lists(each)) for each in ids),
        "site_users": sum(len(inventory.site_users(each)) for each in ids),
    }


def disclosed(telling: Telling) -> list[str]:
    """What a file discloses, in lines for the person who is asked."""
    name = telling.inventory.tenant().display_name
    if telling.level is Level.COUNTS:
        return [f"numbers only: how many people, groups, sites and items {name} has, its domains, and its licences"]
    lines, counts = [_people_line(telling), _sites_line(telling)], counts_of(telling)
    if telling.level is Level.PERMISSIONS:
        lines.append(
            f"who may do what on these sites: {counts['assignments']} rights on {counts['scopes']} objects, "
            f"{counts['sitegroup']} SharePoint groups with their members, {counts['site_users']} entries of people known to "
            f"sites; names, paths, sizes, versions and dates of {counts['items']} items in {counts['lists']} lists; holds and "
            "labels of sites; what could not be read"
        )
    return [*lines, f"the domains and licences of {name}"]


def _people_line(telling: Telling) -> str:
    kinds = [each.kind for each in telling.principals()]
    people = sum(kind in (PrincipalKind.USER, PrincipalKind.GUEST) for kind in kinds)
    groups = sum(kind in GROUPS for kind in kinds)
    shown = "by pseudonyms" if telling.pseudonyms else "with name, UPN and mail"
    return f"{people} people {shown}, and {groups} groups with name, alias, mail and members"


def _sites_line(telling: Telling) -> str:
    told = list(telling.told_sites())
    sites = [site for site in told if site.deleted_at is None]
    personal = sum(site.kind is SiteKind.PERSONAL for site in sites)
    line = f"{len(sites)} sites with address, title, owner, size and lock, {personal} of them OneDrives"
    return f"{line}; {len(told) - len(sites)} deleted ones" if len(told) > len(sites) else line

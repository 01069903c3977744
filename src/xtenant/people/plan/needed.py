"""Who needs an identity on the target: the people and sites that move and everybody with permissions on them (R-4.1).

Reads the source's inventory only. Groups are followed to their members, nested ones too, since the map links group to group
and only the target's own membership decides there (R-4.14); SharePoint groups move with their site, their members are needed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from xtenant.domain.move import JobKind
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import Principal, PrincipalKind, Right, ScopeKind, Site
from xtenant.inventory.store import Inventory

MOST_REASONS = 8
"""Reasons kept for one principal; the rest is counted."""

OWNERS = "_o"
"""How the claim of a Microsoft 365 group's owners ends: `GUID_o`."""

GROUPS = frozenset({PrincipalKind.SECURITY_GROUP, PrincipalKind.M365_GROUP})
_EXPANDED = GROUPS | {PrincipalKind.SITE_GROUP}
_IDENTITIES = GROUPS | {PrincipalKind.USER, PrincipalKind.GUEST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason why somebody needs an identity. `via` names the groups that brought them, outermost first, `path` the scope below the site."""

    move_id: str
    role: str
    site_url: str = ""
    path: str = ""
    via: str = ""

    def __str__(self) -> str:
        where = "/".join(filter(None, (self.site_url.rstrip("/"), self.path)))
        told = f"{self.role} {where}".strip()
        return f"move {self.move_id}: " + (f"in '{self.via}', {told}" if self.via else told)


@dataclass(slots=True, kw_only=True)
class Need:
    """A principal and why. `more` counts the reasons not kept; `mover` is the move of the person's own OneDrive."""

    principal: Principal
    reasons: list[Reason] = field(default_factory=list[Reason])
    more: int = 0
    mover: PlannedMove | None = None
    group_move: PlannedMove | None = None

    def add(self, reason: Reason) -> None:
        if reason in self.reasons:
            return
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append(reason)
        else:
            self.more += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """What a move or a site names and the inventory does not know, or what no map row can stand for."""

    move_id: str
    name: str
    text: str
    unread: bool = False
    """Whether something could not be looked at, as against something no row can stand for."""


@dataclass(slots=True, kw_only=True)
class Needed:
    """All needs by principal id; what has no row and why; the sites that move with their moves."""

    needs: dict[str, Need] = field(default_factory=dict[str, Need])
    unresolved: list[Unresolved] = field(default_factory=list[Unresolved])
    sites: list[tuple[PlannedMove, Site]] = field(default_factory=list[tuple[PlannedMove, Site]])


def needed_by(source: Inventory, moves: Sequence[PlannedMove]) -> Needed:
    """Walk the moving sites of the source's inventory; each group is expanded once."""
    walk = _Walk(source)
    for move in moves:
        walk.add_move(move)
    walk.follow_groups()
    return walk.found


class _Walk:
    """One pass over the sites, then over the groups met."""

    def __init__(self, source: Inventory) -> None:
        self.found = Needed()
        self._source = source
        self._groups: deque[tuple[Principal, Reason]] = deque()
        self._expanded: set[str] = set()
        self._missing: set[tuple[str, str]] = set()

    def add_move(self, move: PlannedMove) -> None:
        match move.kind:
            case JobKind.USER:
                self._add_person(move)
            case JobKind.SITE:
                self._add_site(move)
            case JobKind.GROUP:
                self._add_group(move)

    def follow_groups(self) -> None:
        """Members of members, breadth first; a ring of groups ends by itself."""
        while self._groups:
            group, reason = self._groups.popleft()
            via = replace(reason, via=f"{reason.via} > {group.name}" if reason.via else group.name)
            for member in self._source.members(group.principal_id):
                self._add(member.member_id, via)

    def _add_person(self, move: PlannedMove) -> None:
        person = self._source.principal_by_upn(move.source)
        if person is None:
            self._unread(move.move_id, move.source, "The source has no such person (R-6.35).")
            return
        need = self._add(person.principal_id, Reason(move_id=move.move_id, role="OneDrive moves"))
        if need is not None:
            need.mover = move
        site = self._source.site_of_owner(person.principal_id)
        if site is None:
            self._unread(move.move_id, move.source, "The inventory knows no OneDrive of this person.")
        else:
            self._walk_site(move, site)

    def _add_group(self, move: PlannedMove) -> None:
        group = self._source.principal_by_alias(move.source)
        if group is None:
            self._unread(move.move_id, move.source, "The source has no group with this alias (R-6.39).")
            return
        need = self._add(group.principal_id, Reason(move_id=move.move_id, role="its site moves"))
        if need is not None:
            need.group_move = move
        site = self._source.site_of_group(group.principal_id)
        if site is None and group.site_url:
            site = self._source.site_by_url(group.site_url)
        if site is None:
            self._unread(move.move_id, move.source, "The inventory knows no site of this group.")
        else:
            self._walk_site(move, site)

    def _add_site(self, move: PlannedMove) -> None:
        site = self._source.site_by_url(move.source)
        if site is None:
            self._unread(move.move_id, move.source, "The inventory knows no such site (R-6.29).")
        else:
            self._walk_site(move, site)

    def _walk_site(self, move: PlannedMove, site: Site) -> None:
        self.found.sites.append((move, site))
        if site.read_at is None:
            self._unread(move.move_id, site.url, "Its permissions were not read: whoever has some is missing here.")
        if site.subsites:
            self._unread(move.move_id, site.url, f"The permissions of its {site.subsites} subsite(s) were not read.")
        for principal_id, role, path in _named_on(self._source, site):
            self._add(principal_id, Reason(move_id=move.move_id, role=role, site_url=site.url, path=path))

    def _add(self, principal_id: str, reason: Reason) -> Need | None:
        principal = self._source.principal(principal_id)
        if principal is None:
            self._unresolved(reason.move_id, principal_id, "The directory does not know it (deleted, or not read).")
            return None
        if principal.kind in _EXPANDED and principal_id not in self._expanded:
            self._expanded.add(principal_id)
            self._groups.append((principal, reason))
        if principal.kind is PrincipalKind.OTHER:
            return self._add_claim(principal, reason)
        if principal.kind not in _IDENTITIES:
            return None
        need = self.found.needs.setdefault(principal_id, Need(principal=principal))
        need.add(reason)
        return need

    def _add_claim(self, claim: Principal, reason: Reason) -> Need | None:
        """The owners of a Microsoft 365 group come with the group; no row can stand for any other claim."""
        if claim.principal_id.endswith(OWNERS):
            return self._add(claim.principal_id.removesuffix(OWNERS), reason)
        self._unresolved(reason.move_id, claim.name, "A claim or an account of the system: no row can stand for it.")
        return None

    def _unread(self, move_id: str, name: str, text: str) -> None:
        self._unresolved(move_id, name, text, unread=True)

    def _unresolved(self, move_id: str, name: str, text: str, *, unread: bool = False) -> None:
        if (name, text) not in self._missing:
            self._missing.add((name, text))
            self.found.unresolved.append(Unresolved(move_id=move_id, name=name, text=text, unread=unread))


def _named_on(source: Inventory, site: Site) -> Iterator[tuple[str, str, str]]:
    """Whoever a site names: (principal id, role, path of the scope below the site)."""
    if site.owner_id:
        yield site.owner_id, "owner of", ""
    if site.group_id:
        yield site.group_id, "group of", ""
    for admin in site.admins:
        yield admin, "site admin of", ""
    paths: Mapping[UUID, str] = {
        scope.scope_id: scope.path for scope in source.scopes(site.site_id) if scope.kind is not ScopeKind.WEB
    }
    for given in source.assignments(site.site_id):
        if given.right is not Right.NONE:
            yield given.principal_id, f"{given.right.value} on", paths.get(given.scope_id, "")

"""Compares a map with the moves and the tenants' inventories (R-5.56 to R-5.58, R-5.63 to R-5.65).

What is wanted is known before the file is read, by source key as text; rows are met as they pass, the rest is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from xtenant.domain.move import JobKind
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import Principal, PrincipalKind, Site, SiteKind
from xtenant.inventory.store import Inventory
from xtenant.people.maplint import patterns
from xtenant.people.maplint.findings import Finding, Needs, error, warning
from xtenant.people.maplint.given import Given
from xtenant.people.maplint.patterns import shown
from xtenant.people.maplint.rows import O365_GROUP

_PEOPLE = (PrincipalKind.USER, PrincipalKind.GUEST)
_GROUPS = (PrincipalKind.SECURITY_GROUP, PrincipalKind.M365_GROUP)
_MIGRATION_LICENCE = "cross_tenant_"
_NO_LETTER = re.compile(r"[^A-Za-z0-9]")


@dataclass(slots=True)
class _Reach:
    """Somebody with permissions on moving sites."""

    name: str
    site: str
    sites: int = 1


@dataclass(slots=True)
class _Holdings:
    """One source's inventory, with its OneDrives by the last part of their address."""

    inventory: Inventory
    personal: dict[str, Site] = field(default_factory=dict[str, Site])


class Expectations:
    """What the moves want of the map. `had` tells what could be known; `met` notes a row; `remaining` tells the rest."""

    def __init__(self, given: Given) -> None:
        self.had = given.had()
        self._users: dict[str, PlannedMove] = {}
        self._groups: dict[str, PlannedMove] = {}
        self._reach: dict[str, _Reach] = {}
        self._met: dict[str, tuple[int, list[str]]] = {}
        self._aliases_met: dict[str, list[tuple[int, list[str]]]] = {}
        self._early: list[Finding] = []
        self._sources = [_holdings(side.inventory) for side in given.sources if side.inventory is not None]
        self._target = given.target.inventory if given.target and given.target.whole else None
        self._target_domains = given.target.domains if given.target else frozenset[str]()
        for move in given.moves or ():
            if move.kind is JobKind.USER:
                self._users[move.source.casefold()] = move
            elif move.kind is JobKind.GROUP:
                self._groups[move.target.casefold()] = move
        ids = {alias: self._group_id(move.source) for alias, move in self._groups.items()}
        self._group_ids = {alias: group_id for alias, group_id in ids.items() if group_id}
        """Alias at the target → object id at the source, where an inventory tells it."""
        self._group_sources = frozenset(self._group_ids.values())
        if given.moves is not None and self._sources and len(self._sources) == len(given.sources):
            self._look_at_sites(given.moves)
        if self._target is not None and next(self._target.principals(_PEOPLE), None) is not None:
            self.had |= Needs.TARGET_PEOPLE

    def meet(self, lines: Sequence[int], rows: Sequence[list[str]]) -> None:
        """Look through keyed rows for those that matter; of several for one source the first counts (see R-5.51)."""
        if not (self._users or self._groups or self._reach):
            return
        for line, fields in zip(lines, rows, strict=True):
            source = fields[2].casefold()
            if source in self._users or source in self._reach or source in self._group_sources:
                self._met.setdefault(source, (line, fields))
            if fields[0] != "User" and fields[4].casefold() in self._groups and _is_o365(fields):
                self._aliases_met.setdefault(fields[4].casefold(), []).append((line, fields))

    def remaining(self) -> Iterator[Finding]:
        """Everything that moves and tenants have to say, once the file is read."""
        for key, move in self._users.items():
            yield from self._user(key, move)
        for alias, move in self._groups.items():
            yield from self._group(alias, move)
        yield from self._without_row()
        yield from self._early

    def _user(self, key: str, move: PlannedMove) -> Iterator[Finding]:
        row = self._met.get(key)
        line = row[0] if row else None
        if row is None:
            message = f"'{shown(move.source)}' moves (line {move.line} of the moves) and has no row."
            yield error("R-5.56", None, None, message, f"Add a row that leads to {shown(move.target)} (E-08).")
        elif row[1][3].casefold() != move.target.casefold():
            message = f"The row leads to '{shown(row[1][3])}', the move to '{shown(move.target)}'."
            yield error("R-5.56", line, 4, message, "Make the map and the moves name the same account (E-10).")
            return
        if Needs.TARGET_PEOPLE in self.had:
            yield from self._account(line, move)
        yield from self._owner(line, move)

    def _account(self, line: int | None, move: PlannedMove) -> Iterator[Finding]:
        """R-5.63 for the one whose OneDrive moves; that the account of a row exists is looked at row by row."""
        assert self._target is not None
        column = None if line is None else 4
        account = self._target.principal_by_upn(move.target)
        if account is None:
            if line is None:
                message = f"The target has no account '{shown(move.target)}'."
                yield error("R-5.63", None, None, message, "Create it first (R-4.3).")
            return
        migration = {
            row.sku_id for row in self._target.licences() if row.part_number.lower().startswith(_MIGRATION_LICENCE)
        }
        if not set(account.licences) - migration:
            message = f"'{shown(move.target)}' has no licence for SharePoint."
            yield error("R-5.63", line, column, message, "Assign one before the move (R-4.4).")
        if self._target.site_of_owner(account.principal_id) is not None:
            message = f"'{shown(move.target)}' has a OneDrive already; a move never merges (R-0.4)."
            yield error("R-5.63", line, column, message, "Remove that OneDrive, also from the recycle bin.")

    def _owner(self, line: int | None, move: PlannedMove) -> Iterator[Finding]:
        """R-5.65: the OneDrive at a person's address belongs to that person."""
        for holdings in self._sources:
            person = holdings.inventory.principal_by_upn(move.source)
            site = holdings.personal.get(_tail(move.source))
            if person and site and site.owner_id and site.owner_id != person.principal_id:
                message = f"The OneDrive {shown(site.url)} belongs to another account (E-24)."
                remedy = f"Make {shown(move.source)} its owner again."
                yield error("R-5.65", line, None if line is None else 3, message, remedy)

    def _group(self, alias: str, move: PlannedMove) -> Iterator[Finding]:
        rows = self._aliases_met.get(alias, [])
        source = self._group_ids.get(alias)
        row = self._met.get(source) if source else None
        if rows and source and not any(fields[2].casefold() == source for _, fields in rows):
            message = f"The row with the alias '{shown(move.target)}' is not that of the group '{shown(move.source)}'."
            yield error("R-5.57", rows[0][0], 3, message, f"The object id of {shown(move.source)} is {source}.")
        elif not rows and row is not None:
            column = 5 if _is_o365(row[1]) else 6
            message = (
                f"The group '{shown(move.source)}' moves to the alias '{shown(move.target)}'; its row says otherwise."
            )
            yield error("R-5.57", row[0], column, message, f"Write {shown(move.target)} and {O365_GROUP} (R-5.20).")
        elif not rows:
            message = f"The group '{shown(move.source)}' moves (line {move.line} of the moves) and has no row."
            remedy = f"Add a row of type {O365_GROUP} with the alias {shown(move.target)} (R-5.20)."
            yield error("R-5.57", None, None, message, remedy)

    def _without_row(self) -> Iterator[Finding]:
        """R-5.58: who loses access. Those whose own move lacks its row are told by R-5.56 and R-5.57."""
        for key, reach in self._reach.items():
            if key in self._met or key in self._users or key in self._group_sources:
                continue
            more = f" and {reach.sites - 1} more" if reach.sites > 1 else ""
            message = f"'{shown(reach.name)}' has permissions on {shown(reach.site)}{more}, and no row: access is lost (R-7.14)."
            yield warning(
                "R-5.58", None, None, message, "Add a row, or accept the loss; `xtenant access diff` shows it."
            )

    def _look_at_sites(self, moves: Sequence[PlannedMove]) -> None:
        """Gather who has permissions on what moves; complete only if every moving site's permissions were read."""
        complete = True
        for move in moves:
            for holdings in self._sources:
                site = _moving_site(holdings, move)
                if site is not None and site.read_at is not None:
                    self._look_at(holdings.inventory, site)
                    complete = complete and not site.subsites
                    break
            else:
                complete = False
        if complete:
            self.had |= Needs.SOURCE_PERMISSIONS

    def _look_at(self, inventory: Inventory, site: Site) -> None:
        for principal in _principals_on(inventory, site):
            if principal.kind in _PEOPLE:
                self._of_target_domain(principal, site)
                key, name = principal.upn.casefold(), principal.upn
            elif principal.kind in _GROUPS:
                key, name = principal.principal_id.lower(), principal.name
            else:
                continue
            known = self._reach.get(key)
            if known is None:
                self._reach[key] = _Reach(name, site.url)
            else:
                known.sites += 1

    def _of_target_domain(self, person: Principal, site: Site) -> None:
        """R-5.64. A guest from the target's own domain carries it inside the name that the invitation made."""
        where = f"'{shown(person.upn)}' on {shown(site.url)}"
        if patterns.domain_of(person.upn) in self._target_domains:
            message = f"{where} has a UPN in the target's domain (E-13)."
            self._early.append(error("R-5.64", None, None, message, "Remove or rename this user of the site first."))
        elif patterns.is_guest_name(person.upn):
            invited = person.upn.casefold().split(patterns.GUEST_MARK)[0]
            if any(invited.endswith(f"_{domain}") for domain in self._target_domains):
                message = f"{where} is a guest from the target, which may count as its domain (E-13)."
                self._early.append(
                    warning("R-5.64", None, None, message, "Remove this guest from the site, or try it.")
                )

    def _group_id(self, alias: str) -> str | None:
        for holdings in self._sources:
            group = holdings.inventory.principal_by_alias(alias)
            if group is not None:
                return group.principal_id.lower()
        return None


def _is_o365(fields: Sequence[str]) -> bool:
    return fields[5].casefold() == O365_GROUP.casefold()


def _holdings(inventory: Inventory) -> _Holdings:
    personal = {_last(site.url): site for site in inventory.sites() if site.kind is SiteKind.PERSONAL}
    return _Holdings(inventory, personal)


def _moving_site(holdings: _Holdings, move: PlannedMove) -> Site | None:
    inventory = holdings.inventory
    match move.kind:
        case JobKind.USER:
            person = inventory.principal_by_upn(move.source)
            owned = inventory.site_of_owner(person.principal_id) if person else None
            return owned or holdings.personal.get(_tail(move.source))
        case JobKind.SITE:
            return inventory.site_by_url(move.source)
        case JobKind.GROUP:
            group = inventory.principal_by_alias(move.source)
            return inventory.site_of_group(group.principal_id) if group else None


def _principals_on(inventory: Inventory, site: Site) -> Iterator[Principal]:
    """Everybody named on a site, each once; the members of its SharePoint groups instead of those, owners of a group too."""
    assigned = (assignment.principal_id for assignment in inventory.assignments(site.site_id))
    waiting = list(dict.fromkeys([site.owner_id, site.group_id, *site.admins, *assigned]))
    seen: set[str] = set()
    while waiting:
        principal_id = waiting.pop()
        if not principal_id or principal_id in seen:
            continue
        seen.add(principal_id)
        principal = inventory.principal(principal_id)
        if principal is None:
            continue
        if principal.kind in (PrincipalKind.SITE_GROUP, PrincipalKind.OTHER):
            waiting += [member.member_id for member in inventory.members(principal_id)]
        yield principal


def _tail(upn: str) -> str:
    """The last part of the address of a person's OneDrive (`ann_contoso_com`)."""
    return _NO_LETTER.sub("_", upn).lower()


def _last(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2].lower()

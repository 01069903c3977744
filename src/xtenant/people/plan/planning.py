"""`plan_people`: the plan of identities from two inventories and the moves; pure but for reading the inventories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import Principal, TenantFacts
from xtenant.inventory.store import Inventory
from xtenant.people.memberships import wanted_memberships
from xtenant.people.plan.directory import GROUPS, TargetDirectory
from xtenant.people.plan.licences import (
    SHARED_DATA_PART,
    OneDriveCount,
    OneDriveLicence,
    SharedDataCount,
    count_onedrives,
    count_shared_data,
)
from xtenant.people.plan.matching import Keeping, Wishes, matched
from xtenant.people.plan.needed import Need, Unresolved, needed_by
from xtenant.people.plan.obstacles import Ground, with_problems
from xtenant.people.rows import Method, PersonRow, RowKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A row of the earlier file that is not explicit and would now be another one."""

    before: PersonRow
    now: PersonRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePlan:
    """The rows in file order with what the report tells beside them."""

    rows: Sequence[PersonRow]
    unresolved: Sequence[Unresolved]
    onedrives: OneDriveCount
    shared_data: SharedDataCount
    memberships: int
    nested_groups: int
    domains: Sequence[str]
    """Source domains without a rule: their people get names in the target's initial domain."""
    changed: Sequence[Changed]
    source: TenantFacts
    target: TenantFacts
    with_mail: int


def plan_people(
    source: Inventory,
    target: Inventory,
    moves: Sequence[PlannedMove],
    *,
    wishes: Wishes,
    earlier: Sequence[PersonRow] = (),
    usage_location: str = "",
    shared_data_part: str = SHARED_DATA_PART,
) -> PeoplePlan:
    """The plan of everybody who needs an identity (R-4.1). Raises EmptyInventory when a tenant was never read."""
    needed = needed_by(source, moves)
    needs = sorted(needed.needs.values(), key=_order)
    directory = TargetDirectory(target.principals())
    strangers = _Strangers(source, target)
    keeping = Keeping.of(earlier)
    rows = matched(needs, directory, wishes, keeping, foreign_members=strangers.count)
    ground = Ground(
        target=target,
        directory=directory,
        domains=frozenset(domain.casefold() for domain in (*target.tenant().domains, target.tenant().initial_domain)),
        usage_location=usage_location,
        licence=OneDriveLicence((*source.licences(), *target.licences())),
    )
    rows = with_problems(rows, needs, ground)
    rows = [*rows, *_kept_besides(earlier, rows)]
    memberships = list(wanted_memberships(rows, source))
    return PeoplePlan(
        rows=rows,
        unresolved=needed.unresolved,
        onedrives=_onedrives(needs, rows, directory, source, target),
        shared_data=count_shared_data(needed.sites, source.licences(), target.licences(), part_number=shared_data_part),
        memberships=len(memberships),
        nested_groups=sum(1 for each in memberships if each.member.kind.is_group),
        domains=_domains_without_rule(rows, wishes),
        changed=_changed(earlier, rows),
        source=source.tenant(),
        target=target.tenant(),
        with_mail=sum(1 for row in rows if row.method is Method.CREATE and row.source_mail and not row.kind.is_group),
    )


class _Strangers:
    """Members of a target's group whom the source's group does not have, compared by name, mail and alias."""

    def __init__(self, source: Inventory, target: Inventory) -> None:
        self._source = source
        self._target = target

    def count(self, group: Principal, need: Need) -> int:
        ours = {
            name
            for member in self._source.members(need.principal.principal_id)
            if (principal := self._source.principal(member.member_id)) is not None
            for name in _names_of(principal)
        }
        return sum(
            1
            for member in self._target.members(group.principal_id)
            if (principal := self._target.principal(member.member_id)) is not None
            and not ours & set(_names_of(principal))
        )


def _names_of(principal: Principal) -> Iterable[str]:
    """What tells two accounts of one person as the same: the part before the @, the mail, a group's alias."""
    if principal.kind in GROUPS:
        return [f"group:{principal.alias.casefold()}"]
    local = principal.upn.partition("#EXT#")[0].rpartition("@")[0]
    return [text.casefold() for text in (local, principal.mail) if text]


def _order(need: Need) -> tuple[bool, str, str, str]:
    principal = need.principal
    is_group = principal.kind in GROUPS
    return (is_group, principal.kind.value, (principal.alias or principal.upn).casefold(), principal.principal_id)


def _kept_besides(earlier: Sequence[PersonRow], rows: Sequence[PersonRow]) -> list[PersonRow]:
    """Explicit rows for people that no moving site names: somebody wanted them."""
    known = {row.source_id for row in rows} | {row.source_upn.casefold() for row in rows if not row.kind.is_group}
    return [
        row for row in earlier if row.explicit and row.source_id not in known and row.source_upn.casefold() not in known
    ]


def _onedrives(
    needs: Sequence[Need], rows: Sequence[PersonRow], directory: TargetDirectory, source: Inventory, target: Inventory
) -> OneDriveCount:
    targets = [directory.by_id(row.target_id) if row.target_id else None for row in rows[: len(needs)]]
    return count_onedrives(needs, targets, source.licences(), target.licences())


def _domains_without_rule(rows: Sequence[PersonRow], wishes: Wishes) -> list[str]:
    named = {
        row.source_upn.rpartition("@")[2].casefold()
        for row in rows
        if row.kind is RowKind.USER and row.method is Method.CREATE and not row.onedrive_moves
    }
    return sorted(named - set(wishes.domains) - {""})


def _changed(earlier: Sequence[PersonRow], rows: Sequence[PersonRow]) -> list[Changed]:
    """A changed row that does not say `explicit` is told: an edit would be lost, or the tenants have changed."""
    now = {row.source_id: row for row in rows}
    found: list[Changed] = []
    for row in earlier:
        fresh = now.get(row.source_id)
        if fresh is None or row.explicit:
            continue
        same_name = row.target_upn.casefold() == fresh.target_upn.casefold()
        created = row.method is not Method.SKIP and fresh.method is Method.EXISTS
        if not same_name or not (row.method is fresh.method or created):
            found.append(Changed(before=row, now=fresh))
    return found

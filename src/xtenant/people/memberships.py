"""Who must be in which group of the target before the moves: the source's memberships, led through the plan (R-4.6, R-4.14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from xtenant.inventory.facts import PrincipalKind
from xtenant.inventory.store import Inventory
from xtenant.people.rows import PersonRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A row that belongs into a group's row; a nested group is a member like any other."""

    group: PersonRow
    member: PersonRow
    owner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A member of a source group for whom the plan has no row that counts: left out of the target's group."""

    group: PersonRow
    name: str


def wanted_memberships(
    rows: Sequence[PersonRow], source: Inventory, *, left_out: Callable[[Stranger], None] | None = None
) -> Iterator[Membership]:
    """Direct memberships and ownerships of every group row that counts, in the order of the rows."""
    by_id = {row.source_id: row for row in rows if row.source_id and row.counts}
    for row in rows:
        if not row.kind.is_group or not row.counts or not row.source_id:
            continue
        for member in source.members(row.source_id):
            found = by_id.get(member.member_id)
            if found is not None:
                yield Membership(group=row, member=found, owner=member.owner)
            elif left_out is not None:
                left_out(Stranger(group=row, name=_name_of(source, member.member_id)))


def _name_of(source: Inventory, principal_id: str) -> str:
    principal = source.principal(principal_id)
    if principal is None:
        return principal_id
    is_person = principal.kind in (PrincipalKind.USER, PrincipalKind.GUEST)
    return (principal.upn if is_person else principal.alias) or principal.name

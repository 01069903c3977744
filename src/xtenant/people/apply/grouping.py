"""Groups of the target: their first owner, and who is missing in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from xtenant.client.people import NewMember, PeopleClient
from xtenant.domain import errors
from xtenant.inventory.store import Inventory
from xtenant.people.apply.deciding import Decision
from xtenant.people.apply.standing import key_of
from xtenant.people.memberships import Membership, wanted_memberships
from xtenant.people.rows import PersonRow, RowKind
from xtenant.protocols.graph.call.accounts import NewGroup

IdOf = Callable[[PersonRow], UUID | None]


class NoOwner(errors.Refused):
    """Nobody of a group's owners has an account on the target."""

    code = "groupWithoutOwner"
    remedy = "Name who shall own such groups for now: --owner UPN."


class Grouping:
    """Finds an owner for each new group among the source's owners, by the rows that have an account."""

    def __init__(self, source: Inventory, decision: Decision, id_of: IdOf) -> None:
        self._source = source
        self._id_of = id_of
        people = [row for row, _ in decision.accounts] + decision.present + decision.waiting
        self._rows = {row.source_id: row for row in people if not row.kind.is_group}
        self._coming = {row.source_id for row, _ in decision.accounts}

    async def fallback_owner(self, client: PeopleClient, upn: str) -> UUID | None:
        """The account that owns what nobody else does. Raises NotFound for a UPN the target does not have."""
        if not upn:
            return None
        (account,) = await client.accounts([upn])
        if account is None:
            raise errors.NotFound(f"The target has no account '{upn}' to own groups.")
        return account.id

    def with_owner(self, row: PersonRow, new: NewGroup, fallback: UUID | None) -> NewGroup:
        """The group with one owner. Raises NoOwner for a Microsoft 365 group without any."""
        for owner in self._owners(row):
            owner_id = self._id_of(owner)
            if owner_id is not None:
                return replace(new, owners=(owner_id,))
        if fallback is not None:
            return replace(new, owners=(fallback,))
        if new.unified:
            raise NoOwner(f"No owner of the group '{row.source_upn}' has an account on the target (R-4.17).")
        return new

    def owner_named(self, row: PersonRow, fallback: str) -> str | None:
        """The UPN of the owner a group would get. Raises NoOwner for a Microsoft 365 group without any."""
        able = (
            owner.target_upn for owner in self._owners(row) if owner.source_id in self._coming or self._id_of(owner)
        )
        found = next(able, fallback) or None
        if found is None and row.kind is RowKind.M365:
            raise NoOwner(f"No owner of the group '{row.source_upn}' has an account on the target (R-4.17).")
        return found

    def _owners(self, row: PersonRow) -> Iterator[PersonRow]:
        members = (member for member in self._source.members(row.source_id) if member.owner)
        return (owner for member in members if (owner := self._rows.get(member.member_id)) is not None)


@dataclass(slots=True, kw_only=True)
class Missing:
    """Memberships to add; `coming` are those of rows that do not exist yet, `absent` those of rows nobody made."""

    members: list[tuple[NewMember, Membership]] = field(default_factory=list[tuple[NewMember, Membership]])
    coming: list[Membership] = field(default_factory=list[Membership])
    absent: list[Membership] = field(default_factory=list[Membership])


async def missing_members(
    client: PeopleClient,
    rows: Sequence[PersonRow],
    source: Inventory,
    *,
    id_of: IdOf,
    known_empty: frozenset[UUID] = frozenset(),
    touch: Callable[[PersonRow, UUID], bool] = lambda _row, _id: True,
    to_come: frozenset[str] = frozenset(),
) -> Missing:
    """Compare the memberships the plan wants with the target's own, read now.

    Groups of `known_empty` were made a moment ago and are not read; `touch` says which groups may be added to.
    """
    missing = Missing()
    wanted: list[tuple[NewMember, Membership]] = []
    for membership in wanted_memberships(rows, source):
        group_id, member_id = id_of(membership.group), id_of(membership.member)
        if group_id is not None and member_id is not None:
            if touch(membership.group, group_id):
                new = NewMember(group_id=group_id, member_id=member_id, owner=membership.owner)
                wanted.append((new, membership))
        elif _coming(membership.group, group_id, to_come) and _coming(membership.member, member_id, to_come):
            missing.coming.append(membership)
        else:
            missing.absent.append(membership)
    present = await _present(client, [each.group_id for each, _ in wanted if each.group_id not in known_empty])
    missing.members = list({each: (each, why) for each, why in wanted if each not in present}.values())
    return missing


def _coming(row: PersonRow, found: UUID | None, to_come: frozenset[str]) -> bool:
    return found is not None or key_of(row) in to_come


async def _present(client: PeopleClient, group_ids: Sequence[UUID]) -> set[NewMember]:
    found: set[NewMember] = set()
    for people in await client.people_of_groups(list(dict.fromkeys(group_ids))):
        group = people.group_id
        found |= {NewMember(group_id=group, member_id=member) for member in people.members}
        found |= {NewMember(group_id=group, member_id=owner, owner=True) for owner in people.owners}
    return found

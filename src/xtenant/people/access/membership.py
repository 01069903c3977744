"""The people behind a principal of one tenant: members of groups in groups, followed downwards."""

from __future__ import annotations

from collections.abc import Mapping

from xtenant.inventory.facts import PrincipalKind
from xtenant.inventory.store import Inventory

PEOPLE = (PrincipalKind.USER, PrincipalKind.GUEST)
DIRECTORY_GROUPS = (PrincipalKind.SECURITY_GROUP, PrincipalKind.M365_GROUP)
OWNERS = "_o"
"""Ends the id of the principal that stands for the owners of a Microsoft 365 group."""
_KEPT = 1_000_000
"""How many memberships are remembered before all are forgotten; a large tenant's groups are then read again."""


class Membership:
    """Looks into one inventory. Owners of a group are no members of it unless they are listed as such."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.kinds: Mapping[str, PrincipalKind] = {each.principal_id: each.kind for each in inventory.principals()}
        self._people: dict[str, frozenset[str]] = {}
        self._size = 0

    def is_person(self, principal_id: str) -> bool:
        return self.kinds.get(principal_id) in PEOPLE

    def people(self, principal_id: str) -> frozenset[str]:
        """The accounts that a principal stands for: itself, or everybody in it, through all nesting."""
        if self.is_person(principal_id):
            return frozenset((principal_id,))
        found = self._people.get(principal_id)
        if found is None:
            found = self._walked(principal_id)
            if self._size + len(found) > _KEPT:
                self._people.clear()
                self._size = 0
            self._people[principal_id] = found
            self._size += len(found)
        return found

    def owners(self, group_id: str) -> frozenset[str]:
        """The accounts that own a group directly."""
        return frozenset(
            member.member_id
            for member in self.inventory.members(group_id)
            if member.owner and self.is_person(member.member_id)
        )

    def members(self, group_id: str) -> list[str]:
        """Direct members only."""
        return [member.member_id for member in self.inventory.members(group_id) if not member.owner]

    def _walked(self, principal_id: str) -> frozenset[str]:
        found: set[str] = set()
        seen = {principal_id}
        waiting = [principal_id]
        while waiting:
            for member_id in self.members(waiting.pop()):
                if member_id in seen:
                    continue
                seen.add(member_id)
                if self.is_person(member_id):
                    found.add(member_id)
                else:
                    waiting.append(member_id)
        return frozenset(found)

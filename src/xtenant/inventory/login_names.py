"""Whom a site means: login names of a site's users as principal ids of the inventory (content-api.md 4.5).

Who has rights without being in the directory (claims such as Everyone, deleted accounts, the owners of a group) becomes a
principal of kind OTHER, so that no right is without a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from xtenant.inventory.facts import Member, Principal, PrincipalKind
from xtenant.inventory.store import Inventory
from xtenant.protocols.sharepoint_rest.call.role_assignments import Assignee
from xtenant.protocols.sharepoint_rest.call.site_users import SITE_GROUP, SiteUser

_PERSON = re.compile(r"i:0#\.f\|membership\|(?P<upn>.+)", re.IGNORECASE | re.DOTALL)
_GROUP = re.compile(
    r"c:0(?:t\.c\|tenant|o\.c\|federateddirectoryclaimprovider)\|(?P<id>[0-9a-f-]{36})(?P<owners>_o)?", re.IGNORECASE
)
OWNERS_SUFFIX = "_o"


def site_group_id(site_id: UUID, number: int) -> str:
    """The principal id of a SharePoint group."""
    return f"sp:{site_id}:{number}"


@dataclass(slots=True)
class LoginNames:
    """Reads login names of one site and keeps those the directory does not know until `keep` writes them down."""

    inventory: Inventory
    site_id: UUID
    _known: dict[str, str] = field(default_factory=dict[str, str])
    _strangers: dict[str, Principal] = field(default_factory=dict[str, Principal])
    _owned: set[str] = field(default_factory=set[str])

    def of(self, who: SiteUser | Assignee) -> str:
        """The principal id of somebody a site knows."""
        if who.PrincipalType == SITE_GROUP:
            return site_group_id(self.site_id, who.Id)
        key = who.LoginName.casefold()
        if key not in self._known:
            self._known[key] = self._resolved(who)
        return self._known[key]

    def owners_of(self, group_id: str) -> str:
        """The principal that stands for the owners of a Microsoft 365 group."""
        owners = group_id + OWNERS_SUFFIX
        group = self.inventory.principal(group_id)
        self._owned.add(group_id)
        self._strangers[owners] = Principal(
            principal_id=owners, kind=PrincipalKind.OTHER, name=f"Owners of {group.name if group else group_id}"
        )
        return owners

    def keep_known(self, principal_ids: Iterable[str]) -> None:
        """Who holds a right that was read earlier keeps a name, though the directory may have lost them since."""
        for principal_id in set(principal_ids) - self._strangers.keys():
            if self.inventory.principal(principal_id) is None:
                kind = PrincipalKind.OTHER
                self._strangers[principal_id] = Principal(principal_id=principal_id, kind=kind, name=principal_id)

    def keep(self) -> None:
        """Write down who is not in the directory, and who the owners of groups are."""
        self.inventory.put_principals(self._strangers.values())
        for group_id in sorted(self._owned):
            owners = group_id + OWNERS_SUFFIX
            people = (each.member_id for each in self.inventory.members(group_id) if each.owner)
            self.inventory.put_members(owners, [Member(group_id=owners, member_id=each) for each in people])

    def _resolved(self, who: SiteUser | Assignee) -> str:
        if group := _GROUP.fullmatch(who.LoginName):
            group_id = group["id"].lower()
            if group["owners"]:
                return self.owners_of(group_id)
            return group_id if self.inventory.principal(group_id) else self._stranger(group_id, who)
        person = _PERSON.fullmatch(who.LoginName)
        found = self.inventory.principal_by_upn(person["upn"]) if person else None
        return found.principal_id if found else self._stranger(who.LoginName.casefold(), who)

    def _stranger(self, principal_id: str, who: SiteUser | Assignee) -> str:
        self._strangers[principal_id] = Principal(
            principal_id=principal_id,
            kind=PrincipalKind.OTHER,
            name=who.Title or who.LoginName,
            upn="",
            mail=who.Email or "",
        )
        return principal_id

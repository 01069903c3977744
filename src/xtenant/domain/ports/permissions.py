"""Ports of permissions: scopes and what they give, SharePoint groups, site users, and the writer of all these.

`identities` are directory ids: a user's own and those of all groups the user is in. SharePoint groups are resolved inside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from xtenant.domain.content import WEB, Item, ItemId, ItemKey, PrincipalKey, Role, RoleAssignment, SiteKey
from xtenant.domain.permissions import SiteGroup, SiteGroupMember, SiteRights, SiteUser


class ScopeRepository(Protocol):
    """Objects with permissions of their own. The root web (`WEB`) is a scope of every site and has no row."""

    def page(self, site_key: SiteKey, *, after: ItemKey, limit: int, deleted: bool = False) -> Sequence[ItemKey]:
        """Scopes of live items in key order, the web left out; with `deleted` those of the recycle bin's too."""
        ...

    def objects(self, site_key: SiteKey, item_ids: Collection[ItemId], *, deleted: bool = False) -> dict[ItemId, Item]:
        """Live items of a site by GUID, with `deleted` those in the recycle bin too; one query per 1,000: what bulk writers
        give scopes to."""
        ...

    def count(self, site_key: SiteKey) -> tuple[int, int]:
        """How many scopes below the web, and how many assignments on all of them and on the web."""
        ...

    def nearest(self, items: Iterable[Item], /) -> dict[ItemKey, ItemKey]:
        """For each item the scope that holds for it, `WEB` when there is none below the web; two queries per 1,000."""
        ...

    def assignments(self, site_key: SiteKey, scope_keys: Collection[ItemKey]) -> Sequence[RoleAssignment]:
        """What stands on these scopes, by scope and principal; one query per 1,000."""
        ...

    def below(self, item: Item) -> Sequence[ItemKey]:
        """Scopes of live items strictly below an item, or in the whole library."""
        ...

    def rights(self, site_keys: Collection[SiteKey], identities: Collection[UUID]) -> Mapping[SiteKey, SiteRights]:
        """What identities may do on sites, one query for all; every site has an entry."""
        ...

    def roles(
        self, site_key: SiteKey, scope_keys: Collection[ItemKey], identities: Collection[UUID]
    ) -> dict[ItemKey, Role]:
        """The strongest role on each of some scopes; one query per 1,000. Scopes without a role are left out."""
        ...

    def above(self, site_key: SiteKey, identities: Collection[UUID]) -> frozenset[ItemKey]:
        """Libraries and folders above live scopes on which identities have a role: what they may walk through."""
        ...


class SiteGroupRepository(Protocol):
    """SharePoint groups of a site, and the site's users with its administrators."""

    def of_site(self, site_key: SiteKey) -> Sequence[SiteGroup]:
        """All groups of a site by title; a site has at most `Limits.site_groups`."""
        ...

    def by_key(self, site_key: SiteKey, principal: PrincipalKey) -> SiteGroup | None: ...

    def by_title(self, site_key: SiteKey, title: str) -> SiteGroup | None:
        """In any letter case."""
        ...

    def members(self, site_key: SiteKey, groups: Collection[PrincipalKey]) -> Iterator[SiteGroupMember]:
        """Direct members by group and member."""
        ...

    def admins(self, site_key: SiteKey) -> frozenset[PrincipalKey]:
        """Site collection administrators; the site's owner and its group's owners are so without a row."""
        ...

    def users(self, site_key: SiteKey, *, after: PrincipalKey, limit: int) -> Sequence[SiteUser]: ...

    def user(self, site_key: SiteKey, principal: PrincipalKey) -> SiteUser | None: ...

    def users_named(self, site_key: SiteKey, directory_ids: Collection[UUID]) -> Sequence[SiteUser]: ...


class RightsWriter(Protocol):
    """The part of a site's writer that changes permissions. Each change raises the site's change number by one.

    A scope is named by its item's key or by `WEB`.
    """

    def break_inheritance(self, item: ItemKey, *, copy: bool) -> None:
        """Give an object permissions of its own: those of the scope above it, or none. One that has its own stays.

        Raises NotFound for what is no live item of the site, TooManyScopes.
        """
        ...

    def reset_inheritance(self, item: ItemKey) -> None:
        """Take an object's own permissions away. One that inherits stays. Raises Refused for the web."""
        ...

    def assign(self, principal: PrincipalKey, role: Role, *, scope: ItemKey = WEB) -> None:
        """Give a role on a scope; an earlier one of the same principal is replaced. Raises InheritsPermissions."""
        ...

    def unassign(self, principal: PrincipalKey, *, scope: ItemKey = WEB) -> None:
        """Raises InheritsPermissions."""
        ...

    def put_scopes(self, scopes: Sequence[ItemKey], assignments: Sequence[RoleAssignment]) -> None:
        """Many at once, for bulk writers: new scopes without copies, then assignments on these or on earlier ones.

        Repeating changes nothing. Raises TooLarge above `Limits.write_rows` together, NotFound, InheritsPermissions.
        """
        ...

    def put_site_group(self, group: SiteGroup) -> None:
        """Add a group under its principal (made by `PrincipalRepository.ensure` with kind SITE_GROUP and a new GUID), or
        change its title and description. Raises NameTaken, TooLarge above `Limits.site_groups`."""
        ...

    def put_site_groups(
        self, groups: Sequence[SiteGroup], members: Sequence[SiteGroupMember], admins: Sequence[PrincipalKey]
    ) -> None:
        """Many at once, for bulk writers: new groups, then members of these or of earlier ones, then administrators.

        Repeating changes nothing. Raises TooLarge above `Limits.write_rows` together, NameTaken, NotFound.
        """
        ...

    def remove_site_group(self, group: PrincipalKey) -> None:
        """With its members and everything assigned to it."""
        ...

    def add_site_group_member(self, group: PrincipalKey, member: PrincipalKey) -> None:
        """Adding twice changes nothing. Raises NotFound for an unknown group."""
        ...

    def remove_site_group_member(self, group: PrincipalKey, member: PrincipalKey) -> None: ...

    def put_site_user(self, principal: PrincipalKey) -> None:
        """Make the site know somebody. Again: nothing."""
        ...

    def remove_site_user(self, principal: PrincipalKey) -> None:
        """The site forgets somebody: rights, memberships, administration."""
        ...

    def set_site_admin(self, principal: PrincipalKey, on: bool, /) -> None: ...

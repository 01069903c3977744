"""SharePoint groups and site users on SQL, for reading; `rights_writer` writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select

from xtenant.domain.content import PrincipalKey, SiteKey
from xtenant.domain.permissions import SiteGroup, SiteGroupMember, SiteUser
from xtenant.domain.tenant import TenantId
from xtenant.storage.permissions import site_group_members, site_groups, site_users
from xtenant.storage.principals import principal_of, principals

KEYS_A_QUERY = 1_000
GROUPS_OF_A_SITE = 10_000


class SiteGroupStore:
    """`SiteGroupRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def of_site(self, site_key: SiteKey) -> Sequence[SiteGroup]:
        return self._groups(site_key)

    def by_key(self, site_key: SiteKey, principal: PrincipalKey) -> SiteGroup | None:
        return next(iter(self._groups(site_key, site_groups.c.principal == principal)), None)

    def by_title(self, site_key: SiteKey, title: str) -> SiteGroup | None:
        return next(iter(self._groups(site_key, site_groups.c.title_key == title.casefold())), None)

    def members(self, site_key: SiteKey, groups: Collection[PrincipalKey]) -> Iterator[SiteGroupMember]:
        keys = sorted(set(groups))
        for start in range(0, len(keys), KEYS_A_QUERY):
            query = (
                select(site_group_members)
                .where(
                    *self._of(site_group_members, site_key),
                    site_group_members.c.site_group.in_(keys[start : start + KEYS_A_QUERY]),
                )
                .order_by(site_group_members.c.site_group, site_group_members.c.member)
                .execution_options(yield_per=1_000)
            )
            for row in self._connection.execute(query):
                yield SiteGroupMember(group=PrincipalKey(row.site_group), member=PrincipalKey(row.member))

    def admins(self, site_key: SiteKey) -> frozenset[PrincipalKey]:
        query = select(site_users.c.principal).where(*self._of(site_users, site_key), site_users.c.admin)
        return frozenset(PrincipalKey(key) for key in self._connection.execute(query).scalars())

    def users(self, site_key: SiteKey, *, after: PrincipalKey, limit: int) -> Sequence[SiteUser]:
        return self._users(site_key, site_users.c.principal > after, limit=limit)

    def user(self, site_key: SiteKey, principal: PrincipalKey) -> SiteUser | None:
        return next(iter(self._users(site_key, site_users.c.principal == principal, limit=1)), None)

    def users_named(self, site_key: SiteKey, directory_ids: Collection[UUID]) -> Sequence[SiteUser]:
        ids = sorted(set(directory_ids))
        found: list[SiteUser] = []
        for start in range(0, len(ids), KEYS_A_QUERY):
            some = ids[start : start + KEYS_A_QUERY]
            found += self._users(site_key, principals.c.directory_id.in_(some), limit=len(some))
        return found

    def _groups(self, site_key: SiteKey, *where: ColumnElement[bool]) -> Sequence[SiteGroup]:
        query = (
            select(site_groups)
            .where(*self._of(site_groups, site_key), *where)
            .order_by(site_groups.c.title_key)
            .limit(GROUPS_OF_A_SITE)
        )
        return [
            SiteGroup(
                site_key=SiteKey(row.site_key),
                principal=PrincipalKey(row.principal),
                title=row.title,
                description=row.description,
            )
            for row in self._connection.execute(query)
        ]

    def _users(self, site_key: SiteKey, *where: ColumnElement[bool], limit: int) -> Sequence[SiteUser]:
        query = (
            select(principals, site_users.c.admin)
            .join(site_users, site_users.c.principal == principals.c.key)
            .where(principals.c.tenant_id == self._tenant_id, *self._of(site_users, site_key), *where)
            .order_by(site_users.c.principal)
            .limit(limit)
        )
        return [
            SiteUser(principal=principal_of(row), is_admin=bool(row.admin)) for row in self._connection.execute(query)
        ]

    def _of(self, table: Any, site_key: SiteKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return table.c.tenant_id == self._tenant_id, table.c.site_key == site_key

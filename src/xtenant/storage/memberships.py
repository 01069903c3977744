"""Who is in which group, and who owns it, on SQL.

Rows outlive the deletion of a member or of a group, as a restored object finds its memberships again; readers join the
live rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Boolean, Column, Connection, Index, Table, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from xtenant.domain.directory import GroupId
from xtenant.domain.tenant import TenantId
from xtenant.storage.groups import groups, live_groups
from xtenant.storage.tables import Guid, metadata

ROWS_A_FETCH = 1_000

memberships = Table(
    "memberships",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("group_id", Guid, primary_key=True),
    Column("member_id", Guid, primary_key=True),
    Column("owner", Boolean, primary_key=True),
    Index("ix_memberships_member", "tenant_id", "member_id"),
)


class MembershipStore:
    """`MembershipRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def members(self, group_id: GroupId) -> Iterator[UUID]:
        return self._people(group_id, owner=False)

    def owners(self, group_id: GroupId) -> Iterator[UUID]:
        return self._people(group_id, owner=True)

    def add(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> None:
        insert_once = (postgresql if self._connection.dialect.name == "postgresql" else sqlite).insert(memberships)
        row = {"tenant_id": self._tenant_id, "group_id": group_id, "member_id": member_id, "owner": owner}
        self._connection.execute(insert_once.values(row).on_conflict_do_nothing())

    def remove(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> None:
        self._connection.execute(
            delete(memberships).where(
                memberships.c.tenant_id == self._tenant_id,
                memberships.c.group_id == group_id,
                memberships.c.member_id == member_id,
                memberships.c.owner.is_(owner),
            )
        )

    def groups_of(self, member_id: UUID) -> frozenset[UUID]:
        """One recursive query; UNION drops repeats, so that a circle of groups ends."""
        edge = memberships.join(
            groups, and_(groups.c.tenant_id == memberships.c.tenant_id, groups.c.group_id == memberships.c.group_id)
        )
        step = (
            select(memberships.c.group_id)
            .select_from(edge)
            .where(memberships.c.tenant_id == self._tenant_id, memberships.c.owner.is_(False), live_groups)
        )
        reached = step.where(memberships.c.member_id == member_id).cte("reached", recursive=True)
        reached = reached.union(step.where(memberships.c.member_id == reached.c.group_id))
        return frozenset(self._connection.execute(select(reached.c.group_id)).scalars())

    def _people(self, group_id: GroupId, *, owner: bool) -> Iterator[UUID]:
        query = (
            select(memberships.c.member_id)
            .where(
                memberships.c.tenant_id == self._tenant_id,
                memberships.c.group_id == group_id,
                memberships.c.owner.is_(owner),
            )
            .order_by(memberships.c.member_id)
        )
        yield from self._connection.execute(query.execution_options(yield_per=ROWS_A_FETCH)).scalars()

"""The groups of a tenant on SQL; who is in them stands in `storage/memberships.py`.

Names compare by a lower-case key column; only live rows hold an alias, so that a deleted group's alias is free again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    Table,
    and_,
    insert,
    select,
    update,
)

from xtenant.domain.directory import Group, GroupId, GroupKind
from xtenant.domain.tenant import TenantId
from xtenant.storage import conflicts
from xtenant.storage.changes import next_change
from xtenant.storage.tables import Guid, Instant, Key, NameKey, Names, Text, metadata

IDS_A_QUERY = 500

groups = Table(
    "groups",
    metadata,
    Column("key", Key, primary_key=True),
    Column("tenant_id", Guid, nullable=False),
    Column("group_id", Guid, nullable=False),
    Column("kind", Text(16), nullable=False),
    Column("display_name", Text, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("mail_nickname", Text, nullable=False),
    Column("alias_key", NameKey, nullable=False),
    Column("mail", Text),
    Column("description", Text),
    Column("visibility", Text(32), nullable=False),
    Column("mail_enabled", Boolean, nullable=False),
    Column("security_enabled", Boolean, nullable=False),
    Column("resource_behavior_options", Names, nullable=False),
    Column("site_url", Text),
    Column("preferred_data_location", Text(8)),
    Column("synced", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Column("forgotten_at", Instant),
    Column("change", BigInteger, nullable=False),
    Index("uq_groups_group_id", "tenant_id", "group_id", unique=True),
    Index("ix_groups_change", "tenant_id", "change", "group_id"),
    Index("ix_groups_name", "tenant_id", "name_key", "group_id"),
)
live_groups = groups.c.deleted_at.is_(None)
Index(
    "uq_groups_alias",
    groups.c.tenant_id,
    groups.c.alias_key,
    unique=True,
    sqlite_where=live_groups,
    postgresql_where=live_groups,
)

restorable_groups = and_(groups.c.deleted_at.is_not(None), groups.c.forgotten_at.is_(None))
Index(
    "ix_groups_deleted",
    groups.c.tenant_id,
    groups.c.deleted_at,
    sqlite_where=restorable_groups,
    postgresql_where=restorable_groups,
)


class GroupStore:
    """`GroupRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._own = groups.c.tenant_id == tenant_id
        self._live = and_(self._own, live_groups)

    def add(self, group: Group) -> None:
        if self.by_alias(group.mail_nickname) is not None:
            raise conflicts.taken("mailNickname", group.mail_nickname)
        with conflicts.refusing("mailNickname", group.mail_nickname):
            self._connection.execute(insert(groups).values(**self._changed(), **_group_values(group)))

    def add_many(self, new: Sequence[Group]) -> None:
        changed = self._changed()
        if not new:
            return
        with conflicts.refusing("mailNickname", "one of many"):
            self._connection.execute(insert(groups), [{**changed, **_group_values(group)} for group in new])

    def update(self, group: Group) -> None:
        with conflicts.refusing("mailNickname", group.mail_nickname):
            self._connection.execute(
                update(groups)
                .where(self._own, groups.c.group_id == group.group_id)
                .values(**self._changed(), **_group_values(group))
            )

    def by_id(self, group_id: GroupId) -> Group | None:
        return self._one(groups.c.group_id == group_id)

    def by_ids(self, group_ids: Iterable[GroupId]) -> dict[GroupId, Group]:
        wanted = list(dict.fromkeys(group_ids))
        found: dict[GroupId, Group] = {}
        for start in range(0, len(wanted), IDS_A_QUERY):
            part = groups.c.group_id.in_(wanted[start : start + IDS_A_QUERY])
            for row in self._connection.execute(select(groups).where(self._live, part)):
                found[GroupId(row.group_id)] = group_of(row)
        return found

    def by_alias(self, alias: str) -> Group | None:
        return self._one(groups.c.alias_key == alias.lower())

    def _changed(self) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "change": next_change(self._connection, self._tenant_id)}

    def _one(self, condition: ColumnElement[bool]) -> Group | None:
        row = self._connection.execute(select(groups).where(self._live, condition)).one_or_none()
        return None if row is None else group_of(row)


def _group_values(group: Group) -> Mapping[str, Any]:
    return {
        "group_id": group.group_id,
        "kind": group.kind.value,
        "display_name": group.display_name,
        "name_key": group.display_name.lower(),
        "mail_nickname": group.mail_nickname,
        "alias_key": group.mail_nickname.lower(),
        "mail": group.mail,
        "description": group.description,
        "visibility": group.visibility,
        "mail_enabled": group.mail_enabled,
        "security_enabled": group.security_enabled,
        "resource_behavior_options": group.resource_behavior_options,
        "site_url": group.site_url,
        "preferred_data_location": group.preferred_data_location,
        "synced": group.synced,
        "created_at": group.created_at,
        "deleted_at": group.deleted_at,
    }


def group_of(row: Row[Any]) -> Group:
    return Group(
        group_id=GroupId(row.group_id),
        kind=GroupKind(row.kind),
        display_name=row.display_name,
        mail_nickname=row.mail_nickname,
        mail=row.mail,
        description=row.description,
        visibility=row.visibility,
        mail_enabled=row.mail_enabled,
        security_enabled=row.security_enabled,
        resource_behavior_options=row.resource_behavior_options,
        site_url=row.site_url,
        preferred_data_location=row.preferred_data_location,
        synced=row.synced,
        created_at=row.created_at,
        deleted_at=row.deleted_at,
    )

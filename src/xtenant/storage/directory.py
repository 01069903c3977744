"""The directory on SQL: users, groups and memberships.

Names compare by a lower-case key column; only live rows hold a name, so that a deleted user's UPN is free again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    String,
    Table,
    and_,
    delete,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeDecorator

from xtenant.domain import errors
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId, UserType
from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Instant, Key, Text, metadata

IDS_A_QUERY = 500
ROWS_A_FETCH = 1_000

NameKey = String().with_variant(String(collation="C"), "postgresql")
"""Lower-case names, ordered by code point on both engines."""


class Names(TypeDecorator[tuple[str, ...]]):
    """A short list of texts as JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else msgspec.json.decode(value, type=tuple[str, ...])


users = Table(
    "users",
    metadata,
    Column("key", Key, primary_key=True),
    Column("tenant_id", Guid, nullable=False),
    Column("user_id", Guid, nullable=False),
    Column("upn", Text, nullable=False),
    Column("upn_key", NameKey, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("mail", Text),
    Column("mail_key", NameKey),
    Column("mail_nickname", Text),
    Column("user_type", Text(16), nullable=False),
    Column("account_enabled", Boolean, nullable=False),
    Column("usage_location", Text),
    Column("directory_roles", Names),
    Column("password_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Index("uq_users_user_id", "tenant_id", "user_id", unique=True),
)
live_users = users.c.deleted_at.is_(None)
Index(
    "uq_users_upn",
    users.c.tenant_id,
    users.c.upn_key,
    unique=True,
    sqlite_where=live_users,
    postgresql_where=live_users,
)
Index("ix_users_mail", users.c.tenant_id, users.c.mail_key)
has_roles = users.c.directory_roles.is_not(None)
Index("ix_users_roles", users.c.tenant_id, sqlite_where=has_roles, postgresql_where=has_roles)

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
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Index("uq_groups_group_id", "tenant_id", "group_id", unique=True),
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

memberships = Table(
    "memberships",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("group_id", Guid, primary_key=True),
    Column("member_id", Guid, primary_key=True),
    Column("owner", Boolean, primary_key=True),
    Index("ix_memberships_member", "tenant_id", "member_id"),
)


class UserStore:
    """`UserRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._own = users.c.tenant_id == tenant_id
        self._live = and_(self._own, live_users)

    def add(self, user: User) -> None:
        if self.by_upn(user.upn) is not None:
            raise _taken("userPrincipalName", user.upn)
        with _conflicts("userPrincipalName", user.upn):
            self._connection.execute(insert(users).values(tenant_id=self._tenant_id, **_user_values(user)))

    def update(self, user: User) -> None:
        with _conflicts("userPrincipalName", user.upn):
            self._connection.execute(
                update(users).where(self._own, users.c.user_id == user.user_id).values(**_user_values(user))
            )

    def by_id(self, user_id: UserId) -> User | None:
        return self._one(users.c.user_id == user_id)

    def by_upn(self, upn: str) -> User | None:
        return self._one(users.c.upn_key == upn.lower())

    def by_mail(self, mail: str) -> User | None:
        query = select(users).where(self._live, users.c.mail_key == mail.lower()).order_by(users.c.key).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _user(row)

    def by_ids(self, user_ids: Iterable[UserId]) -> dict[UserId, User]:
        wanted = list(dict.fromkeys(user_ids))
        found: dict[UserId, User] = {}
        for start in range(0, len(wanted), IDS_A_QUERY):  # one query per 500, as the port says
            part = users.c.user_id.in_(wanted[start : start + IDS_A_QUERY])
            for row in self._connection.execute(select(users).where(self._live, part)):
                found[UserId(row.user_id)] = _user(row)
        return found

    def by_upns(self, upns: Iterable[str]) -> dict[str, User]:
        wanted = list(dict.fromkeys(upn.lower() for upn in upns))
        found: dict[str, User] = {}
        for start in range(0, len(wanted), IDS_A_QUERY):
            part = users.c.upn_key.in_(wanted[start : start + IDS_A_QUERY])
            for row in self._connection.execute(select(users).where(self._live, part)):
                found[row.upn_key] = _user(row)
        return found

    def page(self, *, after_upn: str, limit: int) -> Sequence[User]:
        query = select(users).where(self._live, users.c.upn_key > after_upn.lower()).order_by(users.c.upn_key)
        return [_user(row) for row in self._connection.execute(query.limit(limit))]

    def with_role(self, role: UUID) -> Sequence[User]:
        holds = and_(has_roles, type_coerce(users.c.directory_roles, Text).contains(f'"{role}"', autoescape=True))
        query = select(users).where(self._live, holds, users.c.account_enabled.is_(True)).order_by(users.c.upn_key)
        return [_user(row) for row in self._connection.execute(query)]

    def delete(self, user: User) -> None:
        self._connection.execute(
            update(users).where(self._own, users.c.user_id == user.user_id).values(deleted_at=user.deleted_at)
        )

    def _one(self, condition: ColumnElement[bool]) -> User | None:
        row = self._connection.execute(select(users).where(self._live, condition)).one_or_none()
        return None if row is None else _user(row)


class GroupStore:
    """`GroupRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._own = groups.c.tenant_id == tenant_id
        self._live = and_(self._own, live_groups)

    def add(self, group: Group) -> None:
        if self.by_alias(group.mail_nickname) is not None:
            raise _taken("mailNickname", group.mail_nickname)
        with _conflicts("mailNickname", group.mail_nickname):
            self._connection.execute(insert(groups).values(tenant_id=self._tenant_id, **_group_values(group)))

    def update(self, group: Group) -> None:
        with _conflicts("mailNickname", group.mail_nickname):
            self._connection.execute(
                update(groups).where(self._own, groups.c.group_id == group.group_id).values(**_group_values(group))
            )

    def by_id(self, group_id: GroupId) -> Group | None:
        return self._one(groups.c.group_id == group_id)

    def by_ids(self, group_ids: Iterable[GroupId]) -> dict[GroupId, Group]:
        wanted = list(dict.fromkeys(group_ids))
        found: dict[GroupId, Group] = {}
        for start in range(0, len(wanted), IDS_A_QUERY):
            part = groups.c.group_id.in_(wanted[start : start + IDS_A_QUERY])
            for row in self._connection.execute(select(groups).where(self._live, part)):
                found[GroupId(row.group_id)] = _group(row)
        return found

    def by_alias(self, alias: str) -> Group | None:
        return self._one(groups.c.alias_key == alias.lower())

    def page(self, *, after_name: str, limit: int) -> Sequence[Group]:
        query = select(groups).where(self._live).order_by(groups.c.name_key, groups.c.group_id).limit(limit)
        if after_name:
            query = query.where(_behind(after_name))
        return [_group(row) for row in self._connection.execute(query)]

    def members(self, group_id: GroupId) -> Iterator[UUID]:
        return self._people(group_id, owner=False)

    def owners(self, group_id: GroupId) -> Iterator[UUID]:
        return self._people(group_id, owner=True)

    def add_member(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> None:
        insert_once = (postgresql if self._connection.dialect.name == "postgresql" else sqlite).insert(memberships)
        row = {"tenant_id": self._tenant_id, "group_id": group_id, "member_id": member_id, "owner": owner}
        self._connection.execute(insert_once.values(row).on_conflict_do_nothing())

    def remove_member(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> None:
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

    def _one(self, condition: ColumnElement[bool]) -> Group | None:
        row = self._connection.execute(select(groups).where(self._live, condition)).one_or_none()
        return None if row is None else _group(row)


class _conflicts:
    """Turns a unique index's refusal (two writers at once on PostgreSQL) into Conflict."""

    def __init__(self, field: str, value: str) -> None:
        self._error = _taken(field, value)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            raise self._error from error


def _taken(field: str, value: str) -> errors.Conflict:
    return errors.Conflict(f"Another object with the same value for property {field} already exists.", value=value)


def _behind(after_name: str) -> ColumnElement[bool]:
    name, _, group_id = after_name.rpartition("\x00")
    key = name.lower()
    try:
        last = UUID(group_id)
    except ValueError:
        raise errors.UsageError("The page key of a list of groups is not one we made.") from None
    return (groups.c.name_key > key) | and_(groups.c.name_key == key, groups.c.group_id > last)


def _user_values(user: User) -> Mapping[str, Any]:
    return {
        "user_id": user.user_id,
        "upn": user.upn,
        "upn_key": user.upn.lower(),
        "display_name": user.display_name,
        "mail": user.mail,
        "mail_key": None if user.mail is None else user.mail.lower(),
        "mail_nickname": user.mail_nickname,
        "user_type": user.user_type.value,
        "account_enabled": user.account_enabled,
        "usage_location": user.usage_location,
        "directory_roles": tuple(sorted(map(str, user.directory_roles))) or None,
        "password_hash": user.password_hash,
        "created_at": user.created_at,
        "deleted_at": user.deleted_at,
    }


def _user(row: Row[Any]) -> User:
    return User(
        user_id=UserId(row.user_id),
        upn=row.upn,
        display_name=row.display_name,
        mail=row.mail,
        mail_nickname=row.mail_nickname,
        user_type=UserType(row.user_type),
        account_enabled=row.account_enabled,
        usage_location=row.usage_location,
        directory_roles=frozenset(UUID(role) for role in row.directory_roles or ()),
        password_hash=row.password_hash,
        created_at=row.created_at,
        deleted_at=row.deleted_at,
    )


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
        "created_at": group.created_at,
        "deleted_at": group.deleted_at,
    }


def _group(row: Row[Any]) -> Group:
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
        created_at=row.created_at,
        deleted_at=row.deleted_at,
    )

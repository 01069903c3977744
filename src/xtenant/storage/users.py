"""The users of a tenant on SQL.

Names compare by a lower-case key column; only live rows hold a name, so that a deleted user's UPN is free again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

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
    type_coerce,
    update,
)

from xtenant.domain.directory import PROFILE_TEXTS, ExternalState, User, UserId, UserType
from xtenant.domain.tenant import TenantId
from xtenant.storage import conflicts
from xtenant.storage.changes import next_change
from xtenant.storage.tables import Guid, Instant, Key, NameKey, Names, Pairs, Text, metadata

IDS_A_QUERY = 500

users = Table(
    "users",
    metadata,
    Column("key", Key, primary_key=True),
    Column("tenant_id", Guid, nullable=False),
    Column("user_id", Guid, nullable=False),
    Column("upn", Text, nullable=False),
    Column("upn_key", NameKey, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("mail", Text),
    Column("mail_key", NameKey),
    Column("mail_nickname", Text),
    Column("user_type", Text(16), nullable=False),
    Column("account_enabled", Boolean, nullable=False),
    Column("usage_location", Text),
    *(Column(name, Text) for name in PROFILE_TEXTS),
    Column("business_phones", Names, nullable=False),
    Column("other_mails", Names, nullable=False),
    Column("proxy_addresses", Names, nullable=False),
    Column("extension_attributes", Pairs, nullable=False),
    Column("immutable_id", Text),
    Column("synced", Boolean, nullable=False),
    Column("external_state", Text(32)),
    Column("external_state_at", Instant),
    Column("force_password_change", Boolean, nullable=False),
    Column("directory_roles", Names),
    Column("password_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Column("forgotten_at", Instant),
    Column("change", BigInteger, nullable=False),
    Index("uq_users_user_id", "tenant_id", "user_id", unique=True),
    Index("ix_users_change", "tenant_id", "change", "user_id"),
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
Index(
    "ix_users_name",
    users.c.tenant_id,
    users.c.name_key,
    users.c.user_id,
    sqlite_where=live_users,
    postgresql_where=live_users,
)
restorable_users = and_(users.c.deleted_at.is_not(None), users.c.forgotten_at.is_(None))
Index(
    "ix_users_deleted",
    users.c.tenant_id,
    users.c.deleted_at,
    sqlite_where=restorable_users,
    postgresql_where=restorable_users,
)
Index("ix_users_mail", users.c.tenant_id, users.c.mail_key)
has_roles = users.c.directory_roles.is_not(None)
Index("ix_users_roles", users.c.tenant_id, sqlite_where=has_roles, postgresql_where=has_roles)


class UserStore:
    """`UserRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._own = users.c.tenant_id == tenant_id
        self._live = and_(self._own, live_users)

    def add(self, user: User) -> None:
        if self.by_upn(user.upn) is not None:
            raise conflicts.taken("userPrincipalName", user.upn)
        with conflicts.refusing("userPrincipalName", user.upn):
            self._connection.execute(insert(users).values(**self._changed(), **_user_values(user)))

    def add_many(self, new: Sequence[User]) -> None:
        changed = self._changed()
        if not new:
            return
        with conflicts.refusing("userPrincipalName", "one of many"):
            self._connection.execute(insert(users), [{**changed, **_user_values(user)} for user in new])

    def update(self, user: User) -> None:
        with conflicts.refusing("userPrincipalName", user.upn):
            self._connection.execute(
                update(users)
                .where(self._own, users.c.user_id == user.user_id)
                .values(**self._changed(), **_user_values(user))
            )

    def by_id(self, user_id: UserId) -> User | None:
        return self._one(users.c.user_id == user_id)

    def by_upn(self, upn: str) -> User | None:
        return self._one(users.c.upn_key == upn.lower())

    def by_mail(self, mail: str) -> User | None:
        query = select(users).where(self._live, users.c.mail_key == mail.lower()).order_by(users.c.key).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else user_of(row)

    def by_ids(self, user_ids: Iterable[UserId]) -> dict[UserId, User]:
        wanted = list(dict.fromkeys(user_ids))
        found: dict[UserId, User] = {}
        for start in range(0, len(wanted), IDS_A_QUERY):  # one query per 500, as the port says
            part = users.c.user_id.in_(wanted[start : start + IDS_A_QUERY])
            for row in self._connection.execute(select(users).where(self._live, part)):
                found[UserId(row.user_id)] = user_of(row)
        return found

    def by_upns(self, upns: Iterable[str]) -> dict[str, User]:
        wanted = list(dict.fromkeys(upn.lower() for upn in upns))
        found: dict[str, User] = {}
        for start in range(0, len(wanted), IDS_A_QUERY):
            part = users.c.upn_key.in_(wanted[start : start + IDS_A_QUERY])
            for row in self._connection.execute(select(users).where(self._live, part)):
                found[row.upn_key] = user_of(row)
        return found

    def with_role(self, role: UUID) -> Sequence[User]:
        holds = and_(has_roles, type_coerce(users.c.directory_roles, Text).contains(f'"{role}"', autoescape=True))
        query = select(users).where(self._live, holds, users.c.account_enabled.is_(True)).order_by(users.c.upn_key)
        return [user_of(row) for row in self._connection.execute(query)]

    def delete(self, user: User) -> None:
        self._connection.execute(
            update(users)
            .where(self._own, users.c.user_id == user.user_id)
            .values(deleted_at=user.deleted_at, **self._changed())
        )

    def _changed(self) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "change": next_change(self._connection, self._tenant_id)}

    def _one(self, condition: ColumnElement[bool]) -> User | None:
        row = self._connection.execute(select(users).where(self._live, condition)).one_or_none()
        return None if row is None else user_of(row)


def _user_values(user: User) -> Mapping[str, Any]:
    return {
        "user_id": user.user_id,
        "upn": user.upn,
        "upn_key": user.upn.lower(),
        "display_name": user.display_name,
        "name_key": user.display_name.lower(),
        "mail": user.mail,
        "mail_key": None if user.mail is None else user.mail.lower(),
        "mail_nickname": user.mail_nickname,
        "user_type": user.user_type.value,
        "account_enabled": user.account_enabled,
        "usage_location": user.usage_location,
        **{name: getattr(user, name) for name in PROFILE_TEXTS},
        "business_phones": user.business_phones,
        "other_mails": user.other_mails,
        "proxy_addresses": user.proxy_addresses,
        "extension_attributes": user.extension_attributes,
        "immutable_id": user.immutable_id,
        "synced": user.synced,
        "external_state": user.external_state.value if user.external_state else None,
        "external_state_at": user.external_state_at,
        "force_password_change": user.force_password_change,
        "directory_roles": tuple(sorted(map(str, user.directory_roles))) or None,
        "password_hash": user.password_hash,
        "created_at": user.created_at,
        "deleted_at": user.deleted_at,
    }


def user_of(row: Row[Any]) -> User:
    return User(
        user_id=UserId(row.user_id),
        upn=row.upn,
        display_name=row.display_name,
        mail=row.mail,
        mail_nickname=row.mail_nickname,
        user_type=UserType(row.user_type),
        account_enabled=row.account_enabled,
        usage_location=row.usage_location,
        **{name: getattr(row, name) for name in PROFILE_TEXTS},
        business_phones=row.business_phones,
        other_mails=row.other_mails,
        proxy_addresses=row.proxy_addresses,
        extension_attributes=row.extension_attributes,
        immutable_id=row.immutable_id,
        synced=row.synced,
        external_state=ExternalState(row.external_state) if row.external_state else None,
        external_state_at=row.external_state_at,
        force_password_change=row.force_password_change,
        directory_roles=frozenset(UUID(role) for role in row.directory_roles or ()),
        password_hash=row.password_hash,
        created_at=row.created_at,
        deleted_at=row.deleted_at,
    )

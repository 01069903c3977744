"""What sign-in keeps: private keys by name, device codes under way, refresh tokens as hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, Row, Table, UniqueConstraint, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from xtenant.domain.directory import AppId, UserId
from xtenant.domain.sign_in import DeviceCode, DeviceCodeState, RefreshToken
from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Instant, Text, metadata

keys = Table(
    "keys",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("name", Text(64), primary_key=True),
    Column("pem", Text, nullable=False),
)

device_codes = Table(
    "device_codes",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("code_hash", Text(64), primary_key=True),
    Column("user_code", Text(32), nullable=False),
    Column("app_id", Guid, nullable=False),
    Column("scope", Text, nullable=False),
    Column("state", Text(16), nullable=False),
    Column("user_id", Guid),
    Column("expires_at", Instant, nullable=False),
    UniqueConstraint("tenant_id", "user_code"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("token_hash", Text(64), primary_key=True),
    Column("app_id", Guid, nullable=False),
    Column("user_id", Guid, nullable=False, index=True),
    Column("scope", Text, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)


class KeyStore:
    """`KeyRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def get(self, name: str) -> str | None:
        query = select(keys.c.pem).where(keys.c.tenant_id == self._tenant_id, keys.c.name == name)
        return self._connection.execute(query).scalar_one_or_none()

    def keep(self, name: str, pem: str) -> str:
        insert_once = (postgresql if self._connection.dialect.name == "postgresql" else sqlite).insert(keys)
        row = {"tenant_id": self._tenant_id, "name": name, "pem": pem}
        self._connection.execute(insert_once.values(row).on_conflict_do_nothing())
        return self.get(name) or pem


class DeviceCodeStore:
    """`DeviceCodeRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._own = device_codes.c.tenant_id == tenant_id

    def add(self, code: DeviceCode) -> None:
        self._connection.execute(
            insert(device_codes).values(
                tenant_id=self._tenant_id,
                code_hash=code.code_hash,
                user_code=code.user_code,
                app_id=code.app_id,
                scope=code.scope,
                state=code.state.value,
                user_id=code.user_id,
                expires_at=code.expires_at,
            )
        )

    def by_hash(self, code_hash: str) -> DeviceCode | None:
        query = select(device_codes).where(self._own, device_codes.c.code_hash == code_hash)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _device_code(row)

    def by_user_code(self, user_code: str) -> DeviceCode | None:
        query = select(device_codes).where(self._own, device_codes.c.user_code == user_code)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _device_code(row)

    def update(self, code: DeviceCode) -> None:
        self._connection.execute(
            update(device_codes)
            .where(self._own, device_codes.c.code_hash == code.code_hash)
            .values(state=code.state.value, user_id=code.user_id)
        )

    def take(self, code_hash: str) -> bool:
        done = self._connection.execute(delete(device_codes).where(self._own, device_codes.c.code_hash == code_hash))
        return done.rowcount == 1

    def remove_expired(self, now: datetime) -> None:
        self._connection.execute(delete(device_codes).where(self._own, device_codes.c.expires_at < now))


class RefreshTokenStore:
    """`RefreshTokenRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._own = refresh_tokens.c.tenant_id == tenant_id

    def add(self, token: RefreshToken) -> None:
        self._connection.execute(
            insert(refresh_tokens).values(
                tenant_id=self._tenant_id,
                token_hash=token.token_hash,
                app_id=token.app_id,
                user_id=token.user_id,
                scope=token.scope,
                expires_at=token.expires_at,
            )
        )

    def by_hash(self, token_hash: str) -> RefreshToken | None:
        query = select(refresh_tokens).where(self._own, refresh_tokens.c.token_hash == token_hash)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return RefreshToken(
            token_hash=row.token_hash,
            app_id=AppId(row.app_id),
            user_id=UserId(row.user_id),
            scope=row.scope,
            expires_at=row.expires_at,
        )

    def remove_expired(self, now: datetime) -> None:
        self._connection.execute(delete(refresh_tokens).where(self._own, refresh_tokens.c.expires_at < now))


def _device_code(row: Row[tuple[object, ...]]) -> DeviceCode:
    return DeviceCode(
        code_hash=row.code_hash,
        user_code=row.user_code,
        app_id=AppId(row.app_id),
        scope=row.scope,
        state=DeviceCodeState(row.state),
        user_id=None if row.user_id is None else UserId(row.user_id),
        expires_at=row.expires_at,
    )

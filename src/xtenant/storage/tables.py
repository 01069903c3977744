"""The schema's metadata and column kinds; each noun's module adds its tables beside its repository.

Every row carries `tenant_id`; integer keys inside, GUIDs outside; times are aware UTC, stored as microseconds since 1970 so
that both engines sort and compare them alike.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Guid(TypeDecorator[UUID]):
    """A GUID as 16 bytes."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.bytes

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> UUID | None:
        return None if value is None else UUID(bytes=bytes(value))


class Instant(TypeDecorator[datetime]):
    """An aware UTC time as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


Key = BigInteger().with_variant(Integer, "sqlite")
"""Integer primary key that counts by itself on both engines."""

Text = String

NameKey = String().with_variant(String(collation="C"), "postgresql")
"""Lower-case names, ordered by code point on both engines."""


class Names(TypeDecorator[tuple[str, ...]]):
    """A short list of texts as JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        if value is None or value == "[]":
            return None if value is None else ()
        return msgspec.json.decode(value, type=tuple[str, ...])


class Pairs(TypeDecorator[tuple[tuple[str, str], ...]]):
    """A few names with texts as JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[tuple[str, str], ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[tuple[str, str], ...] | None:
        if value is None or value == "[]":
            return None if value is None else ()
        return msgspec.json.decode(value, type=tuple[tuple[str, str], ...])

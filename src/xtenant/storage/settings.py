"""Tenant settings: one row per key, JSON text as value."""

from __future__ import annotations

import dataclasses

import msgspec
from sqlalchemy import Column, Connection, Table, delete, insert, select

from xtenant.domain.tenant import TenantId, TenantSettings
from xtenant.storage.tables import Guid, Text, metadata

table = Table(
    "settings",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("name", Text(64), primary_key=True),
    Column("value", Text, nullable=False),
)


class SettingsStore:
    """`SettingsRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def get(self) -> TenantSettings:
        rows = self._connection.execute(select(table.c.name, table.c.value).where(table.c.tenant_id == self._tenant_id))
        stored = {row.name: msgspec.json.decode(row.value) for row in rows}
        return msgspec.convert(stored, TenantSettings)

    def put(self, settings: TenantSettings) -> None:
        rows = [
            {"tenant_id": self._tenant_id, "name": field.name, "value": _text(getattr(settings, field.name))}
            for field in dataclasses.fields(settings)
        ]
        self._connection.execute(delete(table).where(table.c.tenant_id == self._tenant_id))
        self._connection.execute(insert(table), rows)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()

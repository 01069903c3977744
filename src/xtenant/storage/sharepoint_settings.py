"""The SharePoint settings of a tenant on SQL: one row per setting that was ever written, JSON text as value."""

from __future__ import annotations

import dataclasses

import msgspec
from sqlalchemy import Column, Connection, Table, delete, insert, select

from xtenant.domain.sharepoint_settings import SharePointSettings
from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Text, metadata

table = Table(
    "sharepoint_settings",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("name", Text(64), primary_key=True),
    Column("value", Text, nullable=False),
)


class SharePointSettingsStore:
    """`SharePointSettingsRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def get(self) -> SharePointSettings:
        rows = self._connection.execute(select(table.c.name, table.c.value).where(table.c.tenant_id == self._tenant_id))
        return msgspec.convert({row.name: msgspec.json.decode(row.value) for row in rows}, SharePointSettings)

    def put(self, settings: SharePointSettings) -> None:
        rows = [
            {"tenant_id": self._tenant_id, "name": field.name, "value": _text(getattr(settings, field.name))}
            for field in dataclasses.fields(settings)
        ]
        self._connection.execute(delete(table).where(table.c.tenant_id == self._tenant_id))
        self._connection.execute(insert(table), rows)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()

"""The unit of work on SQL: one connection in a transaction, repositories made when first asked for."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Connection

from xtenant.domain.tenant import TenantId
from xtenant.storage.settings import SettingsStore


class SqlUnitOfWork:
    """`UnitOfWork`; one cached property per noun."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self.connection = connection
        self.tenant_id = tenant_id

    @cached_property
    def settings(self) -> SettingsStore:
        return SettingsStore(self.connection, self.tenant_id)

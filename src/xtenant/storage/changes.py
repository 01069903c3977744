"""The directory's change number: it rises with every transaction that writes users, groups or memberships.

Taking one locks the tenant's row until the transaction ends, so numbers appear in the order of commits and a reader that has
seen one has seen all below it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, metadata

directory_changes = Table(
    "directory_changes",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("last", BigInteger, nullable=False),
)


def next_change(connection: Connection, tenant_id: TenantId) -> int:
    """The number of the change that is being written."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(directory_changes)
    counted = insert.values(tenant_id=tenant_id, last=1).on_conflict_do_update(
        index_elements=[directory_changes.c.tenant_id], set_={"last": directory_changes.c.last + 1}
    )
    return connection.execute(counted.returning(directory_changes.c.last)).scalar_one()


def last_change(connection: Connection, tenant_id: TenantId) -> int:
    """The number of the last change; 0 for a directory never written."""
    query = select(directory_changes.c.last).where(directory_changes.c.tenant_id == tenant_id)
    return connection.execute(query).scalar_one_or_none() or 0

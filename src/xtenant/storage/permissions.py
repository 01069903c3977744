"""Tables of permissions: scopes, role assignments, SharePoint groups and their members, site users. Writing is
`rights_writer`'s, reading `scopes`' and `site_groups`'.

The root web is scope 0 and has no row in `scopes`. Rows of deleted items stay, so that what is restored is under the rights
it had; readers join the live items where that matters.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Table, delete

from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Text, metadata

scopes = Table(
    "scopes",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, primary_key=True, autoincrement=False),
    Column("item_key", BigInteger, primary_key=True, autoincrement=False),
)

assignments = Table(
    "assignments",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, primary_key=True, autoincrement=False),
    Column("scope", BigInteger, primary_key=True, autoincrement=False),
    Column("principal", BigInteger, primary_key=True, autoincrement=False),
    Column("role", Text(8), nullable=False),
)
Index("ix_assignments_principal", assignments.c.tenant_id, assignments.c.site_key, assignments.c.principal)

site_groups = Table(
    "site_groups",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, primary_key=True, autoincrement=False),
    Column("principal", BigInteger, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("title_key", Text, nullable=False),
    Column("description", Text, nullable=False),
    Index("uq_site_groups_title", "tenant_id", "site_key", "title_key", unique=True),
)

site_group_members = Table(
    "site_group_members",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, primary_key=True, autoincrement=False),
    Column("site_group", BigInteger, primary_key=True, autoincrement=False),
    Column("member", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_site_group_members_member", "tenant_id", "site_key", "member"),
)

site_users = Table(
    "site_users",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, primary_key=True, autoincrement=False),
    Column("principal", BigInteger, primary_key=True, autoincrement=False),
    Column("admin", Boolean, nullable=False),
)

EVERY = (assignments, scopes, site_group_members, site_groups, site_users)


def purge_permissions(connection: Connection, tenant_id: TenantId, site_key: int) -> None:
    """Remove all permissions of a site for good."""
    for table in EVERY:
        connection.execute(delete(table).where(table.c.tenant_id == tenant_id, table.c.site_key == site_key))

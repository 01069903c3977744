"""Tables of sharing links. Links of deleted items stay until those are removed for good. Reading is `links`', writing
`link_writer`'s.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Row, Table

from xtenant.domain.content import ItemKey, PrincipalKey
from xtenant.domain.sharing import LinkKind, LinkScope, SharingLink
from xtenant.storage.tables import Guid, Instant, Text, metadata

sharing_links = Table(
    "sharing_links",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, primary_key=True, autoincrement=False),
    Column("link_id", Guid, primary_key=True),
    Column("item_key", BigInteger, nullable=False),
    Column("kind", Text(8), nullable=False),
    Column("scope", Text(16), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", BigInteger, nullable=False),
    Column("expires_at", Instant),
)
Index("ix_sharing_links_item_key", sharing_links.c.tenant_id, sharing_links.c.item_key)
Index("ix_sharing_links_token_hash", sharing_links.c.tenant_id, sharing_links.c.token_hash)

link_members = Table(
    "sharing_link_members",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, primary_key=True, autoincrement=False),
    Column("link_id", Guid, primary_key=True),
    Column("member", BigInteger, primary_key=True, autoincrement=False),
)


def link_of(row: Row[Any], members: tuple[PrincipalKey, ...]) -> SharingLink:
    """A row as a value, with the members that stand in rows of their own."""
    return SharingLink(
        link_id=row.link_id,
        item_key=ItemKey(row.item_key),
        kind=LinkKind(row.kind),
        scope=LinkScope(row.scope),
        token_hash=bytes(row.token_hash),
        created_at=row.created_at,
        created_by=PrincipalKey(row.created_by),
        expires_at=row.expires_at,
        members=members,
    )

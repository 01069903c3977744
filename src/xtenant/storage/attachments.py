"""Attachments of list items: the table, and everything that reads it. Writing is `list_writer`'s.

They have one version each and stay with a deleted item until it is removed for good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, LargeBinary, Row, Table, select

from xtenant.domain import paths
from xtenant.domain.content import Attachment, BlobKey, Item, ItemKey, PrincipalKey
from xtenant.domain.tenant import TenantId
from xtenant.storage.items import KEYS_A_QUERY, NameKey
from xtenant.storage.tables import Guid, Instant, Text, metadata

attachments = Table(
    "attachments",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("item_key", BigInteger, primary_key=True, autoincrement=False),
    Column("name_key", NameKey, primary_key=True),
    Column("name", Text, nullable=False),
    Column("blob", LargeBinary(32), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("quick_xor", LargeBinary(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("modified_at", Instant, nullable=False),
    Column("author", BigInteger, nullable=False),
    Column("editor", BigInteger, nullable=False),
)
Index("ix_attachments_blob", attachments.c.tenant_id, attachments.c.blob)


class AttachmentStore:
    """`AttachmentRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def of_items(self, item_keys: Collection[ItemKey]) -> Iterator[Attachment]:
        keys = sorted(set(item_keys))
        for start in range(0, len(keys), KEYS_A_QUERY):
            query = (
                select(attachments)
                .where(
                    attachments.c.tenant_id == self._tenant_id,
                    attachments.c.item_key.in_(keys[start : start + KEYS_A_QUERY]),
                )
                .order_by(attachments.c.item_key, attachments.c.name_key)
                .execution_options(yield_per=1_000)
            )
            for row in self._connection.execute(query):
                yield attachment_of(row)

    def by_name(self, item: Item, name: str) -> Attachment | None:
        query = select(attachments).where(
            attachments.c.tenant_id == self._tenant_id,
            attachments.c.item_key == item.key,
            attachments.c.name_key == paths.name_key(name),
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else attachment_of(row)


def attachment_of(row: Row[Any]) -> Attachment:
    """A row as a value."""
    return Attachment(
        item_key=ItemKey(row.item_key),
        name=row.name,
        blob=BlobKey(bytes(row.blob)),
        size_bytes=row.size_bytes,
        quick_xor=bytes(row.quick_xor),
        created_at=row.created_at,
        modified_at=row.modified_at,
        author=PrincipalKey(row.author),
        editor=PrincipalKey(row.editor),
    )

"""The outbox: mails that wait for a mail server, and those that went out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Index, Integer, Row, Table, UniqueConstraint, func, insert, select, update

from xtenant.domain.ports.trust import OutboxMail
from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Instant, Key, Text, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("tenant_id", Guid, nullable=False),
    Column("mail_id", Guid, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("sender", Text(320), nullable=False),
    Column("subject", Text(998), nullable=False),
    Column("body", Text, nullable=False),
    Column("limit_key", Text(320), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("sent_at", Instant),
    UniqueConstraint("tenant_id", "mail_id"),
    Index("ix_outbox_due", "tenant_id", "sent_at", "next_attempt_at"),
    Index("ix_outbox_limit_key", "tenant_id", "limit_key", "key"),
)


class OutboxStore:
    """`OutboxRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def add(self, mail: OutboxMail) -> None:
        self._connection.execute(
            insert(outbox).values(tenant_id=self._tenant_id, mail_id=mail.mail_id, **_values(mail))
        )

    def due(self, now: datetime, *, limit: int) -> Sequence[OutboxMail]:
        query = (
            select(outbox)
            .where(outbox.c.tenant_id == self._tenant_id, outbox.c.sent_at.is_(None), outbox.c.next_attempt_at <= now)
            .order_by(outbox.c.key)
            .limit(limit)
        )
        if self._connection.get_execution_options().get("writing", True):
            query = query.with_for_update(skip_locked=True)  # a claim; SQLite has one writer anyway
        return [_mail(row) for row in self._connection.execute(query)]

    def update(self, mail: OutboxMail) -> None:
        where = (outbox.c.tenant_id == self._tenant_id, outbox.c.mail_id == mail.mail_id)
        self._connection.execute(update(outbox).where(*where).values(**_values(mail)))

    def last_with_key(self, limit_key: str) -> OutboxMail | None:
        row = self._connection.execute(
            select(outbox)
            .where(outbox.c.tenant_id == self._tenant_id, outbox.c.limit_key == limit_key)
            .order_by(outbox.c.key.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else _mail(row)

    def sent_since(self, moment: datetime) -> int:
        where = (outbox.c.tenant_id == self._tenant_id, outbox.c.sent_at > moment)
        return self._connection.execute(select(func.count()).select_from(outbox).where(*where)).scalar_one()

    def all(self) -> Sequence[OutboxMail]:
        rows = self._connection.execute(
            select(outbox).where(outbox.c.tenant_id == self._tenant_id).order_by(outbox.c.key)
        )
        return [_mail(row) for row in rows]


def _values(mail: OutboxMail) -> dict[str, Any]:
    return {
        "recipients": msgspec.json.encode(mail.recipients).decode(),
        "sender": mail.sender,
        "subject": mail.subject,
        "body": mail.body,
        "limit_key": mail.limit_key,
        "created_at": mail.created_at,
        "attempts": mail.attempts,
        "next_attempt_at": mail.next_attempt_at,
        "sent_at": mail.sent_at,
    }


def _mail(row: Row[Any]) -> OutboxMail:
    return OutboxMail(
        mail_id=row.mail_id,
        recipients=msgspec.json.decode(row.recipients, type=tuple[str, ...]),
        sender=row.sender,
        subject=row.subject,
        body=row.body,
        limit_key=row.limit_key,
        created_at=row.created_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        sent_at=row.sent_at,
    )

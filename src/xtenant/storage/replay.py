"""The replay memory of partner tokens, one row per token until it cannot be used any more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Connection, Index, Table, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from xtenant.domain import errors
from xtenant.domain.tenant import HostUrl, TenantId
from xtenant.storage.tables import Guid, Instant, Text, metadata

partner_jtis = Table(
    "partner_jtis",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("issuer", Text(255), primary_key=True),
    Column("token_id", Guid, primary_key=True),
    Column("until", Instant, nullable=False),
    Index("ix_partner_jtis_until", "tenant_id", "until"),
)


class ReplayStore:
    """`ReplayRepository` on SQL; the primary key decides between two workers."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def remember(self, issuer: HostUrl, token_id: UUID, *, until: datetime) -> None:
        row = {"tenant_id": self._tenant_id, "issuer": issuer.text, "token_id": token_id, "until": until}
        try:
            self._connection.execute(insert(partner_jtis).values(row))
        except IntegrityError as error:
            raise errors.Conflict("This token was used before.") from error

    def forget_before(self, now: datetime) -> None:
        self._connection.execute(
            delete(partner_jtis).where(partner_jtis.c.tenant_id == self._tenant_id, partner_jtis.c.until < now)
        )

    def count(self) -> int:
        return self._connection.execute(
            select(func.count()).select_from(partner_jtis).where(partner_jtis.c.tenant_id == self._tenant_id)
        ).scalar_one()

"""Ports of trust: own relationships, the inbox of requests received, and the outbox of mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from xtenant.domain.tenant import GeoCode, HostUrl
from xtenant.domain.trust import OrganizationRelationship, PartnerRole, ReceivedRequest, RelationKey, Scenario


class RelationshipRepository(Protocol):
    def put(self, relationship: OrganizationRelationship) -> None:
        """Insert, or replace the row with the same key."""
        ...

    def get(self, key: RelationKey) -> OrganizationRelationship | None: ...

    def remove(self, key: RelationKey) -> bool:
        """Whether there was one."""
        ...

    def all(self, geo: GeoCode | None = None) -> Sequence[OrganizationRelationship]: ...

    def by_partner(self, geo: GeoCode, partner: HostUrl) -> Sequence[OrganizationRelationship]: ...

    def by_scenario(
        self, geo: GeoCode, scenario: Scenario, role: PartnerRole
    ) -> Sequence[OrganizationRelationship]: ...


class InboxRepository(Protocol):
    def put(self, request: ReceivedRequest) -> None:
        """Insert, or replace the row with the same geo, partner, role and scenario."""
        ...

    def get(self, geo: GeoCode, partner: HostUrl, answer_role: PartnerRole) -> ReceivedRequest | None: ...

    def all(self, geo: GeoCode | None = None) -> Sequence[ReceivedRequest]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMail:
    """A mail to be sent: times are security time. `limit_key` bounds it to one an hour (settled A 20)."""

    mail_id: UUID
    recipients: tuple[str, ...]
    sender: str
    subject: str
    body: str
    limit_key: str
    created_at: datetime
    attempts: int = 0
    next_attempt_at: datetime
    sent_at: datetime | None = None


class OutboxRepository(Protocol):
    def add(self, mail: OutboxMail) -> None: ...

    def due(self, now: datetime, *, limit: int) -> Sequence[OutboxMail]:
        """Unsent mails whose next attempt has come, oldest first."""
        ...

    def update(self, mail: OutboxMail) -> None: ...

    def last_with_key(self, limit_key: str) -> OutboxMail | None:
        """The newest mail, sent or waiting, with a limit key."""
        ...

    def sent_since(self, moment: datetime) -> int:
        """How many mails went out since then, over all partners."""
        ...

    def all(self) -> Sequence[OutboxMail]: ...

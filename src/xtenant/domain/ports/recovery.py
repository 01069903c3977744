"""Port of what a service needs that was started on a database put back from a backup (settled B 5).

While a recovery stands, nothing is written that a partner may already have seen otherwise: sites are read-only, no move is
started or carried on. It ends once every partner was asked and the furthest state of each job was adopted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from xtenant.domain.move import Direction, MoveJobId
from xtenant.domain.ports.partner_moves import KnownJob
from xtenant.domain.tenant import GeoCode, HostUrl, TenantId

FENCES_SKIPPED = 1_000_000
"""How far a recovery counts the claims of open jobs on: more than any worker can have claimed since the backup was taken."""


class RecoveryRepository(Protocol):
    def begin(self, now: datetime) -> None:
        """From now on a recovery stands; the fence of every open job is moved beyond whatever was claimed since."""
        ...

    def stands(self) -> bool: ...

    def end(self) -> None: ...

    def partners(self) -> Sequence[tuple[GeoCode, HostUrl]]:
        """The partners of open jobs, each with our geo."""
        ...

    def known_to(self, partner: HostUrl, tenant_id: TenantId, *, after: UUID, limit: int) -> Sequence[KnownJob]:
        """This tenant's jobs with a partner, by job id, behind one of them (all zeros: from the start)."""
        ...

    def cut_off(self, job_id: MoveJobId, direction: Direction, *, at_least: int = 0) -> None:
        """Count the fence up, at least to a number, and free the lease: whoever holds a claim writes nothing any more."""
        ...

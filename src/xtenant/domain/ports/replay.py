"""Port of the replay memory: which partner tokens were seen already, kept so that restarts and other workers know it too."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from xtenant.domain.tenant import HostUrl


class ReplayRepository(Protocol):
    """Times are security time."""

    def remember(self, issuer: HostUrl, token_id: UUID, *, until: datetime) -> None:
        """Raises Conflict when the token was seen before; the unit of work must then be left."""
        ...

    def forget_before(self, now: datetime) -> None:
        """Drop what cannot be replayed any more."""
        ...

    def count(self) -> int: ...

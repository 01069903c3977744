"""Where an inventory comes from: read from the tenant here, or told by another administrator in a handover file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from xtenant.inventory.run_rows import RunRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The handover file an inventory was imported from.

    `level` is counts, plan or permissions; `counts` what the file says there is, whether told or not; `pseudonyms` the check value
    of the secret where people are disguised.
    """

    level: str
    file_sha256: str
    fingerprint: str
    created_at: datetime
    moving_only: bool = False
    pseudonyms: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])


class OriginRows(RunRows):
    """Reader and writer of the origin."""

    def put_origin(self, origin: Origin) -> None:
        self._write("INSERT OR REPLACE INTO origin VALUES (1, ?)", [(msgspec.json.encode(origin),)])

    def origin(self) -> Origin | None:
        """None for an inventory that was read from the tenant here."""
        row = self._one("SELECT told FROM origin")
        return None if row is None else msgspec.json.decode(row[0], type=Origin)

"""The lab's business clock: real time plus one offset per lab home, which only grows.

The offset lies in `clock.json`; the supervisor alone writes it and tells each tenant, which then reads it again. So a
reading of the clock costs no file access, and an advance is in force everywhere when the command returns.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from xtenant.domain import errors
from xtenant.lab.private_files import write_private
from xtenant.outside.clock import SystemClock

CLOCK_FILE = "clock.json"
MAX_OFFSET_DAYS = 36_500


class _Stored(msgspec.Struct):
    offset_seconds: float = 0.0


def read_offset(path: Path) -> float:
    """The stored offset in seconds; 0 where nothing was stored."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Stored).offset_seconds
    except FileNotFoundError:
        return 0.0


def advance_offset(path: Path, seconds: float) -> float:
    """Add to the stored offset; the new one. Raises UsageError for a step backwards or beyond a century."""
    if seconds < 0:
        raise errors.UsageError("The lab's clock only goes forward.", remedy="Name a positive duration, such as 7d.")
    offset = read_offset(path) + seconds
    if offset > timedelta(days=MAX_OFFSET_DAYS).total_seconds():
        raise errors.UsageError("The lab's clock would be more than a century ahead.")
    write_private(path, msgspec.json.encode(_Stored(offset_seconds=offset)))
    return offset


class LabClock(SystemClock):
    """`Clock` of a lab's process. `security_offset_seconds` imitates a machine whose clock is wrong (settled B 16)."""

    def __init__(self, path: Path) -> None:
        super().__init__(offset_seconds=lambda: self.offset_seconds)
        self._path = path
        self.offset_seconds = read_offset(path)
        self.security_offset_seconds = 0.0

    def security_now(self) -> datetime:
        return super().security_now() + timedelta(seconds=self.security_offset_seconds)

    def reload(self) -> None:
        """Read the offset again and wake everybody who waits for business time."""
        self.offset_seconds = max(self.offset_seconds, read_offset(self._path))
        self.advanced()

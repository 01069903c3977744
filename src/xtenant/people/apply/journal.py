"""The journal of what `people apply` made, beside the people file: who was created with which id, so that a run goes on.

JSON Lines, each written through to the disk before the next batch is sent. Losing it does no harm: what was made carries a
mark and is found again by name. It holds no password and no token.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from xtenant.domain import errors

LARGEST_BYTES = 256 * 1024 * 1024
FORM = "xtenant people 1"


class ForeignJournal(errors.UsageError):
    """The journal beside the people file belongs to another tenant."""

    code = "foreignJournal"
    remedy = "Name the tenant this people file was applied to, or move the journal away."


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. `event` is begun, created, invited, group or enabled; `key` is the row's source id or UPN."""

    at: datetime
    event: str
    tenant_id: UUID
    key: str = ""
    name: str = ""
    target_id: UUID | None = None
    form: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Something to be noted."""

    event: str
    key: str
    name: str
    target_id: UUID


def journal_path(people: Path) -> Path:
    """`people.csv` has its journal in `people.csv.journal`."""
    return people.with_name(people.name + ".journal")


class Journal:
    """Read when opened, written line by line. Raises ForeignJournal, UsageError for a file that cannot be read."""

    def __init__(self, path: Path, tenant_id: UUID) -> None:
        self.path = path
        self._tenant_id = tenant_id
        self._whole = True
        self.damaged = 0
        self.target_ids: set[UUID] = set()
        self._read()

    def made(self, target_id: UUID) -> bool:
        """Whether an account or group was made by a run that wrote here."""
        return target_id in self.target_ids

    def note(self, made: Iterable[Made], now: datetime) -> None:
        """Write lines through to the disk."""
        lines = [
            Entry(
                at=now,
                event=each.event,
                tenant_id=self._tenant_id,
                key=each.key,
                name=each.name,
                target_id=each.target_id,
            )
            for each in made
        ]
        if not lines:
            return
        self.target_ids |= {line.target_id for line in lines if line.target_id is not None}
        if not self.path.exists():
            lines.insert(0, Entry(at=now, event="begun", tenant_id=self._tenant_id, form=FORM))
        text = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        self._append(text if self._whole else b"\n" + text)
        self._whole = True

    def _append(self, text: bytes) -> None:
        try:
            number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(number, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise errors.UsageError(
                f"The journal {self.path} cannot be written: {error.strerror}.",
                remedy="Make room beside the people file; a second run goes on where this one ended.",
            ) from error

    def _read(self) -> None:
        try:
            if self.path.exists() and self.path.stat().st_size > LARGEST_BYTES:
                raise errors.TooLarge(f"{self.path} is larger than {LARGEST_BYTES} bytes.")
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise errors.UsageError(f"The journal {self.path} cannot be read: {error.strerror}.") from error
        self._whole = not content or content.endswith(b"\n")
        for line in content.splitlines():
            self._take(line)

    def _take(self, line: bytes) -> None:
        """A line that a crash cut off, or that somebody damaged, is counted and left out."""
        if not line.strip():
            return
        try:
            entry = msgspec.json.decode(line, type=Entry)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.damaged += 1
            return
        if entry.tenant_id != self._tenant_id:
            raise ForeignJournal(f"{self.path} is the journal of the tenant {entry.tenant_id}.")
        if entry.target_id is not None:
            self.target_ids.add(entry.target_id)

"""The log of changes: one line before every changing request and one after it, and one for every script written out.

JSON Lines in `PROFILE_HOME/audit/TENANTID.jsonl`, 0600, only ever added to; each line holds the SHA-256 of the one before
(settled C 3), and a file beside it the hash of the last, so that a changed, missing or cut-off line is found. Who, when,
what call, about which objects; never a secret, never content. What cannot be written down is not sent.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from uuid import UUID

import msgspec

from xtenant.client.profiles import Profile, ProfileKind, write_private
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock

FOLDER = "audit"
LONGEST_LINE = 64 * 1024


class Outcome(Enum):
    """What a line tells (settled C 3)."""

    SENT = "sent"
    OK = "ok"
    FAILED = "failed"
    EMITTED = "emitted"
    REPORTED = "reported"


class Break(Enum):
    """What was found wrong with the end of the log when a line was added behind it."""

    TORN = "torn"  # a process ended while it wrote
    SHORTENED = "shortened"  # lines that had been there are gone


class AuditUnwritable(errors.XTenantError):
    """A line could not be written down."""

    code = "auditUnwritable"
    remedy = "Nothing was sent: a change that is not written down is not made. Make room, or see to the file's rights."


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line, in the order it is written. `change` ties what was sent to what became of it; `prev` is the hash of the
    line before, of the log's own name for the first. `detail` is a status, the class of an error, or the name of a file.
    """

    at: str
    who: str
    tenant_id: str
    profile: str
    kind: str
    verb: str
    call: str
    ids: tuple[str, ...] = ()
    correlation_id: str = ""
    change: str = ""
    outcome: Outcome
    detail: str = ""
    after: Break | None = None
    prev: str


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the log ended when it was last written to."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the log of a tenant lies."""

    home: Path
    tenant_id: UUID

    @property
    def path(self) -> Path:
        return self.home / FOLDER / f"{self.tenant_id}.jsonl"

    @property
    def head_path(self) -> Path:
        return self.home / FOLDER / f"{self.tenant_id}.head"

    @property
    def beginning(self) -> str:
        """What the first line holds in place of the hash of a line before it."""
        return hashlib.sha256(f"xtenant audit {self.tenant_id}".encode()).hexdigest()

    def head(self) -> Head | None:
        """The end as noted; None when none was, or it cannot be read."""
        try:
            return msgspec.json.decode(self.head_path.read_bytes(), type=Head)
        except (OSError, msgspec.MsgspecError):
            return None


class AuditLog:
    """Adds lines to the log of one profile's tenant; several processes may do so at once."""

    def __init__(self, home: Path, profile: Profile, *, clock: Clock) -> None:
        self.place = Place(home=home, tenant_id=tenant_id_of(profile))
        self._profile = profile
        self._clock = clock

    def append(
        self,
        *,
        verb: str,
        call: str,
        outcome: Outcome,
        ids: Sequence[str] = (),
        correlation_id: str = "",
        change: str = "",
        detail: str = "",
    ) -> None:
        """Add a line and see it on the disk. Raises AuditUnwritable; the log is then as it was."""
        try:
            with _alone(self.place) as log:
                prev, after = _end(log, self.place)
                line = Line(
                    at=self._clock.security_now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    who=_who(),
                    tenant_id=str(self.place.tenant_id),
                    profile=self._profile.name,
                    kind=self._profile.shown_kind,
                    verb=verb,
                    call=call[:1_000],
                    ids=tuple(ids),
                    correlation_id=correlation_id[:100],
                    change=change,
                    outcome=outcome,
                    detail=detail[:1_000],
                    after=after,
                    prev=prev,
                )
                self._write(log, msgspec.json.encode(line) + b"\n")
        except OSError as error:
            raise AuditUnwritable(
                f"The log of changes {self.place.path} cannot be written: {error.strerror}."
            ) from error

    def _write(self, log: int, line: bytes) -> None:
        size = os.fstat(log).st_size
        try:
            if _is_torn(log, size):
                line = b"\n" + line
            written = os.write(log, line)
            if written < len(line):
                raise OSError(28, "no space left on the device")
            if self._profile.kind is ProfileKind.MICROSOFT365:
                os.fsync(log)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(log, size)
            raise
        head = Head(size_bytes=size + len(line), sha256=hash_of(line.removeprefix(b"\n")))
        write_private(self.place.head_path, msgspec.json.encode(head))


def tenant_id_of(profile: Profile) -> UUID:
    """Raises UsageError for a profile without one: its changes could not be told from another's."""
    try:
        return UUID(profile.tenant_id)
    except ValueError as error:
        raise errors.UsageError(
            f"The profile '{profile.name}' has no tenant id.", remedy="Make it again with `xtenant connect`."
        ) from error


def hash_of(line: bytes) -> str:
    """A line's SHA-256, without the end of line."""
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest()


@contextmanager
def _alone(place: Place) -> Generator[int]:
    """The log, open for reading and adding, for one process at a time."""
    place.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = os.open(place.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(log, fcntl.LOCK_EX)
        yield log
    finally:
        os.close(log)


def _end(log: int, place: Place) -> tuple[str, Break | None]:
    """The hash to go on from, and what is wrong with the end."""
    size = os.fstat(log).st_size
    head = place.head()
    shortened = Break.SHORTENED if head is not None and size < head.size_bytes else None
    if size == 0:
        return place.beginning, shortened
    begin = max(0, size - LONGEST_LINE)
    last = os.pread(log, size - begin, begin).rstrip(b"\n").rpartition(b"\n")[2]
    return hash_of(last), shortened or (Break.TORN if _is_torn(log, size) else None)


def _is_torn(log: int, size: int) -> bool:
    return size > 0 and os.pread(log, 1, size - 1) != b"\n"


def _who() -> str:
    """The account of this machine that runs the program; not what the environment claims."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"

"""Which verbs may be sent to Microsoft 365: those that were tried on a test tenant and read back (settled C 11).

`shakedown.json` in the profile home holds one JSON line for each request form of a verb that was tried. It is written by
`xtenant shakedown record` alone; here it is only read. Without the file nothing is sent.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.changing import CHANGING, WireForm

FILE = "shakedown.json"
MOST_BYTES = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


class NotShakenDown(errors.Refused):
    """The verb was never tried on a test tenant with this version; it is not sent to a tenant of Microsoft 365."""

    code = "notShakenDown"
    remedy = "Nothing was sent. Have the commands written out instead, to read and to run: add --emit powershell."


class BadRecord(errors.UsageError):
    """The records of the shake-down cannot be believed."""

    code = "badShakedownRecord"


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line: `verb` was tried on the test tenant `tenant_id`; `wire_form` is the SHA-256 of the request's form."""

    verb: str
    tenant_id: UUID
    tool_version: str
    wire_form: str
    date: date
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shakedown:
    """The records of a profile home."""

    records: Sequence[Record]
    version: str

    def forms_of(self, verb: str) -> frozenset[str]:
        """The request forms that count for a verb: those tried with this version; none for a verb that is not public."""
        if CHANGING.get(verb, WireForm.NOT_PUBLIC) is WireForm.NOT_PUBLIC:
            return frozenset()
        return frozenset(one.wire_form for one in self.records if one.verb == verb and one.tool_version == self.version)


def tool_version() -> str:
    """The version of this program."""
    return metadata.version("xtenant")


def read_shakedown(home: Path) -> Shakedown:
    """The records of a home; none when there is no file. Raises BadRecord for a file that others may write, or that is damaged."""
    path = home / FILE
    try:
        facts = path.stat()
        text = path.read_bytes() if facts.st_size <= MOST_BYTES else b"\xff"
    except FileNotFoundError:
        return Shakedown(records=(), version=tool_version())
    except OSError as error:
        raise BadRecord(f"{path} cannot be read: {error.strerror}.", remedy="See to the file's rights.") from error
    if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BadRecord(
            f"{path} may be written by others; nothing is sent.", remedy=f"Look it over, then: chmod 600 {path}"
        )
    lines = [line for line in text.splitlines() if line.strip()]
    return Shakedown(
        records=tuple(_record(path, number, line) for number, line in enumerate(lines, 1)), version=tool_version()
    )


def _record(path: Path, number: int, line: bytes) -> Record:
    try:
        record = msgspec.json.decode(line, type=Record)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadRecord(
            f"Line {number} of {path} cannot be read: {error}.", remedy="Move the file away and record again."
        ) from error
    if record.verb not in CHANGING or not _DIGEST.fullmatch(record.wire_form):
        raise BadRecord(
            f"Line {number} of {path} names no verb and form of ours.", remedy="Move the file away and record again."
        )
    return record

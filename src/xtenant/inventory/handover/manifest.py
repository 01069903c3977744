"""What a handover file says of itself, and the parts each level has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.limits import MIB
from xtenant.inventory.facts import (
    Assignment,
    Item,
    Licence,
    Member,
    NotRead,
    Principal,
    Scope,
    Site,
    SiteList,
    SiteUser,
    TenantFacts,
)

FORMAT, VERSION = "xtenant-handover", 2
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
MANIFEST_BYTES = 1 * MIB
_LONGEST_TEXT = 1_000

_Text = Annotated[str, msgspec.Meta(max_length=400)]
_Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class DamagedHandover(errors.UsageError):
    """A file is no handover file, was changed after it was signed, or goes beyond what one may hold."""

    code = "damagedHandover"
    remedy = "Ask the other administrator to export it again, and to send it whole."

    def __init__(self, text: str, *, remedy: str | None = None) -> None:
        """The text may quote the file, so it is made fit for a terminal."""
        shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:_LONGEST_TEXT])
        super().__init__(shown, remedy=remedy)


class Level(Enum):
    """How much a file tells, each more than the one before."""

    COUNTS = "counts"
    PLAN = "plan"
    PERMISSIONS = "permissions"


RECORDS: Mapping[str, type] = {
    "tenant": TenantFacts,
    "licences": Licence,
    "principals": Principal,
    "members": Member,
    "sites": Site,
    "scopes": Scope,
    "assignments": Assignment,
    "items": Item,
    "lists": SiteList,
    "site_users": SiteUser,
    "not_read": NotRead,
}
"""The parts in the order they are written and read; each holds one kind of record, one a line."""

PARTS_OF: Mapping[Level, tuple[str, ...]] = {
    Level.COUNTS: tuple(RECORDS)[:2],
    Level.PLAN: tuple(RECORDS)[:5],
    Level.PERMISSIONS: tuple(RECORDS),
}


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member of the zip: `parts/NAME.jsonl`."""

    name: _Text
    lines: _Number
    size_bytes: _Number
    sha256: _Hex


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`counts` are those of the whole inventory at each level; `read_at` is when the tenant was read.

    `pseudonyms` holds the check value of the secret, where people are disguised; `moving_only` says that only moving sites and
    those concerned by them are told of.
    """

    format: _Text
    version: _Number
    tenant_id: UUID
    display_name: _Text
    level: Level
    created_at: datetime
    read_at: datetime
    moving_only: bool
    pseudonyms: _Hex | None
    counts: dict[_Text, _Number]
    parts: Annotated[list[Part], msgspec.Meta(max_length=len(RECORDS))]
    public_key: _Hex


def place_of(part: str) -> str:
    return f"parts/{part}.jsonl"


def read_manifest(content: bytes) -> Manifest:
    """Raises DamagedHandover for anything but a manifest of this version with the parts of its level."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedHandover(f"The manifest cannot be read: {error}.") from error
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        raise DamagedHandover(
            f"The file is a {manifest.format!r} of version {manifest.version}.",
            remedy="Both sides need the same version of xtenant.",
        )
    if manifest.created_at.tzinfo is None or manifest.read_at.tzinfo is None:
        raise DamagedHandover("The manifest's dates have no time zone.")
    if tuple(part.name for part in manifest.parts) != PARTS_OF[manifest.level]:
        raise DamagedHandover(f"The manifest does not list the parts of the level {manifest.level.value}.")
    return manifest

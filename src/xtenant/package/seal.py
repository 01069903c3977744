"""`snapshot.json`: the seal over a snapshot, as bytes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from xtenant.domain.snapshot import PartSeal, Snapshot
from xtenant.package.text import DamagedPackage

FORMAT = "xtenant-snapshot-1"


class _Part(msgspec.Struct, forbid_unknown_fields=True):
    ordinal: int
    name: str
    sha256: str
    size_bytes: int
    objects: int


class _Seal(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    job_id: UUID
    epoch: int
    change_no: int
    items: int
    versions: int
    size_bytes: int
    parts: list[_Part]
    counts: dict[str, int] = {}


def seal_bytes(snapshot: Snapshot) -> bytes:
    """The seal as JSON."""
    parts: list[dict[str, Any]] = [
        {
            "ordinal": part.ordinal,
            "name": part.name,
            "sha256": part.sha256.hex(),
            "size_bytes": part.size_bytes,
            "objects": part.objects,
        }
        for part in snapshot.parts
    ]
    seal = {
        "format": FORMAT,
        "job_id": str(snapshot.job_id),
        "epoch": snapshot.epoch,
        "change_no": snapshot.change_no,
        "items": snapshot.items,
        "versions": snapshot.versions,
        "size_bytes": snapshot.size_bytes,
        "counts": dict(snapshot.counts),
        "parts": parts,
    }
    return msgspec.json.encode(seal)


def read_seal(raw: bytes) -> Snapshot:
    """Read a seal. Raises DamagedPackage."""
    try:
        seal = msgspec.json.decode(raw, type=_Seal)
        if seal.format != FORMAT:
            raise DamagedPackage(f"This is no {FORMAT}.")
        return Snapshot(
            job_id=seal.job_id,
            epoch=seal.epoch,
            change_no=seal.change_no,
            items=seal.items,
            versions=seal.versions,
            size_bytes=seal.size_bytes,
            parts=tuple(_part(part) for part in seal.parts),
            counts=tuple(sorted(seal.counts.items())),
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise DamagedPackage(f"The seal cannot be read: {error}") from error


def _part(part: _Part) -> PartSeal:
    return PartSeal(
        ordinal=part.ordinal,
        name=part.name,
        sha256=bytes.fromhex(part.sha256),
        size_bytes=part.size_bytes,
        objects=part.objects,
    )

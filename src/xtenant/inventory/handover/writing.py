"""Writing a handover file: parts first, then the manifest with their sizes and hashes, then its signature."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from xtenant.domain import errors
from xtenant.inventory.handover.keys import Keyring
from xtenant.inventory.handover.manifest import (
    FORMAT,
    MANIFEST,
    PARTS_OF,
    SIGNATURE,
    VERSION,
    Manifest,
    Part,
    place_of,
)
from xtenant.inventory.handover.telling import Telling, counts_of

_NO_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written, and what it says of itself."""

    path: Path
    manifest: Manifest


def write_handover(telling: Telling, path: Path, keyring: Keyring, *, now: datetime) -> Written:
    """Write a file that only its owner may read, whole or not at all.

    Raises Conflict where a file stands already, EmptyInventory when the tenant was never read.
    """
    if path.exists():
        raise errors.Conflict(f"{path} is there already.", remedy="Choose another name, or remove that file.")
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                manifest = _write(telling, archive, keyring, now)
        draft.rename(path)
    except OSError as error:
        raise errors.UsageError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return Written(path=path, manifest=manifest)


def _write(telling: Telling, archive: zipfile.ZipFile, keyring: Keyring, now: datetime) -> Manifest:
    tenant, records = telling.inventory.tenant(), telling.records()
    parts = [_write_part(archive, name, records[name]()) for name in PARTS_OF[telling.level]]
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        tenant_id=tenant.tenant_id,
        display_name=tenant.display_name,
        level=telling.level,
        created_at=now,
        read_at=tenant.read_at,
        moving_only=telling.moving is not None,
        pseudonyms=telling.pseudonyms.check_value() if telling.pseudonyms else None,
        counts=counts_of(telling),
        parts=parts,
        public_key=keyring.public_key(),
    )
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    archive.writestr(_entry(MANIFEST), content)
    archive.writestr(_entry(SIGNATURE), keyring.sign(content))
    return manifest


def _write_part(archive: zipfile.ZipFile, name: str, records: Iterator[object]) -> Part:
    encoder, digest = msgspec.json.Encoder(), hashlib.sha256()
    lines, size = 0, 0
    with archive.open(_entry(place_of(name)), "w", force_zip64=True) as part:
        for record in records:
            line = encoder.encode(record) + b"\n"
            digest.update(line)
            part.write(line)
            lines, size = lines + 1, size + len(line)
    return Part(name=name, lines=lines, size_bytes=size, sha256=digest.hexdigest())


def _entry(name: str) -> zipfile.ZipInfo:
    """Without the date and the rights of this machine."""
    entry = zipfile.ZipInfo(name, _NO_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry

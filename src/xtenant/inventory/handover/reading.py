"""Reading a handover file, which is hostile input: bounded, checked against its signature, imported whole or not at all.

Nothing is ever extracted. A part is read as a stream of bounded lines into a new inventory file, which takes the place of the
old one only when every hash was right.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from xtenant.domain.limits import MIB
from xtenant.inventory.handover import keys
from xtenant.inventory.handover.manifest import (
    MANIFEST,
    MANIFEST_BYTES,
    PARTS_OF,
    SIGNATURE,
    DamagedHandover,
    Level,
    Manifest,
    Part,
    place_of,
    read_manifest,
)

SIGNATURE_BYTES = 200
LINE_BYTES = 4 * MIB
FILE_BYTES = 4_096 * MIB
CONTENT_BYTES = 16_384 * MIB
RATIO = 200
"""Bytes a compressed one may become; far more than text of ours ever does."""

SMALL = 1 * MIB
"""Parts up to this size may be packed as tightly as they like."""

_CHUNK = 256 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    OSError,
)
"""What the zip reader raises for damaged, encrypted and strangely packed members; OSError for a place before the file."""


@dataclass(frozen=True, slots=True)
class Handover:
    """An open file whose manifest carries a good signature; whose key that is, is for `Keyring.check`."""

    path: Path
    manifest: Manifest
    sha256: str
    _archive: zipfile.ZipFile

    @property
    def fingerprint(self) -> str:
        return keys.fingerprint(self.manifest.public_key)

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a part. Raises DamagedHandover for one too long, and at the end for another size, number or hash."""
        part = next(each for each in self.manifest.parts if each.name == name)
        digest, size, number = hashlib.sha256(), 0, 0
        for line in self._raw_lines(part):
            digest.update(line)
            size, number = size + len(line), number + 1
            if size > part.size_bytes or number > part.lines:
                raise DamagedHandover(f"The part {name} is longer than the manifest says.")
            yield line
        if (size, number, digest.hexdigest()) != (part.size_bytes, part.lines, part.sha256):
            raise DamagedHandover(f"The part {name} is not what was signed.")

    def check_parts(self) -> None:
        """Read every part and compare it with the manifest. Raises DamagedHandover."""
        for part in self.manifest.parts:
            for _line in self.lines(part.name):
                continue

    def _raw_lines(self, part: Part) -> Iterator[bytes]:
        try:
            with self._archive.open(place_of(part.name)) as stream:
                while line := stream.readline(LINE_BYTES + 1):
                    if len(line) > LINE_BYTES or not line.endswith(b"\n"):
                        raise DamagedHandover(f"A line of the part {part.name} is too long, or does not end.")
                    yield line
        except _BROKEN as error:
            raise DamagedHandover(f"The part {part.name} is damaged: {error}.") from error


@contextmanager
def open_handover(path: Path) -> Generator[Handover]:
    """Raises DamagedHandover for a file that is none, has other members than its level, or a bad signature."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise DamagedHandover(f"{path} cannot be read: {error.strerror}.") from error
    with file:  # closed here even while a part is half read
        sha256 = _hash_of(file, path)
        try:
            archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise DamagedHandover(f"{path} is no handover file: {error}.") from error
        with archive:
            manifest = _signed_manifest(archive)
            _check_members(archive, manifest.level)
            yield Handover(path, manifest, sha256, archive)


def _signed_manifest(archive: zipfile.ZipFile) -> Manifest:
    content = _whole(archive, MANIFEST, MANIFEST_BYTES)
    signature = _whole(archive, SIGNATURE, SIGNATURE_BYTES)
    manifest = read_manifest(content)
    if not keys.verify(manifest.public_key, signature.decode("ascii", "replace").strip(), content):
        raise DamagedHandover("The signature of the file is not good: it was changed after it was signed.")
    return manifest


def _whole(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        with archive.open(name) as member:
            content = member.read(most + 1)
    except KeyError as error:
        raise DamagedHandover(f"The file has no {name}.") from error
    except _BROKEN as error:
        raise DamagedHandover(f"{name} is damaged: {error}.") from error
    if len(content) > most:
        raise DamagedHandover(f"{name} is larger than {most} bytes.")
    return content


def _check_members(archive: zipfile.ZipFile, level: Level) -> None:
    """Exactly the members of the level, once each, not encrypted, packed in the common way and not too tightly."""
    members = archive.infolist()
    expected = {MANIFEST, SIGNATURE, *map(place_of, PARTS_OF[level])}
    names = [member.filename for member in members]
    strange = sorted({name for name in names if name not in expected or names.count(name) > 1})
    if strange:
        raise DamagedHandover(f"The file holds what does not belong there, or twice: {strange[0]!r}.")
    if missing := expected.difference(names):
        raise DamagedHandover(f"The file lacks {min(missing)}.")
    for member in members:
        if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DamagedHandover(f"{member.filename} is encrypted, or packed in a way that is not used here.")
        if member.file_size > SMALL and member.file_size > RATIO * member.compress_size:
            raise DamagedHandover(f"{member.filename} is packed too tightly to be one of ours.")
    if sum(member.file_size for member in members) > CONTENT_BYTES:
        raise DamagedHandover("The file holds more than a handover file may.")


def _hash_of(file: BinaryIO, path: Path) -> str:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > FILE_BYTES:
            raise DamagedHandover(f"{path} is larger than a handover file may be.")
    return digest.hexdigest()

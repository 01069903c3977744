"""A move's package fetched from a tenant into a folder, and such folders as trees of files for the checker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import anyio
import anyio.from_thread
import anyio.to_thread

from xtenant.domain import errors
from xtenant.package.exporting.archive import LEDGER
from xtenant.protocols.sharepoint_rest.call import packages as calls
from xtenant.wire.archive import read_members
from xtenant.wire.transport import Session

Progress = Callable[[int, int], None]
"""Told how many files and bytes have arrived."""


class CutOff(errors.NetworkError):
    """The archive ended before its ledger."""

    code = "packageCutOff"
    remedy = "Export again; what was written so far was removed."


async def fetch_package(
    session: Session, admin_url: str, job_id: UUID, folder: Path, *, progress: Progress = lambda files, size: None
) -> tuple[int, int]:
    """Write the package of a move into a new folder; how many files and bytes it has.

    Raises UnknownJob's NotFound, Conflict while nothing is sealed, AccessDenied, CutOff.
    """
    async with calls.package(session, admin_url, job_id) as pieces:

        async def following() -> bytes | None:
            return await anext(pieces, None)

        def arriving() -> Iterator[bytes]:
            while (piece := anyio.from_thread.run(following)) is not None:
                yield piece

        return await anyio.to_thread.run_sync(lambda: unpack(arriving(), folder, progress))


def unpack(pieces: Iterable[bytes], folder: Path, progress: Progress) -> tuple[int, int]:
    """Raises BadArchive, CutOff, UsageError where a file cannot be written."""
    files = size = 0
    last: tuple[str, ...] = ()
    try:
        for member in read_members(pieces):
            last = member.names
            place = folder.joinpath(*member.names)
            if member.is_folder or any("\\" in name or "\0" in name or ":" in name for name in member.names):
                raise CutOff(f"The archive holds '{'/'.join(member.names)[:80]}', which no package has.")
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as out:
                for piece in member.content:
                    out.write(piece)
            files, size = files + 1, size + member.size_bytes
            progress(files, size)
    except OSError as error:
        raise errors.UsageError(f"'{'/'.join(last)}' cannot be written: {error.strerror}.") from error
    if last != (LEDGER,):
        raise CutOff("The archive ended before its ledger.")
    return files, size


class FolderTree:
    """The plain files below a folder; links are not followed and special files left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes = dict(self._walk(folder, ""))

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def _walk(self, folder: Path, shown: str) -> Iterator[tuple[str, int]]:
        for place in sorted(folder.iterdir()):
            path = f"{shown}{place.name}"
            if place.is_symlink():
                continue
            if place.is_dir():
                yield from self._walk(place, f"{path}/")
            elif place.is_file():
                yield path, place.stat().st_size

    def open(self, path: str) -> BinaryIO:
        return (self._folder / path).open("rb")

"""Bringing a folder's real files into a site of a lab: walk, make names legal, send in batches (`xtenant lab import`).

Dates are kept. Symbolic links and special files are skipped and reported, unreadable ones reported, names that SharePoint
refuses are changed and reported. Nothing outside the folder is read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio.from_thread
import anyio.to_thread

from xtenant.domain import errors, paths
from xtenant.domain.limits import MIB
from xtenant.protocols.sharepoint_rest.call import administration
from xtenant.wire.archive import END, PIECE, Member, write_member
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.transport import Session, TokenFor

BATCH_MEMBERS = 1_000
BATCH_BYTES = 64 * MIB
DEEPEST = 200
TRIES = 3

Send = Callable[[Iterator[bytes]], object]
"""Sends one archive, as pieces, to the tenant; raises when the tenant refuses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What has been sent so far."""

    items: int
    size_bytes: int


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What was imported and what was not, by path inside the folder; `site_url` is where to."""

    site_url: str = ""
    folders: int = 0
    files: int = 0
    size_bytes: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    renamed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    file: Path
    names: tuple[str, ...]
    is_folder: bool
    size_bytes: int
    modified_at: datetime


def import_folder(
    folder: Path,
    send: Send,
    *,
    path_from_site: str,
    author: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> ImportReport:
    """Send everything below a folder; each batch is one archive that stands alone.

    `path_from_site` is the decoded path of the library (`sites/x/Shared Documents`), for the limit of 400 characters.
    """
    report = ImportReport()
    walk = _Walk(report, room=paths.PATH_LENGTH - len(path_from_site) - 1)
    for batch in _batches(walk.below(folder)):
        _send_batch(batch, send, author, report)
        progress(Progress(items=report.files + report.folders, size_bytes=report.size_bytes))
    return report


def _send_batch(batch: list[_Found], send: Send, author: str | None, report: ImportReport) -> None:
    """Send a batch, again when the tenant asks for it (content collected meanwhile); count what arrived."""
    for attempt in range(TRIES):
        part = ImportReport()
        try:
            send(_archive(batch, author, part))
        except errors.Conflict:
            if attempt + 1 == TRIES:
                raise
            continue
        report.folders += part.folders
        report.files += part.files
        report.size_bytes += part.size_bytes
        report.skipped += part.skipped
        return


def _batches(found: Iterator[_Found]) -> Iterator[list[_Found]]:
    batch: list[_Found] = []
    size = 0
    for each in found:
        if batch and (len(batch) >= BATCH_MEMBERS or size + each.size_bytes > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += each.size_bytes
    if batch:
        yield batch


def _archive(batch: list[_Found], author: str | None, report: ImportReport) -> Iterator[bytes]:
    for found in batch:
        if found.is_folder:
            report.folders += 1
            yield from write_member(_member(found, author, iter(())))
            continue
        try:
            source = found.file.open("rb")
        except OSError as error:
            report.skipped.append(("/".join(found.names), error.strerror or "unreadable"))
            continue
        with source:
            yield from write_member(_member(found, author, iter(partial(source.read, PIECE), b"")))
        report.files += 1
        report.size_bytes += found.size_bytes
    yield END


def _member(found: _Found, author: str | None, content: Iterator[bytes]) -> Member:
    return Member(
        names=found.names,
        is_folder=found.is_folder,
        size_bytes=found.size_bytes,
        modified_at=found.modified_at,
        created_at=found.modified_at,
        author=author,
        editor=author,
        content=content,
    )


class _Walk:
    """Finds files and folders, folders before what they hold, names in order."""

    def __init__(self, report: ImportReport, room: int) -> None:
        self._report = report
        self._room = room

    def below(self, folder: Path, names: tuple[str, ...] = (), shown: str = "") -> Iterator[_Found]:
        taken: set[str] = set()
        for file, facts in self._entries(folder, shown):
            place = f"{shown}/{file.name}".lstrip("/")
            is_folder = stat.S_ISDIR(facts.st_mode)
            reason = _not_taken(facts.st_mode)
            name = legal_name(file.name, taken, folder=is_folder, at_root=not names)
            inside = (*names, name)
            if reason is None and (len("/".join(inside)) > self._room or len(inside) > DEEPEST):
                reason = "its path would be longer than 400 characters"
            if reason is not None:
                self._report.skipped.append((place, reason))
                continue
            taken.add(paths.name_key(name))
            if name != file.name:
                self._report.renamed.append((place, "/".join(inside)))
            yield _Found(
                file=file,
                names=inside,
                is_folder=is_folder,
                size_bytes=0 if is_folder else facts.st_size,
                modified_at=datetime.fromtimestamp(max(0, int(facts.st_mtime)), UTC),
            )
            if is_folder:
                yield from self.below(file, inside, place)

    def _entries(self, folder: Path, shown: str) -> Iterator[tuple[Path, os.stat_result]]:
        try:
            files = sorted(folder.iterdir(), key=lambda file: file.name)
        except OSError as error:
            self._report.skipped.append((shown or ".", error.strerror or "unreadable"))
            return
        for file in files:
            try:
                yield file, file.lstat()
            except OSError as error:
                self._report.skipped.append((f"{shown}/{file.name}".lstrip("/"), error.strerror or "unreadable"))


def _not_taken(mode: int) -> str | None:
    if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
        return None
    return "symbolic link" if stat.S_ISLNK(mode) else "special file"


def legal_name(name: str, taken: set[str], *, folder: bool, at_root: bool) -> str:
    """A name SharePoint takes that none of `taken` (name keys) has: look-alikes for forbidden signs, doubles numbered."""
    text = paths.closest_name(name.encode("utf-8", "replace").decode(), folder=folder, at_root=at_root)
    wanted, number = str(text), 0
    while paths.name_key(wanted) in taken:
        number += 1
        wanted = paths.numbered(text, number)
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A site by its address, or a person's OneDrive by UPN; `author` (a UPN) stands as author of everything."""

    site_url: str | None = None
    user: str | None = None
    title: str | None = None
    author: str | None = None


async def bring_folder(
    session: Session,
    bulk: BulkTransfer,
    token_for: TokenFor,
    admin_url: str,
    folder: Path,
    destination: Destination,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
) -> ImportReport:
    """Import a folder into a lab's tenant, whose site or OneDrive is made where it is not there.

    Raises NotFound where the service is no lab's, AccessDenied for anybody but an administrator.
    """
    if destination.user is not None:
        made = await administration.make_onedrive(session, admin_url, user=destination.user)
    else:
        url = destination.site_url or ""
        title = destination.title or url.rstrip("/").rpartition("/")[2]
        made = await administration.make_site(session, admin_url, url=url, title=title, owner=destination.author)
    host = urlsplit(admin_url).netloc

    async def token_of_host() -> str:
        return await token_for(f"https://{host}")

    def send(pieces: Iterator[bytes]) -> object:
        token = anyio.from_thread.run(token_of_host)
        author = destination.author
        return administration.send_archive(bulk, token, admin_url, site_url=made.url, author=author, pieces=pieces)

    path = paths.full_path(made.url, (made.library,))
    work = partial(import_folder, folder, send, path_from_site=path, author=destination.author, progress=progress)
    report = await anyio.to_thread.run_sync(work)
    report.site_url = made.url
    return report

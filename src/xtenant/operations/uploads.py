"""Upload sessions: a file arrives in fragments, in order, and stands when the last one is there (`content-api.md` 1.9).

Whoever holds a session's address may send; the right to write is checked when it is made, and again when the file is put in
its place. A freeze of the site ends it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import timedelta

from xtenant.domain import content, errors, limits, paths
from xtenant.domain.caller import Caller
from xtenant.domain.content import ItemId, ItemKind, Site
from xtenant.domain.drive import Drive, DriveRef, ItemView, Where
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.ports.uploads import UploadStore
from xtenant.domain.upload import (
    ConflictBehavior,
    FileDates,
    FragmentLengthMismatch,
    SessionId,
    UploadSession,
    UploadSessionGone,
    check_fragment,
)
from xtenant.operations import access, blobs
from xtenant.operations.content import drive_in, item_at, view_of
from xtenant.operations.files import NO_DATES, Guard, Matches, guard_of, open_drive, place_file

SESSION_LIFE = timedelta(hours=24)


def create_session(
    units: Units,
    caller: Caller,
    *,
    ref: DriveRef,
    where: Where,
    conflict: ConflictBehavior = ConflictBehavior.REPLACE,
    dates: FileDates = NO_DATES,
    defer_commit: bool = False,
    matches: Matches | None = None,
    clock: Clock,
    ids: IdSource,
) -> UploadSession:
    """A session for a file at a path, or for the next version of an item. Its folder must be there.

    Raises NotFound, NameTaken (behaviour 'fail'), InvalidName, PathTooLong, PreconditionFailed, Locked.
    """
    with units.write() as uow:
        drive, writer, standing = open_drive(uow, caller, ref, clock)
        folder_id, name = _target(uow, drive, guard_of(uow, standing), where, conflict, matches)
        session = UploadSession(
            session_id=SessionId(ids.new_id()),
            site_key=drive.site.key,
            epoch=writer.site.epoch,
            library_id=drive.library.item_id,
            parent_id=folder_id,
            name=name,
            conflict=conflict if where.names else ConflictBehavior.REPLACE,
            dates=dates,
            editor=access.author_of(uow, caller),
            defer_commit=defer_commit,
            expires_at=clock.security_now() + SESSION_LIFE,
        )
        uow.uploads.add(session)
        return session


def session_status(units: Units, *, session_id: SessionId, clock: Clock) -> UploadSession:
    """Raises UploadSessionGone."""
    with units.read() as uow:
        return _living(uow, session_id, clock)


def receive_fragment(
    units: Units,
    store: UploadStore,
    *,
    session_id: SessionId,
    start: int,
    end: int,
    total: int,
    pieces: Iterable[bytes],
    clock: Clock,
) -> UploadSession:
    """Bytes `start` to `end` (included) of `total`. When the session is complete and not deferred, call `finish` next.

    The last fragment sent again after the end changes nothing. Raises the kinds of WrongRange, UploadSessionGone, Locked.
    """
    with units.read() as uow:
        session = _living(uow, session_id, clock)
        if session.is_complete and end + 1 == session.total == total:
            return session
        _writable_site(uow, session)
    check_fragment(session, start, end, total)
    if end + 1 - start > limits.DEFAULT.upload_fragment:
        raise errors.TooLarge("A fragment has at most 60 MiB.")
    if store.write(session_id, start, _exactly(pieces, end + 1 - start)) != end + 1:
        raise FragmentLengthMismatch("The body is shorter than its range.")
    with units.write() as uow:
        fresh = _living(uow, session_id, clock, lock=True)
        if fresh.received not in (start, end + 1):
            raise errors.Conflict("Another request sent to the same upload session.")
        session = dataclasses.replace(fresh, received=end + 1, total=total)
        uow.uploads.save(session)
    return session


def finish(
    units: Units,
    store: UploadStore,
    blob_store: BlobStore,
    *,
    session_id: SessionId,
    clock: Clock,
    ids: IdSource,
) -> tuple[ItemView, bool]:
    """Make the file of a complete session; (the file, whether it is new). Repeated, it gives the same answer.

    Raises NameTaken (the session stays until it expires), UsageError while bytes are missing, Locked.
    """
    with units.read() as uow:
        session = _living(uow, session_id, clock)
        if session.item_id is not None:
            return _answer(uow, session)
        _writable_site(uow, session)
    if not session.is_complete or store.size(session_id) != session.received:
        raise errors.UsageError("The upload is not complete.", received=store.size(session_id))
    stored = blobs.keep(units, blob_store, lambda: store.read(session_id), clock=clock)
    with units.write() as uow:
        session = _living(uow, session_id, clock, lock=True)
        if session.item_id is not None:
            return _answer(uow, session)
        writer = uow.write_site(session.site_key, now=clock.business_now(), epoch=session.epoch)
        drive = _drive(uow, writer.site, session)
        folder = item_at(uow, drive, Where(item_id=session.parent_id))
        item, created = place_file(
            uow,
            writer,
            drive,
            guard_of(uow, access.standing_of_author(uow, session.editor, writer.site)),
            folder,
            session.name,
            stored,
            session.conflict,
            session.dates,
            session.editor,
            None,
            clock,
            ids,
        )
        uow.uploads.save(dataclasses.replace(session, item_id=item.item_id, created=created))
        view = view_of(uow, drive, item)
    store.delete(session_id)
    return view, created


def cancel(units: Units, store: UploadStore, *, session_id: SessionId, clock: Clock) -> None:
    """Raises UploadSessionGone."""
    with units.write() as uow:
        _living(uow, session_id, clock, lock=True)
        uow.uploads.remove(session_id)
    store.delete(session_id)


def sweep(units: Units, store: UploadStore, *, clock: Clock, limit: int = 1_000) -> int:
    """Remove sessions whose time is over; how many."""
    with units.write() as uow:
        gone = uow.uploads.expired(clock.security_now(), limit=limit)
        for session_id in gone:
            uow.uploads.remove(session_id)
    for session_id in gone:
        store.delete(session_id)
    return len(gone)


def _target(
    uow: UnitOfWork, drive: Drive, guard: Guard, where: Where, conflict: ConflictBehavior, matches: Matches | None
) -> tuple[ItemId, str]:
    """The folder and the name a session writes to."""
    if not where.names:
        item = item_at(uow, drive, where)
        if item.kind is not ItemKind.FILE or item.parent_key is None:
            raise errors.UsageError("Only a file has content.")
        there, folder, name = item, uow.items.by_keys([item.parent_key])[item.parent_key], item.name
    else:
        folder = item_at(uow, drive, Where(item_id=where.item_id, names=where.names[:-1]))
        name = where.names[-1]
        paths.item_name(name, at_root=folder.kind is ItemKind.LIBRARY)
        paths.check_length(drive.site.url, (*drive.address, *uow.items.paths_of([folder])[folder.key], name))
        there = uow.items.by_path(folder, [name])
        if there is not None and (conflict is ConflictBehavior.FAIL or there.kind is not ItemKind.FILE):
            raise content.NameTaken(f"The folder holds an item named {name!r} already.", name=name)
    renamed = there is not None and conflict is ConflictBehavior.RENAME and where.names
    guard(folder if there is None or renamed else there)
    if matches is not None and (there is None or not matches(there)):
        raise errors.PreconditionFailed("The item has changed since it was read.")
    return folder.item_id, name


def _living(uow: UnitOfWork, session_id: SessionId, clock: Clock, *, lock: bool = False) -> UploadSession:
    session = uow.uploads.get(session_id, lock=lock)
    if session is None or session.expires_at <= clock.security_now():
        raise UploadSessionGone("The upload session does not exist.")
    return session


def _writable_site(uow: UnitOfWork, session: UploadSession) -> Site:
    """Refuse early what `write_site` would refuse at the end."""
    site = uow.sites.by_key(session.site_key)
    if site is None or not site.is_visible or site.is_redirect:
        raise UploadSessionGone("The upload session does not exist.")
    if site.frozen_by is not None:
        raise content.SiteFrozen("The site is being moved and cannot be changed now.", job=site.frozen_by)
    if site.epoch != session.epoch:
        raise content.StaleEpoch("The site was moved or frozen since the upload began.", epoch=site.epoch)
    return site


def _drive(uow: UnitOfWork, site: Site, session: UploadSession) -> Drive:
    return drive_in(uow, site, DriveRef(site_id=site.site_id, library_id=session.library_id))


def _answer(uow: UnitOfWork, session: UploadSession) -> tuple[ItemView, bool]:
    site = uow.sites.by_key(session.site_key)
    item = None if site is None or session.item_id is None else uow.items.by_id(site.key, session.item_id)
    if site is None or item is None or not site.is_visible or site.is_redirect:
        raise UploadSessionGone("The upload session does not exist.")
    return view_of(uow, _drive(uow, site, session), item), session.created


def _exactly(pieces: Iterable[bytes], size: int) -> Iterable[bytes]:
    """The pieces, refused as soon as they pass the size."""
    for piece in pieces:
        size -= len(piece)
        if size < 0:
            raise FragmentLengthMismatch("The body is longer than its range.")
        yield piece

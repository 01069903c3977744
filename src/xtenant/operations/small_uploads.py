"""A whole file in one request: the right is checked before a byte is stored, and again with the commit."""

from __future__ import annotations

from collections.abc import Iterable

from xtenant.domain import content
from xtenant.domain.caller import Caller
from xtenant.domain.content import LockState
from xtenant.domain.drive import DriveRef, ItemView, Where
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.ports.units import Units
from xtenant.domain.upload import ConflictBehavior
from xtenant.operations import blobs, files
from xtenant.operations.files import Matches


def put_whole(
    units: Units,
    store: BlobStore,
    caller: Caller,
    *,
    ref: DriveRef,
    where: Where,
    pieces: Iterable[bytes],
    conflict: ConflictBehavior = ConflictBehavior.REPLACE,
    matches: Matches | None = None,
    clock: Clock,
    ids: IdSource,
) -> tuple[ItemView, bool]:
    """The file and whether it is new. The pieces are read once, so BlobGone (409, send again) is passed on.

    Raises AccessDenied, SiteFrozen and SiteLocked before anything is read, and what `files.put_file` raises.
    """
    _require_writable(units, caller, ref, where)
    stored = store.put(pieces)
    blobs.record(units, store, [stored], clock=clock)
    return files.put_file(
        units,
        caller,
        ref=ref,
        where=where,
        stored=stored,
        conflict=conflict,
        matches=matches,
        clock=clock,
        ids=ids,
    )


def _require_writable(units: Units, caller: Caller, ref: DriveRef, where: Where) -> None:
    with units.read() as uow:
        site = files.require_writable(uow, caller, ref, where)
    if site.frozen_by is not None:
        raise content.SiteFrozen("The site is being moved and cannot be changed now.", job=site.frozen_by)
    if site.lock_state is not LockState.UNLOCK:
        raise content.SiteLocked("The site is locked by an administrator.", lock_state=site.lock_state.value)

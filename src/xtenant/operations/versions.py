"""What is done with versions of a file: publish a draft, take it back, comment, restore an older one, delete old ones
(`content-api.md` 1.11, 4.3).

All need the right to write the file. Content is always checked in here: nobody holds a file against others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from xtenant.domain import errors, versioning
from xtenant.domain.caller import Caller
from xtenant.domain.content import FileVersion, Item, ItemKind, PrincipalKey, Role, StoredBlob
from xtenant.domain.drive import DriveRef, ItemView, Where
from xtenant.domain.list_views import WebRef
from xtenant.domain.permissions import Securable
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.versioning import CheckInType, NoMinorVersions
from xtenant.operations import access, lists, webs
from xtenant.operations.content import item_at, view_of
from xtenant.operations.files import definition_of, open_drive, write_version

Step = Callable[[UnitOfWork, SiteWriter, Item], Item]


def publish(units: Units, caller: Caller, *, ref: WebRef, what: Securable, comment: str, clock: Clock) -> None:
    """The draft becomes the next major version. Raises AlreadyPublished, NoMinorVersions, AccessDenied."""
    text = versioning.comment_of(comment)

    def step(uow: UnitOfWork, writer: SiteWriter, item: Item) -> Item:
        _require_drafts(uow, item)
        return writer.renumber_version(item, versioning.published(item.version), comment=text)

    _change(units, caller, ref, what, step, clock)


def take_back(units: Units, caller: Caller, *, ref: WebRef, what: Securable, comment: str, clock: Clock) -> None:
    """The published version becomes a draft. Raises NotPublished, NoMinorVersions, AccessDenied."""
    text = versioning.comment_of(comment)

    def step(uow: UnitOfWork, writer: SiteWriter, item: Item) -> Item:
        _require_drafts(uow, item)
        below = item.version[0] - 1
        drafts = max((one.minor for one in uow.items.versions([item.key]) if one.major == below), default=0)
        return writer.renumber_version(item, versioning.taken_back(item.version, drafts), comment=text)

    _change(units, caller, ref, what, step, clock)


def check_in(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, comment: str, kind: CheckInType, clock: Clock
) -> None:
    """Comment the current version; as a major one a draft is published with it."""
    text = versioning.comment_of(comment)

    def step(uow: UnitOfWork, writer: SiteWriter, item: Item) -> Item:
        number = item.version
        if kind is CheckInType.MAJOR and number[1]:
            number = versioning.published(number)
        return writer.renumber_version(item, number, comment=text)

    _change(units, caller, ref, what, step, clock)


def restore(
    units: Units, caller: Caller, *, ref: DriveRef, where: Where, number: tuple[int, int], clock: Clock
) -> ItemView:
    """An older version's content and fields become the newest version; nothing in between is lost. Raises NotFound."""
    with units.write() as uow:
        drive, writer, standing = open_drive(uow, caller, ref, clock)
        item = item_at(uow, drive, where, standing)
        access.require_item(uow, standing, item, Role.WRITE)
        old = _version(uow, item, number)
        by, now = access.author_of(uow, caller), clock.business_now()
        stored = StoredBlob(key=old.blob, size_bytes=old.size_bytes, quick_xor=old.quick_xor)
        return view_of(uow, drive, write_version(uow, writer, item, stored, old.fields, by, now))


def delete(
    units: Units, caller: Caller, *, ref: DriveRef, where: Where, numbers: Collection[tuple[int, int]], clock: Clock
) -> None:
    """Older versions are gone for good. Raises NotFound, UsageError for the current one."""
    with units.write() as uow:
        drive, writer, standing = open_drive(uow, caller, ref, clock)
        item = item_at(uow, drive, where, standing)
        access.require_item(uow, standing, item, Role.WRITE)
        for number in numbers:
            _version(uow, item, number)
        writer.remove_versions(item, numbers)


def _change(units: Units, caller: Caller, ref: WebRef, what: Securable, step: Step, clock: Clock) -> PrincipalKey:
    with units.write() as uow:
        found = webs.at(uow, caller, ref)
        library, item = lists.located(uow, found, what)
        access.require_entry(uow, found.standing, library)
        access.require_item(uow, found.standing, item, Role.WRITE)
        writer = uow.write_site(found.site.key, now=clock.business_now())
        _, item = lists.located(uow, found, what)  # behind the lock
        if item.kind is not ItemKind.FILE:
            raise errors.UsageError("Only files are published.")
        step(uow, writer, item)
        return access.author_of(uow, caller)


def _require_drafts(uow: UnitOfWork, item: Item) -> None:
    if not definition_of(uow, item).minor_versions:
        raise NoMinorVersions("The library keeps no minor versions.")


def _version(uow: UnitOfWork, item: Item, number: tuple[int, int]) -> FileVersion:
    if item.kind is not ItemKind.FILE:
        raise errors.UsageError("Only a file has versions of its content.")
    for version in uow.items.versions([item.key]):
        if (version.major, version.minor) == number:
            return version
    raise errors.NotFound("The file has no such version.")

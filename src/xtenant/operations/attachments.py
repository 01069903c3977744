"""Files attached to list items: added, opened, removed (`content-api.md` 4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xtenant.domain import content, errors, paths
from xtenant.domain.caller import Caller
from xtenant.domain.content import Attachment, Item, ItemKind, LockState, NewAttachment, Role
from xtenant.domain.list_views import ATTACHMENTS, ListView, WebRef
from xtenant.domain.permissions import Securable
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access, blobs, lists, webs
from xtenant.operations.webs import Entered


def attach(
    units: Units,
    store: BlobStore,
    caller: Caller,
    *,
    ref: WebRef,
    what: Securable,
    name: str,
    pieces: Iterable[bytes],
    clock: Clock,
) -> tuple[ListView, Item, Attachment]:
    """Attach a file; the right is checked before a byte is stored, and again with the commit.

    Raises UsageError where nothing can be attached, NameTaken, InvalidName, PathTooLong, AccessDenied, SiteFrozen, SiteLocked.
    """
    _require_writable(units, caller, ref, what, name)
    stored = store.put(pieces)
    blobs.record(units, store, [stored], clock=clock)
    with units.write() as uow:
        found, library, item = _written(uow, caller, ref, what, name)
        now, by = clock.business_now(), access.author_of(uow, caller)
        writer = uow.write_site(found.site.key, now=now)
        writer.attach(
            item, NewAttachment(name=name, stored=stored, created_at=now, modified_at=now, author=by, editor=by)
        )
        return lists.views_of(uow, found, [library], counted=False)[0], item, _named(uow, item, name)


def detach(units: Units, caller: Caller, *, ref: WebRef, what: Securable, name: str, clock: Clock) -> None:
    """Take an attached file away for good. Raises NotFound, AccessDenied."""
    with units.write() as uow:
        found, _, item = _written(uow, caller, ref, what, name)
        uow.write_site(found.site.key, now=clock.business_now()).detach(item, _named(uow, item, name).name)


def find_attachment(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, name: str
) -> tuple[ListView, Item, Attachment]:
    """One attached file by name. Raises NotFound, AccessDenied."""
    with units.read() as uow:
        found, library, item = lists.readable_item(uow, caller, ref, what)
        return lists.views_of(uow, found, [library], counted=False)[0], item, _named(uow, item, name)


def content_of(store: BlobStore, attachment: Attachment) -> Iterator[bytes]:
    """The bytes of an attached file, in pieces."""
    return store.open(attachment.blob)


def _require_writable(units: Units, caller: Caller, ref: WebRef, what: Securable, name: str) -> None:
    with units.read() as uow:
        site = _written(uow, caller, ref, what, name)[0].site
    if site.frozen_by is not None:
        raise content.SiteFrozen("The site is being moved and cannot be changed now.", job=site.frozen_by)
    if site.lock_state is not LockState.UNLOCK:
        raise content.SiteLocked("The site is locked by an administrator.", lock_state=site.lock_state.value)


def _written(uow: UnitOfWork, caller: Caller, ref: WebRef, what: Securable, name: str) -> tuple[Entered, Item, Item]:
    """The list item that is to be changed. Raises UsageError for what takes no attachments."""
    found = webs.at(uow, caller, ref)
    library, item = lists.located(uow, found, what)
    access.require_entry(uow, found.standing, library)
    access.require_item(uow, found.standing, item, Role.WRITE)
    view = lists.views_of(uow, found, [library], counted=False)[0]
    if item.kind is not ItemKind.LIST_ITEM or not view.definition.attachments:
        raise errors.UsageError("The list takes no attachments.", remedy="Set EnableAttachments of the list.")
    paths.item_name(name)
    paths.check_length(found.site.url, (*view.address, ATTACHMENTS, str(item.int_id), name))
    return found, library, item


def _named(uow: UnitOfWork, item: Item, name: str) -> Attachment:
    attachment = uow.attachments.by_name(item, name)
    if attachment is None:
        raise errors.NotFound("File Not Found.", remedy="List the item's AttachmentFiles.")
    return attachment

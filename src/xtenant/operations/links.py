"""Sharing links: made, listed, changed, taken away, and followed (`content-api.md` 1.12).

Who may write an item may make links to it, anonymous ones where the tenant allows them. Owners manage all links of an item,
others the ones they made. A link opens its item and what is below it to whoever it is for, for reading; rights on the item
itself stay as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from xtenant.domain import content, errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import Item, ItemKind, LockState, PrincipalKey, Role
from xtenant.domain.drive import ROOT, Drive, DriveRef, ItemView, Where
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.sharepoint_settings import SharingCapability
from xtenant.domain.sharing import LinkKind, LinkScope, LinkView, NoSuchLink, SharingLink, address_of, token_hash
from xtenant.operations import access
from xtenant.operations.access import Standing
from xtenant.operations.content import drive_in, entered_drive, item_at, view_of, views_of
from xtenant.operations.link_tokens import LinkTokens
from xtenant.operations.permissions import principal_named

MOST_LINKS = 500
"""Links of one item (our choice; far above what SharePoint's clients make)."""

MOST_MEMBERS = 500


class SharingDisabled(errors.AccessDenied):
    """The tenant's settings allow no anonymous links."""

    code = "sharingDisabled"
    remedy = "Make a link for the organization, or change `sharingCapability` of the tenant."


def create(
    units: Units,
    caller: Caller,
    tokens: LinkTokens,
    *,
    ref: DriveRef,
    where: Where,
    kind: LinkKind,
    scope: LinkScope,
    expires_at: datetime | None = None,
    recipients: Sequence[str] = (),
    clock: Clock,
    ids: IdSource,
) -> tuple[LinkView, bool]:
    """A link, or the one of this kind and scope that is there already; and whether it is new.

    Raises UsageError for the root of a drive and a date that is over, SharingDisabled, AccessDenied, NotFound naming whoever
    is unknown.
    """
    now = clock.business_now()
    with units.write() as uow:
        drive, _, item = _item(uow, caller, ref, where, Role.WRITE)
        _check(uow, item, scope, recipients, expires_at, now)
        own = uow.links.of_items(drive.site.key, [item.key])
        there = _same(own, tokens, kind, scope, now)
        if there is not None and not recipients:
            return _views(uow, drive, item, [there], tokens)[0], False
        if len(own) >= MOST_LINKS:
            raise errors.Refused(f"An item has at most {MOST_LINKS} links.", remedy="Delete some of its links first.")
        link_id = ids.new_id()
        link = SharingLink(
            link_id=link_id,
            item_key=item.key,
            kind=kind,
            scope=scope,
            token_hash=tokens.hash_of(link_id),
            created_at=now.replace(microsecond=0),
            created_by=access.author_of(uow, caller),
            expires_at=None if expires_at is None else expires_at.replace(microsecond=0),
            members=_members(uow, recipients),
        )
        uow.write_site(drive.site.key, now=now).put_links([link])
        return _views(uow, drive, item, [link], tokens)[0], True


def links_of(
    units: Units, caller: Caller, tokens: LinkTokens, *, ref: DriveRef, where: Where = ROOT
) -> Sequence[LinkView]:
    """Links of an item that the caller may know of: all for its owners, else those one made or is named in."""
    with units.read() as uow:
        drive, standing, item = _item(uow, caller, ref, where, Role.READ)
        found = uow.links.of_items(drive.site.key, [item.key])
        if not _owns(uow, standing, item):
            own = {one.key for one in uow.principals.by_directory_ids(_identities(uow, caller)).values()}
            found = [link for link in found if own & {link.created_by, *link.members}]
        return _views(uow, drive, item, found, tokens)


def change_expiry(
    units: Units,
    caller: Caller,
    tokens: LinkTokens,
    *,
    ref: DriveRef,
    where: Where,
    link_id: UUID,
    expires_at: datetime | None,
    clock: Clock,
) -> LinkView:
    """Raises NoSuchLink, AccessDenied, UsageError for a date that is over."""
    now = clock.business_now()
    with units.write() as uow:
        drive, item, link = _managed(uow, caller, ref, where, link_id)
        _check_date(expires_at, now)
        changed = dataclasses.replace(link, expires_at=expires_at and expires_at.replace(microsecond=0))
        uow.write_site(drive.site.key, now=now).put_links([changed])
        return _views(uow, drive, item, [changed], tokens)[0]


def remove(units: Units, caller: Caller, *, ref: DriveRef, where: Where, link_id: UUID, clock: Clock) -> None:
    """Its address leads nowhere from now on. Raises NoSuchLink, AccessDenied."""
    with units.write() as uow:
        drive, _, link = _managed(uow, caller, ref, where, link_id)
        uow.write_site(drive.site.key, now=clock.business_now()).remove_link(link.link_id)


def grant(
    units: Units, caller: Caller, tokens: LinkTokens, *, token: str, recipients: Sequence[str], clock: Clock
) -> LinkView:
    """More people for a link that is for those it names. Raises NoSuchLink, AccessDenied, UsageError for another link."""
    now = clock.business_now()
    with units.write() as uow:
        drive, link, item = _followed(uow, token, now)
        _require_for_me(uow, caller, drive, link, item)
        _require_manager(uow, caller, access.standing_of(uow, caller, drive.site), item, link)
        if link.scope is not LinkScope.USERS:
            raise errors.UsageError("Only a link for specific people names any.")
        members = tuple(sorted({*link.members, *_members(uow, recipients)}))
        changed = dataclasses.replace(link, members=members)
        uow.write_site(drive.site.key, now=now).put_links([changed])
        return _views(uow, drive, item, [changed], tokens)[0]


def follow(units: Units, caller: Caller, *, token: str, names: Sequence[str] = (), clock: Clock) -> ItemView:
    """The item a sharing address leads to, or one below it.

    Raises NoSuchLink (also for who may not use it: nobody learns that it is there), SiteMoved, SiteLocked, NotFound.
    """
    with units.read() as uow:
        drive, link, item = _followed(uow, token, clock.business_now())
        _require_for_me(uow, caller, drive, link, item)
        found = uow.items.by_path(item, list(names)) if names else item
        if found is None:
            raise errors.NotFound("The item does not exist.")
        _require_inherited(uow, caller, drive, item, found)
        return view_of(uow, drive, found)


def children(
    units: Units, caller: Caller, *, token: str, after_name: str, limit: int, clock: Clock
) -> tuple[Sequence[ItemView], str | None]:
    """What a shared folder holds, in name order, and where to go on; what has permissions of its own is left out."""
    with units.read() as uow:
        drive, link, item = _followed(uow, token, clock.business_now())
        _require_for_me(uow, caller, drive, link, item)
        if item.kind is ItemKind.FILE:
            raise errors.UsageError("A file holds no items.")
        page = uow.items.children(item, after_name=after_name, limit=limit)
        nearest = uow.scopes.nearest(page)
        shown = [one for one in page if nearest[one.key] != one.key]
        following = page[-1].name if len(page) == limit else None
        return views_of(uow, drive, shown), following


def _item(uow: UnitOfWork, caller: Caller, ref: DriveRef, where: Where, wanted: Role) -> tuple[Drive, Standing, Item]:
    drive, standing = entered_drive(uow, caller, ref)
    item = item_at(uow, drive, where, standing)
    access.require_item(uow, standing, item, wanted)
    return drive, standing, item


def _check(
    uow: UnitOfWork,
    item: Item,
    scope: LinkScope,
    recipients: Sequence[str],
    expires_at: datetime | None,
    now: datetime,
) -> None:
    if item.kind not in (ItemKind.FILE, ItemKind.FOLDER):
        raise errors.UsageError("Links lead to files and folders.", remedy="Share a folder of the library.")
    if recipients and scope is not LinkScope.USERS:
        raise errors.UsageError("Only a link for specific people names any.")
    _check_date(expires_at, now)
    capability = uow.sharepoint_settings.get().sharing_capability
    if scope is LinkScope.ANONYMOUS and capability is not SharingCapability.EXTERNAL_AND_GUESTS:
        raise SharingDisabled("Anonymous links are disabled for this tenant.")


def _check_date(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise errors.UsageError("The expiration date is over.")


def _same(
    links: Sequence[SharingLink], tokens: LinkTokens, kind: LinkKind, scope: LinkScope, now: datetime
) -> SharingLink | None:
    """The link of this kind that can be told again: one that came with a move cannot, its token is another tenant's."""
    return next(
        (
            link
            for link in links
            if (link.kind, link.scope) == (kind, scope)
            and not link.is_over(now)
            and link.token_hash == tokens.hash_of(link.link_id)
        ),
        None,
    )


def _members(uow: UnitOfWork, recipients: Sequence[str]) -> tuple[PrincipalKey, ...]:
    if len(recipients) > MOST_MEMBERS:
        raise errors.TooLarge(f"A link names at most {MOST_MEMBERS} people at once.")
    people = [principal_named(uow, name) for name in recipients]
    return tuple(sorted(uow.principals.ensure(people).values()))


def _views(
    uow: UnitOfWork, drive: Drive, item: Item, links: Sequence[SharingLink], tokens: LinkTokens
) -> Sequence[LinkView]:
    people = uow.principals.by_keys({member for link in links for member in link.members})
    return [
        LinkView(
            link=link,
            members=tuple(people[member] for member in link.members if member in people),
            url=_url_of(drive, item, link, tokens),
        )
        for link in links
    ]


def _url_of(drive: Drive, item: Item, link: SharingLink, tokens: LinkTokens) -> str | None:
    token = tokens.token_of(link.link_id)
    if token_hash(token) != link.token_hash:
        return None
    return address_of(drive.site.url, item.name, token, is_folder=item.kind is ItemKind.FOLDER)


def _owns(uow: UnitOfWork, standing: Standing, item: Item) -> bool:
    return access.role_on(uow, standing, item) is Role.OWNER


def _identities(uow: UnitOfWork, caller: Caller) -> frozenset[UUID]:
    """Under which directory ids somebody may be named; an app is named by nothing."""
    if caller.kind is not CallerKind.USER or caller.user_id is None:
        return frozenset({access.SHAREPOINT_APP.directory_id} if caller.kind is CallerKind.APP else ())
    return uow.memberships.groups_of(caller.user_id) | {caller.user_id}


def _managed(
    uow: UnitOfWork, caller: Caller, ref: DriveRef, where: Where, link_id: UUID
) -> tuple[Drive, Item, SharingLink]:
    drive, standing, item = _item(uow, caller, ref, where, Role.WRITE)
    link = uow.links.by_id(drive.site.key, link_id)
    if link is None or link.item_key != item.key:
        raise NoSuchLink
    _require_manager(uow, caller, standing, item, link)
    return drive, item, link


def _require_manager(uow: UnitOfWork, caller: Caller, standing: Standing, item: Item, link: SharingLink) -> None:
    """Owners of the item, and whoever made the link while they may write the item."""
    if _owns(uow, standing, item):
        return
    access.require_item(uow, standing, item, Role.WRITE)
    made_by = uow.principals.by_keys([link.created_by]).get(link.created_by)
    if caller.user_id is None or made_by is None or made_by.directory_id != caller.user_id:
        raise errors.AccessDenied("Access denied.", remedy=access.OWNERS_ONLY)


def _followed(uow: UnitOfWork, token: str, now: datetime) -> tuple[Drive, SharingLink, Item]:
    found = uow.links.by_token(token_hash(token))
    if found is None:
        raise NoSuchLink
    site_key, link = found
    site = uow.sites.by_key(site_key)
    item = uow.items.by_keys([link.item_key]).get(link.item_key)
    if site is None or item is None or item.library_key is None or link.is_over(now):
        raise NoSuchLink
    access.require_there(site)
    if site.lock_state is LockState.NO_ACCESS:
        raise content.SiteLocked("The site is locked by an administrator.", lock_state=site.lock_state.value)
    library = uow.items.by_keys([item.library_key])[item.library_key]
    return drive_in(uow, site, DriveRef(site_id=site.site_id, library_id=library.item_id)), link, item


def _require_for_me(uow: UnitOfWork, caller: Caller, drive: Drive, link: SharingLink, item: Item) -> None:
    """Whether the link is for a caller; who may read the item anyway may follow any link to it."""
    if link.scope is LinkScope.ANONYMOUS:
        return
    if caller.kind not in (CallerKind.USER, CallerKind.APP):
        raise NoSuchLink
    if link.scope is LinkScope.ORGANIZATION and caller.kind is CallerKind.USER and not caller.is_guest:
        return
    if _reads(uow, caller, drive, item):
        return
    named = {one.directory_id for one in uow.principals.by_keys(link.members).values()}
    if link.scope is LinkScope.USERS and caller.kind is CallerKind.USER and named & _identities(uow, caller):
        return
    raise NoSuchLink


def _require_inherited(uow: UnitOfWork, caller: Caller, drive: Drive, shared: Item, item: Item) -> None:
    """A link to a folder does not open what has permissions of its own below it."""
    if item.key == shared.key or uow.scopes.nearest([item])[item.key] == uow.scopes.nearest([shared])[shared.key]:
        return
    if not _reads(uow, caller, drive, item):
        raise errors.NotFound("The item does not exist.")


def _reads(uow: UnitOfWork, caller: Caller, drive: Drive, item: Item) -> bool:
    return access.role_on(uow, access.standing_of(uow, caller, drive.site), item) is not None

"""Reading content: sites, drives, items, versions, changes.

Every way in starts from a visible site the caller may enter; what is shown of it is what the caller may read. A page asks
once for all its items (`access.readable`), never item by item.
"""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import (
    FileVersion,
    Item,
    ItemId,
    ItemKey,
    ItemKind,
    Principal,
    PrincipalKey,
    Role,
    Site,
    SiteId,
    SiteKey,
)
from xtenant.domain.directory import GroupId, UserId
from xtenant.domain.drive import ROOT, DeltaPage, Drive, DriveRef, ItemPage, ItemView, VersionView, Where
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import GeoCode
from xtenant.operations import access
from xtenant.operations.access import Standing

DELTA_FULL = "f"
DELTA_SINCE = "s"
DELTA_LATEST = "latest"
LOOKS = 1_000
"""How many pages of other libraries' changes are passed over while one page is filled."""


def find_site(units: Units, caller: Caller, *, site_id: SiteId) -> Site:
    """Raises NotFound, SiteMoved, AccessDenied, SiteLocked (as every function here does)."""
    with units.read() as uow:
        return entered_site(uow, caller, site_id).site


def find_site_by_url(units: Units, caller: Caller, *, url: str) -> Site:
    with units.read() as uow:
        site = uow.sites.visible_by_url(url)
        if site is None:
            raise errors.NotFound("There is no such site.")
        access.require_site(access.standing_of(uow, caller, site))
        return site


def list_sites(
    units: Units, caller: Caller, *, after: SiteKey, limit: int, geo: GeoCode | None = None, term: str = ""
) -> tuple[Sequence[Site], SiteKey | None]:
    """Sites the caller may enter, redirects left out, with where to go on. `term` is looked for in title and address."""
    found: list[Site] = []
    wanted = term.strip("*").casefold()
    with units.read() as uow:
        for _look in range(LOOKS):
            page = uow.sites.visible_page(geo=geo, template=None, personal=None, after=after, limit=limit)
            standings = access.standings_of(uow, caller, [site for site in page if not site.is_redirect])
            for site in page:
                after = site.key
                if site.is_redirect or wanted not in f"{site.title} {site.url}".casefold():
                    continue
                if standings[site.key].enters:
                    found.append(site)
                if len(found) == limit:
                    return found, after
            if len(page) < limit:
                return found, None
    return found, after


def find_drive(units: Units, caller: Caller, *, ref: DriveRef) -> Drive:
    """A library; the default one when the reference names none."""
    with units.read() as uow:
        return entered_drive(uow, caller, ref)[0]


def drives_of(units: Units, caller: Caller, *, site_id: SiteId, web_id: ItemId | None = None) -> Sequence[Drive]:
    """Libraries of the root web, or of a subweb, that the caller may enter."""
    with units.read() as uow:
        standing = entered_site(uow, caller, site_id)
        site = standing.site
        web = _subweb(uow, site, web_id)
        above = () if web is None else uow.definitions.paths_of([web])[web.key]
        owner = _owner_of(uow, site)
        inside = [one for one in uow.items.libraries(site.key) if one.parent_key == (None if web is None else web.key)]
        libraries = access.enterable(uow, standing, inside)
        titles = uow.definitions.lists(site.key, [library.key for library in libraries])
        return [
            Drive(site=site, library=library, owner=owner, above=above, title=titles[library.key].title)
            for library in libraries
        ]


def personal_drive(units: Units, caller: Caller, *, user_id: UserId | None = None) -> Drive:
    """A user's OneDrive, the caller's own without an id. Raises UsageError for an app that asks for its own."""
    if user_id is None:
        if caller.kind is not CallerKind.USER or caller.user_id is None:
            raise errors.UsageError("/me is for signed-in users only.")
        user_id = UserId(caller.user_id)
    with units.read() as uow:
        site = uow.sites.visible_personal_of(user_id)
        if site is None:
            raise errors.NotFound("The user has no OneDrive.")
        return entered_drive(uow, caller, DriveRef(site_id=site.site_id))[0]


def group_drive(units: Units, caller: Caller, *, group_id: GroupId) -> Drive:
    """The default library of a group's site."""
    with units.read() as uow:
        group = uow.groups.by_id(group_id)
        site = uow.sites.visible_by_url(group.site_url) if group and group.site_url else None
        if site is None:
            raise errors.NotFound("The group has no site.")
        return entered_drive(uow, caller, DriveRef(site_id=site.site_id))[0]


def find_item(units: Units, caller: Caller, *, ref: DriveRef, where: Where = ROOT) -> ItemView:
    """An item by id, by path, or by path below an id. AccessDenied for one that may not be read itself, also where
    something below it may."""
    with units.read() as uow:
        drive, item = readable_item(uow, caller, ref, where)
        return view_of(uow, drive, item)


def children(
    units: Units, caller: Caller, *, ref: DriveRef, where: Where = ROOT, after_name: str = "", limit: int
) -> ItemPage:
    """Children in name order behind a name, those that may be read. A file has none.

    A page may hold less than asked for and still have a next one, where the caller may not read all.
    """
    with units.read() as uow:
        drive, standing = entered_drive(uow, caller, ref)
        folder = item_at(uow, drive, where, standing)
        access.require_entry(uow, standing, folder)
        shown: Sequence[Item] = ()
        next_name: str | None = after_name
        for _look in range(LOOKS):
            rows = uow.items.children(folder, after_name=next_name or "", limit=limit + 1)
            shown = access.readable(uow, standing, rows[:limit])
            next_name = rows[limit - 1].name if len(rows) > limit else None
            if shown or next_name is None:
                break
        return ItemPage(folder=view_of(uow, drive, folder), views=views_of(uow, drive, shown), next_name=next_name)


def versions(units: Units, caller: Caller, *, ref: DriveRef, where: Where) -> Sequence[VersionView]:
    """All versions of a file, newest first (`content-api.md` 1.11)."""
    with units.read() as uow:
        _, item = readable_item(uow, caller, ref, where)
        found = list(uow.items.versions([item.key]))
        people = uow.principals.by_keys({version.editor for version in found})
        return [VersionView(version=version, editor=people.get(version.editor)) for version in reversed(found)]


def version(units: Units, caller: Caller, *, ref: DriveRef, where: Where, number: tuple[int, int]) -> FileVersion:
    """One version of a file; its `blob` names the bytes. Raises NotFound."""
    for view in versions(units, caller, ref=ref, where=where):
        if (view.version.major, view.version.minor) == number:
            return view.version
    raise errors.NotFound("The file has no such version.")


def delta(units: Units, caller: Caller, *, ref: DriveRef, token: str | None, limit: int) -> DeltaPage:
    """What changed in a drive since a token, or everything, parents first, without one (`content-api.md` 1.7).

    Who may read everything finds the library itself among the first page's rows. What the caller may not read is left out,
    so is what was moved to where the caller may not read. Raises Expired for a token of another life of the site.
    """
    with units.read() as uow:
        drive, standing = entered_drive(uow, caller, ref)
        now_at = drive.site.change_no
        if token == DELTA_LATEST:
            return DeltaPage(views=(), delta_token=f"{DELTA_SINCE}.{now_at}")
        kind, since, after = _read_token(token, now_at)
        if kind == DELTA_FULL:
            return _everything(uow, drive, standing, since, ItemKey(after), limit)
        return _changes(uow, drive, standing, since, limit, first=token is not None and token.count(".") == 1)


def entered_site(uow: UnitOfWork, caller: Caller, site_id: SiteId) -> Standing:
    """How the caller stands on a site that may be entered. Raises NotFound, SiteMoved, AccessDenied, SiteLocked."""
    site = uow.sites.visible_by_id(site_id)
    if site is None:
        raise errors.NotFound("There is no such site.")
    standing = access.standing_of(uow, caller, site)
    access.require_site(standing)
    return standing


def entered_drive(uow: UnitOfWork, caller: Caller, ref: DriveRef) -> tuple[Drive, Standing]:
    """The same of a library: it or something in it may be read."""
    standing = entered_site(uow, caller, ref.site_id)
    drive = drive_in(uow, standing.site, ref)
    access.require_entry(uow, standing, drive.library)
    return drive, standing


def readable_item(uow: UnitOfWork, caller: Caller, ref: DriveRef, where: Where) -> tuple[Drive, Item]:
    """Raises NotFound, AccessDenied."""
    drive, standing = entered_drive(uow, caller, ref)
    item = item_at(uow, drive, where, standing)
    access.require_item(uow, standing, item, Role.READ)
    return drive, item


def drive_in(uow: UnitOfWork, site: Site, ref: DriveRef) -> Drive:
    """A drive of a site the caller has been checked for. Raises NotFound."""
    if ref.library_id is not None:
        library = uow.items.by_id(site.key, ref.library_id)
    elif ref.web_id is not None:
        library = _default_library(uow, site, ref.web_id)
    else:
        library = uow.items.root_of(site.key)
    if library is None or library.kind is not ItemKind.LIBRARY:
        raise errors.NotFound("There is no such drive.")
    above = () if library.parent_key is None else uow.definitions.paths_of([library])[library.key][:-1]
    return Drive(site=site, library=library, owner=_owner_of(uow, site), above=above)


def _subweb(uow: UnitOfWork, site: Site, web_id: ItemId | None) -> Item | None:
    """None for the root web. Raises NotFound."""
    if web_id is None or web_id == site.web_id:
        return None
    web = uow.items.by_id(site.key, web_id)
    if web is None or web.kind is not ItemKind.WEB:
        raise errors.NotFound("There is no such site.")
    return web


def _default_library(uow: UnitOfWork, site: Site, web_id: ItemId) -> Item | None:
    web = _subweb(uow, site, web_id)
    if web is None:
        return uow.items.root_of(site.key)
    return next((one for one in uow.items.libraries(site.key) if one.parent_key == web.key), None)


def item_at(uow: UnitOfWork, drive: Drive, where: Where, standing: Standing | None = None) -> Item:
    """Raises NotFound, also for an item of another drive; with a standing, AccessDenied where the folder that does not hold
    the name may not be read, so that nobody learns by names which there are."""
    start = drive.library
    if where.item_id is not None and where.item_id != drive.library.item_id:
        found = uow.items.by_id(drive.site.key, where.item_id)
        if found is None or found.library_key != drive.library.key:
            raise errors.NotFound("The item does not exist.")
        start = found
    if not where.names:
        return start
    item = uow.items.by_path(start, where.names)
    if item is None:
        if standing is not None and standing.everywhere is None and standing.rights.unique:
            access.require_item(uow, standing, _last_folder(uow, start, where.names), Role.READ)
        raise errors.NotFound("The item does not exist.")
    return item


def _last_folder(uow: UnitOfWork, start: Item, names: tuple[str, ...]) -> Item:
    """The last item of a path that is there; as many look-ups as names, in the one case of a wrong path."""
    for length in range(len(names) - 1, 0, -1):
        found = uow.items.by_path(start, names[:length])
        if found is not None:
            return found
    return start


def view_of(uow: UnitOfWork, drive: Drive, item: Item) -> ItemView:
    return views_of(uow, drive, [item])[0]


def views_of(uow: UnitOfWork, drive: Drive, items: Sequence[Item]) -> Sequence[ItemView]:
    """Items with paths, folders, people and counts, in a fixed number of queries."""
    paths_of = uow.items.paths_of(items)
    parents = uow.items.by_keys({item.parent_key for item in items if item.parent_key is not None})
    people: dict[PrincipalKey, Principal] = uow.principals.by_keys(
        {key for item in items for key in (item.author, item.editor)}
    )
    counts = uow.items.count_children([item.key for item in items if item.kind is not ItemKind.FILE])
    shared = uow.links.widest(drive.site.key, [item.key for item in items])
    return [
        ItemView(
            drive=drive,
            item=item,
            path=paths_of[item.key],
            parent=None if item.parent_key is None else parents.get(item.parent_key),
            author=people.get(item.author),
            editor=people.get(item.editor),
            children=counts.get(item.key, 0),
            shared=shared.get(item.key),
        )
        for item in items
    ]


def _owner_of(uow: UnitOfWork, site: Site) -> Principal | None:
    owner = site.group_id or site.owner_id
    return uow.principals.by_directory_ids([owner]).get(owner) if owner else None


def _everything(uow: UnitOfWork, drive: Drive, standing: Standing, since: int, after: ItemKey, limit: int) -> DeltaPage:
    """Live items by depth; what changes meanwhile comes with the changes since the first page."""
    found: list[Item] = []
    for _look in range(LOOKS):
        page = uow.items.page(drive.site.key, after=after, limit=limit)
        shown = {item.key for item in access.readable(uow, standing, page)}
        for item in page:
            after = item.key
            if item.key in shown and _in_drive(drive, item):
                found.append(item)
            if len(found) == limit:
                break
        if found or len(page) < limit:
            break
    if len(found) < limit and len(uow.items.page(drive.site.key, after=after, limit=1)) == 0:
        return DeltaPage(views=views_of(uow, drive, found), delta_token=f"{DELTA_SINCE}.{since}")
    return DeltaPage(views=views_of(uow, drive, found), next_token=f"{DELTA_FULL}.{since}.{after}")


def _changes(uow: UnitOfWork, drive: Drive, standing: Standing, since: int, limit: int, *, first: bool) -> DeltaPage:
    found: list[Item] = list(access.readable(uow, standing, [drive.library])) if first else []
    at = since
    for _look in range(LOOKS):
        page = uow.items.changes(drive.site.key, after=at, limit=limit)
        inside = [item for item in page if _in_drive(drive, item) and item.key != drive.library.key]
        found += access.readable(uow, standing, inside)
        at = page[-1].change_no if page else at
        if len(page) < limit:
            # what was counted without an item of its own (a role given) is passed over as well
            token = f"{DELTA_SINCE}.{max(at, drive.site.change_no)}"
            return DeltaPage(views=views_of(uow, drive, found), delta_token=token)
        if found:
            break
    return DeltaPage(views=views_of(uow, drive, found), next_token=f"{DELTA_SINCE}.{at}.0")


def _in_drive(drive: Drive, item: Item) -> bool:
    return drive.library.key in (item.key, item.library_key)


def _read_token(token: str | None, now_at: int) -> tuple[str, int, int]:
    """(kind, change number, item key). Raises Expired for a token that was never given out, or not in this life."""
    if not token:
        return DELTA_FULL, now_at, 0
    kind, _, rest = token.partition(".")
    numbers = rest.split(".")
    well_formed = all(part.isascii() and part.isdecimal() and len(part) < 19 for part in numbers)
    if kind not in (DELTA_FULL, DELTA_SINCE) or not well_formed or len(numbers) > 2:
        raise errors.Expired("The token is none that was given out here.")
    since, after = int(numbers[0]), int(numbers[1]) if len(numbers) == 2 else 0
    if since > now_at:
        raise errors.Expired("The token is newer than the site: the site was put back from a backup.")
    return kind, since, after

"""Reading content: sites, drives, items, versions, changes. Every way in starts from a visible site the caller may read."""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import FileVersion, Item, ItemKey, ItemKind, Principal, PrincipalKey, Site, SiteId, SiteKey
from xtenant.domain.directory import GroupId, UserId
from xtenant.domain.drive import ROOT, DeltaPage, Drive, DriveRef, ItemPage, ItemView, VersionView, Where
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import GeoCode
from xtenant.operations import access

DELTA_FULL = "f"
DELTA_SINCE = "s"
DELTA_LATEST = "latest"
LOOKS = 1_000
"""How many pages of other libraries' changes are passed over while one page is filled."""


def find_site(units: Units, caller: Caller, *, site_id: SiteId) -> Site:
    """Raises NotFound, SiteMoved, AccessDenied, SiteLocked (as every function here does)."""
    with units.read() as uow:
        return readable_site(uow, caller, site_id)


def find_site_by_url(units: Units, caller: Caller, *, url: str) -> Site:
    with units.read() as uow:
        site = uow.sites.visible_by_url(url)
        if site is None:
            raise errors.NotFound("There is no such site.")
        access.require_read(uow, caller, site)
        return site


def list_sites(
    units: Units, caller: Caller, *, after: SiteKey, limit: int, geo: GeoCode | None = None, term: str = ""
) -> tuple[Sequence[Site], SiteKey | None]:
    """Sites the caller may read, redirects left out, with where to go on. `term` is looked for in title and address."""
    found: list[Site] = []
    wanted = term.strip("*").casefold()
    with units.read() as uow:
        for _look in range(LOOKS):
            page = uow.sites.visible_page(geo=geo, template=None, personal=None, after=after, limit=limit)
            for site in page:
                after = site.key
                if site.is_redirect or wanted not in f"{site.title} {site.url}".casefold():
                    continue
                if access.may_read(uow, caller, site):
                    found.append(site)
                if len(found) == limit:
                    return found, after
            if len(page) < limit:
                return found, None
    return found, after


def find_drive(units: Units, caller: Caller, *, ref: DriveRef) -> Drive:
    """A library; the default one when the reference names none."""
    with units.read() as uow:
        return readable_drive(uow, caller, ref)


def drives_of(units: Units, caller: Caller, *, site_id: SiteId) -> Sequence[Drive]:
    with units.read() as uow:
        site = readable_site(uow, caller, site_id)
        owner = _owner_of(uow, site)
        return [Drive(site=site, library=library, owner=owner) for library in uow.items.libraries(site.key)]


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
        return readable_drive(uow, caller, DriveRef(site_id=site.site_id))


def group_drive(units: Units, caller: Caller, *, group_id: GroupId) -> Drive:
    """The default library of a group's site."""
    with units.read() as uow:
        group = uow.groups.by_id(group_id)
        site = uow.sites.visible_by_url(group.site_url) if group and group.site_url else None
        if site is None:
            raise errors.NotFound("The group has no site.")
        return readable_drive(uow, caller, DriveRef(site_id=site.site_id))


def find_item(units: Units, caller: Caller, *, ref: DriveRef, where: Where = ROOT) -> ItemView:
    """An item by id, by path, or by path below an id."""
    with units.read() as uow:
        drive = readable_drive(uow, caller, ref)
        return view_of(uow, drive, item_at(uow, drive, where))


def children(
    units: Units, caller: Caller, *, ref: DriveRef, where: Where = ROOT, after_name: str = "", limit: int
) -> ItemPage:
    """Children in name order behind a name. A file has none."""
    with units.read() as uow:
        drive = readable_drive(uow, caller, ref)
        folder = item_at(uow, drive, where)
        rows = uow.items.children(folder, after_name=after_name, limit=limit + 1)
        shown = rows[:limit]
        return ItemPage(
            folder=view_of(uow, drive, folder),
            views=views_of(uow, drive, shown),
            next_name=shown[-1].name if len(rows) > limit else None,
        )


def versions(units: Units, caller: Caller, *, ref: DriveRef, where: Where) -> Sequence[VersionView]:
    """All versions of a file, newest first (`content-api.md` 1.11)."""
    with units.read() as uow:
        drive = readable_drive(uow, caller, ref)
        item = item_at(uow, drive, where)
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

    The library itself is always among the first page's rows. Raises Expired for a token of another life of the site.
    """
    with units.read() as uow:
        drive = readable_drive(uow, caller, ref)
        now_at = drive.site.change_no
        if token == DELTA_LATEST:
            return DeltaPage(views=(), delta_token=f"{DELTA_SINCE}.{now_at}")
        kind, since, after = _read_token(token, now_at)
        if kind == DELTA_FULL:
            return _everything(uow, drive, since, ItemKey(after), limit)
        return _changes(uow, drive, since, limit, first=token is not None and token.count(".") == 1)


def readable_site(uow: UnitOfWork, caller: Caller, site_id: SiteId) -> Site:
    site = uow.sites.visible_by_id(site_id)
    if site is None:
        raise errors.NotFound("There is no such site.")
    access.require_read(uow, caller, site)
    return site


def readable_drive(uow: UnitOfWork, caller: Caller, ref: DriveRef) -> Drive:
    return drive_in(uow, readable_site(uow, caller, ref.site_id), ref)


def drive_in(uow: UnitOfWork, site: Site, ref: DriveRef) -> Drive:
    """A drive of a site the caller has been checked for. Raises NotFound."""
    if ref.library_id is None:
        library = uow.items.root_of(site.key)
    else:
        library = uow.items.by_id(site.key, ref.library_id)
    if library is None or library.kind is not ItemKind.LIBRARY:
        raise errors.NotFound("There is no such drive.")
    return Drive(site=site, library=library, owner=_owner_of(uow, site))


def item_at(uow: UnitOfWork, drive: Drive, where: Where) -> Item:
    """Raises NotFound, also for an item of another drive."""
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
        raise errors.NotFound("The item does not exist.")
    return item


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
    return [
        ItemView(
            drive=drive,
            item=item,
            path=paths_of[item.key],
            parent=None if item.parent_key is None else parents.get(item.parent_key),
            author=people.get(item.author),
            editor=people.get(item.editor),
            children=counts.get(item.key, 0),
        )
        for item in items
    ]


def _owner_of(uow: UnitOfWork, site: Site) -> Principal | None:
    owner = site.group_id or site.owner_id
    return uow.principals.by_directory_ids([owner]).get(owner) if owner else None


def _everything(uow: UnitOfWork, drive: Drive, since: int, after: ItemKey, limit: int) -> DeltaPage:
    """Live items by depth; what changes meanwhile comes with the changes since the first page."""
    found: list[Item] = []
    for _look in range(LOOKS):
        page = uow.items.page(drive.site.key, after=after, limit=limit)
        for item in page:
            after = item.key
            if _in_drive(drive, item):
                found.append(item)
            if len(found) == limit:
                break
        if found or len(page) < limit:
            break
    if len(found) < limit and len(uow.items.page(drive.site.key, after=after, limit=1)) == 0:
        return DeltaPage(views=views_of(uow, drive, found), delta_token=f"{DELTA_SINCE}.{since}")
    return DeltaPage(views=views_of(uow, drive, found), next_token=f"{DELTA_FULL}.{since}.{after}")


def _changes(uow: UnitOfWork, drive: Drive, since: int, limit: int, *, first: bool) -> DeltaPage:
    found: list[Item] = [drive.library] if first else []
    at = since
    for _look in range(LOOKS):
        page = uow.items.changes(drive.site.key, after=at, limit=limit)
        found += [item for item in page if _in_drive(drive, item) and item.key != drive.library.key]
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

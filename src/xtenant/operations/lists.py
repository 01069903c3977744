"""A site's web and its libraries as lists, with their items by number: what SharePoint REST reads (`content-api.md` 4.4).

Who may enter a site or a library is told of it; of the items, those the caller may read.
"""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.content import Item, ItemKind, Role, Site
from xtenant.domain.drive import LIBRARY_TITLES
from xtenant.domain.item_facts import PLAIN
from xtenant.domain.permissions import ListItemView, ListPage, ListView, Securable
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access
from xtenant.operations.access import Standing

LOOKS = 1_000
"""How many pages of items that may not be read are passed over for one that holds something."""


def find_web(units: Units, caller: Caller, *, url: str) -> Site:
    """Raises NotFound, SiteMoved, AccessDenied, SiteLocked (as every function here does)."""
    with units.read() as uow:
        return entered_web(uow, caller, url).site


def lists_of(units: Units, caller: Caller, *, url: str) -> Sequence[ListView]:
    """Libraries the caller may enter."""
    with units.read() as uow:
        standing = entered_web(uow, caller, url)
        return _views(uow, standing.site, access.enterable(uow, standing, uow.items.libraries(standing.site.key)))


def find_list(units: Units, caller: Caller, *, url: str, what: Securable) -> ListView:
    """Raises NotFound, AccessDenied."""
    with units.read() as uow:
        standing = entered_web(uow, caller, url)
        return _views(uow, standing.site, [entered_library(uow, standing, what)])[0]


def find_list_item(units: Units, caller: Caller, *, url: str, what: Securable) -> ListPage:
    """A page of the one item. Raises NotFound, AccessDenied."""
    with units.read() as uow:
        standing = entered_web(uow, caller, url)
        library = entered_library(uow, standing, what)
        item = numbered(uow, library, what)
        access.require_item(uow, standing, item, Role.READ)
        return ListPage(view=_views(uow, standing.site, [library])[0], items=_item_views(uow, [item]))


def list_items(units: Units, caller: Caller, *, url: str, what: Securable, after: int, limit: int) -> ListPage:
    """Items at any depth that may be read, by number. A page may be short of the limit and still have a next one."""
    with units.read() as uow:
        standing = entered_web(uow, caller, url)
        library = entered_library(uow, standing, what)
        shown: Sequence[Item] = ()
        following: int | None = after
        for _look in range(LOOKS):
            rows = uow.list_items.page(library, after=following or 0, limit=limit)
            shown = access.readable(uow, standing, rows)
            following = rows[-1].int_id if len(rows) == limit else None
            if shown or following is None:
                break
        view = _views(uow, standing.site, [library])[0]
        return ListPage(view=view, items=_item_views(uow, shown), next_number=following)


def entered_web(uow: UnitOfWork, caller: Caller, url: str) -> Standing:
    """How the caller stands on the site at an address. Raises NotFound, SiteMoved, AccessDenied, SiteLocked."""
    site = uow.sites.visible_by_url(url)
    if site is None:
        raise errors.NotFound("There is no web at this address.")
    standing = access.standing_of(uow, caller, site)
    access.require_site(standing)
    return standing


def entered_library(uow: UnitOfWork, standing: Standing, what: Securable) -> Item:
    """A library by id or title. Raises NotFound, AccessDenied."""
    library = library_named(uow, standing.site, what)
    access.require_entry(uow, standing, library)
    return library


def library_named(uow: UnitOfWork, site: Site, what: Securable) -> Item:
    """Raises NotFound."""
    found: Item | None = None
    if what.list_id is not None:
        found = uow.items.by_id(site.key, what.list_id)
    elif what.list_title is not None:
        wanted = what.list_title.casefold()
        found = next((one for one in uow.items.libraries(site.key) if title_of(one).casefold() == wanted), None)
    if found is None or found.kind is not ItemKind.LIBRARY:
        raise errors.NotFound("List does not exist at this web.", remedy="Check the list's id or title.")
    return found


def numbered(uow: UnitOfWork, library: Item, what: Securable) -> Item:
    """An item by its number in a library. Raises NotFound."""
    item = uow.list_items.by_number(library, what.item_number or 0)
    if item is None:
        raise errors.NotFound("Item does not exist. It may have been deleted.", remedy="Check the item's number.")
    return item


def title_of(library: Item) -> str:
    """The default library's title differs from the last segment of its address, as at Microsoft."""
    return LIBRARY_TITLES.get(library.name, library.name)


def _views(uow: UnitOfWork, site: Site, libraries: Sequence[Item]) -> Sequence[ListView]:
    counts = uow.list_items.counts([library.key for library in libraries])
    nearest = uow.scopes.nearest(libraries)
    stated = uow.item_facts.of_site(site.key)
    return [
        ListView(
            site=site,
            library=one,
            item_count=counts[one.key],
            is_unique=nearest[one.key] == one.key,
            template=stated.get(one.key, PLAIN).list_template,
        )
        for one in libraries
    ]


def _item_views(uow: UnitOfWork, items: Sequence[Item]) -> Sequence[ListItemView]:
    paths_of = uow.items.paths_of(items)
    nearest = uow.scopes.nearest(items)
    stated = uow.item_facts.of_site(items[0].site_key) if items else {}
    return [
        ListItemView(
            item=one,
            path=paths_of[one.key],
            is_unique=nearest[one.key] == one.key,
            label=stated.get(one.key, PLAIN).label,
        )
        for one in items
    ]

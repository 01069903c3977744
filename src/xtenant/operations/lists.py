"""Lists and libraries of a web, with their items by number: what SharePoint REST and Graph read (`content-api.md` 1.13, 4.4).

Who may enter a web or a list is told of it; of the items, those the caller may read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from xtenant.domain import errors, paths
from xtenant.domain.caller import Caller
from xtenant.domain.content import Attachment, Item, ItemKey, ItemKind, Principal, PrincipalKey, Role
from xtenant.domain.fields import people_in
from xtenant.domain.item_facts import PLAIN
from xtenant.domain.list_views import History, ListItemView, ListPage, ListView, WebRef, address_of, title_of
from xtenant.domain.lists import ListDefinition
from xtenant.domain.permissions import Securable
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access, webs
from xtenant.operations.webs import Entered

LOOKS = 1_000
"""How many pages of items that may not be read are passed over for one that holds something."""

NO_LIST = "List does not exist at this web."
CHECK_LIST = "Check the list's id or title."


def lists_of(units: Units, caller: Caller, *, ref: WebRef) -> Sequence[ListView]:
    """Libraries and lists of a web that the caller may enter. Raises NotFound, SiteMoved, AccessDenied, SiteLocked (as every
    function here does)."""
    with units.read() as uow:
        found = webs.at(uow, caller, ref)
        standing = [one for one in webs.inside(uow, found) if one.kind.is_list]
        return views_of(uow, found, access.enterable(uow, found.standing, standing))


def find_list(units: Units, caller: Caller, *, ref: WebRef, what: Securable) -> ListView:
    with units.read() as uow:
        found = webs.at(uow, caller, ref)
        return views_of(uow, found, [entered_list(uow, found, what)])[0]


def find_list_item(units: Units, caller: Caller, *, ref: WebRef, what: Securable) -> ListPage:
    """A page of the one item."""
    with units.read() as uow:
        found, library, item = readable_item(uow, caller, ref, what)
        return page_of(uow, found, library, [item])


def list_items(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, after: int, limit: int, with_people: bool = False
) -> ListPage:
    """Items at any depth that may be read, by number. A page may be short of the limit and still have a next one."""
    with units.read() as uow:
        found = webs.at(uow, caller, ref)
        library = entered_list(uow, found, what)
        shown: Sequence[Item] = ()
        following: int | None = after
        for _look in range(LOOKS):
            rows = uow.list_items.page(library, after=following or 0, limit=limit)
            shown = access.readable(uow, found.standing, rows)
            following = rows[-1].int_id if len(rows) == limit else None
            if shown or following is None:
                break
        return page_of(uow, found, library, shown, following, with_people=with_people)


def history(units: Units, caller: Caller, *, ref: WebRef, what: Securable) -> History:
    """All versions of a file or list item with who made them. A folder has one."""
    with units.read() as uow:
        found, library, item = readable_item(uow, caller, ref, what)
        versions = tuple(uow.items.versions([item.key]))[::-1]
        people = _people(uow, [item], [one.editor for one in versions], [one.fields for one in versions])
        return History(page=page_of(uow, found, library, [item]), versions=versions, people=people)


def attachments(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable
) -> tuple[ListView, Item, Sequence[Attachment]]:
    """What is attached to a list item, by name."""
    with units.read() as uow:
        found, library, item = readable_item(uow, caller, ref, what)
        view = views_of(uow, found, [library], counted=False)[0]
        return view, item, tuple(uow.attachments.of_items([item.key]))


def readable_item(uow: UnitOfWork, caller: Caller, ref: WebRef, what: Securable) -> tuple[Entered, Item, Item]:
    """The web, the list and the item, which may be read."""
    found = webs.at(uow, caller, ref)
    library, item = located(uow, found, what)
    access.require_entry(uow, found.standing, library)
    access.require_item(uow, found.standing, item, Role.READ)
    return found, library, item


def entered_list(uow: UnitOfWork, found: Entered, what: Securable) -> Item:
    """A library or list that may be entered. Raises NotFound, AccessDenied."""
    library = list_named(uow, found, what)
    access.require_entry(uow, found.standing, library)
    return library


def list_named(uow: UnitOfWork, found: Entered, what: Securable) -> Item:
    """A library or list of a web by id, title or path. Raises NotFound."""
    inside = [one for one in webs.inside(uow, found) if one.kind.is_list]
    library: Item | None = None
    if what.list_id is not None:
        library = next((one for one in inside if one.item_id == what.list_id), None)
    elif what.list_title is not None:
        wanted, definitions = what.list_title.casefold(), _definitions(uow, inside)
        library = next((one for one in inside if title_of(one, definitions[one.key]).casefold() == wanted), None)
    elif what.list_path is not None:
        names = _below_site(found, what.list_path)
        library = next((one for one in inside if _same(address_of(one, found.names), names)), None)
    if library is None:
        raise errors.NotFound(NO_LIST, remedy=CHECK_LIST)
    return library


def located(uow: UnitOfWork, found: Entered, what: Securable) -> tuple[Item, Item]:
    """An item by its number in a list or by its path, with its list. Raises NotFound."""
    if what.item_path is None:
        library = list_named(uow, found, what)
        return library, numbered(uow, library, what)
    names = _below_site(found, what.item_path)
    for one in webs.inside(uow, found):
        address = address_of(one, found.names)
        if one.kind.is_list and len(names) > len(address) and _same(address, names[: len(address)]):
            item = uow.items.by_path(one, names[len(address) :])
            if item is not None:
                return one, item
    raise errors.NotFound("File Not Found.", remedy="Check the path.")


def numbered(uow: UnitOfWork, library: Item, what: Securable) -> Item:
    """An item by its number in a list. Raises NotFound."""
    item = uow.list_items.by_number(library, what.item_number or 0)
    if item is None:
        raise errors.NotFound("Item does not exist. It may have been deleted.", remedy="Check the item's number.")
    return item


def definition_of(uow: UnitOfWork, library: Item) -> ListDefinition:
    """What a list is made of."""
    return uow.definitions.lists(library.site_key, [library.key])[library.key]


def views_of(uow: UnitOfWork, found: Entered, libraries: Sequence[Item], *, counted: bool = True) -> Sequence[ListView]:
    """Lists of one web with what readers ask for; not `counted` where only what they are made of is of use."""
    counts = uow.list_items.counts([library.key for library in libraries]) if counted else {}
    nearest = uow.scopes.nearest(libraries)
    definitions = _definitions(uow, libraries)
    stated = uow.item_facts.of_site(found.site.key)
    return [
        ListView(
            site=found.site,
            library=one,
            item_count=counts.get(one.key, 0),
            is_unique=nearest[one.key] == one.key,
            above=found.names,
            definition=definitions[one.key],
            stated_template=stated.get(one.key, PLAIN).list_template,
        )
        for one in libraries
    ]


def page_of(
    uow: UnitOfWork,
    found: Entered,
    library: Item,
    items: Sequence[Item],
    following: int | None = None,
    *,
    with_people: bool = True,
) -> ListPage:
    """Items of a list as a page; with the people they name where that is asked for."""
    view = views_of(uow, found, [library], counted=False)[0]
    people: Mapping[PrincipalKey, Principal] = _people(uow, items) if with_people else {}
    return ListPage(view=view, items=_item_views(uow, view, items), next_number=following, people=people)


def _item_views(uow: UnitOfWork, view: ListView, items: Sequence[Item]) -> Sequence[ListItemView]:
    paths_of = uow.items.paths_of(items)
    nearest = uow.scopes.nearest(items)
    stated = uow.item_facts.of_site(view.site.key) if view.is_library and items else {}
    attached: set[ItemKey] = set()
    if view.definition.attachments:
        attached = {one.item_key for one in uow.attachments.of_items([item.key for item in items])}
    comments = uow.list_items.comments([one.key for one in items if one.kind is ItemKind.FILE])
    return [
        ListItemView(
            item=one,
            path=paths_of[one.key],
            is_unique=nearest[one.key] == one.key,
            label=stated.get(one.key, PLAIN).label,
            has_attachments=one.key in attached,
            comment=comments.get(one.key, ""),
        )
        for one in items
    ]


def _people(
    uow: UnitOfWork, items: Sequence[Item], more: Iterable[PrincipalKey] = (), texts: Iterable[str] = ()
) -> Mapping[PrincipalKey, Principal]:
    keys = {key for item in items for key in (item.author, item.editor)} | set(more)
    named = people_in([*(item.fields for item in items), *texts])
    return uow.principals.by_keys(keys | {PrincipalKey(ref) for ref in named})


def _definitions(uow: UnitOfWork, libraries: Sequence[Item]) -> Mapping[ItemKey, ListDefinition]:
    if not libraries:
        return {}
    return uow.definitions.lists(libraries[0].site_key, [one.key for one in libraries])


def _below_site(found: Entered, path: str) -> tuple[str, ...]:
    """The names of a server-relative path from the site on. Raises NotFound for a path elsewhere."""
    names, site = paths.split_path(path), paths.split_path(paths.site_path(found.site.url))
    if not _same(names[: len(site)], site):
        raise errors.NotFound("File Not Found.", remedy="Name a path below this site.")
    return names[len(site) :]


def _same(some: Sequence[str], others: Sequence[str]) -> bool:
    return [paths.name_key(one) for one in some] == [paths.name_key(one) for one in others]

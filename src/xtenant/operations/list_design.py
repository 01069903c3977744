"""Lists made, changed and deleted; columns and content types of lists and webs (`content-api.md` 1.13, 4.4).

Who may write in a web may make lists there ('Edit' at Microsoft); a web's own columns and content types are for who has full
control of it. Items keep the values of a column that is taken away.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import columns, errors, paths
from xtenant.domain.caller import Caller
from xtenant.domain.columns import MOST_CONTENT_TYPES
from xtenant.domain.content import Item, ItemId, ItemKind, ItemRow, Role
from xtenant.domain.list_views import LIBRARY_TEMPLATES, LISTS, ListView, WebRef, address_of, title_of
from xtenant.domain.lists import Column, ContentType, Definition, ListDefinition, WrongDefinition
from xtenant.domain.permissions import Securable
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access, lists, webs
from xtenant.operations.webs import Entered

LARGEST_TEMPLATE = 10_000
MOST_VERSIONS = 50_000
MOST_LISTS = 2_000
MOST_TITLE = 255

Change = Callable[[ListDefinition], ListDefinition]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Columns and content types: of a list, or of a web (`view` None)."""

    view: ListView | None
    columns: tuple[Column, ...]
    content_types: tuple[ContentType, ...]


def add_list(
    units: Units,
    caller: Caller,
    *,
    ref: WebRef,
    definition: ListDefinition,
    clock: Clock,
    ids: IdSource,
) -> ListView:
    """A new list or library; its address comes from its title. Raises NameTaken for a title that is there, WrongDefinition."""
    with units.write() as uow:
        found = webs.at(uow, caller, ref)
        webs.require_on_web(uow, found, Role.WRITE)
        inside = webs.inside(uow, found)
        _check(definition)
        _require_free_title(uow, inside, definition.title)
        for column in definition.columns:
            _require_list_looked_at(uow, found, column)
        if len(inside) >= MOST_LISTS:
            raise errors.Refused(f"A web has at most {MOST_LISTS} lists.")
        kind = ItemKind.LIBRARY if definition.template in LIBRARY_TEMPLATES else ItemKind.LIST
        name = _free_name(definition.title, kind, inside)
        now, by = clock.business_now(), access.author_of(uow, caller)
        row = ItemRow(
            item_id=ItemId(ids.new_id()),
            library_id=None,
            parent_id=None if found.web is None else found.web.item_id,
            kind=kind,
            name=name,
            int_id=0,
            created_at=now,
            modified_at=now,
            author=by,
            editor=by,
        )
        writer = uow.write_site(found.site.key, now=now)
        made = writer.add_item(row)
        paths.check_length(found.site.url, address_of(made, found.names))
        writer.put_list(made.key, definition)
        return lists.views_of(uow, found, [made])[0]


def change_list(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, change: Change, clock: Clock
) -> ListView:
    """Other settings; the kind of list stays. Raises WrongDefinition, NameTaken for a title that is there."""
    with units.write() as uow:
        found, library = _designed(uow, caller, ref, what)
        old = lists.definition_of(uow, library)
        old = dataclasses.replace(old, title=title_of(library, old))
        new = change(old)
        _check(new)
        if new.title != old.title:
            others = [one for one in webs.inside(uow, found) if one.key != library.key]
            _require_free_title(uow, others, new.title)
        if new != old:
            uow.write_site(found.site.key, now=clock.business_now()).put_list(library.key, new)
        return lists.views_of(uow, found, [library])[0]


def delete_list(units: Units, caller: Caller, *, ref: WebRef, what: Securable, clock: Clock) -> ItemId:
    """To the recycle bin with all its items; AccessDenied if the caller may not write one of them."""
    with units.write() as uow:
        found, library = _designed(uow, caller, ref, what)
        access.require_tree(uow, found.standing, library, Role.WRITE)
        default = uow.items.root_of(found.site.key)
        if default is not None and default.key == library.key:
            raise errors.Refused("The site's default library cannot be deleted.")
        now = clock.business_now()
        writer = uow.write_site(found.site.key, now=now)
        writer.delete_by(library, by=access.author_of(uow, caller), now=now)
        return library.item_id


def design_of(units: Units, caller: Caller, *, ref: WebRef, what: Securable) -> Design:
    """The columns and content types of a list, or of the web itself."""
    with units.read() as uow:
        found = webs.at(uow, caller, ref)
        if what.is_web:
            own = webs.definition_of(uow, found)
            return Design(view=None, columns=own.columns, content_types=own.content_types)
        view = lists.views_of(uow, found, [lists.entered_list(uow, found, what)], counted=False)[0]
        definition = view.definition
        return Design(view=view, columns=definition.columns, content_types=definition.content_types)


def add_column(units: Units, caller: Caller, *, ref: WebRef, what: Securable, column: Column, clock: Clock) -> Column:
    """A column; without an internal name it gets one from its title. Raises WrongDefinition, Conflict."""
    with units.write() as uow:
        found, library, own = _opened(uow, caller, ref, what)
        _require_list_looked_at(uow, found, column)
        wider = columns.with_column(own.columns, column)
        _put(uow, found, library, dataclasses.replace(own, columns=wider), clock)
        return wider[-1]


def change_column(
    units: Units,
    caller: Caller,
    *,
    ref: WebRef,
    what: Securable,
    name: str,
    change: Callable[[Column], Column],
    clock: Clock,
) -> Column:
    """Another title, description, and so on; the kind and internal name stay. `name`: id, internal name or title."""
    with units.write() as uow:
        found, library, own = _opened(uow, caller, ref, what)
        old = column_named(own.columns, name)
        new = change(old)
        if not new.title.strip() or (new.column_id, new.name, new.kind) != (old.column_id, old.name, old.kind):
            raise WrongDefinition("A column keeps its kind and internal name, and needs a title.")
        kept = tuple(new if one.column_id == old.column_id else one for one in own.columns)
        _put(uow, found, library, dataclasses.replace(own, columns=kept), clock)
        return new


def remove_column(units: Units, caller: Caller, *, ref: WebRef, what: Securable, name: str, clock: Clock) -> None:
    """A column goes from its list and from the content types that show it."""
    with units.write() as uow:
        found, library, own = _opened(uow, caller, ref, what)
        gone = column_named(own.columns, name).column_id
        types = tuple(
            dataclasses.replace(one, columns=tuple(column for column in one.columns if column != gone))
            for one in own.content_types
        )
        kept = tuple(one for one in own.columns if one.column_id != gone)
        _put(uow, found, library, dataclasses.replace(own, columns=kept, content_types=types), clock)


def add_content_type(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, new: ContentType, clock: Clock
) -> ContentType:
    """A content type of a list or web. Raises WrongDefinition, Conflict."""
    with units.write() as uow:
        found, library, own = _opened(uow, caller, ref, what)
        return _add_type(uow, found, library, own, new, clock)


def attach_content_type(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, type_id: str, clock: Clock, ids: IdSource
) -> ContentType:
    """A content type of the web, or of one above it, taken up by a list: as a child of it, with its columns."""
    with units.write() as uow:
        found, library, own = _opened(uow, caller, ref, what)
        if library is None:
            raise errors.UsageError("A content type is attached to a list.")
        origin, offered = _available(uow, found, type_id)
        missing = [one for one in offered if one.column_id in origin.columns]
        wider = own.columns
        for column in missing:
            if column.column_id not in {one.column_id for one in own.columns}:
                wider = columns.with_column(wider, column)
        taken = dataclasses.replace(origin, type_id=columns.child_type_id(origin.type_id, ids.new_id()))
        return _add_type(uow, found, library, dataclasses.replace(own, columns=wider), taken, clock)


def link_column(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, type_id: str, name: str, clock: Clock
) -> Column:
    """A column shown by a content type from now on."""
    with units.write() as uow:
        found, library, own = _opened(uow, caller, ref, what)
        column, shown = column_named(own.columns, name), type_named(own.content_types, type_id)
        if column.column_id not in shown.columns:
            wider = dataclasses.replace(shown, columns=(*shown.columns, column.column_id))
            kept = tuple(wider if one == shown else one for one in own.content_types)
            _put(uow, found, library, dataclasses.replace(own, content_types=kept), clock)
        return column


def remove_content_type(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, type_id: str, clock: Clock
) -> None:
    """Items that name it keep its id."""
    with units.write() as uow:
        found, library, own = _opened(uow, caller, ref, what)
        gone = type_named(own.content_types, type_id)
        kept = tuple(one for one in own.content_types if one != gone)
        _put(uow, found, library, dataclasses.replace(own, content_types=kept), clock)


def column_named(own: Sequence[Column], name: str) -> Column:
    """By id, internal name or title. Raises NotFound."""
    wanted = name.casefold()
    for one in own:
        if wanted in (str(one.column_id), one.name.casefold(), one.title.casefold()):
            return one
    raise errors.NotFound(f"Column '{name[:64]}' does not exist.", remedy="List the fields.")


def type_named(own: Sequence[ContentType], type_id: str) -> ContentType:
    """By id. Raises NotFound."""
    found = next((one for one in own if one.type_id.lower() == type_id.lower()), None)
    if found is None:
        raise errors.NotFound("The content type does not exist.", remedy="List the contenttypes.")
    return found


def _designed(uow: UnitOfWork, caller: Caller, ref: WebRef, what: Securable) -> tuple[Entered, Item]:
    found = webs.at(uow, caller, ref)
    library = lists.entered_list(uow, found, what)
    access.require_item(uow, found.standing, library, Role.WRITE)
    return found, library


def _opened(uow: UnitOfWork, caller: Caller, ref: WebRef, what: Securable) -> tuple[Entered, Item | None, Definition]:
    """What is to get other columns or content types, which the caller may change."""
    if what.is_web:
        found = webs.at(uow, caller, ref)
        webs.require_on_web(uow, found, Role.OWNER)
        return found, None, webs.definition_of(uow, found)
    found, library = _designed(uow, caller, ref, what)
    return found, library, lists.definition_of(uow, library)


def _put(uow: UnitOfWork, found: Entered, library: Item | None, definition: Definition, clock: Clock) -> None:
    columns.require_plain(definition)
    writer = uow.write_site(found.site.key, now=clock.business_now())
    if library is not None and isinstance(definition, ListDefinition):
        writer.put_list(library.key, definition)
    elif not isinstance(definition, ListDefinition):
        writer.put_web(found.key, definition)


def _add_type(
    uow: UnitOfWork, found: Entered, library: Item | None, own: Definition, new: ContentType, clock: Clock
) -> ContentType:
    types = columns.with_type(own.content_types, new)
    unknown = set(new.columns) - {one.column_id for one in own.columns}
    if unknown:
        raise WrongDefinition("A content type shows columns of its own list or web.")
    _put(uow, found, library, dataclasses.replace(own, content_types=types), clock)
    return new


def _available(uow: UnitOfWork, found: Entered, type_id: str) -> tuple[ContentType, tuple[Column, ...]]:
    """A content type of the web or of the root web, with the columns that stand there."""
    keys = list(dict.fromkeys([found.key, webs.WEB]))
    definitions = uow.definitions.webs(found.site.key, keys)
    for key in keys:
        for one in definitions[key].content_types:
            if one.type_id.lower() == type_id.lower():
                return one, definitions[key].columns
    raise errors.NotFound("The content type does not exist.", remedy="List the web's contenttypes.")


def _require_list_looked_at(uow: UnitOfWork, found: Entered, column: Column) -> None:
    if column.looks_at is not None:
        looked_at: UUID = column.looks_at
        item = uow.items.by_id(found.site.key, ItemId(looked_at))
        if item is None or not item.kind.is_list:
            raise WrongDefinition("The list that the column looks at does not exist.")


def _check(definition: ListDefinition) -> None:
    columns.require_plain(definition)
    title = definition.title
    if not title.strip() or len(title) > MOST_TITLE or any(ord(sign) < 32 for sign in title):
        raise WrongDefinition("A list needs a title of at most 255 characters.")
    if not 100 <= definition.template <= LARGEST_TEMPLATE:
        raise WrongDefinition("A list is made from a template of lists.")
    if not 0 <= definition.version_limit <= MOST_VERSIONS:
        raise WrongDefinition(f"A list keeps at most {MOST_VERSIONS} versions.")
    is_library = definition.template in LIBRARY_TEMPLATES
    if definition.minor_versions and not (is_library and definition.versioning):
        raise WrongDefinition("Only a library that keeps versions keeps minor ones.")
    if definition.attachments and is_library:
        raise WrongDefinition("A library takes no attachments.")
    if len(definition.content_types) > MOST_CONTENT_TYPES:
        raise WrongDefinition(f"A list has at most {MOST_CONTENT_TYPES} content types.")


def _require_free_title(uow: UnitOfWork, inside: Sequence[Item], title: str) -> None:
    there = [one for one in inside if one.kind.is_list]
    definitions = uow.definitions.lists(there[0].site_key, [one.key for one in there]) if there else {}
    if any(title_of(one, definitions[one.key]).casefold() == title.casefold() for one in there):
        raise errors.Conflict(
            "A list, survey, discussion board, or document library with the specified title already exists in this "
            "Web site.",
            remedy="Choose another title.",
        )


def _free_name(title: str, kind: ItemKind, inside: Sequence[Item]) -> str:
    """The last segment of the address: the title without what no name may hold, with a number where it is taken."""
    base = paths.closest_name(title.strip()[:MOST_NAME], folder=True)
    is_list = kind is ItemKind.LIST
    taken = {paths.name_key(one.name) for one in inside if (one.kind is ItemKind.LIST) is is_list}
    taken |= set() if is_list else {paths.name_key(LISTS)}
    name, number = base, 0
    while paths.name_key(name) in taken:
        number += 1
        name = paths.item_name(f"{base}{number}", folder=True)
    return name


MOST_NAME = 100

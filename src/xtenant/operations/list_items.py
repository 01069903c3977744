"""Items of lists and the fields of files and folders: made, changed, restated, deleted (`content-api.md` 1.13, 4.4, 4.6).

A change makes the next version where the list keeps versions, and changes the item in place where it does not. Restating sets
author, editor and dates as a migration does, without a version. What goes, goes to the recycle bin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xtenant.domain import errors, form_values
from xtenant.domain.caller import Caller
from xtenant.domain.columns import Given, Reading, merged, writable_columns
from xtenant.domain.content import (
    NOTHING_STORED,
    Item,
    ItemId,
    ItemKind,
    ItemRow,
    NewVersion,
    Principal,
    PrincipalKey,
    Role,
    StoredBlob,
)
from xtenant.domain.fields import NO_FIELDS, Fields, FieldValue, WrongField, people_in
from xtenant.domain.form_values import FormAnswer, FormValue
from xtenant.domain.list_views import ListPage, WebRef
from xtenant.domain.lists import Column, ListDefinition
from xtenant.domain.permissions import Securable
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access, files, lists, webs
from xtenant.operations.files import Matches
from xtenant.operations.site_users import principal_of_login
from xtenant.operations.webs import Entered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """An item that the caller may write, behind the lock of its site."""

    found: Entered
    library: Item
    item: Item
    definition: ListDefinition
    writer: SiteWriter
    by: PrincipalKey


def add_item(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, read: Reading, clock: Clock, ids: IdSource
) -> ListPage:
    """A new item of a list; a page of it. Raises UsageError for a library, WrongField, NotFound, AccessDenied."""
    with units.write() as uow:
        found = webs.at(uow, caller, ref)
        library = lists.entered_list(uow, found, what)
        access.require_item(uow, found.standing, library, Role.WRITE)
        if library.kind is not ItemKind.LIST:
            raise errors.UsageError("A library's items are files.", remedy="Upload a file instead.")
        now, by = clock.business_now(), access.author_of(uow, caller)
        columns = writable_columns(lists.definition_of(uow, library))
        fields = merged(NO_FIELDS, read(columns), columns)
        writer = uow.write_site(found.site.key, now=now)
        _require_known(uow, found, fields)
        made = writer.add_item(
            ItemRow(
                item_id=ItemId(ids.new_id()),
                library_id=library.item_id,
                parent_id=library.item_id,
                kind=ItemKind.LIST_ITEM,
                name="",
                int_id=0,
                created_at=now,
                modified_at=now,
                author=by,
                editor=by,
                versions=(
                    NewVersion(major=1, minor=0, stored=NOTHING_STORED, modified_at=now, editor=by, fields=fields),
                ),
            )
        )
        return lists.page_of(uow, found, library, [made])


def change_item(
    units: Units,
    caller: Caller,
    *,
    ref: WebRef,
    what: Securable,
    read: Reading,
    matches: Matches | None = None,
    clock: Clock,
) -> ListPage:
    """New values of some fields. Raises WrongField, NotFound, AccessDenied, PreconditionFailed."""
    with units.write() as uow:
        opened = _open(uow, caller, ref, what, matches, clock)
        columns = writable_columns(opened.definition)
        item = _with_fields(uow, opened, read(columns), columns, clock)
        return lists.page_of(uow, opened.found, opened.library, [item])


def delete_item(
    units: Units, caller: Caller, *, ref: WebRef, what: Securable, matches: Matches | None = None, clock: Clock
) -> ItemId:
    """To the recycle bin, a folder with all that is in it; the id it has there."""
    with units.write() as uow:
        opened = _open(uow, caller, ref, what, matches, clock)
        access.require_tree(uow, opened.found.standing, opened.item, Role.WRITE)
        opened.writer.delete_by(opened.item, by=opened.by, now=clock.business_now())
        return opened.item.item_id


def validate_update(
    units: Units,
    caller: Caller,
    *,
    ref: WebRef,
    what: Securable,
    values: Sequence[FormValue],
    new_document: bool,
    in_utc: bool,
    clock: Clock,
) -> Sequence[FormAnswer]:
    """What a form sends: each field's text, judged one by one; if one is wrong, nothing is changed.

    Author, editor and dates are for who has full control of the item (our choice). With `new_document` no version is made.
    """
    with units.write() as uow:
        opened = _open(uow, caller, ref, what, None, clock)
        form = _read_form(uow, opened, values, in_utc=in_utc)
        if any(answer.problem is not None for answer in form.answers):
            return form.answers
        if form.states_more:
            access.require_item(uow, opened.found.standing, opened.item, Role.OWNER)
        columns = writable_columns(opened.definition)
        if new_document:
            item, fields = opened.item, merged(opened.item.fields, form.given, columns)
            _require_known(uow, opened.found, fields)
            modified = form.modified_at or clock.business_now()
            _state(opened, item, form, fields, form.editor or opened.by, modified)
            return form.answers
        item = _with_fields(uow, opened, form.given, columns, clock)
        if form.states_more:
            editor, modified = form.editor or item.editor, form.modified_at or item.modified_at
            _state(opened, item, form, item.fields, editor, modified)
        return form.answers


@dataclass(slots=True)
class _Form:
    """A form as read: values of columns, and what it states of the item itself."""

    given: dict[str, FieldValue | None]
    answers: list[FormAnswer]
    author: PrincipalKey | None = None
    editor: PrincipalKey | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None

    @property
    def states_more(self) -> bool:
        return (self.author, self.editor, self.created_at, self.modified_at) != (None, None, None, None)


def _state(
    opened: _Opened, item: Item, form: _Form, fields: Fields, editor: PrincipalKey, modified_at: datetime
) -> None:
    """An item and its current version, in place."""
    item = opened.writer.set_fields(item, fields, editor=editor, modified_at=modified_at)
    if form.created_at is not None or form.author is not None:
        opened.writer.touch(item, created_at=form.created_at, modified_at=None, editor=editor, author=form.author)


def _read_form(uow: UnitOfWork, opened: _Opened, values: Sequence[FormValue], *, in_utc: bool) -> _Form:
    columns = {column.name: column for column in writable_columns(opened.definition)}
    people = _people_of(uow, opened, form_values.logins_in(values, columns))
    form = _Form(given={}, answers=[])
    for value in values:
        try:
            _take(form, value, columns.get(value.name), people, in_utc=in_utc)
        except WrongField as problem:
            form.answers.append(FormAnswer(name=value.name, text=value.text, problem=problem.text))
        else:
            form.answers.append(FormAnswer(name=value.name, text=value.text))
    return form


def _take(
    form: _Form, value: FormValue, column: Column | None, people: Mapping[str, PrincipalKey], *, in_utc: bool
) -> None:
    match value.name:
        case form_values.AUTHOR:
            form.author = PrincipalKey(form_values.person_of(value, people))
        case form_values.EDITOR:
            form.editor = PrincipalKey(form_values.person_of(value, people))
        case form_values.CREATED:
            form.created_at = form_values.moment_of(value, in_utc=in_utc)
        case form_values.MODIFIED:
            form.modified_at = form_values.moment_of(value, in_utc=in_utc)
        case _:
            if column is None:
                raise WrongField(f"The list has no column '{value.name[:64]}'.")
            given: Given = {column.name: form_values.value_of(column, value, people, in_utc=in_utc)}
            merged(NO_FIELDS, given, [column])
            form.given |= given


def _people_of(uow: UnitOfWork, opened: _Opened, logins: frozenset[str]) -> Mapping[str, PrincipalKey]:
    """Those of some login names that the directory knows; a form names a handful."""
    found: dict[str, Principal] = {}
    for login in sorted(logins)[:MOST_LOGINS]:
        try:
            found[login] = principal_of_login(uow, login)
        except errors.NotFound:
            continue
    keys = uow.principals.ensure(found.values())
    for key in keys.values():
        opened.writer.put_site_user(key)
    return {login: keys[principal.directory_id] for login, principal in found.items()}


MOST_LOGINS = 50


def _open(
    uow: UnitOfWork, caller: Caller, ref: WebRef, what: Securable, matches: Matches | None, clock: Clock
) -> _Opened:
    found = webs.at(uow, caller, ref)
    library, item = lists.located(uow, found, what)
    access.require_entry(uow, found.standing, library)
    access.require_item(uow, found.standing, item, Role.WRITE)
    writer = uow.write_site(found.site.key, now=clock.business_now())
    library, item = lists.located(uow, found, what)  # behind the lock
    if matches is not None and not matches(item):
        raise errors.PreconditionFailed("The item has changed since it was read.")
    return _Opened(
        found=found,
        library=library,
        item=item,
        definition=lists.definition_of(uow, library),
        writer=writer,
        by=access.author_of(uow, caller),
    )


def _with_fields(uow: UnitOfWork, opened: _Opened, given: Given, columns: Sequence[Column], clock: Clock) -> Item:
    """The item with some fields changed: as its next version, or in place where the list or a folder keeps none."""
    item, now = opened.item, clock.business_now()
    fields = merged(item.fields, given, columns)
    _require_known(uow, opened.found, fields)
    if item.kind is ItemKind.FOLDER:
        return opened.writer.set_fields(item, fields, editor=opened.by, modified_at=now)
    stored = NOTHING_STORED
    if item.kind is ItemKind.FILE:
        assert item.blob is not None
        stored = StoredBlob(key=item.blob, size_bytes=item.size_bytes, quick_xor=item.quick_xor)
    return files.write_version(uow, opened.writer, item, stored, fields, opened.by, now)


def _require_known(uow: UnitOfWork, found: Entered, fields: Fields) -> None:
    """Raises WrongField for somebody whom the site does not know."""
    refs = {PrincipalKey(ref) for ref in people_in([fields])}
    if not refs:
        return
    site, people = found.site, uow.principals.by_keys(refs)
    named = [person.directory_id for person in people.values()]
    known = {user.principal.key for user in uow.site_groups.users_named(site.key, named)}
    known |= {group.principal for group in uow.site_groups.of_site(site.key)}
    known |= {person.key for person in people.values() if person.directory_id == site.owner_id}
    for ref in sorted(refs - known):
        raise WrongField(
            f"The user with the number {ref} cannot be found.", remedy="Make the site know it: ensureuser."
        )

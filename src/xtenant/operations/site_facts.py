"""What only a lab's operator can state of a site: holds, labels, status, a size, a redirect, lists of workflows.

At Microsoft these come from services that are not served here. Administrators see them on the wire (spo-admin.md 4.7), and
a move is refused for them (R-6.29 to R-6.32, R-6.40, R-6.44); nothing else follows from them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from xtenant.domain import errors, paths
from xtenant.domain.content import REDIRECT_TEMPLATE, Item, ItemId, ItemKind, ItemRow, LockState, Site, SiteStatus
from xtenant.domain.item_facts import ItemFacts
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.site import SiteFacts
from xtenant.operations import access, sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What is to be true from now on; None leaves a thing as it is, an empty text takes it away.

    `files` by path from the library on (`Shared Documents/Plan.docx`) → label; `lists` by title → number of the template.
    """

    lock_state: LockState | None = None
    status: SiteStatus | None = None
    has_holds: bool | None = None
    label: str | None = None
    stated_bytes: int | None = None
    owner: str | None = None
    redirect_url: str | None = None
    files: Mapping[str, ItemFacts] = field(default_factory=dict[str, ItemFacts])
    lists: Mapping[str, int] = field(default_factory=dict[str, int])


def state_facts(units: Units, *, url: str, stated: Statements, clock: Clock, ids: IdSource) -> SiteFacts:
    """All of it or nothing; the site as administrators see it afterwards.

    Raises NoSuchSite, SiteFrozen, SiteLocked for the label of a file that cannot be changed, UsageError for an owner or file
    that is not there.
    """
    with units.write() as uow:
        site = sites.locked_site(uow, url)
        sites.require_not_frozen(site)
        for path, facts in stated.files.items():
            item = _file(uow, site, path)
            uow.item_facts.put(site.key, item.key, facts)
            now = clock.business_now()  # a label changes its file, so that whoever asks for changes is told of it
            uow.write_site(site.key, now=now).touch(item, created_at=None, modified_at=now, editor=item.editor)
        for title, template in stated.lists.items():
            _put_list(uow, site, title, template, clock=clock, ids=ids)
        changed = _changed(uow, sites.locked_site(uow, url), stated)
        uow.sites.update(changed)
        return sites.facts_of(uow, [changed])[0]


def _changed(uow: UnitOfWork, site: Site, stated: Statements) -> Site:
    if stated.owner is not None:
        site = sites.with_owner(uow, site, stated.owner)
    if stated.redirect_url is not None:
        site = dataclasses.replace(site, template=REDIRECT_TEMPLATE, redirect_url=stated.redirect_url)
    plain = {
        name: value
        for name in ("lock_state", "status", "has_holds", "label", "stated_bytes")
        if (value := getattr(stated, name)) is not None
    }
    return dataclasses.replace(site, **plain)


def _file(uow: UnitOfWork, site: Site, path: str) -> Item:
    names = [name for name in path.split("/") if name]
    library = _library(uow, site, names[0]) if len(names) > 1 else None
    item = None if library is None else uow.items.by_path(library, names[1:])
    if item is None:
        raise errors.UsageError(f"The site has no file '{path}'.", remedy="Write LIBRARY/FOLDER/NAME.")
    return item


def _library(uow: UnitOfWork, site: Site, name: str) -> Item | None:
    return next((one for one in uow.items.libraries(site.key) if one.name.casefold() == name.casefold()), None)


def _put_list(uow: UnitOfWork, site: Site, title: str, template: int, *, clock: Clock, ids: IdSource) -> None:
    if not 0 < len(title) <= paths.NAME_LENGTH or "/" in title:
        raise errors.UsageError(f"'{title}' is no title of a list.")
    if _library(uow, site, title) is None:
        _add_list(uow, site, title, clock=clock, ids=ids)
    there = _library(uow, site, title)
    assert there is not None
    uow.item_facts.put(site.key, there.key, ItemFacts(list_template=template))


def _add_list(uow: UnitOfWork, site: Site, title: str, *, clock: Clock, ids: IdSource) -> None:
    now = clock.business_now().replace(microsecond=0)
    key = uow.principals.ensure([access.SHAREPOINT_APP])[access.SHAREPOINT_APP.directory_id]
    uow.write_site(site.key, now=now).add_item(
        ItemRow(
            item_id=ItemId(ids.new_id()),
            library_id=None,
            parent_id=None,
            kind=ItemKind.LIBRARY,
            name=title,
            int_id=0,
            created_at=now,
            modified_at=now,
            author=key,
            editor=key,
        )
    )

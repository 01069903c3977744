"""Webs: the site's own and those below it, found by address or id, made, changed, deleted (`content-api.md` 1.2, 4.5).

A subweb is found by walking its site's webs by name. Who may read something in a web may enter it. Webs are made and changed
by those who have full control of the web above.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from xtenant.domain import content, errors, paths
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.columns import require_plain
from xtenant.domain.content import WEB, Item, ItemId, ItemKey, ItemKind, ItemRow, Role, Site, SiteId
from xtenant.domain.list_views import LISTS, NewWeb, WebRef, WebView
from xtenant.domain.lists import PACIFIC, WebDefinition
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access, permissions
from xtenant.operations.access import Standing

MANAGED = frozenset({"sites", "teams", "personal"})
"""First segments below which sites stand; all else belongs to the site at the host's root."""

LIBRARY = "Shared Documents"
MOST_TITLE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """How the caller stands on a site, and which of its webs was asked for; None is the root web."""

    standing: Standing
    web: Item | None = None
    names: tuple[str, ...] = ()

    @property
    def site(self) -> Site:
        return self.standing.site

    @property
    def key(self) -> ItemKey:
        return WEB if self.web is None else self.web.key

    @property
    def parent_key(self) -> ItemKey | None:
        """As libraries and subwebs of this web have it."""
        return None if self.web is None else self.web.key


def find_web(units: Units, caller: Caller, *, ref: WebRef) -> WebView:
    """Raises NotFound, SiteMoved, AccessDenied, SiteLocked (as every function here does)."""
    with units.read() as uow:
        return view_of(uow, at(uow, caller, ref))


def webs_below(units: Units, caller: Caller, *, ref: WebRef) -> Sequence[WebView]:
    """The webs directly below one, those the caller may enter."""
    with units.read() as uow:
        return _children(uow, at(uow, caller, ref))


def add_web(units: Units, caller: Caller, *, ref: WebRef, new: NewWeb, clock: Clock, ids: IdSource) -> WebView:
    """A web with its default library. With permissions of its own nobody but who makes it can enter it.

    Raises InvalidName, PathTooLong, NameTaken, UsageError.
    """
    with units.write() as uow:
        above = at(uow, caller, ref)
        require_on_web(uow, above, Role.OWNER)
        paths.item_name(new.name, folder=True)
        if new.name.casefold() == LISTS.casefold():
            raise paths.InvalidName(f"The name {new.name!r} is kept for lists.")
        paths.check_length(above.site.url, (*above.names, new.name, LIBRARY))
        writer = uow.write_site(above.site.key, now=clock.business_now())
        made = _insert(uow, writer, caller, above, new, clock, ids)
        if not new.same_permissions:
            permissions.break_inheritance(uow, writer, made, copy=False)
            if caller.kind is CallerKind.USER and above.standing.everywhere is None:
                writer.assign(access.author_of(uow, caller), Role.OWNER, scope=made.key)
        return view_of(uow, Entered(standing=above.standing, web=made, names=(*above.names, made.name)))


def change_web(
    units: Units, caller: Caller, *, ref: WebRef, title: str | None, description: str | None, clock: Clock
) -> None:
    """A new title or description; None keeps one. The root web's title is the site's."""
    with units.write() as uow:
        found = at(uow, caller, ref)
        require_on_web(uow, found, Role.OWNER)
        if title is not None:
            _check_title(title)
        writer = uow.write_site(found.site.key, now=clock.business_now())
        definition = definition_of(uow, found)
        changed = dataclasses.replace(
            definition,
            description=definition.description if description is None else description,
            title=definition.title if title is None or found.web is None else title,
        )
        if found.web is None and title is not None:
            uow.sites.update(dataclasses.replace(writer.site, title=title))
        if changed != definition:
            require_plain(changed)
            writer.put_web(found.key, changed)


def delete_web(units: Units, caller: Caller, *, ref: WebRef, clock: Clock) -> None:
    """To the recycle bin with everything in it. Raises Refused for the root web and for one that has webs below it."""
    with units.write() as uow:
        found = at(uow, caller, ref)
        if found.web is None:
            raise errors.Refused("The root web is deleted with its site only.", remedy="Use `xtenant sites remove`.")
        access.require_tree(uow, found.standing, found.web, Role.OWNER)
        if any(one.kind is ItemKind.WEB for one in inside(uow, found)):
            raise errors.Refused("The web has webs below it.", remedy="Delete those first.")
        now = clock.business_now()
        writer = uow.write_site(found.site.key, now=now)
        writer.delete_by(found.web, by=access.author_of(uow, caller), now=now)


def at(uow: UnitOfWork, caller: Caller, ref: WebRef) -> Entered:
    """The web that is meant."""
    if ref.site_id is None:
        return entered(uow, caller, ref.url)
    return entered_by_id(uow, caller, ref.site_id, ref.web_id)


def entered(uow: UnitOfWork, caller: Caller, url: str) -> Entered:
    """The web at an address."""
    site = uow.sites.visible_by_url(url)
    names: tuple[str, ...] = ()
    if site is None:
        base, names = _split(url)
        site = uow.sites.visible_by_url(base) if names else None
    if site is None:
        raise errors.NotFound("There is no web at this address.")
    standing = access.standing_of(uow, caller, site)
    access.require_site(standing)
    if not names:
        return Entered(standing=standing)
    walked = _below(uow, site, names)
    return _entered(uow, standing, walked[-1], tuple(one.name for one in walked))


def entered_web(uow: UnitOfWork, caller: Caller, url: str) -> Standing:
    """How the caller stands on the site that a web's address leads to."""
    return entered(uow, caller, url).standing


def entered_by_id(uow: UnitOfWork, caller: Caller, site_id: SiteId, web_id: UUID | None) -> Entered:
    """The web of an id in a site; the root web for its own id or none."""
    site = uow.sites.visible_by_id(site_id)
    if site is None:
        raise errors.NotFound("There is no such site.")
    standing = access.standing_of(uow, caller, site)
    access.require_site(standing)
    if web_id is None or web_id == site.web_id:
        return Entered(standing=standing)
    web = uow.items.by_id(site.key, ItemId(web_id))
    if web is None or web.kind is not ItemKind.WEB:
        raise errors.NotFound("There is no such site.")
    return _entered(uow, standing, web, uow.definitions.paths_of([web])[web.key])


def inside(uow: UnitOfWork, found: Entered) -> Sequence[Item]:
    """The libraries, lists and webs that stand directly in a web."""
    return [one for one in uow.definitions.containers(found.site.key) if one.parent_key == found.parent_key]


def definition_of(uow: UnitOfWork, found: Entered) -> WebDefinition:
    """What a web says of itself, with its columns and content types."""
    return uow.definitions.webs(found.site.key, [found.key])[found.key]


def require_on_web(uow: UnitOfWork, found: Entered, wanted: Role) -> None:
    """Raises AccessDenied where the role on the web is weaker."""
    if found.web is None:
        access.require_web(found.standing, wanted)
    else:
        access.require_item(uow, found.standing, found.web, wanted)


def view_of(uow: UnitOfWork, found: Entered) -> WebView:
    """A web with its definition."""
    unique = found.web is None or uow.scopes.nearest([found.web])[found.web.key] == found.web.key
    definition = definition_of(uow, found)
    return WebView(site=found.site, web=found.web, names=found.names, definition=definition, is_unique=unique)


def _children(uow: UnitOfWork, found: Entered) -> Sequence[WebView]:
    below = [one for one in inside(uow, found) if one.kind is ItemKind.WEB]
    shown = access.enterable(uow, found.standing, below)
    nearest = uow.scopes.nearest(shown)
    definitions = uow.definitions.webs(found.site.key, [one.key for one in shown])
    return [
        WebView(
            site=found.site,
            web=one,
            names=(*found.names, one.name),
            definition=definitions[one.key],
            is_unique=nearest[one.key] == one.key,
        )
        for one in shown
    ]


def _entered(uow: UnitOfWork, standing: Standing, web: Item, names: tuple[str, ...]) -> Entered:
    access.require_entry(uow, standing, web)
    return Entered(standing=standing, web=web, names=names)


def _split(url: str) -> tuple[str, tuple[str, ...]]:
    """The address of the site that an address may lie in, and the names from there on."""
    parts = urlsplit(url)
    names = paths.split_path(paths.site_path(url))
    above = 2 if names and names[0].lower() in MANAGED else 0
    base = "/".join((f"{parts.scheme}://{parts.netloc}", *names[:above]))
    return base, names[above:]


def _below(uow: UnitOfWork, site: Site, names: tuple[str, ...]) -> Sequence[Item]:
    """The webs on the way down to the one of a path. Raises NotFound."""
    webs = [one for one in uow.definitions.containers(site.key) if one.kind is ItemKind.WEB]
    by_place = {(one.parent_key, paths.name_key(one.name)): one for one in webs}
    walked: list[Item] = []
    for name in names:
        found = by_place.get((walked[-1].key if walked else None, paths.name_key(name)))
        if found is None:
            raise errors.NotFound("There is no web at this address.")
        walked.append(found)
    return walked


def _insert(
    uow: UnitOfWork,
    writer: SiteWriter,
    caller: Caller,
    above: Entered,
    new: NewWeb,
    clock: Clock,
    ids: IdSource,
) -> Item:
    _check_title(new.title)
    beside = [one for one in inside(uow, above) if one.kind is not ItemKind.LIST]
    if any(paths.name_key(one.name) == paths.name_key(new.name) for one in beside):
        raise content.NameTaken(f"The web site address '{new.name}' is already in use.", name=new.name)
    now, by = clock.business_now(), access.author_of(uow, caller)
    row = ItemRow(
        item_id=ItemId(ids.new_id()),
        library_id=None,
        parent_id=None if above.web is None else above.web.item_id,
        kind=ItemKind.WEB,
        name=new.name,
        int_id=0,
        created_at=now,
        modified_at=now,
        author=by,
        editor=by,
    )
    definition = WebDefinition(
        title=new.title,
        description=new.description,
        template=new.template,
        language=new.language,
        time_zone=PACIFIC,
    )
    require_plain(definition)
    made = writer.add_item(row)
    writer.put_web(made.key, definition)
    writer.add_item(
        dataclasses.replace(
            row, item_id=ItemId(ids.new_id()), parent_id=made.item_id, kind=ItemKind.LIBRARY, name=LIBRARY
        )
    )
    return made


def _check_title(title: str) -> None:
    if not title.strip() or len(title) > MOST_TITLE or any(ord(sign) < 32 for sign in title):
        raise errors.UsageError("A web needs a title of at most 255 characters.")

"""Who is named in a frozen site and what they may do there: principals, SharePoint groups, scopes, in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from xtenant.domain import paths
from xtenant.domain.content import (
    WEB,
    Item,
    ItemKey,
    ItemKind,
    PrincipalKey,
    PrincipalKind,
    RoleAssignment,
    Site,
)
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import (
    ManifestAssignment,
    ManifestGroup,
    ManifestPrincipal,
    ManifestScope,
    ScopeKind,
    scope_kind_of,
)
from xtenant.engine import places
from xtenant.engine.phases.backup import entries
from xtenant.engine.phases.backup.entries import Written
from xtenant.engine.places import BackupPlace

PAGE = 200


def principals(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """Everybody whom items, scopes, groups and the site itself name, its owner and its Microsoft 365 group among them;
    SharePoint groups follow by themselves."""
    named = {principal.key: principal for principal in uow.principals.of_site(site.key)}
    own = [found for found in (site.owner_id, site.group_id) if found is not None]
    named |= {found.key: found for found in uow.principals.by_directory_ids(own).values()}
    admins = uow.site_groups.admins(site.key)
    for key in sorted(named):
        principal = named[key]
        if key > place.after and principal.kind is not PrincipalKind.SITE_GROUP:
            place = places.moved(place, after=key)
            yield (
                ManifestPrincipal(
                    ref=key,
                    kind=principal.kind,
                    directory_id=principal.directory_id,
                    name=principal.name,
                    login=principal.login.rpartition("|")[2],
                    mail=principal.mail,
                    admin=key in admins,
                ),
                place,
                (),
            )


def groups(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """The site's own groups with their members, some groups a query."""
    left = sorted(
        (group for group in uow.site_groups.of_site(site.key) if group.principal > place.after),
        key=lambda group: group.principal,
    )
    for start in range(0, len(left), PAGE):
        page = left[start : start + PAGE]
        ids = uow.principals.by_keys([group.principal for group in page])
        members: dict[PrincipalKey, list[int]] = {}
        for found in uow.site_groups.members(site.key, list(ids)):
            members.setdefault(found.group, []).append(found.member)
        for group in page:
            place = places.moved(place, after=group.principal)
            yield (
                ManifestGroup(
                    ref=group.principal,
                    group_id=ids[group.principal].directory_id,
                    name=group.title,
                    description=group.description,
                    members=tuple(sorted(members.get(group.principal, ()))),
                ),
                place,
                (),
            )


def web_scope(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """The root web's permissions: there are always some, be it none."""
    if not place.after:
        given = uow.scopes.assignments(site.key, [WEB])
        web_path = paths.site_path(site.url)
        root = ManifestScope(
            kind=ScopeKind.WEB,
            object_id=site.web_id,
            path="",
            web_id=site.web_id,
            web_path=web_path,
            assignments=_assignments(given),
        )
        yield root, places.moved(place, after=1), ()


def scopes(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """Every web, list, folder, file and list item with permissions of its own, a page of them a few queries."""
    while page := uow.scopes.page(site.key, after=ItemKey(place.after), limit=PAGE, deleted=True):
        given: dict[ItemKey, list[RoleAssignment]] = {}
        for assignment in uow.scopes.assignments(site.key, page):
            given.setdefault(assignment.scope, []).append(assignment)
        for item, web_id, web_path, path in _addresses(uow, site, page):
            place = places.moved(place, after=item.key)
            scope = ManifestScope(
                kind=scope_kind_of(item.kind),
                object_id=item.item_id,
                path=path,
                web_id=web_id,
                web_path=web_path,
                assignments=_assignments(given.get(item.key, ())),
            )
            yield scope, place, ()


def _addresses(uow: UnitOfWork, site: Site, page: Sequence[ItemKey]) -> Iterator[tuple[Item, UUID, str, str]]:
    """Of each object its item, the id and address of its web, and its place below that web."""
    objects = uow.items.by_keys(page)
    lists = uow.items.by_keys({item.library_key for item in objects.values() if item.library_key})
    names = entries.paths_of(uow, objects.values(), lists)
    webs = {key: _web_of(item, lists) for key, item in objects.items()}
    subwebs = uow.items.by_keys({web for web in webs.values() if web})
    above = uow.definitions.paths_of(subwebs.values())
    root = paths.site_path(site.url)
    for key in page:
        web = webs[key]
        if web is None:
            yield objects[key], site.web_id, root, names[key]
            continue
        own = "/".join(above[web])
        web_path = f"{root}/{own}" if root else own
        yield objects[key], subwebs[web].item_id, web_path, names[key].removeprefix(own).removeprefix("/")


def _web_of(item: Item, lists: Mapping[ItemKey, Item]) -> ItemKey | None:
    """The subweb an object stands in or is; None for the root web."""
    if item.kind is ItemKind.WEB:
        return item.key
    return item.parent_key if item.library_key is None else lists[item.library_key].parent_key


def _assignments(given: Iterable[RoleAssignment]) -> tuple[ManifestAssignment, ...]:
    in_order = sorted(given, key=lambda one: one.principal)
    return tuple(ManifestAssignment(principal=one.principal, role=one.role) for one in in_order)

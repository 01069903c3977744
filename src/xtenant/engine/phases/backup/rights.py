"""Who is named in a frozen site and what they may do there: principals, SharePoint groups, scopes, in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xtenant.domain import paths
from xtenant.domain.content import (
    WEB,
    BlobKey,
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
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ScopeKind,
)
from xtenant.engine import places
from xtenant.engine.places import BackupPlace

PAGE = 200
Written = tuple[ManifestObject, BackupPlace, Sequence[BlobKey]]


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


def web_scope(uow: UnitOfWork, site: Site) -> ManifestScope:
    """The root web's permissions: there are always some, be it none."""
    return _scope(site, ScopeKind.WEB, site, "", uow.scopes.assignments(site.key, [WEB]))


def scopes(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """Every library, folder and file with permissions of its own, a page of them a query."""
    libraries = {library.key: library.name for library in uow.items.libraries(site.key)}
    while page := uow.scopes.page(site.key, after=ItemKey(place.after), limit=PAGE):
        objects = uow.items.by_keys(page)
        names = uow.items.paths_of(objects.values())
        given: dict[ItemKey, list[RoleAssignment]] = {}
        for assignment in uow.scopes.assignments(site.key, page):
            given.setdefault(assignment.scope, []).append(assignment)
        for key in page:
            item = objects[key]
            path = "/".join((libraries[item.library_key or item.key], *names[key]))
            kind = ScopeKind.LIBRARY if item.kind is ItemKind.LIBRARY else ScopeKind.ITEM
            place = places.moved(place, after=key)
            yield _scope(site, kind, item, path, given.get(key, ())), place, ()


def _scope(
    site: Site, kind: ScopeKind, thing: Site | Item, path: str, given: Sequence[RoleAssignment]
) -> ManifestScope:
    return ManifestScope(
        kind=kind,
        object_id=thing.web_id if isinstance(thing, Site) else thing.item_id,
        path=path,
        web_id=site.web_id,
        web_path=paths.site_path(site.url),
        assignments=tuple(
            ManifestAssignment(principal=one.principal, role=one.role)
            for one in sorted(given, key=lambda one: one.principal)
        ),
    )

"""Permissions of the hidden site: SharePoint groups, administrators and scopes, written from the manifest and compared with it.

Nothing widens: whoever has no counterpart here is left out, and a scope in which nobody is left stays a scope with nobody in
it. Two principals of the source that became one here have the stronger of their two roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeVar

from xtenant.domain import obstacles
from xtenant.domain.content import WEB, Item, ItemId, ItemKey, PrincipalKey, Role, RoleAssignment, SiteKey
from xtenant.domain.move import MoveJob
from xtenant.domain.permissions import SiteGroup, SiteGroupMember, stronger
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import (
    ManifestGroup,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ScopeKind,
    scope_kind_of,
)
from xtenant.engine.phases.restore import entries, people
from xtenant.package.text import DamagedPackage

ROWS_A_CALL = 5_000

Row = TypeVar("Row")
Thing = ManifestPrincipal | ManifestGroup | ManifestScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What permissions of some objects of a manifest should stand here, in this tenant's keys."""

    admins: frozenset[PrincipalKey]
    groups: Mapping[PrincipalKey, SiteGroup]
    members: frozenset[tuple[PrincipalKey, PrincipalKey]]
    scopes: Mapping[ItemKey, Mapping[PrincipalKey, Role]]

    @property
    def rights(self) -> int:
        """How many assignments these are."""
        return sum(map(len, self.scopes.values()))


def expected(
    uow: UnitOfWork, job: MoveJob, site_key: SiteKey, batch: Sequence[ManifestObject], *, root_web: str
) -> Permissions:
    """Translate the permissions among some objects. Items named by scopes must be there already; `root_web` is the id of the
    source's root web. Raises DamagedPackage."""
    things = [thing for thing in batch if isinstance(thing, ManifestPrincipal | ManifestGroup | ManifestScope)]
    refs = _refs(things)
    keys, admitted = people.keys_of(uow, job, refs), people.admitted(uow, job, refs)
    here = {ref: keys[ref] for ref in admitted}
    groups = [thing for thing in things if isinstance(thing, ManifestGroup)]
    return Permissions(
        admins=frozenset(
            here[one.ref] for one in things if isinstance(one, ManifestPrincipal) and one.admin and one.ref in here
        ),
        groups={here[group.ref]: _site_group(site_key, here[group.ref], group) for group in groups},
        members=frozenset((here[group.ref], here[one]) for group in groups for one in group.members if one in here),
        scopes=_scopes(uow, site_key, _with_ids(job, things, root_web), here),
    )


def _refs(things: Sequence[Thing]) -> set[int]:
    refs: set[int] = set()
    for thing in things:
        match thing:
            case ManifestPrincipal():
                refs |= {thing.ref} if thing.admin else set()
            case ManifestGroup():
                refs |= {thing.ref, *thing.members}
            case ManifestScope():
                refs |= {given.principal for given in thing.assignments}
    return refs


def _site_group(site_key: SiteKey, key: PrincipalKey, group: ManifestGroup) -> SiteGroup:
    return SiteGroup(site_key=site_key, principal=key, title=group.name, description=group.description)


def _scopes(
    uow: UnitOfWork,
    site_key: SiteKey,
    scopes: Sequence[tuple[ManifestScope, ItemId | None]],
    here: Mapping[int, PrincipalKey],
) -> dict[ItemKey, dict[PrincipalKey, Role]]:
    objects = uow.scopes.objects(site_key, [item_id for _, item_id in scopes if item_id is not None], deleted=True)
    found: dict[ItemKey, dict[PrincipalKey, Role]] = {}
    for scope, item_id in scopes:
        rights: dict[PrincipalKey, Role] = {}
        for given in scope.assignments:
            if given.principal in here:
                role = stronger(rights.get(here[given.principal]), given.role)
                rights[here[given.principal]] = role or given.role
        found[_key_of(scope, item_id, objects)] = rights
    return found


def _with_ids(job: MoveJob, things: Sequence[Thing], root_web: str) -> list[tuple[ManifestScope, ItemId | None]]:
    """Scopes, each with the id here of what carries the permissions; None for the root web."""

    def here(scope: ManifestScope) -> ItemId | None:
        if scope.kind is not ScopeKind.WEB:
            return ItemId(scope.object_id)
        return None if str(scope.object_id) == root_web else entries.web_here(job, scope.object_id)

    return [(thing, here(thing)) for thing in things if isinstance(thing, ManifestScope)]


def _key_of(scope: ManifestScope, item_id: ItemId | None, objects: Mapping[ItemId, Item]) -> ItemKey:
    if item_id is None:
        return WEB
    item = objects.get(item_id)
    if item is None or scope_kind_of(item.kind) is not scope.kind:
        raise DamagedPackage(f"The manifest gives permissions to '{scope.path}', which it does not hold.")
    return item.key


def write(writer: SiteWriter, wanted: Permissions) -> None:
    """Groups with their members, administrators, then scopes with their assignments; a bounded number of rows a call."""
    members = [SiteGroupMember(group=group, member=member) for group, member in sorted(wanted.members)]
    writer.put_site_groups(list(wanted.groups.values()), (), sorted(wanted.admins))
    for start in range(0, len(members), ROWS_A_CALL):
        writer.put_site_groups((), members[start : start + ROWS_A_CALL], ())
    given = [
        RoleAssignment(site_key=writer.site.key, principal=principal, role=role, scope=scope)
        for scope, rights in wanted.scopes.items()
        for principal, role in rights.items()
    ]
    writer.put_scopes([key for key in wanted.scopes if key != WEB], ())
    for start in range(0, len(given), ROWS_A_CALL):
        writer.put_scopes((), given[start : start + ROWS_A_CALL])


def compare(uow: UnitOfWork, site_key: SiteKey, wanted: Permissions) -> None:
    """The groups and scopes of some objects, each exactly as wanted. Raises NotAsSealed naming what differs."""
    groups = {group.principal: group for group in uow.site_groups.of_site(site_key)} if wanted.groups else {}
    if any(groups.get(key) != group for key, group in wanted.groups.items()):
        raise obstacles.NotAsSealed("A SharePoint group of the hidden site differs from the manifest.")
    standing = {(found.group, found.member) for found in uow.site_groups.members(site_key, list(wanted.groups))}
    _same(wanted.members, standing, "member of a SharePoint group")
    _compare_scopes(uow, site_key, wanted)
    if wanted.admins and wanted.admins - uow.site_groups.admins(site_key):
        raise obstacles.NotAsSealed("The hidden site lacks an administrator that the manifest names.")


def _compare_scopes(uow: UnitOfWork, site_key: SiteKey, wanted: Permissions) -> None:
    keys = [key for key in wanted.scopes if key != WEB]
    nearest = uow.scopes.nearest(uow.items.by_keys(keys).values())
    if any(nearest.get(key) != key for key in keys):
        raise obstacles.NotAsSealed("An object of the hidden site inherits permissions that should be its own.")
    standing = {(one.scope, one.principal, one.role) for one in uow.scopes.assignments(site_key, list(wanted.scopes))}
    due = {(scope, principal, role) for scope, given in wanted.scopes.items() for principal, role in given.items()}
    _same(due, standing, "right")


def compare_amounts(uow: UnitOfWork, site_key: SiteKey, *, groups: int, scopes: int, rights: int) -> None:
    """Nothing stands here besides what was compared. Raises NotAsSealed."""
    if len(uow.site_groups.of_site(site_key)) != groups:
        raise obstacles.NotAsSealed("The hidden site has SharePoint groups that the manifest does not name.")
    if uow.scopes.count(site_key) != (scopes, rights):
        raise obstacles.NotAsSealed("The hidden site has permissions that the manifest does not name.")


def compare_admins(uow: UnitOfWork, job: MoveJob, site_key: SiteKey, admins: Iterable[int]) -> None:
    """Exactly these of the source's people administer the site. Raises NotAsSealed."""
    refs = list(admins)
    keys, admitted = people.keys_of(uow, job, refs), people.admitted(uow, job, refs)
    _same({keys[ref] for ref in admitted}, set(uow.site_groups.admins(site_key)), "administrator")


def _same(due: AbstractSet[Row], standing: AbstractSet[Row], what: str) -> None:
    if due - standing:
        raise obstacles.NotAsSealed(f"The hidden site lacks a {what} that the manifest names.")
    if standing - due:
        raise obstacles.NotAsSealed(f"The hidden site has a {what} that the manifest does not name.")

"""Role assignments and inheritance of webs, lists and items as SharePoint knows them (`content-api.md` 4.5).

Only who has full control of an object sees and changes who has a right on it. A principal has one role on a scope: a further
one leaves the stronger of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import WEB, Item, ItemKey, Principal, PrincipalKey, PrincipalKind, Role
from xtenant.domain.permissions import Grant, InheritsPermissions, Securable, stronger
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access, lists, permissions, webs
from xtenant.operations.access import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """An object whose rights the caller may manage; `item` is None for the web."""

    standing: Standing
    item: Item | None

    @property
    def own_scope(self) -> ItemKey:
        return WEB if self.item is None else self.item.key


def role_assignments(units: Units, caller: Caller, *, url: str, what: Securable) -> Sequence[Grant]:
    """What holds on an object, inherited or own. Raises NotFound, AccessDenied."""
    with units.read() as uow:
        managed = _managed(uow, caller, url, what)
        return _grants(uow, managed, _scope_of(uow, managed))


def break_inheritance(
    units: Units, caller: Caller, *, url: str, what: Securable, copy: bool, clear_below: bool, clock: Clock
) -> None:
    """Give an object permissions of its own, with a copy of those it had or with nobody but the caller.

    `clear_below` makes everything below inherit from it. One that has its own keeps them, and so does the web.
    """
    with units.write() as uow:
        managed = _managed(uow, caller, url, what)
        writer = _writer(uow, managed, clock)
        if managed.item is not None:
            broken = permissions.break_inheritance(uow, writer, managed.item, copy=copy)
            if broken and not copy and caller.kind is CallerKind.USER and managed.standing.everywhere is None:
                # who breaks keeps control, or nobody but administrators could undo it
                writer.assign(access.author_of(uow, caller), Role.OWNER, scope=managed.item.key)
        for scope in _below(uow, managed) if clear_below else ():
            writer.reset_inheritance(scope)


def reset_inheritance(units: Units, caller: Caller, *, url: str, what: Securable, clock: Clock) -> None:
    """Make an object inherit again; its own permissions are gone. Raises Refused for the web."""
    with units.write() as uow:
        managed = _managed(uow, caller, url, what)
        _writer(uow, managed, clock).reset_inheritance(managed.own_scope)


def add_role(
    units: Units, caller: Caller, *, url: str, what: Securable, principal: PrincipalKey, role: Role, clock: Clock
) -> None:
    """Give a user, directory group or SharePoint group that the site knows a role. Raises NotFound, InheritsPermissions."""
    with units.write() as uow:
        managed = _managed(uow, caller, url, what)
        writer = _writer(uow, managed, clock)
        require_known(uow, managed.standing, principal)
        given = uow.scopes.assignments(managed.standing.site.key, [managed.own_scope])
        there = next((one.role for one in given if one.principal == principal), None)
        writer.assign(principal, stronger(there, role) or role, scope=managed.own_scope)


def remove_role(
    units: Units, caller: Caller, *, url: str, what: Securable, principal: PrincipalKey, role: Role, clock: Clock
) -> None:
    """Take a role away. Raises NotFound where the principal does not have just this one, InheritsPermissions."""
    with units.write() as uow:
        managed = _managed(uow, caller, url, what)
        writer = _writer(uow, managed, clock)
        scope = _scope_of(uow, managed)
        if scope != managed.own_scope:
            raise InheritsPermissions("This is not allowed on an object that inherits permissions.")
        given = uow.scopes.assignments(managed.standing.site.key, [scope])
        if (principal, role) not in {(one.principal, one.role) for one in given}:
            raise errors.NotFound(f"Can not find the principal with id: {principal}.")
        writer.unassign(principal, scope=scope)


def require_known(uow: UnitOfWork, standing: Standing, principal: PrincipalKey) -> Principal:
    """A user or group of the site by its number. Raises NotFound."""
    site_key = standing.site.key
    user = uow.site_groups.user(site_key, principal)
    if user is not None:
        return user.principal
    if uow.site_groups.by_key(site_key, principal) is None:
        raise errors.NotFound(
            f"Can not find the principal with id: {principal}.", remedy="Make the site know it first: ensureuser."
        )
    return uow.principals.by_keys([principal])[principal]


def _managed(uow: UnitOfWork, caller: Caller, url: str, what: Securable) -> Managed:
    found = webs.entered(uow, caller, url)
    if what.is_web:
        webs.require_on_web(uow, found, Role.OWNER)
        return Managed(standing=found.standing, item=found.web)
    if what.item_number is None and what.item_path is None:
        item = lists.list_named(uow, found, what)
    else:
        library, item = lists.located(uow, found, what)
        access.require_entry(uow, found.standing, library)
    access.require_item(uow, found.standing, item, Role.OWNER)
    return Managed(standing=found.standing, item=item)


def _writer(uow: UnitOfWork, managed: Managed, clock: Clock) -> SiteWriter:
    return uow.write_site(managed.standing.site.key, now=clock.business_now())


def _scope_of(uow: UnitOfWork, managed: Managed) -> ItemKey:
    return WEB if managed.item is None else uow.scopes.nearest([managed.item])[managed.item.key]


def _below(uow: UnitOfWork, managed: Managed) -> Sequence[ItemKey]:
    site = managed.standing.site
    if managed.item is not None:
        return uow.scopes.below(managed.item)
    standing = [one for one in uow.definitions.containers(site.key) if one.parent_key is None]
    own = uow.scopes.nearest(standing)
    return [
        scope
        for one in standing
        for scope in (*((one.key,) if own[one.key] == one.key else ()), *uow.scopes.below(one))
    ]


def _grants(uow: UnitOfWork, managed: Managed, scope: ItemKey) -> Sequence[Grant]:
    site = managed.standing.site
    given = permissions.assignments_on(uow, site, scope)
    people = uow.principals.by_keys([one.principal for one in given])
    return [
        Grant(
            principal=people[one.principal],
            role=one.role,
            through_group=scope == WEB
            and people[one.principal].directory_id == site.group_id
            and people[one.principal].kind is PrincipalKind.GROUP,
        )
        for one in given
        if one.principal in people
    ]

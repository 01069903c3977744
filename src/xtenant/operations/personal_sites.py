"""A OneDrive that comes into being because its owner uses it (R-4.8 to R-4.10, graph-migrations.md 4.5).

At Microsoft a delegated call for `/me/drive`, or an administrator's for somebody else's, makes the OneDrive of a licensed
person who has none; that very OneDrive then blocks the move to this tenant. An app's call never makes one. Who gets one is
the tenant's setting `personal_site_creation`, which stands for the right 'Create Personal Site' of the user profile service.
"""

from __future__ import annotations

from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.directory import User, UserId, UserType
from xtenant.domain.drive import Drive
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Geo, Tenant
from xtenant.operations import content, licences, sites

EVERYONE, NOBODY = "everyone", "nobody"


def use_drive(
    units: Units, tenant: Tenant, caller: Caller, *, user_id: UserId | None = None, clock: Clock, ids: IdSource
) -> Drive:
    """A user's OneDrive, the caller's own without an id; made now where the owner may have one and has none.

    Raises NotFound, AccessDenied, UsageError for an app that asks for its own.
    """
    try:
        return content.personal_drive(units, caller, user_id=user_id)
    except errors.NotFound:
        owner = user_id or (UserId(caller.user_id) if caller.user_id else None)
        if owner is None or not provision(units, tenant, caller, owner, clock=clock, ids=ids):
            raise
    return content.personal_drive(units, caller, user_id=user_id)


def provision(units: Units, tenant: Tenant, caller: Caller, owner: UserId, *, clock: Clock, ids: IdSource) -> bool:
    """Make a OneDrive for whom a signed-in person asks. Whether one was made."""
    asks_for_own = caller.user_id == owner
    if caller.kind is not CallerKind.USER or not (asks_for_own or caller.is_sharepoint_admin):
        return False
    with units.read() as uow:
        user = uow.users.by_id(owner)
        if user is None or not may_have_onedrive(uow, user):
            return False
        geo = geo_of_person(tenant, user)
        if uow.sites.any_by_url(sites.personal_site_url(geo, user.upn)):
            return False
    sites.create_personal_site(units, geo=geo, user=user, clock=clock, ids=ids)
    return True


def may_have_onedrive(uow: UnitOfWork, user: User) -> bool:
    """Whether using SharePoint gives a person a OneDrive: an enabled member, licensed, and not held back by the setting."""
    if user.user_type is not UserType.MEMBER or not user.account_enabled or user.external_state is not None:
        return False
    if not licences.may_have_sharepoint(uow, user.user_id):
        return False
    allowed = uow.settings.get().personal_site_creation
    if allowed in (EVERYONE, NOBODY):
        return allowed == EVERYONE
    return UUID(allowed) in uow.memberships.groups_of(user.user_id)


def geo_of_person(tenant: Tenant, user: User) -> Geo:
    """Where a person's OneDrive comes to be."""
    return next((geo for geo in tenant.geos if geo.code == user.preferred_data_location), tenant.default_geo)

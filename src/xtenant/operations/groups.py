"""Groups: security groups and Microsoft 365 groups; who is in them is in `operations/group_people.py`.

A Microsoft 365 group gets its site at once, unless it is created with `ProvisionSiteOnDemand` (R-4.17, R-4.18): then the
move brings the site. The alias fixes the last segment of that site's URL (R-4.23).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import GROUP_TEMPLATE
from xtenant.domain.directory import Group, GroupId, GroupKind
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Tenant
from xtenant.operations import sites
from xtenant.operations.directory import IllegalName, NameTaken, check_text, require
from xtenant.operations.group_people import (
    GROUP_WRITE,
    HIDDEN,
    MAX_BOUND_MEMBERS,
    TooManyMembers,
    add_people,
    group_named,
    writable_group,
)
from xtenant.operations.users import check_data_location

GROUP_READ = frozenset(
    {"Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"}
    | {"User.ReadWrite.All"}
)
ON_DEMAND = "ProvisionSiteOnDemand"
VISIBILITIES = ("Private", "Public", HIDDEN)
_ALIAS_FORBIDDEN = frozenset('@()\\[]";:.<>, ')


class GroupRefused(errors.UsageError):
    """A combination of properties Graph creates or makes no group of."""

    code = "groupRefused"


class Keep(Enum):
    """Says that a value stays as it is, where None clears it."""

    IT = "keep"


KEEP = Keep.IT


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """What a group is created from; members and owners are object ids.

    Without a visibility a Microsoft 365 group is Public and a security group Private, as at Microsoft.
    """

    kind: GroupKind
    display_name: str
    alias: str
    description: str | None = None
    visibility: str | None = None
    mail_enabled: bool = False
    security_enabled: bool = True
    resource_behavior_options: tuple[str, ...] = ()
    preferred_data_location: str | None = None
    owners: tuple[UUID, ...] = ()
    members: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChanges:
    """What is to be changed of a group; KEEP leaves a value, None clears it. `members` are added, never removed."""

    display_name: str | Keep = KEEP
    description: str | Keep | None = KEEP
    visibility: str | Keep = KEEP
    mail_nickname: str | Keep = KEEP
    security_enabled: bool | Keep = KEEP
    preferred_data_location: str | Keep | None = KEEP
    members: tuple[UUID, ...] = ()

    def changed(self) -> dict[str, object]:
        """The properties that do not stay, by name, without the members."""
        values = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
        return {name: value for name, value in values if value is not KEEP and name != "members"}


def create_group(units: Units, tenant: Tenant, caller: Caller, new: NewGroup, *, clock: Clock, ids: IdSource) -> Group:
    """Add a group with its owners and members, and a Microsoft 365 group's site unless it is to come later (R-4.18).

    A person who creates a Microsoft 365 group without owners owns it. Raises IllegalName, GroupRefused, NameTaken,
    MemberNotFound, MemberRefused, AccessDenied.
    """
    require(caller, GROUP_WRITE, "create groups")
    _check(tenant, new)
    owners = new.owners
    if not owners and new.kind is GroupKind.UNIFIED and caller.kind is CallerKind.USER and caller.user_id is not None:
        owners = (caller.user_id,)
    group = Group(
        group_id=GroupId(ids.new_id()),
        kind=new.kind,
        display_name=new.display_name,
        mail_nickname=new.alias,
        mail=f"{new.alias}@{tenant.default_domain}" if new.kind is GroupKind.UNIFIED else None,
        description=new.description,
        visibility=new.visibility or ("Public" if new.kind is GroupKind.UNIFIED else "Private"),
        mail_enabled=new.mail_enabled,
        security_enabled=new.security_enabled,
        resource_behavior_options=new.resource_behavior_options,
        preferred_data_location=new.preferred_data_location,
        created_at=clock.business_now(),
    )
    with units.write() as uow:
        _check_free(uow, group)
        uow.groups.add(group)
        add_people(uow, group, list(dict.fromkeys(owners)), owner=True)
        add_people(uow, group, list(dict.fromkeys(new.members)))
        owner = owners[0] if owners else None
        return _with_site(uow, tenant, group, owner, clock=clock, ids=ids) if gets_site_at_once(group) else group


def update_group(units: Units, tenant: Tenant, caller: Caller, name: str, changes: GroupChanges) -> Group:
    """Change a group, and add up to 20 members. Raises GroupNotFound, IllegalName, GroupRefused, NameTaken, MemberKnown."""
    with units.write() as uow:
        group = writable_group(uow, caller, name, "change groups")
        _check_changes(tenant, group, changes)
        changed = dataclasses.replace(group, **changes.changed())  # pyright: ignore[reportArgumentType]
        if not isinstance(changes.mail_nickname, Keep) and group.mail is not None:
            changed = dataclasses.replace(changed, mail=f"{changes.mail_nickname}@{group.mail.rpartition('@')[2]}")
        _check_free(uow, changed)
        uow.groups.update(changed)
        add_people(uow, changed, changes.members)
    return changed


def _with_site(
    uow: UnitOfWork, tenant: Tenant, group: Group, owner: UUID | None, *, clock: Clock, ids: IdSource
) -> Group:
    """The group's site, named after its alias (R-4.23), in its data location (R-4.24). Raises content's NameTaken where the
    address is taken."""
    geo = next((geo for geo in tenant.geos if geo.code == group.preferred_data_location), tenant.default_geo)
    site = sites.add_site(
        uow,
        geo=geo,
        url=f"{geo.root_url}/sites/{group.mail_nickname}",
        title=group.display_name,
        template=GROUP_TEMPLATE,
        owner=owner,
        clock=clock,
        ids=ids,
        group_id=group.group_id,
    )
    linked = dataclasses.replace(group, site_url=site.url)
    uow.groups.update(linked)
    return linked


def get_group(units: Units, caller: Caller, name: str) -> Group:
    """A live group by object id. Raises GroupNotFound."""
    require(caller, GROUP_READ, "read groups", members=True)
    with units.read() as uow:
        return group_named(uow, name)


def delete_group(units: Units, caller: Caller, name: str, *, clock: Clock) -> None:
    """Mark a group as deleted; its alias is free again. Its site stays."""
    require(caller, GROUP_WRITE, "delete groups")
    with units.write() as uow:
        group = group_named(uow, name)
        uow.groups.update(dataclasses.replace(group, deleted_at=clock.business_now()))


def gets_site_at_once(group: Group) -> bool:
    """Whether creating the group creates a site (R-4.18)."""
    wanted = {option.lower() for option in group.resource_behavior_options}
    return group.kind is GroupKind.UNIFIED and ON_DEMAND.lower() not in wanted


def _check(tenant: Tenant, new: NewGroup) -> None:
    """Graph makes Microsoft 365 groups and security groups, no distribution lists; settled C 5 allows both mail forms."""
    check_text("displayName", new.display_name)
    check_alias(new.alias)
    check_data_location(tenant, new.preferred_data_location)
    if new.description:
        check_text("description", new.description, limit=1024)
    if new.kind is GroupKind.SECURITY and (new.mail_enabled or not new.security_enabled):
        raise GroupRefused(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement "
            "property is unset and the security-enablement property is set.",
        )
    if new.visibility is not None and new.visibility not in VISIBILITIES:
        raise IllegalName(f"'{new.visibility}' is no visibility of a group.", target="visibility")
    if new.visibility == HIDDEN and new.kind is not GroupKind.UNIFIED:
        raise GroupRefused("Only a Microsoft 365 group can hide its members.")
    if len(new.owners) + len(new.members) > MAX_BOUND_MEMBERS:
        raise TooManyMembers(f"A group is created with at most {MAX_BOUND_MEMBERS} members and owners.")


def _check_changes(tenant: Tenant, group: Group, changes: GroupChanges) -> None:
    if not isinstance(changes.display_name, Keep):
        check_text("displayName", changes.display_name)
    if isinstance(changes.description, str) and changes.description:
        check_text("description", changes.description, limit=1024)
    if not isinstance(changes.mail_nickname, Keep):
        check_alias(changes.mail_nickname)
    if not isinstance(changes.preferred_data_location, Keep):
        check_data_location(tenant, changes.preferred_data_location)
    if changes.security_enabled is False and group.kind is GroupKind.SECURITY:
        raise GroupRefused("A security group stays security-enabled.")
    wanted = changes.visibility
    if isinstance(wanted, Keep) or wanted == group.visibility:
        return
    if wanted not in VISIBILITIES:
        raise IllegalName(f"'{wanted}' is no visibility of a group.", target="visibility")
    if HIDDEN in (wanted, group.visibility):
        raise GroupRefused("HiddenMembership is set when the group is created, and not changed afterwards.")


def check_alias(alias: str) -> None:
    """Raise IllegalName unless a group's alias has Graph's form; a period would fail the move as well (R-4.22)."""
    if not alias or len(alias) > 64 or not alias.isascii() or not alias.isprintable() or _ALIAS_FORBIDDEN & set(alias):
        raise IllegalName(
            f"'{alias}' is not a group alias.",
            remedy='Use at most 64 ASCII characters and none of @ ( ) \\ [ ] " ; : . < > , or a blank (R-4.22).',
            target="mailNickname",
        )


def _check_free(uow: UnitOfWork, group: Group) -> None:
    other = uow.groups.by_alias(group.mail_nickname)
    if other is not None and other.group_id != group.group_id:
        raise NameTaken(
            f"Another object with the same value for property mailNickname already exists: '{group.mail_nickname}'.",
            target="mailNickname",
        )

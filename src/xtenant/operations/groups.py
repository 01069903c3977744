"""Groups: security groups and Microsoft 365 groups, their members and owners.

A Microsoft 365 group gets its site at once, unless it is created with `ProvisionSiteOnDemand` (R-4.17, R-4.18): then the
move brings the site. The alias fixes the last segment of that site's URL (R-4.23).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.content import GROUP_TEMPLATE
from xtenant.domain.directory import Group, GroupId, GroupKind, UserId
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Tenant
from xtenant.operations import sites
from xtenant.operations.directory import IllegalName, NameTaken, as_guid, check_text, require

GROUP_READ = frozenset(
    {"Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"}
    | {"User.ReadWrite.All"}
)
GROUP_WRITE = frozenset({"Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All", "User.ReadWrite.All"})
"""`User.ReadWrite.All` counts because step 4 prints it as the scope for creating groups (R-4.17)."""

ON_DEMAND = "ProvisionSiteOnDemand"
MAX_BOUND_MEMBERS = 20
VISIBILITIES = ("Private", "Public", "HiddenMembership")
_ALIAS_FORBIDDEN = frozenset('@()\\[]";:.<>, ')


class GroupNotFound(errors.NotFound):
    code = "groupNotFound"
    remedy = "Check the group's object id."


class MemberKnown(errors.UsageError):
    """The member or owner to be added is one already."""

    code = "memberKnown"
    remedy = "Nothing to do."


class MemberNotFound(errors.NotFound):
    """No user or group has the id given as member or owner."""

    code = "memberNotFound"
    remedy = "Check the object id."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """What a group is created from; members and owners are object ids."""

    kind: GroupKind
    display_name: str
    alias: str
    description: str | None = None
    visibility: str = "Private"
    mail_enabled: bool = False
    security_enabled: bool = True
    resource_behavior_options: tuple[str, ...] = ()
    owners: tuple[UUID, ...] = ()
    members: tuple[UUID, ...] = ()


def create_group(units: Units, tenant: Tenant, caller: Caller, new: NewGroup, *, clock: Clock, ids: IdSource) -> Group:
    """Add a group with its owners and members, and a Microsoft 365 group's site unless it is to come later (R-4.18).

    Raises IllegalName, NameTaken, MemberNotFound, AccessDenied.
    """
    require(caller, GROUP_WRITE, "create groups")
    _check(new)
    group = Group(
        group_id=GroupId(ids.new_id()),
        kind=new.kind,
        display_name=new.display_name,
        mail_nickname=new.alias,
        mail=f"{new.alias}@{tenant.initial_domain}" if new.kind is GroupKind.UNIFIED or new.mail_enabled else None,
        description=new.description,
        visibility=new.visibility,
        mail_enabled=new.mail_enabled,
        security_enabled=new.security_enabled,
        resource_behavior_options=new.resource_behavior_options,
        created_at=clock.business_now(),
    )
    with units.write() as uow:
        if uow.groups.by_alias(new.alias) is not None:
            raise NameTaken(
                f"Another object with the same value for property mailNickname already exists: '{new.alias}'.",
                target="mailNickname",
            )
        _require_known(uow, (*new.owners, *new.members))
        uow.groups.add(group)
        for member in new.owners:
            uow.memberships.add(group.group_id, member, owner=True)
        for member in new.members:
            uow.memberships.add(group.group_id, member)
        return _with_site(uow, tenant, group, new, clock=clock, ids=ids) if gets_site_at_once(group) else group


def _with_site(uow: UnitOfWork, tenant: Tenant, group: Group, new: NewGroup, *, clock: Clock, ids: IdSource) -> Group:
    """The group's site, named after its alias (R-4.23). Raises content's NameTaken where the address is taken."""
    geo = tenant.default_geo
    site = sites.add_site(
        uow,
        geo=geo,
        url=f"{geo.root_url}/sites/{group.mail_nickname}",
        title=group.display_name,
        template=GROUP_TEMPLATE,
        owner=new.owners[0] if new.owners else None,
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


def list_groups(units: Units, caller: Caller, *, after_name: str, limit: int) -> Sequence[Group]:
    """A page of live groups behind a key (`GroupRepository.page`)."""
    require(caller, GROUP_READ, "read groups", members=True)
    with units.read() as uow:
        return uow.groups.page(after_name=after_name, limit=limit)


def find_groups(units: Units, caller: Caller, alias: str) -> Sequence[Group]:
    """The group with an alias, as a list of none or one."""
    require(caller, GROUP_READ, "read groups", members=True)
    with units.read() as uow:
        found = uow.groups.by_alias(alias)
    return [found] if found else []


def delete_group(units: Units, caller: Caller, name: str, *, clock: Clock) -> None:
    """Mark a group as deleted; its alias is free again. Its site stays."""
    require(caller, GROUP_WRITE, "delete groups")
    with units.write() as uow:
        group = group_named(uow, name)
        uow.groups.update(dataclasses.replace(group, deleted_at=clock.business_now()))


def list_people(
    units: Units, caller: Caller, name: str, *, owners: bool, after: int, limit: int
) -> Sequence[tuple[UUID, str]]:
    """A page of direct members or owners: (object id, `user` or `group`), behind the first `after` of them."""
    require(caller, GROUP_READ, "read group members", members=True)
    with units.read() as uow:
        group = group_named(uow, name)
        ids = uow.memberships.owners(group.group_id) if owners else uow.memberships.members(group.group_id)
        wanted = list(islice(ids, after, after + limit))
        users = uow.users.by_ids([UserId(member) for member in wanted])
    return [(member, "user" if UserId(member) in users else "group") for member in wanted]


def add_person(units: Units, caller: Caller, name: str, member_id: UUID, *, owner: bool) -> None:
    """Add a direct member or owner. Raises MemberNotFound, and MemberKnown for one that is there (Graph: 400)."""
    require(caller, GROUP_WRITE, "change group members")
    with units.write() as uow:
        group = group_named(uow, name)
        _require_known(uow, (member_id,))
        present = uow.memberships.owners(group.group_id) if owner else uow.memberships.members(group.group_id)
        if member_id in present:
            raise MemberKnown(f"One or more added object references already exist: {member_id}.")
        uow.memberships.add(group.group_id, member_id, owner=owner)


def remove_person(units: Units, caller: Caller, name: str, member_id: UUID, *, owner: bool) -> None:
    """Remove a direct member or owner. Raises MemberNotFound for one that is not there."""
    require(caller, GROUP_WRITE, "change group members")
    with units.write() as uow:
        group = group_named(uow, name)
        present = uow.memberships.owners(group.group_id) if owner else uow.memberships.members(group.group_id)
        if member_id not in present:
            raise MemberNotFound(f"{member_id} is not among them.")
        uow.memberships.remove(group.group_id, member_id, owner=owner)


def group_named(uow: UnitOfWork, name: str) -> Group:
    """A live group by object id, inside a unit of work. Raises GroupNotFound."""
    group_id = as_guid(name)
    found = uow.groups.by_id(GroupId(group_id)) if group_id else None
    if found is None or found.deleted_at is not None:
        raise GroupNotFound(f"Resource '{name}' does not exist.")
    return found


def gets_site_at_once(group: Group) -> bool:
    """Whether creating the group creates a site (R-4.18)."""
    wanted = {option.lower() for option in group.resource_behavior_options}
    return group.kind is GroupKind.UNIFIED and ON_DEMAND.lower() not in wanted


def _check(new: NewGroup) -> None:
    check_text("displayName", new.display_name)
    if not new.alias or len(new.alias) > 64 or not new.alias.isascii() or _ALIAS_FORBIDDEN & set(new.alias):
        raise IllegalName(
            f"'{new.alias}' is not a group alias.",
            remedy='Use at most 64 ASCII characters and none of @ ( ) \\ [ ] " ; : . < > , or a blank (R-4.22).',
            target="mailNickname",
        )
    if new.visibility not in VISIBILITIES:
        raise IllegalName(f"'{new.visibility}' is no visibility of a group.", target="visibility")
    if len(new.owners) + len(new.members) > MAX_BOUND_MEMBERS:
        raise errors.UsageError(f"A group is created with at most {MAX_BOUND_MEMBERS} members and owners.")


def _require_known(uow: UnitOfWork, people: Sequence[UUID]) -> None:
    if not people:
        return
    users = uow.users.by_ids([UserId(person) for person in people])
    for person in people:
        if UserId(person) not in users and uow.groups.by_id(GroupId(person)) is None:
            raise MemberNotFound(f"Resource '{person}' does not exist.")

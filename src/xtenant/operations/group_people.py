"""Who is in a group and who owns it: added, removed, and what may be in what (graph-migrations.md 4.4).

A security group holds people and security groups; a Microsoft 365 group holds people only and is itself in no group. Owners
are people. The last owner of a Microsoft 365 group stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.directory import Group, GroupId, GroupKind, UserId
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations.directory import DirectoryDenied, as_guid, require

GROUP_WRITE = frozenset({"Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All", "User.ReadWrite.All"})
"""`User.ReadWrite.All` counts because step 4 prints it as the scope for creating groups (R-4.17)."""

MEMBER_WRITE = GROUP_WRITE | {"GroupMember.ReadWrite.All"}
HIDDEN_READ = frozenset({"Member.Read.Hidden", "Group.ReadWrite.All", "Directory.ReadWrite.All"})
HIDDEN = "HiddenMembership"
MAX_BOUND_MEMBERS = 20


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


class MemberRefused(errors.UsageError):
    """What cannot be a member or owner of this kind of group, or cannot cease to be one."""

    code = "memberRefused"


class TooManyMembers(errors.UsageError):
    code = "tooManyMembers"
    remedy = f"Send at most {MAX_BOUND_MEMBERS} in one request."


def add_person(units: Units, caller: Caller, name: str, member_id: UUID, *, owner: bool) -> None:
    """Add a direct member or owner. Raises MemberNotFound, MemberRefused, and MemberKnown for one that is there (Graph: 400)."""
    with units.write() as uow:
        group = writable_group(uow, caller, name, "change group members")
        add_people(uow, group, [member_id], owner=owner)


def remove_person(units: Units, caller: Caller, name: str, member_id: UUID, *, owner: bool) -> None:
    """Remove a direct member or owner. Raises MemberNotFound for one that is not there, MemberRefused for the last owner."""
    with units.write() as uow:
        group = writable_group(uow, caller, name, "change group members", leaving=None if owner else member_id)
        if not uow.memberships.has(group.group_id, member_id, owner=owner):
            raise MemberNotFound(f"Resource '{member_id}' does not exist or is not among them.")
        if owner and group.kind is GroupKind.UNIFIED and len(list(uow.memberships.owners(group.group_id))) == 1:
            raise MemberRefused("The group must have at least one owner, hence this owner cannot be removed.")
        uow.memberships.remove(group.group_id, member_id, owner=owner)


def add_people(uow: UnitOfWork, group: Group, people: Sequence[UUID], *, owner: bool = False) -> None:
    """Add direct members or owners inside a unit, all or none; at most 20, as Graph binds."""
    if len(people) > MAX_BOUND_MEMBERS:
        raise TooManyMembers(f"At most {MAX_BOUND_MEMBERS} members are added in one request.")
    check_people(uow, group, people, owner=owner)
    for person in people:
        if uow.memberships.has(group.group_id, person, owner=owner):
            raise MemberKnown(
                "One or more added object references already exist for the following modified properties: "
                f"'{'owners' if owner else 'members'}'."
            )
        uow.memberships.add(group.group_id, person, owner=owner)


def check_people(uow: UnitOfWork, group: Group, people: Sequence[UUID], *, owner: bool) -> None:
    """Raise MemberNotFound or MemberRefused unless all of them may be members, or owners, of a group."""
    users = uow.users.by_ids([UserId(person) for person in people])
    groups = uow.groups.by_ids([GroupId(person) for person in people if UserId(person) not in users])
    for person in people:
        if UserId(person) in users:
            continue
        inner = groups.get(GroupId(person))
        if inner is None:
            raise MemberNotFound(
                f"Resource '{person}' does not exist or one of its queried reference-property objects."
            )
        if owner:
            raise MemberRefused("Only people own groups.")
        if group.kind is GroupKind.UNIFIED:
            raise MemberRefused("A Microsoft 365 group has no groups as members; add their members.")
        if inner.kind is GroupKind.UNIFIED:
            raise MemberRefused("A Microsoft 365 group cannot be a member of a group.")
        if inner.group_id == group.group_id:
            raise MemberRefused("A group cannot be a member of itself.")


def writable_group(uow: UnitOfWork, caller: Caller, name: str, what: str, *, leaving: UUID | None = None) -> Group:
    """A group the caller may change: who administers the directory, owns the group, or only leaves it.

    Raises AccessDenied before it says that there is no such group, then GroupNotFound.
    """
    group_id = as_guid(name)
    found = uow.groups.by_id(GroupId(group_id)) if group_id else None
    me = caller.user_id if caller.kind is CallerKind.USER else None
    may = (
        found is not None and me is not None and (leaving == me or uow.memberships.has(found.group_id, me, owner=True))
    )
    if not may:
        require(caller, MEMBER_WRITE, what)
    return found or group_named(uow, name)


def sees_hidden(caller: Caller) -> bool:
    """Whether a caller may read the members of every group, hidden ones too."""
    is_reader = caller.kind is CallerKind.APP and bool(caller.permissions & HIDDEN_READ)
    return caller.is_global_admin or is_reader


def require_membership_shown(uow: UnitOfWork, caller: Caller, group: Group) -> None:
    """Raise AccessDenied where the group hides its members from a caller who is none of them."""
    if group.visibility != HIDDEN or sees_hidden(caller):
        return
    if caller.kind is CallerKind.USER and caller.user_id is not None:
        within = (uow.memberships.has(group.group_id, caller.user_id, owner=owner) for owner in (False, True))
        if any(within):
            return
    raise DirectoryDenied(
        "The members of this group are hidden.", remedy="Ask as one of them, or as an app with Member.Read.Hidden."
    )


def group_named(uow: UnitOfWork, name: str) -> Group:
    """A live group by object id, inside a unit of work. Raises GroupNotFound."""
    group_id = as_guid(name)
    found = uow.groups.by_id(GroupId(group_id)) if group_id else None
    if found is None or found.deleted_at is not None:
        raise GroupNotFound(f"Resource '{name}' does not exist or one of its queried reference-property objects.")
    return found

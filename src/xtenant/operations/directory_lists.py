"""Lists of users and groups: by question, by membership, by what changed since.

A signed-in member of the tenant may read the directory, an app with a reading permission (`directory.require`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from xtenant.domain.caller import Caller
from xtenant.domain.directory import Group, GroupId, User, UserId
from xtenant.domain.ports.directory import ObjectListRepository
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.query import (
    GROUPS,
    All,
    Change,
    Comparison,
    GroupsOf,
    MembersOf,
    Operator,
    Page,
    Place,
    Question,
    Scope,
)
from xtenant.operations.directory import USER_READ, require, user_named
from xtenant.operations.group_people import HIDDEN, group_named, require_membership_shown, sees_hidden
from xtenant.operations.groups import GROUP_READ

T = TypeVar("T")

MOST_CHECKED = 20
_NOT_HIDDEN = Comparison(GROUPS.fields["visibility"], Operator.NOT_EQUAL, HIDDEN)
FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The people of a group, named by its id: members, owners, or everybody through nested groups."""

    group: str
    owners: bool = False
    nested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """The groups that a user (by id or UPN) or a group (by id) is in, directly or through others."""

    name: str
    is_user: bool
    nested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[T]):
    """A page, with the number of all where it was asked for."""

    page: Page[T]
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A page of users and groups in the order of their ids; `following` is the id to go on behind."""

    rows: Sequence[User | Group]
    following: UUID | None
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """How far an asker of changes has come. Deletions up to `seen` are no news to them."""

    seen: int
    after: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes(Generic[T]):
    """Changes behind a place; `complete` says that these were the last for now."""

    rows: Sequence[Change[T]]
    following: Since
    complete: bool


def list_users(
    units: Units, caller: Caller, question: Question, *, within: Within | None = None, counted: bool = False
) -> Listed[User]:
    """A page of users, of all or of a group's. Raises GroupNotFound."""
    require(caller, USER_READ, "read users", members=True)
    with units.read() as uow:
        return _listed(uow, uow.user_lists, caller, question, within, counted=counted)


def list_groups(
    units: Units,
    caller: Caller,
    question: Question,
    *,
    within: Within | Belonging | None = None,
    counted: bool = False,
) -> Listed[Group]:
    """A page of groups: all, those in a group, or those somebody is in. Raises GroupNotFound, UserNotFound."""
    require(caller, GROUP_READ, "read groups", members=True)
    with units.read() as uow:
        return _listed(uow, uow.group_lists, caller, question, within, counted=counted)


def count_users(units: Units, caller: Caller, question: Question) -> int:
    require(caller, USER_READ, "read users", members=True)
    with units.read() as uow:
        return uow.user_lists.count(question)


def count_groups(units: Units, caller: Caller, question: Question) -> int:
    require(caller, GROUP_READ, "read groups", members=True)
    with units.read() as uow:
        return uow.group_lists.count(question)


def list_people(
    units: Units, caller: Caller, within: Within, *, after: UUID | None, limit: int, counted: bool = False
) -> People:
    """The live users and groups of a group. Raises GroupNotFound."""
    require(caller, GROUP_READ, "read group members", members=True)
    with units.read() as uow:
        scope = _members_of(uow, caller, within)
        found = uow.memberships.page(scope, after=after, limit=limit + 1)
        shown = found[:limit]
        users = uow.users.by_ids([UserId(one) for one, is_user in shown if is_user])
        groups = uow.groups.by_ids([GroupId(one) for one, is_user in shown if not is_user])
        total = uow.memberships.count(scope) if counted else None
    rows = [users[UserId(one)] if is_user else groups[GroupId(one)] for one, is_user in shown]
    return People(rows=rows, following=shown[-1][0] if len(found) > limit else None, total=total)


def count_people(units: Units, caller: Caller, within: Within) -> int:
    require(caller, GROUP_READ, "read group members", members=True)
    with units.read() as uow:
        return uow.memberships.count(_members_of(uow, caller, within))


def effective_groups(units: Units, caller: Caller, of: Belonging, *, security_only: bool = False) -> Sequence[UUID]:
    """The ids of all groups somebody is in, through nesting, in order. Raises UserNotFound, GroupNotFound."""
    require(caller, GROUP_READ, "read group members", members=True)
    with units.read() as uow:
        found = uow.memberships.groups_of(_id_of(uow, of))
        sees_all = _sees_all_groups(uow, caller, of)
        if security_only or not sees_all:
            groups = uow.groups.by_ids(GroupId(one) for one in found).values()
            found = {
                group.group_id
                for group in groups
                if (group.security_enabled or not security_only) and (sees_all or group.visibility != HIDDEN)
            }
    return sorted(found)


def changed_users(units: Units, caller: Caller, since: Since | None, *, limit: int) -> Changes[User]:
    """Users that changed since; all live ones for an asker who has seen nothing."""
    require(caller, USER_READ, "read users", members=True)
    with units.read() as uow:
        return _changes(uow.user_lists, since, limit)


def changed_groups(units: Units, caller: Caller, since: Since | None, *, limit: int) -> Changes[Group]:
    """The same for groups; a change of members or owners is one of the group."""
    require(caller, GROUP_READ, "read groups", members=True)
    with units.read() as uow:
        return _changes(uow.group_lists, since, limit)


def up_to_now(units: Units, caller: Caller) -> Since:
    """Where an asker stands who wants to hear of later changes only."""
    require(caller, USER_READ | GROUP_READ, "read the directory", members=True)
    with units.read() as uow:
        return Since(seen=0, after=Place(uow.user_lists.last_change(), LAST_ID))


def _listed(
    uow: UnitOfWork,
    lists: ObjectListRepository[T],
    caller: Caller,
    question: Question,
    within: Within | Belonging | None,
    *,
    counted: bool,
) -> Listed[T]:
    if within is not None:
        question = dataclasses.replace(question, scope=_scope_of(uow, caller, within))
    if isinstance(within, Belonging) and not _sees_all_groups(uow, caller, within):
        question = dataclasses.replace(
            question, where=_NOT_HIDDEN if question.where is None else All((question.where, _NOT_HIDDEN))
        )
    return Listed(page=lists.page(question), total=lists.count(question) if counted else None)


def _changes(lists: ObjectListRepository[T], since: Since | None, limit: int) -> Changes[T]:
    since = since or Since(seen=lists.last_change(), after=Place(0, FIRST_ID))
    found = lists.changes(since.after, seen=since.seen, limit=limit + 1)
    rows = found[:limit]
    last = rows[-1].place if rows else since.after
    if len(found) > limit:
        return Changes(rows=rows, following=Since(seen=since.seen, after=last), complete=False)
    # what was deleted before the first page stays unheard of: the next round begins behind it
    reached = max(last, Place(since.seen, LAST_ID), key=lambda place: (place.value, place.object_id))
    return Changes(rows=rows, following=Since(seen=0, after=reached), complete=True)


def _sees_all_groups(uow: UnitOfWork, caller: Caller, of: Belonging) -> bool:
    """Groups that hide their members are named to those who may read such, and to the member."""
    return sees_hidden(caller) or (of.is_user and user_named(uow, of.name).user_id == caller.user_id)


def _scope_of(uow: UnitOfWork, caller: Caller, within: Within | Belonging) -> Scope:
    if isinstance(within, Within):
        return _members_of(uow, caller, within)
    return GroupsOf(member_id=_id_of(uow, within), nested=within.nested)


def _members_of(uow: UnitOfWork, caller: Caller, within: Within) -> MembersOf:
    """Raises GroupNotFound, and AccessDenied where the group hides its members from the caller."""
    group = group_named(uow, within.group)
    require_membership_shown(uow, caller, group)
    return MembersOf(group_id=group.group_id, owners=within.owners, nested=within.nested)


def _id_of(uow: UnitOfWork, of: Belonging) -> UUID:
    return user_named(uow, of.name).user_id if of.is_user else group_named(uow, of.name).group_id

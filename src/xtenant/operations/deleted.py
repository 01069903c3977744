"""Deleted users and groups: listed, restored with their memberships, deleted for good (graph-migrations.md 4.2).

Thirty days after the deletion an object can no longer be had back; `forget_expired` then takes what is left of it.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.directory import Group, User
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.query import Question
from xtenant.operations.directory import USER_READ, USER_WRITE, NameTaken, as_guid, require
from xtenant.operations.directory_lists import Listed
from xtenant.operations.groups import GROUP_READ, GROUP_WRITE

KEPT = timedelta(days=30)
BATCH = 500

_READ = USER_READ | GROUP_READ
_WRITE = USER_WRITE | GROUP_WRITE


class DeletedNotFound(errors.NotFound):
    """No object of that id was deleted in the last 30 days."""

    code = "deletedNotFound"
    remedy = "List /directory/deletedItems/microsoft.graph.user or …group; after 30 days an object is gone."


def list_deleted_users(
    units: Units, caller: Caller, question: Question, *, clock: Clock, counted: bool = False
) -> Listed[User]:
    """A page of the users deleted in the last 30 days. Administrators only, and apps that may read."""
    require(caller, _READ, "read deleted users")
    with units.read() as uow:
        asked = dataclasses.replace(question, deleted_after=_limit(clock))
        lists = uow.user_lists
        return Listed(page=lists.page(asked), total=lists.count(asked) if counted else None)


def list_deleted_groups(
    units: Units, caller: Caller, question: Question, *, clock: Clock, counted: bool = False
) -> Listed[Group]:
    """The same of groups."""
    require(caller, _READ, "read deleted groups")
    with units.read() as uow:
        asked = dataclasses.replace(question, deleted_after=_limit(clock))
        lists = uow.group_lists
        return Listed(page=lists.page(asked), total=lists.count(asked) if counted else None)


def get_deleted(units: Units, caller: Caller, name: str, *, clock: Clock) -> User | Group:
    """Raises DeletedNotFound."""
    require(caller, _READ, "read deleted objects")
    with units.read() as uow:
        return _found(uow, name, clock)


def restore(units: Units, caller: Caller, name: str, *, clock: Clock) -> User | Group:
    """Bring an object back under its name, with its memberships. Raises DeletedNotFound, and NameTaken."""
    require(caller, _WRITE, "restore deleted objects")
    with units.write() as uow:
        found = _found(uow, name, clock)
        if isinstance(found, User):
            if uow.users.by_upn(found.upn) is not None:
                raise _taken("userPrincipalName", found.upn)
            uow.user_lists.restore(found.user_id)
        else:
            if uow.groups.by_alias(found.mail_nickname) is not None:
                raise _taken("mailNickname", found.mail_nickname)
            uow.group_lists.restore(found.group_id)
    return dataclasses.replace(found, deleted_at=None)


def delete_for_good(units: Units, caller: Caller, name: str, *, clock: Clock) -> None:
    """Raises DeletedNotFound."""
    require(caller, _WRITE, "delete objects for good")
    with units.write() as uow:
        found = _found(uow, name, clock)
        object_id: UUID = found.user_id if isinstance(found, User) else found.group_id
        _forget(uow, object_id, clock.business_now(), is_user=isinstance(found, User))


def forget_expired(units: Units, *, clock: Clock) -> int:
    """Delete for good what was deleted more than 30 days ago, one batch; how many."""
    before = _limit(clock)
    with units.read() as uow:  # most of the time there is nothing, which is no reason to write
        lists = (uow.user_lists, uow.group_lists)
        if not any(one.expired(deleted_before=before, limit=1) for one in lists):
            return 0
    with units.write() as uow:
        users = uow.user_lists.expired(deleted_before=before, limit=BATCH)
        groups = uow.group_lists.expired(deleted_before=before, limit=BATCH)
        now = clock.business_now()
        uow.memberships.forget([*users, *groups])
        uow.user_lists.forget(users, at=now)
        uow.group_lists.forget(groups, at=now)
    return len(users) + len(groups)


def _found(uow: UnitOfWork, name: str, clock: Clock) -> User | Group:
    object_id, limit = as_guid(name), _limit(clock)
    found: User | Group | None = None
    if object_id is not None:
        found = uow.user_lists.deleted(object_id, deleted_after=limit)
        found = found or uow.group_lists.deleted(object_id, deleted_after=limit)
    if found is None:
        raise DeletedNotFound(f"Resource '{name}' does not exist.")
    return found


def _forget(uow: UnitOfWork, object_id: UUID, now: datetime, *, is_user: bool) -> None:
    uow.memberships.forget([object_id])
    (uow.user_lists if is_user else uow.group_lists).forget([object_id], at=now)


def _limit(clock: Clock) -> datetime:
    return clock.business_now() - KEPT


def _taken(target: str, value: str) -> NameTaken:
    return NameTaken(
        f"Another object with the same value for property {target} already exists: '{value}'.", target=target
    )

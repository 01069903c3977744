"""Port of the directory: users, groups and apps of one tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from xtenant.domain.directory import App, AppId, Group, GroupId, User, UserId
from xtenant.domain.query import Change, MembersOf, Page, Place, Question

T = TypeVar("T")


class UserRepository(Protocol):
    """Names compare without regard to case. Deleted users are found by `deleted` methods only."""

    def add(self, user: User) -> None:
        """Raises Conflict when the UPN is taken by a live user."""
        ...

    def add_many(self, new: Sequence[User]) -> None:
        """In bulk. Raises Conflict when one of the UPNs is taken; nothing is added then."""
        ...

    def update(self, user: User) -> None: ...

    def by_id(self, user_id: UserId) -> User | None: ...

    def by_upn(self, upn: str) -> User | None: ...

    def by_mail(self, mail: str) -> User | None: ...

    def by_ids(self, user_ids: Iterable[UserId]) -> dict[UserId, User]:
        """Many at once, in one query per 500."""
        ...

    def by_upns(self, upns: Iterable[str]) -> dict[str, User]:
        """Many at once, in one query per 500, by UPN in lower case."""
        ...

    def with_role(self, role: UUID) -> Sequence[User]:
        """Enabled live users holding a directory role (for the mail to global administrators, R-2.20)."""
        ...

    def delete(self, user: User) -> None:
        """Mark as deleted; `user.deleted_at` is set by the caller."""
        ...


class GroupRepository(Protocol):
    def add(self, group: Group) -> None:
        """Raises Conflict when the alias is taken by a live group."""
        ...

    def add_many(self, new: Sequence[Group]) -> None:
        """In bulk. Raises Conflict when one of the aliases is taken; nothing is added then."""
        ...

    def update(self, group: Group) -> None: ...

    def by_id(self, group_id: GroupId) -> Group | None: ...

    def by_ids(self, group_ids: Iterable[GroupId]) -> dict[GroupId, Group]:
        """Many at once, in one query per 500."""
        ...

    def by_alias(self, alias: str) -> Group | None: ...


class MembershipRepository(Protocol):
    """Rows outlive the deletion of their ends; what is read here names live objects only, but for `members` and `owners`."""

    def members(self, group_id: GroupId) -> Iterator[UUID]: ...

    def owners(self, group_id: GroupId) -> Iterator[UUID]: ...

    def has(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> bool: ...

    def add(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> None:
        """Adding twice changes nothing."""
        ...

    def add_many(self, pairs: Sequence[tuple[GroupId, UUID]]) -> None:
        """Members in bulk. Raises Conflict when one is there already."""
        ...

    def remove(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> None: ...

    def groups_of(self, member_id: UUID) -> frozenset[UUID]:
        """Every live group somebody is in, through nesting, in one query."""
        ...

    def owned_by(self, member_id: UUID) -> frozenset[UUID]:
        """The live groups somebody is a direct owner of."""
        ...

    def page(self, scope: MembersOf, *, after: UUID | None, limit: int) -> Sequence[tuple[UUID, bool]]:
        """Live users and groups of a scope in the order of their ids behind one: (id, whether a user)."""
        ...

    def count(self, scope: MembersOf) -> int:
        """How many live users and groups a scope has."""
        ...

    def forget(self, object_ids: Sequence[UUID]) -> None:
        """Take objects that are deleted for good out of every group, and everybody out of them; at most 1,000."""
        ...


class ObjectListRepository(Protocol[T]):
    """Lists of users or of groups, by any question their noun allows."""

    def page(self, question: Question) -> Page[T]: ...

    def count(self, question: Question) -> int:
        """How many a question finds, on all its pages."""
        ...

    def last_change(self) -> int:
        """The number of the last change to the directory."""
        ...

    def changes(self, after: Place, *, seen: int, limit: int) -> Sequence[Change[T]]:
        """Objects by their last change behind a place. Deletions up to the change `seen` are left out: the asker never
        saw those objects."""
        ...

    def deleted(self, object_id: UUID, *, deleted_after: datetime) -> T | None:
        """An object that was deleted since then and not for good."""
        ...

    def restore(self, object_id: UUID) -> None:
        """Raises Conflict when its name is taken meanwhile."""
        ...

    def forget(self, object_ids: Sequence[UUID], *, at: datetime) -> None:
        """Delete for good what is deleted: the ids stay, so that nobody gets them again and `changes` can tell it; all else goes."""
        ...

    def expired(self, *, deleted_before: datetime, limit: int) -> Sequence[UUID]:
        """Objects deleted before a time and not yet for good."""
        ...


class AppRepository(Protocol):
    def put(self, app: App) -> None: ...

    def by_id(self, app_id: AppId) -> App | None: ...

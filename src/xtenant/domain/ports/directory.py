"""Port of the directory: users, groups and apps of one tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol
from uuid import UUID

from xtenant.domain.directory import App, AppId, Group, GroupId, User, UserId


class UserRepository(Protocol):
    """Names compare without regard to case. Deleted users are found by `deleted` methods only."""

    def add(self, user: User) -> None:
        """Raises Conflict when the UPN is taken by a live user."""
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

    def page(self, *, after_upn: str, limit: int) -> Sequence[User]:
        """Live users in UPN order behind a key."""
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

    def update(self, group: Group) -> None: ...

    def by_id(self, group_id: GroupId) -> Group | None: ...

    def by_ids(self, group_ids: Iterable[GroupId]) -> dict[GroupId, Group]:
        """Many at once, in one query per 500."""
        ...

    def by_alias(self, alias: str) -> Group | None: ...

    def page(self, *, after_name: str, limit: int) -> Sequence[Group]:
        """Live groups in (display name, id) order behind a key `name\\x00id`."""
        ...


class MembershipRepository(Protocol):
    def members(self, group_id: GroupId) -> Iterator[UUID]: ...

    def owners(self, group_id: GroupId) -> Iterator[UUID]: ...

    def add(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> None:
        """Adding twice changes nothing."""
        ...

    def remove(self, group_id: GroupId, member_id: UUID, *, owner: bool = False) -> None: ...

    def groups_of(self, member_id: UUID) -> frozenset[UUID]:
        """Every group a user is in, through nesting, in one query."""
        ...


class AppRepository(Protocol):
    def put(self, app: App) -> None: ...

    def by_id(self, app_id: AppId) -> App | None: ...

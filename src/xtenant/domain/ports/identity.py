"""Port of the identity map: versions per geo, rows valid from one version to another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from xtenant.domain.identity import GroupField, GroupMapping, MapVersion, SourceKey, UserField, UserMapping
from xtenant.domain.tenant import GeoCode


class IdentityMapRepository(Protocol):
    """Rows of other geos are never touched. A version stays readable until `forget_before` passes it."""

    def in_force(self, geo: GeoCode) -> MapVersion | None:
        """The newest version, or None before the first map."""
        ...

    def replace(self, version: MapVersion, rows: Sequence[UserMapping | GroupMapping]) -> None:
        """Make `rows` the whole map as of a version, which must follow the one in force. Unchanged rows stay as they are.

        Raises Conflict when the version exists already.
        """
        ...

    def users(
        self, geo: GeoCode, version: int, field: UserField, value: str, *, limit: int
    ) -> Sequence[UserMapping]: ...

    def groups(
        self, geo: GeoCode, version: int, field: GroupField, value: str, *, limit: int
    ) -> Sequence[GroupMapping]: ...

    def resolve(
        self, geo: GeoCode, version: int, keys: Iterable[SourceKey]
    ) -> dict[SourceKey, UserMapping | GroupMapping]:
        """The rows of many source keys, in one query per 500."""
        ...

    def page(
        self, geo: GeoCode, version: int, *, after: int, limit: int
    ) -> tuple[Sequence[UserMapping | GroupMapping], int]:
        """Rows in stored order behind a key (0 at first), and the key of the last one."""
        ...

    def forget_before(self, geo: GeoCode, version: int, *, keep: Collection[int]) -> int:
        """Delete rows that no version from `version` on, and none of `keep`, shows; how many."""
        ...

"""Port of the identity map: versions per geo, rows valid from one version to another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from xtenant.domain.identity import GroupField, GroupMapping, Mapping, MapVersion, SourceKey, UserField, UserMapping
from xtenant.domain.tenant import GeoCode


class IdentityMapRepository(Protocol):
    """Rows of other geos are never touched. A version stays readable until `forget_before` passes it."""

    def in_force(self, geo: GeoCode) -> MapVersion | None:
        """The newest version, or None before the first map."""
        ...

    def replace(self, version: MapVersion, rows: Sequence[Mapping]) -> None:
        """Make `rows` the whole map as of a version, which must follow the one in force. Unchanged rows stay as they are.

        Raises Conflict when the version exists already.
        """
        ...

    def change(self, version: MapVersion, put: Sequence[Mapping], remove: Collection[SourceKey]) -> None:
        """Make a version that differs from the one in force by these rows only: a single row, or a delta of Graph.

        Raises Conflict when the version exists already.
        """
        ...

    def users(
        self, geo: GeoCode, version: int, field: UserField, value: str, *, limit: int
    ) -> Sequence[UserMapping]: ...

    def groups(
        self, geo: GeoCode, version: int, field: GroupField, value: str, *, limit: int
    ) -> Sequence[GroupMapping]: ...

    def resolve(self, geo: GeoCode, version: int, keys: Iterable[SourceKey]) -> dict[SourceKey, Mapping]:
        """The rows of many source keys, in one query per 500."""
        ...

    def fitting(
        self, geo: GeoCode, version: int, field: UserField | GroupField, values: Collection[str], *, limit: int
    ) -> Sequence[Mapping]:
        """Rows whose field is one of some values, folded (a PUID as it is), in one query, whatever source tenant."""
        ...

    def page(
        self, geo: GeoCode, version: int, *, after: int, limit: int, groups: bool | None = None
    ) -> tuple[Sequence[Mapping], int]:
        """Rows in stored order behind a key (0 at first), and the key of the last one; all, or one kind of them."""
        ...

    def count(self, geo: GeoCode, version: int, *, groups: bool) -> int:
        """How many rows of a kind a version shows."""
        ...

    def forget_before(self, geo: GeoCode, version: int, *, keep: Collection[int]) -> int:
        """Delete rows that no version from `version` on, and none of `keep`, shows; how many."""
        ...

"""Identity maps: `map_versions` and `map_rows`, where a row is valid from one version up to, not including, another.

Replacing a map writes only what changed, in one transaction: the map must never be seen half-way (settled C 7), so this is
the one write that may exceed the usual bound on rows, up to `Limits.map_rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from xtenant.domain import errors
from xtenant.domain.identity import (
    GroupField,
    GroupKind,
    GroupMapping,
    Mapping,
    MapVersion,
    SourceKey,
    UserField,
    UserKind,
    UserMapping,
)
from xtenant.domain.tenant import GeoCode, TenantId
from xtenant.storage.tables import Guid, Instant, Key, Text, metadata

map_versions = Table(
    "map_versions",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("geo", Text(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("replaced_at", Instant, nullable=False),
    Column("replaced_by", Text(320), nullable=False),
    Column("row_count", Integer, nullable=False),
)

map_rows = Table(
    "map_rows",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Guid, nullable=False),
    Column("geo", Text(16), nullable=False),
    Column("from_version", Integer, nullable=False),
    Column("to_version", Integer),
    Column("is_group", Integer, nullable=False),
    Column("company_id", Guid, nullable=False),
    Column("source", Text(320), nullable=False),
    Column("source_key", Text(960), nullable=False),
    Column("target", Text(320), nullable=False),
    Column("target_key", Text(960), nullable=False),
    Column("name", Text(320), nullable=False),
    Column("name_key", Text(960), nullable=False),
    Column("puid", Text(64), nullable=False),
    Column("kind", Text(32), nullable=False),
    UniqueConstraint("tenant_id", "geo", "company_id", "source_key", "from_version"),
    Index("ix_map_rows_source", "tenant_id", "geo", "source_key"),
    Index("ix_map_rows_target", "tenant_id", "geo", "target_key"),
    Index("ix_map_rows_name", "tenant_id", "geo", "name_key"),
    Index("ix_map_rows_open", "tenant_id", "geo", "to_version", "id"),
)

CHUNK = 5_000
KEYS_A_QUERY = 500

_USER_COLUMNS = {
    UserField.SOURCE_USER_KEY: map_rows.c.source_key,
    UserField.TARGET_USER_UPN: map_rows.c.target_key,
    UserField.TARGET_USER_EMAIL: map_rows.c.name_key,
    UserField.TARGET_USER_PUID: map_rows.c.puid,
}
_GROUP_COLUMNS = {
    GroupField.SOURCE_GROUP_OBJECT_ID: map_rows.c.source_key,
    GroupField.TARGET_GROUP_OBJECT_ID: map_rows.c.target_key,
    GroupField.TARGET_GROUP_NAME: map_rows.c.name_key,
}


class IdentityMapStore:
    """`IdentityMapRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def in_force(self, geo: GeoCode) -> MapVersion | None:
        row = self._connection.execute(
            select(map_versions)
            .where(map_versions.c.tenant_id == self._tenant_id, map_versions.c.geo == geo)
            .order_by(map_versions.c.version.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        return MapVersion(
            geo=GeoCode(row.geo),
            version=row.version,
            replaced_at=row.replaced_at,
            replaced_by=row.replaced_by,
            row_count=row.row_count,
        )

    def replace(self, version: MapVersion, rows: Sequence[Mapping]) -> None:
        self._add_version(version)
        wanted = {row.source_key: row for row in rows}
        over: list[int] = []
        for row_id, standing in self._standing(version.geo):
            if wanted.get(standing.source_key) == standing:
                del wanted[standing.source_key]
            else:
                over.append(row_id)
        self._close(over, version.version)
        self._insert(version, list(wanted.values()))

    def change(self, version: MapVersion, put: Sequence[Mapping], remove: Collection[SourceKey]) -> None:
        self._add_version(version)
        places = [(key.company_id, key.key) for key in (*(row.source_key for row in put), *remove)]
        for batch in _batches(places, KEYS_A_QUERY):
            self._connection.execute(
                update(map_rows)
                .where(
                    self._own(version.geo),
                    map_rows.c.to_version.is_(None),
                    tuple_(map_rows.c.company_id, map_rows.c.source_key).in_(batch),
                )
                .values(to_version=version.version)
            )
        self._insert(version, put)

    def _add_version(self, version: MapVersion) -> None:
        before = self.in_force(version.geo)
        if version.version != (before.version if before else 0) + 1:
            raise errors.Conflict("The identity map was replaced by somebody else meanwhile.")
        self._connection.execute(
            insert(map_versions),
            {
                "tenant_id": self._tenant_id,
                "geo": version.geo,
                "version": version.version,
                "replaced_at": version.replaced_at,
                "replaced_by": version.replaced_by,
                "row_count": version.row_count,
            },
        )

    def _standing(self, geo: GeoCode) -> Iterator[tuple[int, Mapping]]:
        """The rows in force with their keys, read in portions: a quarter of a million must not lie in memory twice."""
        found = self._connection.execute(
            select(map_rows).where(self._own(geo), map_rows.c.to_version.is_(None)).execution_options(yield_per=CHUNK)
        )
        return ((row.id, _mapping_of(row)) for row in found)

    def _close(self, row_ids: Sequence[int], version: int) -> None:
        statement = (
            update(map_rows)
            .where(map_rows.c.tenant_id == self._tenant_id, map_rows.c.id == bindparam("row_id"))
            .values(to_version=version)
        )
        for ids in _batches(row_ids):
            self._connection.execute(statement, [{"row_id": row_id} for row_id in ids])

    def _insert(self, version: MapVersion, rows: Sequence[Mapping]) -> None:
        common = {"tenant_id": self._tenant_id, "geo": version.geo, "from_version": version.version}
        for batch in _batches(rows):
            self._connection.execute(insert(map_rows), [{**common, **_values_of(row)} for row in batch])

    def users(self, geo: GeoCode, version: int, field: UserField, value: str, *, limit: int) -> Sequence[UserMapping]:
        wanted = value if field is UserField.TARGET_USER_PUID else value.casefold()
        rows = self._found(geo, version, and_(map_rows.c.is_group == 0, _USER_COLUMNS[field] == wanted), limit)
        return [_user_of(row) for row in rows]

    def groups(
        self, geo: GeoCode, version: int, field: GroupField, value: str, *, limit: int
    ) -> Sequence[GroupMapping]:
        wanted = value.casefold()
        rows = self._found(geo, version, and_(map_rows.c.is_group == 1, _GROUP_COLUMNS[field] == wanted), limit)
        return [_group_of(row) for row in rows]

    def resolve(self, geo: GeoCode, version: int, keys: Iterable[SourceKey]) -> dict[SourceKey, Mapping]:
        found: dict[SourceKey, Mapping] = {}
        place = tuple_(map_rows.c.company_id, map_rows.c.source_key)
        for batch in _batches(list(keys), KEYS_A_QUERY):
            wanted = place.in_([(key.company_id, key.key) for key in batch])
            for row in self._found(geo, version, wanted, len(batch)):
                found[SourceKey(TenantId(row.company_id), row.source_key)] = _mapping_of(row)
        return found

    def fitting(
        self, geo: GeoCode, version: int, field: UserField | GroupField, values: Collection[str], *, limit: int
    ) -> Sequence[Mapping]:
        groups = isinstance(field, GroupField)
        column = _GROUP_COLUMNS[field] if isinstance(field, GroupField) else _USER_COLUMNS[field]
        wanted = and_(map_rows.c.is_group == int(groups), column.in_(sorted(values)))
        return [_mapping_of(row) for row in self._found(geo, version, wanted, limit)]

    def page(
        self, geo: GeoCode, version: int, *, after: int, limit: int, groups: bool | None = None
    ) -> tuple[Sequence[Mapping], int]:
        behind = map_rows.c.id > after
        if groups is not None:
            behind = and_(behind, map_rows.c.is_group == int(groups))
        rows = self._found(geo, version, behind, limit)
        return [_mapping_of(row) for row in rows], rows[-1].id if rows else after

    def count(self, geo: GeoCode, version: int, *, groups: bool) -> int:
        wanted = and_(self._own(geo), _shown(version), map_rows.c.is_group == int(groups))
        return self._connection.execute(select(func.count()).select_from(map_rows).where(wanted)).scalar_one()

    def forget_before(self, geo: GeoCode, version: int, *, keep: Collection[int]) -> int:
        needed = [and_(map_rows.c.from_version <= kept, map_rows.c.to_version > kept) for kept in keep]
        unseen = and_(map_rows.c.to_version.is_not(None), map_rows.c.to_version <= version)
        if needed:
            unseen = and_(unseen, ~or_(*needed))
        return self._connection.execute(delete(map_rows).where(self._own(geo), unseen)).rowcount

    def _found(self, geo: GeoCode, version: int, condition: ColumnElement[bool], limit: int) -> Sequence[Any]:
        return self._connection.execute(
            select(map_rows).where(self._own(geo), _shown(version), condition).order_by(map_rows.c.id).limit(limit)
        ).all()

    def _own(self, geo: GeoCode) -> ColumnElement[bool]:
        return and_(map_rows.c.tenant_id == self._tenant_id, map_rows.c.geo == geo)


def _shown(version: int) -> ColumnElement[bool]:
    return and_(
        map_rows.c.from_version <= version,
        or_(map_rows.c.to_version.is_(None), map_rows.c.to_version > version),
    )


def _batches(items: Sequence[Any], size: int = CHUNK) -> Iterable[Sequence[Any]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _values_of(row: Mapping) -> dict[str, object]:
    if isinstance(row, UserMapping):
        source, target, name, puid = row.source_upn, row.target_upn, row.target_email, row.target_puid
    else:
        source, target, name, puid = str(row.source_group_id), str(row.target_group_id), row.target_name, ""
    return {
        "is_group": int(isinstance(row, GroupMapping)),
        "company_id": row.company_id,
        "source": source,
        "source_key": row.source_key.key,
        "target": target,
        "target_key": target.casefold(),
        "name": name,
        "name_key": name.casefold(),
        "puid": puid,
        "kind": row.kind.value,
    }


def _mapping_of(row: Any) -> Mapping:
    return _group_of(row) if row.is_group else _user_of(row)


def _user_of(row: Any) -> UserMapping:
    return UserMapping(
        company_id=TenantId(row.company_id),
        source_upn=row.source,
        target_upn=row.target,
        target_email=row.name,
        target_puid=row.puid,
        kind=UserKind(row.kind),
    )


def _group_of(row: Any) -> GroupMapping:
    return GroupMapping(
        company_id=TenantId(row.company_id),
        source_group_id=UUID(row.source),
        target_group_id=UUID(row.target),
        target_name=row.name,
        kind=GroupKind(row.kind),
    )

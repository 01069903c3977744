"""Single rows of the identity map: set and removed by cmdlet (R-5.29), and by Graph's deltas (graph-migrations.md 2.8).

One map, two views: every edit makes a new version of the map in force, and jobs keep the version their grant pinned. Rows are
judged by the same check as those of a whole map.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.identity import (
    GroupField,
    GroupKind,
    GroupMapping,
    Mapping,
    MapVersion,
    SourceKey,
    UserField,
    UserMapping,
)
from xtenant.domain.limits import Limits
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Geo, TenantId
from xtenant.operations.identity_map import LOOKUP_LIMIT, BadRow, read_group, read_user

DELTA_ITEMS = 50
READ, MANAGE = "SharePointCrossTenantMigration.Read.All", "SharePointCrossTenantMigration.Manage.All"


class MappingNotFound(errors.NotFound):
    """The map has no such row."""

    code = "mappingNotFound"


class DeltaRefused(errors.UsageError):
    """At least one item of a delta cannot be applied; none was. `problems` says which, in order of the items."""

    code = "badDelta"
    remedy = "Correct the items named; nothing was changed."

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item of a delta, of a user or a group; what is None keeps its value in a row that is there.

    `kind` is the name of `UserKind` or `GroupKind`, `name` the mail address or the alias.
    """

    source: str
    company_id: TenantId | None = None
    target: str | None = None
    name: str | None = None
    kind: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a delta says of a row it took away."""

    source: str


Outcome: TypeAlias = Mapping | Removed


def set_row(units: Units, row: Mapping, *, geo: Geo, caller: Caller, limits: Limits, clock: Clock) -> MapVersion | None:
    """Add a row or put it in place of the one with its source key; None when it stood there as it is.

    The row comes from `read_user` or `read_group`. Raises TooLarge when the map is full.
    """
    with units.write() as uow:
        standing = _standing(uow, geo)
        before = uow.identity_map.resolve(geo.code, standing, [row.source_key])
        return _commit(uow, geo, caller, before, {row.source_key: row}, limits=limits, clock=clock)


def remove_users(
    units: Units, field: UserField, value: str, *, geo: Geo, caller: Caller, limits: Limits, clock: Clock
) -> Sequence[UserMapping]:
    """Remove-SPOTenantIdentityMappingUser: the rows a field fits. Raises MappingNotFound, Conflict for too many."""
    with units.write() as uow:
        version = _standing(uow, geo)
        found = uow.identity_map.users(geo.code, version, field, _wanted(value), limit=LOOKUP_LIMIT + 1)
        _remove(uow, geo, caller, found, f"{field.value} = {value}", limits=limits, clock=clock)
    return found


def remove_groups(
    units: Units, field: GroupField, value: str, *, geo: Geo, caller: Caller, limits: Limits, clock: Clock
) -> Sequence[GroupMapping]:
    """Remove-SPOTenantIdentityMappingGroup; see `remove_users`."""
    with units.write() as uow:
        version = _standing(uow, geo)
        found = uow.identity_map.groups(geo.code, version, field, _wanted(value), limit=LOOKUP_LIMIT + 1)
        _remove(uow, geo, caller, found, f"{field.value} = {value}", limits=limits, clock=clock)
    return found


def apply_delta(
    units: Units,
    changes: Sequence[Change],
    *,
    groups: bool,
    own: TenantId,
    geo: Geo,
    caller: Caller,
    limits: Limits,
    clock: Clock,
) -> Sequence[Outcome]:
    """Graph's PATCH of mappings: 1 to 50 items, in order, all judged before any is applied, one commit (2.8).

    A removal of a row that is not there is no error. Raises AccessDenied, DeltaRefused, TooLarge.
    """
    require(caller, MANAGE)
    if not 1 <= len(changes) <= DELTA_ITEMS:
        raise DeltaRefused([f"A delta has 1 to {DELTA_ITEMS} items, not {len(changes)}."])
    with units.write() as uow:
        before = _rows_of(uow, geo, {_folded(change.source) for change in changes}, groups=groups)
        draft = _Draft(own, dict(before), groups=groups)
        outcomes = [draft.apply(number, change) for number, change in enumerate(changes)]
        if draft.problems:
            raise DeltaRefused(draft.problems)
        _commit(uow, geo, caller, before, draft.rows, limits=limits, clock=clock)
    return [outcome for outcome in outcomes if outcome is not None]


def mapping_of(units: Units, source: str, *, groups: bool, geo: Geo, caller: Caller) -> Mapping:
    """The row of a source UPN or group id, as Graph's alternate key and id name it. Raises AccessDenied, MappingNotFound."""
    require(caller, READ, MANAGE)
    with units.read() as uow:
        found = _rows_of(uow, geo, {_folded(source)}, groups=groups)
    if not found:
        raise MappingNotFound(f"There is no mapping of '{source}'.")
    return next(iter(found.values()))


def list_mappings(
    units: Units, *, groups: bool, geo: Geo, caller: Caller, version: int | None, after: int, limit: int
) -> tuple[Sequence[Mapping], int, int]:
    """A page of one kind of rows: the rows, the version they are of, the key of the last one.

    A list once begun stays with its version; None begins with the one in force. Raises AccessDenied.
    """
    require(caller, READ, MANAGE)
    with units.read() as uow:
        shown = _standing(uow, geo) if version is None else version
        rows, last = uow.identity_map.page(geo.code, shown, after=after, limit=limit, groups=groups)
    return rows, shown, last


def count_mappings(units: Units, *, groups: bool, geo: Geo, caller: Caller) -> int:
    """How many rows of one kind the map in force has. Raises AccessDenied."""
    require(caller, READ, MANAGE)
    with units.read() as uow:
        return uow.identity_map.count(geo.code, _standing(uow, geo), groups=groups)


def require(caller: Caller, *permissions: str) -> None:
    """Apps need one of the permissions of 2.1, people the SharePoint administrator's role (inferred). Raises AccessDenied."""
    if caller.kind is CallerKind.USER:
        allowed = caller.is_sharepoint_admin
    else:
        allowed = caller.kind is CallerKind.APP and bool(caller.permissions & set(permissions))
    if not allowed:
        raise errors.AccessDenied(
            "Insufficient privileges for the identity mappings.",
            remedy=f"Use a SharePoint administrator, or an app with {' or '.join(permissions)}.",
        )


class _Draft:
    """The rows a delta speaks of, changed item by item; what cannot be is collected, so that all of it can be said at once."""

    def __init__(self, own: TenantId, rows: dict[SourceKey, Mapping], *, groups: bool) -> None:
        self.rows = rows
        self.problems: list[str] = []
        self._own = own
        self._groups = groups

    def apply(self, number: int, change: Change) -> Outcome | None:
        try:
            return self._removed(change) if change.removed else self._put(change)
        except BadRow as reason:
            self.problems.append(f"Item {number}: {reason.text}.")
            return None

    def _removed(self, change: Change) -> Removed:
        for row in self._standing(change):
            self._require_writable(row)
            del self.rows[row.source_key]
        return Removed(source=change.source)

    def _put(self, change: Change) -> Mapping:
        standing = self._standing(change)
        present = standing[0] if len(standing) == 1 else None
        if present is not None:
            self._require_writable(present)
        company = change.company_id or (present.company_id if present else None)
        if company is None:
            raise BadRow("sourceOrganizationId is missing")
        row = self._group(change, company, present) if self._groups else self._user(change, company, present)
        self.rows[row.source_key] = row
        return row

    def _user(self, change: Change, company: TenantId, present: Mapping | None) -> UserMapping:
        was = present if isinstance(present, UserMapping) else None
        row = read_user(
            self._own,
            str(company),
            change.source.strip(),
            _given(change.target, was and was.target_upn, "the target's userPrincipalName"),
            _given(change.name, was and was.target_email, "targetUserMigrationData.email"),
            _given(change.kind, was and was.kind.value, "userType"),
        )
        return row if was is None else dataclasses.replace(row, target_puid=was.target_puid)

    def _group(self, change: Change, company: TenantId, present: Mapping | None) -> GroupMapping:
        was = present if isinstance(present, GroupMapping) else None
        kind = _given(change.kind, was and was.kind.value, "groupType")
        target = _given(change.target, was and str(was.target_group_id), "the target's id")
        # a security group repeats its id in place of an alias, which Graph's form has no need to say
        spare = was.target_name if was and was.kind.value == kind else None
        if kind != GroupKind.O365.value:
            spare = target if spare is None or kind == GroupKind.REGULAR.value else spare
        name = _given(change.name, spare, "targetGroupMigrationData.mailNickname")
        return read_group(self._own, str(company), change.source.strip(), target, name, kind)

    def _standing(self, change: Change) -> list[Mapping]:
        key = _folded(change.source)
        return [
            row
            for place, row in self.rows.items()
            if place.key == key and change.company_id in (None, place.company_id)
        ]

    def _require_writable(self, row: Mapping) -> None:
        """Graph has no word for AdminGroup, so such a row is shown and not touched (settled C 5)."""
        if row.kind is GroupKind.ADMIN:
            raise BadRow("the mapping is an AdminGroup, which can be read here and changed by cmdlet only")


def _folded(source: str) -> str:
    """A source UPN or group id as rows are keyed by it."""
    return source.strip().removeprefix("{").removesuffix("}").casefold()


def _given(value: str | None, standing: str | None, name: str) -> str:
    text = standing if value is None else value.strip()
    if text is None:
        raise BadRow(f"{name} is missing")
    return text


def _standing(uow: UnitOfWork, geo: Geo) -> int:
    """The number of the version in force; 0, which shows no rows, before the first."""
    version = uow.identity_map.in_force(geo.code)
    return version.version if version else 0


def _wanted(value: str) -> str:
    text = value.strip()
    if not text:
        raise errors.UsageError("There is no value to look for.")
    return text


def _rows_of(uow: UnitOfWork, geo: Geo, keys: set[str], *, groups: bool) -> dict[SourceKey, Mapping]:
    version = _standing(uow, geo)
    field = GroupField.SOURCE_GROUP_OBJECT_ID if groups else UserField.SOURCE_USER_KEY
    found = uow.identity_map.fitting(geo.code, version, field, keys, limit=LOOKUP_LIMIT * DELTA_ITEMS)
    return {row.source_key: row for row in found}


def _remove(
    uow: UnitOfWork, geo: Geo, caller: Caller, rows: Sequence[Mapping], what: str, *, limits: Limits, clock: Clock
) -> None:
    if not rows:
        raise MappingNotFound(f"No row of the identity map has {what}.")
    if len(rows) > LOOKUP_LIMIT:
        raise errors.Conflict(f"More than {LOOKUP_LIMIT} rows have {what}; nothing was removed.", remedy="Name a key.")
    _commit(uow, geo, caller, _by_key(rows), {}, limits=limits, clock=clock)


def _by_key(rows: Iterable[Mapping]) -> dict[SourceKey, Mapping]:
    return {row.source_key: row for row in rows}


def _commit(
    uow: UnitOfWork,
    geo: Geo,
    caller: Caller,
    before: dict[SourceKey, Mapping],
    after: dict[SourceKey, Mapping],
    *,
    limits: Limits,
    clock: Clock,
) -> MapVersion | None:
    """Make the version in which these rows stand instead of those; None when they are equal."""
    put = [row for key, row in after.items() if before.get(key) != row]
    gone = [key for key in before if key not in after]
    if not put and not gone:
        return None
    standing = uow.identity_map.in_force(geo.code)
    row_count = (standing.row_count if standing else 0) + len(after) - len(before)
    if row_count > limits.map_rows:
        raise errors.TooLarge(f"The identity map would have {row_count} rows; {limits.map_rows} are allowed.")
    version = MapVersion(
        geo=geo.code,
        version=standing.version + 1 if standing else 1,
        replaced_at=clock.business_now(),
        replaced_by=caller.name,
        row_count=row_count,
    )
    uow.identity_map.change(version, put, gone)
    return version

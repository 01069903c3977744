"""Step 5: replace the whole identity map, look rows up, resolve source keys (R-5.1 to R-5.32, settled C 7).

One call is the whole map: good rows become the new version in one commit, bad ones come back as messages. The row check here
and the tools' lint are written apart on purpose (settled C 6).
"""

from __future__ import annotations

import csv
import functools
import json
import re
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.identity import (
    GroupField,
    GroupKind,
    GroupMapping,
    Mapping,
    MapVersion,
    Rejected,
    Replacement,
    SourceKey,
    UserField,
    UserKind,
    UserMapping,
)
from xtenant.domain.limits import Limits
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, TenantId

LOOKUP_LIMIT = 100
_FIELD_LENGTH = 320
_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_NO_ALIAS = re.compile(r"[\s.@,;]")
"""What an alias cannot hold (R-5.50, R-4.22): blanks, a period, and what would make it an address or another column."""

_USER_KINDS = {kind.value.lower(): kind for kind in UserKind}
_GROUP_KINDS = {kind.value.lower(): kind for kind in GroupKind}
_JSON_COLUMNS = ("Type", "SourceTenantCompanyId", "SourceKey", "TargetKey", "TargetName", "Kind")


def replace_map(
    units: Units, *, own: TenantId, geo: Geo, caller: Caller, lines: Sequence[str], limits: Limits, clock: Clock
) -> Replacement:
    """Add-SPOTenantIdentityMap: `lines` are the rows of the CSV, the whole map of this geo (R-5.25); `own` is this tenant.

    Raises TooLarge above `Limits.map_rows`. With the setting `map_rejects_whole` one bad row refuses all. Nothing changes
    when no row is good.
    """
    if len(lines) > limits.map_rows:
        raise errors.TooLarge(
            f"The identity map has {len(lines)} rows; {limits.map_rows} are allowed in one call.",
            remedy="Leave out rows of people and groups that do not move.",
        )
    rows, rejected = _read_rows(lines, own)
    with units.write() as uow:
        if not rows or (rejected and uow.settings.get().map_rejects_whole):
            return Replacement(version=None, rejected=rejected)
        before = uow.identity_map.in_force(geo.code)
        version = MapVersion(
            geo=geo.code,
            version=before.version + 1 if before else 1,
            replaced_at=clock.business_now(),
            replaced_by=caller.name,
            row_count=len(rows),
        )
        uow.identity_map.replace(version, rows)
    return Replacement(version=version, rejected=rejected)


def map_in_force(units: Units, *, geo: Geo) -> MapVersion | None:
    """The version that a move granted now would pin (settled B 6)."""
    with units.read() as uow:
        return uow.identity_map.in_force(geo.code)


def lookup_user(units: Units, *, geo: Geo, field: UserField, value: str) -> Sequence[UserMapping]:
    """Get-SPOTenantIdentityMappingUser: rows of the map in force; empty when there is none (R-5.27)."""
    with units.read() as uow:
        version = uow.identity_map.in_force(geo.code)
        if version is None or not value.strip():
            return ()
        return uow.identity_map.users(geo.code, version.version, field, value.strip(), limit=LOOKUP_LIMIT)


def lookup_group(units: Units, *, geo: Geo, field: GroupField, value: str) -> Sequence[GroupMapping]:
    """Get-SPOTenantIdentityMappingGroup (R-5.28)."""
    with units.read() as uow:
        version = uow.identity_map.in_force(geo.code)
        if version is None or not value.strip():
            return ()
        return uow.identity_map.groups(geo.code, version.version, field, value.strip(), limit=LOOKUP_LIMIT)


def lookup_many(
    units: Units, *, geo: Geo, field: UserField | GroupField, values: Sequence[str]
) -> Sequence[Sequence[Mapping]]:
    """What `lookup_user` or `lookup_group` says of each of many values, in one query: a map read back asks for every row."""
    wanted = [value.strip() if field is UserField.TARGET_USER_PUID else value.strip().casefold() for value in values]
    most = LOOKUP_LIMIT * len(wanted)
    with units.read() as uow:
        version = uow.identity_map.in_force(geo.code)
        if version is None:
            return [()] * len(wanted)
        found = uow.identity_map.fitting(geo.code, version.version, field, set(wanted) - {""}, limit=most)
    if len(found) == most:  # one value may have filled the answer, at the cost of the others
        return [_looked_up(units, geo, field, value) for value in values]
    by_value: dict[str, list[Mapping]] = {}
    for row in found:
        by_value.setdefault(_value_of(row, field), []).append(row)
    return [by_value.get(value, [])[:LOOKUP_LIMIT] for value in wanted]


def _looked_up(units: Units, geo: Geo, field: UserField | GroupField, value: str) -> Sequence[Mapping]:
    if isinstance(field, UserField):
        return lookup_user(units, geo=geo, field=field, value=value)
    return lookup_group(units, geo=geo, field=field, value=value)


def _value_of(row: Mapping, field: UserField | GroupField) -> str:
    """A row's value of a field, folded as it is looked up."""
    if isinstance(row, UserMapping):
        if field is UserField.TARGET_USER_PUID:
            return row.target_puid
        if field is UserField.SOURCE_USER_KEY:
            return row.source_upn.casefold()
        return (row.target_upn if field is UserField.TARGET_USER_UPN else row.target_email).casefold()
    ids = {
        GroupField.SOURCE_GROUP_OBJECT_ID: row.source_group_id,
        GroupField.TARGET_GROUP_OBJECT_ID: row.target_group_id,
    }
    return str(ids[field]) if field in ids else row.target_name.casefold()


def resolve(units: Units, *, geo: Geo, version: int, keys: Iterable[SourceKey]) -> dict[SourceKey, Mapping]:
    """What a pinned version says of many source principals; absent ones fall under the unmapped policy."""
    with units.read() as uow:
        return uow.identity_map.resolve(geo.code, version, keys)


def forget_old_versions(units: Units, *, geo: Geo, pinned: Collection[int]) -> int:
    """Delete rows of versions that are neither in force nor pinned by a job; how many rows went."""
    with units.write() as uow:
        version = uow.identity_map.in_force(geo.code)
        if version is None:
            return 0
        return uow.identity_map.forget_before(geo.code, version.version, keep=pinned)


class BadRow(errors.UsageError):
    """A row that is no mapping; its text is the reason."""

    code = "badMapRow"
    remedy = "Compare the row with the columns of R-5.3 to R-5.8."


def _read_rows(lines: Sequence[str], own: TenantId) -> tuple[list[Mapping], list[Rejected]]:
    """Good rows and refused ones. Blank lines are skipped; a source key met before is refused (R-5.18)."""
    rows: dict[SourceKey, Mapping] = {}
    rejected: list[Rejected] = []
    for number, line in enumerate(lines, start=1):
        bare = line.removeprefix("\ufeff").strip()
        if not bare.strip(","):
            continue
        try:
            row = _read_row(bare, own)
            key = row.source_key
            if key in rows:
                raise BadRow("the source key stands twice")
            rows[key] = row
        except BadRow as reason:
            rejected.append(Rejected(line=number, reason=reason.text))
    return list(rows.values()), rejected


def _read_row(line: str, own: TenantId) -> Mapping:
    """One row: six columns of CSV (R-5.1), or a JSON object with the columns' names (our choice, spo-admin.md 4.4)."""
    fields = _json_fields(line) if line.startswith("{") else _csv_fields(line)
    if len(fields) != 6:
        raise BadRow("a row has six columns")
    word, company, source, target, name, kind = fields
    match word.lower():
        case "user":
            return read_user(own, company, source, target, name, kind)
        case "group":
            return read_group(own, company, source, target, name, kind)
        case _:
            raise BadRow("column 1 is User or Group")


def _csv_fields(line: str) -> list[str]:
    if '"' not in line:
        fields = [field.strip() for field in line.split(",")]
    else:
        try:
            fields = [field.strip() for field in next(csv.reader([line], strict=True))]
        except (csv.Error, StopIteration) as error:
            raise BadRow("not a line of CSV") from error
    while len(fields) > 6 and not fields[-1]:
        fields.pop()
    return fields


def _json_fields(line: str) -> list[str]:
    try:
        members: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRow("not a JSON object") from error
    if not isinstance(members, dict) or set(members) != set(_JSON_COLUMNS):  # pyright: ignore[reportUnknownArgumentType]
        raise BadRow("the members are those of a row")
    return [str(members[name]).strip() for name in _JSON_COLUMNS]  # pyright: ignore[reportUnknownArgumentType]


def read_user(
    own: TenantId, company: str, source: str, target: str, email: str, kind: str, *, puid: str = ""
) -> UserMapping:
    """A user's row from its columns 2 to 6 (R-5.4 to R-5.9, R-5.43 to R-5.46); `own` is this tenant. Raises BadRow.

    `Member` is not a type (R-5.11).
    """
    _check_text(source, target, email, puid)
    if not (_ADDRESS.fullmatch(source) and _ADDRESS.fullmatch(target) and _ADDRESS.fullmatch(email)):
        raise BadRow("columns 3 to 5 of a user are addresses")
    found = _USER_KINDS.get(kind.lower())
    if found is None:
        raise BadRow("column 6 is no user type")
    return UserMapping(
        company_id=_company(company, own),
        source_upn=source,
        target_upn=target,
        target_email=email,
        target_puid=puid,
        kind=found,
    )


def read_group(own: TenantId, company: str, source: str, target: str, name: str, kind: str) -> GroupMapping:
    """A group's row from its columns 2 to 6 (R-5.10, R-5.14 to R-5.16, R-5.47 to R-5.50). Raises BadRow.

    `SecurityGroup` is not a type (R-5.12).
    """
    _check_text(name)
    found = _GROUP_KINDS.get(kind.lower())
    if found is None or not name:
        raise BadRow("columns 5 and 6 are a name and a group type")
    target_id = _guid(target)
    if found is GroupKind.REGULAR and (not _GUID.fullmatch(name) or _guid(name) != target_id):
        raise BadRow("column 5 of a security group repeats column 4")
    if found is GroupKind.O365 and (_GUID.fullmatch(name) or _NO_ALIAS.search(name)):
        raise BadRow("column 5 of a Microsoft 365 group is its alias")
    return GroupMapping(
        company_id=_company(company, own),
        source_group_id=_guid(source),
        target_group_id=target_id,
        target_name=name,
        kind=found,
    )


def _check_text(*fields: str) -> None:
    if any(len(field) > _FIELD_LENGTH or not field.isprintable() for field in fields):
        raise BadRow("a column is too long, or holds what cannot be printed")


@functools.lru_cache(maxsize=64)
def _company(text: str, own: TenantId) -> TenantId:
    """Column 2: one text in a hundred thousand rows. Our own id there means that the sides are swapped (R-5.44)."""
    company_id = TenantId(_guid(text))
    if company_id == own:
        raise BadRow("column 2 is this tenant, not the source")
    return company_id


def _guid(text: str) -> UUID:
    if not _GUID.fullmatch(text):
        raise BadRow("an id is no GUID")
    return UUID(text)

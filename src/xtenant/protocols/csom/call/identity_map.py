"""The identity map by CSOM (spo-admin.md 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT
from xtenant.protocols.csom.call.queries import ask, call, children_of, fetch, members_of
from xtenant.protocols.csom.codec import enums
from xtenant.protocols.csom.codec.answer import Answer
from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.types import TENANT_ID
from xtenant.protocols.csom.codec.values import Array, EnumNumber
from xtenant.wire.transport import Session

MAX_LOOKUPS = 100
"""Lookups in one query (settled C 7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """`SPOTenantUserIdentityMapping`; the type by its name."""

    company_id: UUID
    source_upn: str
    target_upn: str
    target_email: str
    target_puid: str
    user_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """`SPOTenantGroupIdentityMapping`."""

    company_id: UUID
    source_group_id: UUID
    target_group_id: UUID
    target_name: str
    group_type: str


async def replace_map(session: Session, admin_url: str, lines: Sequence[str]) -> list[str]:
    """Add-SPOTenantIdentityMap: the whole map, one line of CSV each; what comes back are messages of refused rows.

    A quarter of a million rows take a tenant a while, so the answer is waited for as long as `Limits.map_call_seconds`.
    """
    method, items = "AddOrUpdateTenantIdentityMap", Array(tuple(lines))
    found = await call(session, admin_url, method, items, answer_seconds=DEFAULT.map_call_seconds)
    return [str(message) for message in found] if isinstance(found, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


async def check_map_call(session: Session, admin_url: str) -> str:
    """`MnATenantIdentityMapCallCorrectnessCheckResult` by its name: on which side of its trust the tenant stands."""
    found = await call(session, admin_url, "CheckMnATenantIdentityMapCallCorrectness", repeatable=True)
    return enums.MAP_CALL_CORRECTNESS.read(found)


async def lookup_user(session: Session, admin_url: str, field: str, value: str) -> list[UserRow]:
    """Get-SPOTenantIdentityMappingUser; `field` is a name of TenantIdentityMappingUserField."""
    number = EnumNumber(enums.MAP_USER_FIELD.number_of(field))
    method = "GetTenantUserIdentityMappingItem"
    found = await fetch(session, admin_url, method, number, value, children=True, repeatable=True)
    return [_user(item) for item in children_of(found)]


async def lookup_users(session: Session, admin_url: str, field: str, values: Sequence[str]) -> list[list[UserRow]]:
    """Many lookups in one query, at most MAX_LOOKUPS; one list of rows for each value. Raises UsageError for more."""
    number = EnumNumber(enums.MAP_USER_FIELD.number_of(field))
    found = await _lookups(session, admin_url, "GetTenantUserIdentityMappingItem", number, values)
    return [[_user(item) for item in items] for items in found]


async def lookup_group(session: Session, admin_url: str, field: str, value: str) -> list[GroupRow]:
    """Get-SPOTenantIdentityMappingGroup; `field` is a name of TenantIdentityMappingGroupField."""
    number = EnumNumber(enums.MAP_GROUP_FIELD.number_of(field))
    method = "GetTenantGroupIdentityMappingItem"
    found = await fetch(session, admin_url, method, number, value, children=True, repeatable=True)
    return [_group(item) for item in children_of(found)]


async def lookup_groups(session: Session, admin_url: str, field: str, values: Sequence[str]) -> list[list[GroupRow]]:
    """`lookup_users` for groups."""
    number = EnumNumber(enums.MAP_GROUP_FIELD.number_of(field))
    found = await _lookups(session, admin_url, "GetTenantGroupIdentityMappingItem", number, values)
    return [[_group(item) for item in items] for items in found]


async def _lookups(
    session: Session, admin_url: str, method: str, field: EnumNumber, values: Sequence[str]
) -> list[list[dict[str, Answer]]]:
    if len(values) > MAX_LOOKUPS:
        raise errors.UsageError(f"At most {MAX_LOOKUPS} lookups go into one query.")
    query = QueryBuilder()
    tenant = query.construct(TENANT_ID)
    wanted = [query.select(query.method(tenant, method, field, value), children=True) for value in values]
    reply = await ask(session, admin_url, query, repeatable=True)
    return [children_of(members_of(reply, action_id)) for action_id in wanted]


async def set_user(session: Session, admin_url: str, row: UserRow) -> None:
    """Add-SPOTenantIdentityMappingUser: one row added, or put in place of the one with its source key."""
    await call(
        session,
        admin_url,
        "AddOrUpdateTenantSingleUserIdentityMappingItem",
        row.company_id,
        row.source_upn,
        row.target_puid,
        row.target_upn,
        row.target_email,
        EnumNumber(enums.MAP_USER_TYPE.number_of(row.user_type)),
        repeatable=True,
    )


async def set_group(session: Session, admin_url: str, row: GroupRow) -> None:
    """Add-SPOTenantIdentityMappingGroup."""
    await call(
        session,
        admin_url,
        "AddOrUpdateTenantSingleGroupIdentityMappingItem",
        row.company_id,
        row.source_group_id,
        row.target_group_id,
        row.target_name,
        EnumNumber(enums.MAP_GROUP_TYPE.number_of(row.group_type)),
        repeatable=True,
    )


async def remove_users(session: Session, admin_url: str, field: str, value: str) -> None:
    """Remove-SPOTenantIdentityMappingUser: every row whose field is that. Raises NotFound."""
    number = EnumNumber(enums.MAP_USER_FIELD.number_of(field))
    await call(session, admin_url, "RemoveTenantUserIdentityMappingItem", number, value)


async def remove_groups(session: Session, admin_url: str, field: str, value: str) -> None:
    """Remove-SPOTenantIdentityMappingGroup. Raises NotFound."""
    number = EnumNumber(enums.MAP_GROUP_FIELD.number_of(field))
    await call(session, admin_url, "RemoveTenantGroupIdentityMappingItem", number, value)


def _user(item: dict[str, Answer]) -> UserRow:
    return UserRow(
        company_id=_guid(item.get("SourceTenantCompanyId")),
        source_upn=str(item.get("SourceUserKey") or ""),
        target_upn=str(item.get("TargetUserUpn") or ""),
        target_email=str(item.get("TargetUserEmail") or ""),
        target_puid=str(item.get("TargetUserPuid") or ""),
        user_type=enums.MAP_USER_TYPE.read(item.get("UserType", 0)),
    )


def _group(item: dict[str, Answer]) -> GroupRow:
    return GroupRow(
        company_id=_guid(item.get("SourceTenantCompanyId")),
        source_group_id=_guid(item.get("SourceGroupObjectId")),
        target_group_id=_guid(item.get("TargetGroupObjectId")),
        target_name=str(item.get("TargetGroupName") or ""),
        group_type=enums.MAP_GROUP_TYPE.read(item.get("GroupType", 0)),
    )


def _guid(value: Answer) -> UUID:
    return value if isinstance(value, UUID) else UUID(int=0)

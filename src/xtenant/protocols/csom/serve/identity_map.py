"""Tenant methods of the identity map (spo-admin.md 4.4): AddOrUpdateTenantIdentityMap and, for a user and for a group each,
AddOrUpdateTenantSingle…IdentityMappingItem, GetTenant…IdentityMappingItem, RemoveTenant…IdentityMappingItem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from xtenant.domain.identity import GroupField, GroupMapping, UserField, UserMapping
from xtenant.domain.limits import Limits
from xtenant.operations import identity_map, map_edits
from xtenant.protocols.csom.codec import enums, types
from xtenant.protocols.csom.serve.objects import (
    Context,
    Form,
    MethodRow,
    ObjectType,
    ServerObject,
    enum,
    guid,
    strings,
    text,
)

USER_MAPPING = ObjectType(
    name=types.USER_MAPPING,
    properties={
        "SourceTenantCompanyId": lambda row: row.company_id,
        "SourceUserKey": lambda row: row.source_upn,
        "TargetUserEmail": lambda row: row.target_email,
        "TargetUserPuid": lambda row: row.target_puid,
        "TargetUserUpn": lambda row: row.target_upn,
        "UserType": lambda row: enums.MAP_USER_TYPE.number_of(row.kind.value),
    },
)
GROUP_MAPPING = ObjectType(
    name=types.GROUP_MAPPING,
    properties={
        "SourceTenantCompanyId": lambda row: row.company_id,
        "SourceGroupObjectId": lambda row: row.source_group_id,
        "TargetGroupObjectId": lambda row: row.target_group_id,
        "TargetGroupName": lambda row: row.target_name,
        "GroupType": lambda row: enums.MAP_GROUP_TYPE.number_of(row.kind.value),
    },
)
MAPPINGS = ObjectType(name=types.LIST)


def replace(context: Context, tenant: ServerObject, lines: Sequence[str]) -> list[str]:
    """The rows refused, one message each; empty when all were taken (settled C 7)."""
    backend = context.backend
    done = identity_map.replace_map(
        backend.units,
        own=backend.tenant.tenant_id,
        geo=context.call.geo,
        caller=context.call.caller,
        lines=lines,
        limits=backend.limits,
        clock=backend.clock,
    )
    return [row.message for row in done.rejected]


def find_users(context: Context, tenant: ServerObject, field: UserField, value: str) -> ServerObject:
    found = identity_map.lookup_user(context.backend.units, geo=context.call.geo, field=field, value=value)
    return _list(USER_MAPPING, found)


def find_groups(context: Context, tenant: ServerObject, field: GroupField, value: str) -> ServerObject:
    found = identity_map.lookup_group(context.backend.units, geo=context.call.geo, field=field, value=value)
    return _list(GROUP_MAPPING, found)


def find_many_users(context: Context, tenant: ServerObject, asked: Sequence[list[Any]]) -> Sequence[ServerObject]:
    return _find_many(context, USER_MAPPING, asked)


def find_many_groups(context: Context, tenant: ServerObject, asked: Sequence[list[Any]]) -> Sequence[ServerObject]:
    return _find_many(context, GROUP_MAPPING, asked)


def _find_many(context: Context, kind: ObjectType, asked: Sequence[list[Any]]) -> Sequence[ServerObject]:
    """Lookups of one field together; a query that mixes fields is answered field by field."""
    found: dict[tuple[UserField | GroupField, str], ServerObject] = {}
    for field in dict.fromkeys(field for field, _ in asked):
        values = list(dict.fromkeys(value for one, value in asked if one is field))
        units, geo = context.backend.units, context.call.geo
        rows = identity_map.lookup_many(units, geo=geo, field=field, values=values)
        found.update({(field, value): _list(kind, mine) for value, mine in zip(values, rows, strict=True)})
    return [found[field, value] for field, value in asked]


def set_user(
    context: Context, tenant: ServerObject, company_id: UUID, source: str, puid: str, target: str, email: str, kind: str
) -> None:
    own = context.backend.tenant.tenant_id
    row = identity_map.read_user(own, str(company_id), source.strip(), target.strip(), email.strip(), kind, puid=puid)
    _set(context, row)


def set_group(
    context: Context, tenant: ServerObject, company_id: UUID, source: UUID, target: UUID, name: str, kind: str
) -> None:
    own = context.backend.tenant.tenant_id
    _set(context, identity_map.read_group(own, str(company_id), str(source), str(target), name.strip(), kind))


def _set(context: Context, row: UserMapping | GroupMapping) -> None:
    backend, call = context.backend, context.call
    map_edits.set_row(backend.units, row, geo=call.geo, caller=call.caller, limits=backend.limits, clock=backend.clock)


def remove_users(context: Context, tenant: ServerObject, field: UserField, value: str) -> None:
    backend, call = context.backend, context.call
    map_edits.remove_users(
        backend.units, field, value, geo=call.geo, caller=call.caller, limits=backend.limits, clock=backend.clock
    )


def remove_groups(context: Context, tenant: ServerObject, field: GroupField, value: str) -> None:
    backend, call = context.backend, context.call
    map_edits.remove_groups(
        backend.units, field, value, geo=call.geo, caller=call.caller, limits=backend.limits, clock=backend.clock
    )


def _list(kind: ObjectType, rows: Sequence[UserMapping | GroupMapping]) -> ServerObject:
    return ServerObject(MAPPINGS, children=[ServerObject(kind, facts=row) for row in rows])


_BY_USER = (enum("field", enums.MAP_USER_FIELD, UserField), text("value"))
_BY_GROUP = (enum("field", enums.MAP_GROUP_FIELD, GroupField), text("value"))
_USER = (
    guid("sourceTenantCompanyId"),
    text("sourceUserKey"),
    text("targetUserPuid"),
    text("targetUserUpn"),
    text("targetUserEmail"),
    enum("userType", enums.MAP_USER_TYPE),
)
_GROUP = (
    guid("sourceTenantCompanyId"),
    guid("sourceGroupObjectId"),
    guid("targetGroupObjectId"),
    text("targetGroupName"),
    enum("groupType", enums.MAP_GROUP_TYPE),
)


def methods(limits: Limits) -> Mapping[str, MethodRow]:
    """The rows of this noun; all are for administrators."""
    return {
        "AddOrUpdateTenantIdentityMap": MethodRow(
            function=replace, parameters=(strings("mapItems", limit=limits.map_rows),), verb="map.replace"
        ),
        "AddOrUpdateTenantSingleUserIdentityMappingItem": MethodRow(
            function=set_user, parameters=_USER, void=True, verb="map.set_user"
        ),
        "AddOrUpdateTenantSingleGroupIdentityMappingItem": MethodRow(
            function=set_group, parameters=_GROUP, void=True, verb="map.set_group"
        ),
        "GetTenantUserIdentityMappingItem": MethodRow(
            function=find_users, together=find_many_users, parameters=_BY_USER, form=Form.PATH, verb="map.lookup_user"
        ),
        "GetTenantGroupIdentityMappingItem": MethodRow(
            function=find_groups,
            together=find_many_groups,
            parameters=_BY_GROUP,
            form=Form.PATH,
            verb="map.lookup_group",
        ),
        "RemoveTenantUserIdentityMappingItem": MethodRow(
            function=remove_users, parameters=_BY_USER, void=True, verb="map.remove_user"
        ),
        "RemoveTenantGroupIdentityMappingItem": MethodRow(
            function=remove_groups, parameters=_BY_GROUP, void=True, verb="map.remove_group"
        ),
    }

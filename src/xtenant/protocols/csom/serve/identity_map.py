"""Tenant methods of the identity map (spo-admin.md 4.4): AddOrUpdateTenantIdentityMap, GetTenantUserIdentityMappingItem,
GetTenantGroupIdentityMappingItem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xtenant.domain.identity import GroupField, GroupMapping, UserField, UserMapping
from xtenant.domain.limits import Limits
from xtenant.operations import identity_map
from xtenant.protocols.csom.codec import enums, types
from xtenant.protocols.csom.serve.objects import (
    Context,
    Form,
    MethodRow,
    ObjectType,
    ServerObject,
    enum,
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


def _list(kind: ObjectType, rows: Sequence[UserMapping | GroupMapping]) -> ServerObject:
    return ServerObject(MAPPINGS, children=[ServerObject(kind, facts=row) for row in rows])


def methods(limits: Limits) -> Mapping[str, MethodRow]:
    return {
        "AddOrUpdateTenantIdentityMap": MethodRow(
            function=replace, parameters=(strings("mapItems", limit=limits.map_rows),), verb="map.replace"
        ),
        "GetTenantUserIdentityMappingItem": MethodRow(
            function=find_users,
            parameters=(enum("field", enums.MAP_USER_FIELD, UserField), text("value")),
            form=Form.PATH,
            verb="map.lookup_user",
        ),
        "GetTenantGroupIdentityMappingItem": MethodRow(
            function=find_groups,
            parameters=(enum("field", enums.MAP_GROUP_FIELD, GroupField), text("value")),
            form=Form.PATH,
            verb="map.lookup_group",
        ),
    }

"""Sample arguments of every CSOM method, read off its table of parameters, and queries that reach objects without a method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from access.estate import SITE_URL, Estate
from xtenant.protocols.csom.codec import types
from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.values import Array, EnumName, Value, ValueObject
from xtenant.protocols.csom.serve.objects import FARM_ID, Form, MethodRow

_FABRIKAM = "https://fabrikam-my.sharepoint.com/"
_NO_SITE = f"{SITE_URL}-missing"

ARGUMENTS: Mapping[str, Value] = {
    "scenario": EnumName("MnA"),
    "partnerRole": EnumName("Target"),
    "partnerMySiteHostUrl": _FABRIKAM,
    "licenseType": EnumName("MnASiteMove"),
    "sourceUserUPN": "bob@contoso.onmicrosoft.com",
    "targetUserUPN": "bob@fabrikam.onmicrosoft.com",
    "mapItems": Array(items=()),
    "field": EnumName("SourceUserKey"),
    "value": "bob@fabrikam.onmicrosoft.com",
    "sourceTenantCompanyId": UUID(int=3),
    "sourceUserKey": "ann@elsewhere.com",
    "targetUserPuid": "",
    "targetUserUpn": "ann@contoso.onmicrosoft.com",
    "targetUserEmail": "ann@contoso.onmicrosoft.com",
    "userType": EnumName("RegularUser"),
    "sourceGroupObjectId": UUID(int=4),
    "targetGroupObjectId": UUID(int=5),
    "targetGroupName": "planners",
    "groupType": EnumName("O365Group"),
    "siteCreationProperties": ValueObject(
        type_id=types.SITE_CREATION_ID, members=(("Url", SITE_URL), ("Title", "Plans"), ("Owner", "nobody@contoso.com"))
    ),
    "speFilter": ValueObject(type_id=types.SITES_FILTER_ID, members=()),
    "url": SITE_URL,
    "includeDetail": False,
    "siteUrl": _NO_SITE,
    "loginName": "bob@contoso.onmicrosoft.com",
    "isSiteAdmin": True,
    "startIndex": "0",
    "siteId": UUID(int=6),
    "userPrincipalName": "bob@contoso.onmicrosoft.com",
}
"""By the parameter's name. A new parameter without a value fails its method's test."""

OTHER_ARGUMENTS: Mapping[str, Mapping[str, Value]] = {
    name: {"field": EnumName("SourceGroupObjectId"), "value": str(UUID(int=1))}
    for name in ("Tenant.GetTenantGroupIdentityMappingItem", "Tenant.RemoveTenantGroupIdentityMappingItem")
}

ANSWERS: Mapping[str, int] = {
    "Tenant.AddOrUpdateTenantIdentityMap": 200,
    "Tenant.RemoveTenantUserIdentityMappingItem": -2147024894,
    "Tenant.RemoveTenantGroupIdentityMappingItem": -2147024894,
    "Tenant.CreateSite": -2147024894,
    "Tenant.RemoveSite": -1,
    "Tenant.SetSiteAdmin": -1,
    "Tenant.RemoveDeletedSite": -1,
    "Tenant.GetDeletedSitePropertiesByUrl": -1,
    "Tenant.RestoreDeletedSite": -1,
    "Tenant.RestoreDeletedSiteById": -1,
}
"""What an administrator is told where it is not plain success: the samples name owners and sites that are not there."""

STOPPED: Mapping[str, int] = {"Tenant.NewSPOTenantOrgRelation": -1}
"""What an administrator is told while the partner cannot be asked."""


def identity(estate: Estate, *parts: str) -> str:
    tenant_id = estate.contoso.tenant.tenant_id
    return "\n".join((f"{UUID(int=1)}|{FARM_ID}:{tenant_id}", *parts))


def method_query(estate: Estate, name: str, row: MethodRow) -> bytes:
    """A query that calls one method. Raises KeyError for a parameter without a sample."""
    kind, _, method = name.partition(".")
    given = {**ARGUMENTS, **OTHER_ARGUMENTS.get(name, {})}
    values = [given[parameter.name] for parameter in row.parameters]
    query = QueryBuilder()
    start = query.construct(types.TENANT_ID) if kind == "Tenant" else query.identity(identity(estate, *OBJECTS[kind]))
    if row.form is Form.PATH:
        query.method(start, method, *values)
    else:
        query.call(start, method, *values)
    return query.content()


OBJECTS: Mapping[str, tuple[str, ...]] = {
    "Tenant": ("Tenant",),
    "SiteProperties": ("SiteProperties", SITE_URL),
    "SpoOperation": ("SpoOperation", "CreateSite", "0", SITE_URL, str(UUID(int=2))),
}
"""The identity of an object of each kind; a kind without one fails the test of its identities."""


def _constructed(estate: Estate) -> bytes:
    query = QueryBuilder()
    query.select(query.construct(types.TENANT_ID))
    return query.content()


CONSTRUCTED: Mapping[UUID, Callable[[Estate], bytes]] = {types.TENANT_ID: _constructed}


def identity_query(estate: Estate, kind: str) -> bytes:
    """Read all properties of an object named by its identity alone."""
    query = QueryBuilder()
    query.select(query.identity(identity(estate, *OBJECTS[kind])))
    return query.content()

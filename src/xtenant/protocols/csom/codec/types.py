"""Type ids and type names of the administration objects (spo-admin.md 2.3, 4)."""

from __future__ import annotations

from uuid import UUID

TENANT_ID = UUID("268004ae-ef6b-4e9b-8425-127220d84719")
SITES_FILTER_ID = UUID("b92aeee2-c92c-4b67-abcc-024e471bc140")
SITE_CREATION_ID = UUID("11f84fff-b8cf-47b6-8b50-34e692656606")
REQUEST_CONTEXT_ID = UUID("3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a")

_ADMINISTRATION = "Microsoft.Online.SharePoint.TenantAdministration"
TENANT = f"{_ADMINISTRATION}.Tenant"
SITE_PROPERTIES = f"{_ADMINISTRATION}.SiteProperties"
SITES = f"{_ADMINISTRATION}.SPOSitePropertiesEnumerable"
DELETED_SITE = f"{_ADMINISTRATION}.DeletedSiteProperties"
DELETED_SITES = f"{_ADMINISTRATION}.SPODeletedSitePropertiesEnumerable"
OPERATION = f"{_ADMINISTRATION}.SpoOperation"
USER_MAPPING = f"{_ADMINISTRATION}.SPOTenantUserIdentityMapping"
GROUP_MAPPING = f"{_ADMINISTRATION}.SPOTenantGroupIdentityMapping"
INSTANCE = f"{_ADMINISTRATION}.SPOTenantInstance"
LIST = "SP.ClientObjectList"
REQUEST_CONTEXT = "SP.RequestContext"
USER = "SP.User"

"""Calls a tenant's administration host by CSOM ProcessQuery; one function per method, on a `Session`.

Each takes the session and the admin URL (`https://NAME-admin.sharepoint.com`) and raises: NotSignedIn, AccessDenied, NotFound,
UsageError, Throttled, NetworkError, the trust errors of `domain/trust.py`, ServerError for what has no class here,
MalformedReply. Enums go in and come out by Microsoft's names.
"""

from __future__ import annotations

from xtenant.protocols.csom.call.identity_map import (
    MAX_LOOKUPS,
    GroupRow,
    UserRow,
    check_map_call,
    lookup_group,
    lookup_groups,
    lookup_user,
    lookup_users,
    remove_groups,
    remove_users,
    replace_map,
    set_group,
    set_user,
)
from xtenant.protocols.csom.call.queries import ask
from xtenant.protocols.csom.call.site_changes import (
    LOCK_STATES,
    DeletedSiteRow,
    deleted_site,
    deleted_sites,
    restore_site,
    set_site_admin,
    update_site,
)
from xtenant.protocols.csom.call.sites import (
    Instance,
    SiteRow,
    get_site,
    list_sites,
    personal_site_url,
    remove_deleted_site,
    remove_site,
    root_site_url,
    tenant_instances,
)
from xtenant.protocols.csom.call.trust import (
    Relations,
    host_url,
    is_flight_enabled,
    is_tenant_licensed,
    is_user_licensed,
    new_org_relation,
    org_relations,
    org_relations_by_partner,
    org_relations_by_scenario,
    remove_org_relation,
    verify_org_relation,
)
from xtenant.protocols.csom.codec.faults import ServerError
from xtenant.protocols.csom.codec.relations import RelationRow

__all__ = [
    "LOCK_STATES",
    "MAX_LOOKUPS",
    "DeletedSiteRow",
    "GroupRow",
    "Instance",
    "RelationRow",
    "Relations",
    "ServerError",
    "SiteRow",
    "UserRow",
    "ask",
    "check_map_call",
    "deleted_site",
    "deleted_sites",
    "get_site",
    "host_url",
    "is_flight_enabled",
    "is_tenant_licensed",
    "is_user_licensed",
    "list_sites",
    "lookup_group",
    "lookup_groups",
    "lookup_user",
    "lookup_users",
    "new_org_relation",
    "org_relations",
    "org_relations_by_partner",
    "org_relations_by_scenario",
    "personal_site_url",
    "remove_deleted_site",
    "remove_groups",
    "remove_org_relation",
    "remove_site",
    "remove_users",
    "replace_map",
    "restore_site",
    "root_site_url",
    "set_group",
    "set_site_admin",
    "set_user",
    "tenant_instances",
    "update_site",
    "verify_org_relation",
]

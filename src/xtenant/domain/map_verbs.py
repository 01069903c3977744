"""The identity map's rows in the table of verbs."""

from __future__ import annotations

from xtenant.domain.verb import Verb

MAP_VERBS: tuple[Verb, ...] = (
    Verb(
        name="map.replace",
        operation="identity_map.replace_map",
        cmdlets=("Add-SPOTenantIdentityMap",),
        commands=("map replace", "map restore"),
        routes=("CSOM Tenant.AddOrUpdateTenantIdentityMap",),
    ),
    Verb(
        name="map.lookup_user",
        operation="identity_map.lookup_user",
        cmdlets=("Get-SPOTenantIdentityMappingUser",),
        commands=("map lookup",),
        routes=("CSOM Tenant.GetTenantUserIdentityMappingItem",),
    ),
    Verb(
        name="map.lookup_group",
        operation="identity_map.lookup_group",
        cmdlets=("Get-SPOTenantIdentityMappingGroup",),
        commands=("map lookup",),
        routes=("CSOM Tenant.GetTenantGroupIdentityMappingItem",),
    ),
    Verb(
        name="map.set_user",
        operation="map_edits.set_row",
        cmdlets=("Add-SPOTenantIdentityMappingUser",),
        commands=("map set-user",),
        routes=("CSOM Tenant.AddOrUpdateTenantSingleUserIdentityMappingItem",),
    ),
    Verb(
        name="map.set_group",
        operation="map_edits.set_row",
        cmdlets=("Add-SPOTenantIdentityMappingGroup",),
        commands=("map set-group",),
        routes=("CSOM Tenant.AddOrUpdateTenantSingleGroupIdentityMappingItem",),
    ),
    Verb(
        name="map.remove_user",
        operation="map_edits.remove_users",
        cmdlets=("Remove-SPOTenantIdentityMappingUser",),
        commands=("map remove-user",),
        routes=("CSOM Tenant.RemoveTenantUserIdentityMappingItem",),
    ),
    Verb(
        name="map.remove_group",
        operation="map_edits.remove_groups",
        cmdlets=("Remove-SPOTenantIdentityMappingGroup",),
        commands=("map remove-group",),
        routes=("CSOM Tenant.RemoveTenantGroupIdentityMappingItem",),
    ),
    Verb(
        name="map.delta",
        operation="map_edits.apply_delta",
        routes=(
            "PATCH /beta/solutions/sharePoint/migrations/crossOrganizationUserMappings",
            "PATCH /beta/solutions/sharePoint/migrations/crossOrganizationGroupMappings",
        ),
        note="any Graph client; `map set-user` and its siblings edit the same map",
    ),
    Verb(
        name="map.read",
        operation="map_edits.list_mappings",
        routes=(
            "GET /beta/solutions/sharePoint/migrations/crossOrganizationUserMappings",
            "GET /beta/solutions/sharePoint/migrations/crossOrganizationGroupMappings",
        ),
        note="any Graph client; `map replace` reads it to find rows that would be lost",
    ),
)
"""In the order of step 5."""

"""The one table of what can be asked for: verb, operation, cmdlets, command, routes. Strings only.

Help, completion, the coverage page and the tests that compare the table with the code come from here. A verb without a
cmdlet has none at Microsoft; a verb without a command is reached by other means, which `note` names.
"""

from __future__ import annotations

from xtenant.domain.map_verbs import MAP_VERBS
from xtenant.domain.move_verbs import MOVE_VERBS
from xtenant.domain.verb import Verb

CONNECTION_CMDLETS = ("Connect-SPOService", "Disconnect-SPOService", "Connect-XtGraph")
"""Cmdlets that change what this program is connected to and ask a tenant for nothing but a token."""

VERBS: tuple[Verb, ...] = (
    Verb(
        name="host_url.get",
        operation="trust.host_url",
        cmdlets=("Get-SPOCrossTenantHostUrl",),
        commands=("host-url",),
        routes=("CSOM Tenant.GetMySiteHostUrl",),
    ),
    Verb(
        name="trust.set",
        operation="trust.request_trust",
        cmdlets=("Set-SPOCrossTenantRelationship",),
        commands=("trust set",),
        routes=("CSOM Tenant.NewSPOTenantOrgRelation",),
    ),
    Verb(
        name="trust.test",
        operation="trust.verify_trust",
        cmdlets=("Test-SPOCrossTenantRelationship", "Verify-SPOCrossTenantRelationship"),
        commands=("trust test",),
        routes=("CSOM Tenant.VerifySPOTenantOrgRelation",),
    ),
    Verb(
        name="trust.remove",
        operation="trust.remove_trust",
        cmdlets=("Remove-SPOCrossTenantRelationship",),
        commands=("trust remove",),
        routes=("CSOM Tenant.RemoveSPOTenantOrgRelation",),
    ),
    Verb(
        name="trust.list",
        operation="trust.list_trust",
        cmdlets=("Get-SPOCrossTenantRelationship",),
        commands=("trust list", "trust matrix"),
        routes=("CSOM Tenant.GetSPOTenantOrgRelationAll",),
    ),
    Verb(
        name="trust.by_partner",
        operation="trust.trust_by_partner",
        cmdlets=("Get-SPOCrossTenantRelationshipByPartner",),
        routes=("CSOM Tenant.GetSPOTenantOrgRelationByPartner",),
        note="`trust test` reads it for the partner's side",
    ),
    Verb(
        name="trust.by_scenario",
        operation="trust.trust_by_scenario",
        cmdlets=("Get-SPOCrossTenantRelationshipByScenario",),
        routes=("CSOM Tenant.GetSPOTenantOrgRelationByScenario",),
        note="`trust list` shows all scenarios",
    ),
    Verb(
        name="trust.inbox",
        operation="trust.list_inbox",
        commands=("trust inbox",),
        routes=("GET /_api/xtenant/inbox",),
        note="Microsoft sends a mail and keeps no list",
    ),
    Verb(
        name="compatibility.get",
        operation="trust.compatibility",
        cmdlets=("Get-SPOCrossTenantCompatibilityStatus",),
        commands=("compatibility",),
        routes=("GET /_api/XTenantMoveCompatibilityCheck(targetTenantHostUrl=)",),
    ),
    *MAP_VERBS,
    *MOVE_VERBS,
    Verb(
        name="sites.list",
        operation="sites.list_sites",
        cmdlets=("Get-SPOSite",),
        commands=("sites list", "redirects list"),
        routes=("CSOM Tenant.GetSitePropertiesFromSharePointByFilters",),
    ),
    Verb(
        name="sites.get",
        operation="sites.site_by_url",
        cmdlets=("Get-SPOSite",),
        commands=("sites show",),
        routes=("CSOM Tenant.GetSitePropertiesByUrl",),
    ),
    Verb(
        name="sites.remove",
        operation="sites.remove_site",
        cmdlets=("Remove-SPOSite",),
        commands=("sites remove",),
        routes=("CSOM Tenant.RemoveSite",),
    ),
    Verb(
        name="sites.remove_deleted",
        operation="sites.remove_deleted_site",
        cmdlets=("Remove-SPODeletedSite",),
        commands=("sites remove-deleted",),
        routes=("CSOM Tenant.RemoveDeletedSite",),
    ),
    Verb(
        name="sites.deleted",
        operation="deleted_sites.list_deleted_sites",
        cmdlets=("Get-SPODeletedSite",),
        routes=("CSOM Tenant.GetDeletedSitePropertiesByUrl", "CSOM Tenant.GetDeletedSitePropertiesFromSharePoint"),
        note="the inventory and `plan check` read it",
    ),
    Verb(
        name="sites.restore",
        operation="deleted_sites.restore_site",
        cmdlets=("Restore-SPODeletedSite",),
        routes=("CSOM Tenant.RestoreDeletedSite", "CSOM Tenant.RestoreDeletedSiteById"),
        note="other clients",
    ),
    Verb(
        name="tenant.find",
        operation="directory.find_tenant_by_id",
        routes=(
            "GET /v1.0/tenantRelationships/findTenantInformationByTenantId(…)",
            "GET /v1.0/tenantRelationships/findTenantInformationByDomainName(…)",
        ),
        note="`trust set` asks it and shows the answer",
    ),
    Verb(
        name="users.create",
        operation="users.create_user",
        cmdlets=("New-XtUser", "Enable-XtUser"),
        commands=("people apply", "people open"),
        routes=("POST /v1.0/users",),
        note="any Graph client; `people apply` also invites guests, makes groups, adds members; `people open` enables",
    ),
    Verb(name="users.get", operation="directory.get_user", routes=("GET /v1.0/users/{id}",), note="any Graph client"),
    Verb(
        name="users.list", operation="directory_lists.list_users", routes=("GET /v1.0/users",), note="any Graph client"
    ),
    Verb(
        name="users.invite",
        operation="invitations.invite",
        cmdlets=("New-XtInvitation",),
        routes=("POST /v1.0/invitations",),
        note="any Graph client",
    ),
    Verb(
        name="licences.list",
        operation="licences.list_subscriptions",
        routes=("GET /v1.0/subscribedSkus", "GET /v1.0/users/{id}/licenseDetails"),
        note="any Graph client",
    ),
    Verb(
        name="licences.assign",
        operation="licences.assign_licences",
        cmdlets=("Set-XtLicence",),
        routes=("POST /v1.0/users/{id}/assignLicense",),
        note="any Graph client",
    ),
    Verb(
        name="sharepoint_settings.get",
        operation="sharepoint_settings.read_settings",
        routes=("GET /v1.0/admin/sharepoint/settings",),
        note="any Graph client",
    ),
    Verb(
        name="sharepoint_settings.set",
        operation="sharepoint_settings.change_settings",
        routes=("PATCH /v1.0/admin/sharepoint/settings",),
        note="any Graph client",
    ),
    Verb(
        name="groups.create",
        operation="groups.create_group",
        cmdlets=("New-XtGroup", "Add-XtMember"),
        routes=("POST /v1.0/groups",),
        note="any Graph client",
    ),
    Verb(name="groups.get", operation="groups.get_group", routes=("GET /v1.0/groups/{id}",), note="any Graph client"),
    Verb(
        name="groups.list",
        operation="directory_lists.list_groups",
        routes=("GET /v1.0/groups",),
        note="any Graph client",
    ),
    Verb(
        name="deleted.list",
        operation="deleted.list_deleted_users",
        routes=("GET /v1.0/directory/deletedItems/microsoft.graph.user",),
        note="any Graph client",
    ),
    Verb(
        name="deleted.restore",
        operation="deleted.restore",
        routes=("POST /v1.0/directory/deletedItems/{id}/restore",),
        note="any Graph client",
    ),
    Verb(name="content.read", operation="content", routes=("GET /v1.0/drives/{id}/…",), note="any Graph client"),
    Verb(
        name="content.write",
        operation="content",
        cmdlets=("Rename-XtItem",),
        routes=("PUT /v1.0/drives/{id}/…",),
        note="any Graph client",
    ),
    Verb(
        name="lists.read",
        operation="lists",
        routes=("GET /_api/site", "GET /_api/web", "GET /_api/web/lists…", "GET /v1.0/sites/{id}/lists…"),
        note="any SharePoint client; the inventory reads it",
    ),
    Verb(
        name="lists.write",
        operation="list_items",
        routes=("POST /_api/web/lists…", "POST /_api/web/webs/add", "POST /v1.0/sites/{id}/lists…"),
        note="any SharePoint or Graph client",
    ),
    Verb(
        name="versions.write",
        operation="versions",
        routes=(
            "POST /_api/web/GetFileByServerRelativePath(…)/Publish('…')",
            "POST /_api/web/GetFileByServerRelativePath(…)/UnPublish('…')",
            "POST /_api/web/GetFileByServerRelativePath(…)/CheckIn(…)",
        ),
        note="any SharePoint client",
    ),
    Verb(
        name="recycle_bin.read",
        operation="recycle_bin.entries",
        routes=("GET /_api/site/RecycleBin", "GET /_api/web/RecycleBin"),
        note="any SharePoint client",
    ),
    Verb(
        name="recycle_bin.write",
        operation="recycle_bin",
        routes=("POST /_api/site/RecycleBin/RestoreByIds", "POST /_api/site/RecycleBin/DeleteByIds"),
        note="any SharePoint client",
    ),
    Verb(
        name="permissions.read",
        operation="securables.role_assignments",
        cmdlets=("Get-SPOUser",),
        routes=("GET /_api/web…/roleassignments", "GET /_api/web/siteusers", "GET /_api/web/sitegroups"),
        note="any SharePoint client; the inventory reads it",
    ),
    Verb(
        name="permissions.write",
        operation="securables",
        cmdlets=("Remove-SPOUser",),
        routes=(
            "POST /_api/web…/breakroleinheritance(…)",
            "POST /_api/web…/resetroleinheritance",
            "POST /_api/web…/roleassignments/addroleassignment(…)",
            "POST /_api/web/ensureuser",
            "POST /_api/web/sitegroups",
        ),
        note="any SharePoint client",
    ),
    Verb(
        name="partner.notify",
        operation="trust.receive_request",
        routes=("GET /_api/OrgRelationNotification(…)",),
        note="the partner's service",
    ),
    Verb(
        name="partner.verify",
        operation="trust.answer_verification",
        routes=("GET /_api/OrgRelationVerification(…)",),
        note="the partner's service",
    ),
    Verb(name="partner.schema", operation="trust.schema_for_partner", note="the partner's service"),
    Verb(name="partner.keys", routes=("GET /_api/xtenant/partner-keys",), note="the partner's service"),
    Verb(name="partner.move", operation="moves", note="the partner's service"),
    Verb(
        name="sites.create",
        operation="sites.create_site",
        routes=("CSOM Tenant.CreateSite",),
        note="other clients; a move makes its own site",
    ),
    Verb(
        name="sites.update",
        operation="sites.set_lock_state",
        routes=("CSOM SiteProperties.Update",),
        cmdlets=("Set-SPOSite",),
        note="remedies of `plan check` use the cmdlet",
    ),
    Verb(
        name="sites.appoint",
        operation="site_users.appoint_site_admin",
        cmdlets=("Set-SPOUser",),
        routes=("CSOM Tenant.SetSiteAdmin",),
        note="remedies of `plan check` use the cmdlet",
    ),
    Verb(
        name="tenant.challenge",
        routes=("GET /_vti_bin/client.svc/",),
        note="names the tenant in its 401; `connect` and `trust set` ask it",
    ),
    Verb(name="csom", routes=("POST /_vti_bin/client.svc/ProcessQuery",), note="carries the CSOM calls of other rows"),
    Verb(name="context", routes=("POST /_api/contextinfo",), note="form digest, for clients that send one"),
    Verb(
        name="multi_geo.versions", routes=("GET /_api/MultiGeoApiVersions",), note="version handshake of other clients"
    ),
    Verb(name="front_page", routes=("GET /",), note="the tenant's name for a browser or curl"),
    Verb(name="sign_in", operation="sign_in", commands=("token",), note="any OAuth client; `xtenant connect` keeps it"),
)

COMMANDS_WITHOUT_VERB = (
    "connect",
    "shell",
    "demo",
    "serve",
    "trust explain-mail",
    "map build",
    "map history",
    "map lint",
    "map diff",
    "access diff",
    "people plan",
    "people check",
    "package show",
    "package check",
    "plan discover",
    "budget show",
    "budget set",
    "plan emit",
    "import-results",
    "plan make",
    "plan show",
    "plan edit",
    "plan convert",
    "plan check",
    "plan declare",
    "handover export",
    "handover import",
    "handover show",
    "handover forget",
    "doctor",
    "setup app",
    "profiles list",
    "profiles remove",
    "audit show",
    "audit export",
    "audit verify",
)
"""Commands that ask no tenant for anything, run lines of others, or read a whole tenant by the calls of many verbs."""


def verb(name: str) -> Verb:
    """The row of a name; every `sign_in.…` route belongs to the row `sign_in`. Raises KeyError."""
    wanted = "sign_in" if name.startswith("sign_in.") else name
    return next((row for row in VERBS if row.name == wanted), None) or _missing(name)


def _missing(name: str) -> Verb:
    raise KeyError(name)


def cmdlet_names() -> tuple[str, ...]:
    """Every cmdlet of the table once, in table order, with those that only connect."""
    return tuple(dict.fromkeys((*CONNECTION_CMDLETS, *(name for row in VERBS for name in row.cmdlets))))


def command_names() -> tuple[str, ...]:
    """Every command of the table once, in table order."""
    return tuple(dict.fromkeys(name for row in VERBS for name in row.commands))

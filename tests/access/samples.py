"""A sample request for every row of the tables: good enough to pass decoding, harmless enough to be repeated a thousand times.

Changes name things that do not exist, or that exist already, so that an admitted caller leaves everything as it was; what it
is answered then stands beside the sample.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote
from uuid import UUID

import msgspec

from access.callers import ASSERTION_TYPE, JOB, Asker, app_certificate
from access.estate import FILE, GROUP_ALIAS, SITE_URL, Answer, Estate
from neighbours import APP_ID
from xtenant.domain.move import JobKind, MoveJobId
from xtenant.domain.ports.partner_moves import Offer, StartQuestion
from xtenant.domain.snapshot import PartSeal, Snapshot
from xtenant.domain.tenant import HostRole
from xtenant.protocols.partner.codec import moves
from xtenant.wire.routes import Route
from xtenant.wire.tickets import TicketOffice

ADMIN_MEMBER = "/_api/Microsoft.Online.SharePoint.MultiGeo.Service.MultiGeoServicesBeta/"
TENANT_MEMBER = "/_api/Microsoft.Online.SharePoint.TenantAdministration.Tenant/"
MISSING = UUID(int=0xDEAD)
SHAREPOINT_CURRENT = (
    b'<Request xmlns="http://schemas.microsoft.com/sharepoint/clientquery/2009" SchemaVersion="15.0.0.0" '
    b'LibraryVersion="16.0.0.0" ApplicationName="access"><Actions><ObjectPath Id="2" ObjectPathId="1" /></Actions>'
    b'<ObjectPaths><StaticProperty Id="1" TypeId="{3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a}" Name="Current" />'
    b"</ObjectPaths></Request>"
)
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
XML = {"Content-Type": "text/xml"}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """`values` fill the path's holes, `answers` are the statuses of those let in; `own` names callers answered otherwise.

    `at` fills holes by the host that is asked. `stopped` is the answer while the partner is down, where the route asks it, `good` the one with trust.
    """

    answers: frozenset[int]
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    at: Mapping[HostRole, Mapping[str, str]] = field(default_factory=dict[HostRole, Mapping[str, str]])
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    own: Mapping[Asker, int] = field(default_factory=dict[Asker, int])
    stopped: int | None = None
    good: int | None = None
    read: Callable[[Answer], int] = lambda answer: answer.status
    op: str = ""


@dataclass(frozen=True, kw_only=True)
class Wire:
    """A request ready to be sent, but for its credentials."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def ok(*answers: int, **more: object) -> Sample:
    return Sample(answers=frozenset(answers or (200,)), **more)  # type: ignore[arg-type]


def as_json(value: object) -> Mapping[str, object]:
    return {"body": msgspec.json.encode(value), "headers": JSON}


def as_form(**fields: str) -> Mapping[str, object]:
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
    return {"body": text.encode(), "headers": FORM}


def sample_of(route: Route, estate: Estate) -> Sample | None:
    """The sample of a route, None when nobody wrote one."""
    from access.site_samples import SITES  # it is written in the words of this module

    table = SAMPLES.get(route.protocol, {})
    made = ({**table, **SITES} if route.protocol == "sharepoint_rest" else table).get((route.method, plain_path(route)))
    return None if made is None else made(estate)


def plain_path(route: Route) -> str:
    """The template without what only says the version or the second root."""
    path = route.path.replace(ADMIN_MEMBER, "/_api/")
    return re.sub(r"^(/v1\.0|/beta|/_api/v2\.[01](?=/(drives/\{rest|me|users|groups|sites|shares)))", "", path)


def host_of(role: HostRole, estate: Estate) -> str:
    geo = estate.contoso.tenant.default_geo
    names = {HostRole.ADMIN: geo.admin_host, HostRole.MY: geo.my_host, HostRole.ROOT: geo.root_host}
    return names.get(role) or {HostRole.LOGIN: "login.microsoftonline.com", HostRole.GRAPH: "graph.microsoft.com"}[role]


def path_of(template: str, values: Mapping[str, str]) -> str:
    """Fill a route's path. Raises KeyError for a hole without a value."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda hole: values[hole[1]], template)


def error_code_of(answer: Answer) -> int:
    """What a ProcessQuery says: 403 for the refusal of a role, the number of any other error, or the HTTP status."""
    if answer.status != 200:
        return answer.status
    error = msgspec.json.decode(answer.body)[0]["ErrorInfo"]
    if error is None:
        return 200
    return 403 if error["ErrorCode"] == -2147024891 else int(error["ErrorCode"])


def inner_status_of(answer: Answer) -> int:
    """What a batch says of its one part."""
    return answer.status if answer.status != 200 else int(msgspec.json.decode(answer.body)["responses"][0]["status"])


# --- sign-in ------------------------------------------------------------------------------------------------------------


def _authority(estate: Estate) -> dict[str, str]:
    return {"tenant": str(estate.contoso.tenant.tenant_id), "user": "ann@contoso.onmicrosoft.com"}


def _document(estate: Estate) -> Sample:
    return ok(values=_authority(estate))


def _token(estate: Estate, **more: str) -> Sample:
    authority = _authority(estate)
    audience = f"https://login.microsoftonline.com/{authority['tenant']}/oauth2/v2.0/token"
    proof = app_certificate().assertion(str(APP_ID), audience, estate.clock.security_now())
    form = as_form(
        client_id=str(APP_ID),
        grant_type="client_credentials",
        client_assertion_type=ASSERTION_TYPE,
        client_assertion=proof,
        **more,
    )
    return ok(values=authority, **form)


SIGN_IN = {
    ("POST", "/{tenant}/oauth2/v2.0/token"): lambda e: _token(e, scope="https://graph.microsoft.com/.default"),
    ("POST", "/{tenant}/oauth2/token"): lambda e: _token(e, resource="https://graph.microsoft.com"),
    ("POST", "/{tenant}/oauth2/v2.0/devicecode"): lambda e: ok(
        values=_authority(e), **as_form(client_id=str(APP_ID), scope="https://graph.microsoft.com/.default")
    ),
    ("GET", "/{tenant}/deviceauth"): _document,
    ("POST", "/{tenant}/deviceauth"): lambda e: ok(
        400, values=_authority(e), **as_form(code="NONE", username="x", password="y", action="wait")
    ),
    ("GET", "/common/discovery/instance"): _document,
    ("GET", "/{tenant}/v2.0/.well-known/openid-configuration"): _document,
    ("GET", "/{tenant}/.well-known/openid-configuration"): _document,
    ("GET", "/{tenant}/discovery/v2.0/keys"): _document,
    ("GET", "/{tenant}/discovery/keys"): _document,
    ("GET", "/common/userrealm/{user}"): _document,
    ("GET", "/{tenant}/oauth2/v2.0/logout"): _document,
    ("GET", "/{tenant}/oauth2/logout"): _document,
    ("GET", "/"): _document,
}

# --- administration -----------------------------------------------------------------------------------------------------

_TARGET = "targetTenantHostUrl='https%3A%2F%2Ffabrikam-my.sharepoint.com%2F'"

REST = {
    ("GET", "/"): lambda e: ok(401),
    ("GET", "/_vti_bin/client.svc"): lambda e: ok(401),
    ("POST", "/_vti_bin/client.svc"): lambda e: ok(401),
    ("POST", "{site:path}/_api/contextinfo"): lambda e: ok(values={"site": ""}),
    ("GET", "/_api/xtenant/inbox"): lambda e: ok(),
    ("GET", "/_api/MultiGeoApiVersions"): lambda e: ok(),
    ("GET", "/_api/XTenantMoveCompatibilityCheck({arguments:path})"): lambda e: ok(
        values={"arguments": _TARGET}, stopped=503
    ),
    ("POST", f"{TENANT_MEMBER}GetSitePropertiesByUrl"): lambda e: ok(**as_json({"url": SITE_URL})),
    ("POST", f"{TENANT_MEMBER}GetSitePropertiesFromSharePointByFilters"): lambda e: ok(**as_json({"speFilter": {}})),
    ("POST", f"{TENANT_MEMBER}RemoveSite"): lambda e: ok(404, **as_json({"siteUrl": f"{SITE_URL}-missing"})),
    ("POST", f"{TENANT_MEMBER}RemoveDeletedSite"): lambda e: ok(404, **as_json({"siteUrl": f"{SITE_URL}-missing"})),
}

START = {
    "SourceSiteUrl": SITE_URL,
    "TargetSiteUrl": "https://fabrikam.sharepoint.com/sites/plans",
    "TenantMergeTargetMySiteHostUrl": "https://fabrikam-my.sharepoint.com/",
    "Option": 2,
}
_URL_KEY = "url='https%3A%2F%2Fcontoso.sharepoint.com%2Fsites%2Fplans'"
_REPORT = "moveState=-1,moveDirection=2,startTime='2026-01-01T00:00:00Z',endTime='2026-12-31T00:00:00Z',limit=10"


def _of_job(arguments: str) -> Callable[[Estate], Sample]:
    return lambda e: ok(404, values={"arguments": arguments})


MOVES = {
    ("POST", "/_api/SiteMoveJobs"): lambda e: ok(400, good=200, **as_json(START)),
    ("GET", "/_api/SiteMoveJobs({arguments:path})"): _of_job(_URL_KEY),
    ("GET", "/_api/SiteMoveJobs/GetByUrl({arguments:path})"): _of_job(_URL_KEY),
    ("GET", "/_api/SiteMoveJobs/GetByMoveId({arguments:path})"): _of_job(f"SiteMoveId='{MISSING}'"),
    ("GET", "/_api/SiteMoveJobs/GetMoveReport({arguments:path})"): lambda e: ok(values={"arguments": _REPORT}),
    ("POST", "/_api/SiteMoveJobs({arguments:path})/Cancel"): _of_job(_URL_KEY),
    ("POST", "/_api/xtenant/moves/{job:guid}/settle"): lambda e: ok(
        404,
        values={"job": str(MISSING)},
        body=b'{"Outcome":"refused","SiteUrl":"https://contoso.sharepoint.com/sites/x"}',
        headers=JSON,
    ),
    ("POST", "/_api/xtenant/moves/{job:guid}/refuse"): lambda e: ok(404, values={"job": str(MISSING)}),
    ("GET", "/_api/xtenant/moves/{job:guid}/people"): lambda e: ok(404, values={"job": str(MISSING)}),
    ("GET", "/_api/xtenant/moves/{job:guid}/package"): lambda e: ok(404, values={"job": str(MISSING)}),
}

IMPORTS = {
    ("POST", "/_api/xtenant/sites"): lambda e: ok(**as_json({"url": SITE_URL, "title": "Plans"})),
    ("POST", "/_api/xtenant/estates"): lambda e: ok(body=b""),
    ("POST", "/_api/xtenant/import"): lambda e: ok(404, query=f"?site={quote(SITE_URL, safe='')}-missing"),
}

# --- Graph --------------------------------------------------------------------------------------------------------------

NO_ME = {Asker.APP: 400, Asker.APP_BY_SECRET: 400, Asker.APP_WITHOUT_PERMISSIONS: 400}
"""An app has no `/me`."""


def _people(estate: Estate) -> dict[str, str]:
    return {"user": estate.bob.upn, "group": str(estate.group_id), "member": str(estate.bob.user_id)}


def _missing(estate: Estate) -> dict[str, str]:
    return {"user": str(MISSING), "group": str(MISSING), "member": str(MISSING)}


def _reference(estate: Estate) -> Sample:
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{estate.bob.user_id}"}
    return ok(404, values=_missing(estate), **as_json(reference))


def _of_deleted(estate: Estate) -> Sample:
    return ok(404, values={"object": str(MISSING)})


EVENTUAL = {"ConsistencyLevel": "eventual"}
_ALL_GROUPS = {"securityEnabledOnly": False}
_NEW_USER = {
    "accountEnabled": True,
    "displayName": "Bob",
    "mailNickname": "bob",
    "userPrincipalName": "bob@contoso.onmicrosoft.com",
    "passwordProfile": {"password": "Correct-Horse-8"},
}
_NEW_GROUP = {
    "displayName": "Planners",
    "mailNickname": GROUP_ALIAS,
    "mailEnabled": True,
    "securityEnabled": False,
    "groupTypes": ["Unified"],
}
_INVITATION = {"invitedUserEmailAddress": "guest@fabrikam.com", "inviteRedirectUrl": "https://contoso.com"}
_NO_LICENCES: Mapping[str, object] = {"addLicenses": [], "removeLicenses": []}
_DELETION = {"requests": [{"id": "1", "method": "DELETE", "url": f"/users/{MISSING}"}]}

_MAPPINGS = "/solutions/sharePoint/migrations/"


def _mappings(name: str) -> dict[tuple[str, str], Callable[[Estate], Sample]]:
    """Nobody is mapped: a delta takes away what is not there."""
    place = f"{_MAPPINGS}{name}"
    kind, member, key = ("Group", "id", str(MISSING)) if "Group" in name else ("User", "userPrincipalName", "x@y.zz")
    gone = {"@removed": {"reason": "deleted"}, f"source{kind}Identity": {member: key}}
    named = f"sourceGroupObjectId='{key}'" if kind == "Group" else f"sourceUserPrincipalName='{key}'"
    identity = base64.b64encode(bytes((1, 0, 0, 0, 2 if kind == "Group" else 1, 0, 0, 0)) + key.encode()).decode()
    return {
        ("PATCH", place): lambda e: ok(**as_json({"@context": "#$delta", "value": [gone]})),
        ("GET", place): lambda e: ok(),
        ("GET", f"{place}/$count"): lambda e: ok(),
        ("GET", f"{place}({{key:path}})"): lambda e: ok(404, values={"key": named}),
        ("GET", f"{place}/{{mapping:path}}"): lambda e: ok(404, values={"mapping": quote(identity, safe="")}),
    }


def _tasks(name: str) -> dict[tuple[str, str], Callable[[Estate], Sample]]:
    """A check of a move that cannot be made, and tasks that do not exist."""
    place = f"{_MAPPINGS}{name}"
    asked = {
        "@odata.type": "#microsoft.graph.sharePointSiteMigrationTaskParameters",
        "targetOrganizationHost": "https://fabrikam-my.sharepoint.com",
        "sourceSiteUrl": SITE_URL,
        "targetSiteUrl": "https://fabrikam.sharepoint.com/sites/plans",
        "validateOnly": True,
    }
    arguments = {
        "getBySourceUserPrincipalName": "sourcePrincipalName='x@y.zz'",
        "getBySourceSiteUrl": f"sourceSiteUrl='{SITE_URL}-missing'",
        "getBySourceGroupMailNickname": "sourceGroupMailNickname='none'",
    }

    def found(function: str) -> Callable[[Estate], Sample]:
        return lambda e: ok(404, values={"argument": arguments[function]})

    return {
        ("POST", place): lambda e: ok(422, good=200, **as_json({"parameters": asked})),
        ("GET", f"{place}/{{task:guid}}"): lambda e: ok(404, values={"task": str(MISSING)}),
        ("POST", f"{place}/{{task:guid}}/cancel"): lambda e: ok(404, values={"task": str(MISSING)}),
        **{("GET", f"{place}/{function}({{argument:path}})"): found(function) for function in arguments},
    }


DIRECTORY = {
    ("GET", "/users"): lambda e: ok(),
    ("POST", "/users"): lambda e: ok(400, **as_json(_NEW_USER)),
    ("POST", "/invitations"): lambda e: ok(201, **as_json(_INVITATION)),
    ("GET", "/me"): lambda e: ok(own=NO_ME),
    ("GET", "/subscribedSkus"): lambda e: ok(),
    ("GET", "/subscribedSkus/{sku}"): lambda e: ok(404, values={"sku": str(MISSING)}),
    ("POST", "/users/{user}/assignLicense"): lambda e: ok(404, values=_missing(e), **as_json(_NO_LICENCES)),
    ("POST", "/me/assignLicense"): lambda e: ok(
        own={Asker.APP: 404, Asker.APP_BY_SECRET: 404}, **as_json(_NO_LICENCES)
    ),
    ("GET", "/users/{user}/licenseDetails"): lambda e: ok(values=_people(e)),
    ("GET", "/me/licenseDetails"): lambda e: ok(own={Asker.APP: 404, Asker.APP_BY_SECRET: 404}),
    ("GET", "/admin/sharepoint/settings"): lambda e: ok(),
    ("PATCH", "/admin/sharepoint/settings"): lambda e: ok(**as_json({"isSiteCreationEnabled": True})),
    ("GET", "/users/{user}"): lambda e: ok(values=_people(e)),
    ("PATCH", "/users/{user}"): lambda e: ok(404, values=_missing(e), **as_json({"displayName": "Bob"})),
    ("DELETE", "/users/{user}"): lambda e: ok(404, values=_missing(e)),
    ("GET", "/organization"): lambda e: ok(),
    ("GET", "/organization/{tenant}"): lambda e: ok(values={"tenant": str(e.contoso.tenant.tenant_id)}),
    ("GET", "/domains"): lambda e: ok(),
    ("GET", "/domains/{domain}"): lambda e: ok(values={"domain": e.contoso.tenant.initial_domain}),
    ("GET", "/tenantRelationships/findTenantInformationByTenantId({arguments:arg})"): lambda e: ok(
        values={"arguments": "tenantId='22222222-2222-4222-8222-222222222222'"}
    ),
    ("GET", "/tenantRelationships/findTenantInformationByDomainName({arguments:arg})"): lambda e: ok(
        values={"arguments": "domainName='fabrikam.onmicrosoft.com'"}
    ),
    ("GET", "/users/$count"): lambda e: ok(headers=EVENTUAL),
    ("GET", "/users/delta"): lambda e: ok(),
    ("GET", "/users/delta()"): lambda e: ok(),
    ("GET", "/users/{user}/{relation:groups}"): lambda e: ok(values={**_people(e), "relation": "memberOf"}),
    ("GET", "/users/{user}/{relation:groups}/microsoft.graph.{kind}"): lambda e: ok(
        values={**_people(e), "relation": "transitiveMemberOf", "kind": "group"}
    ),
    ("POST", "/users/{user}/getMemberGroups"): lambda e: ok(values=_people(e), **as_json(_ALL_GROUPS)),
    ("POST", "/users/{user}/checkMemberGroups"): lambda e: ok(
        values=_people(e), **as_json({"groupIds": [str(MISSING)]})
    ),
    ("GET", "/me/{relation:groups}"): lambda e: ok(values={"relation": "memberOf"}, own=NO_ME),
    ("POST", "/me/getMemberGroups"): lambda e: ok(own=NO_ME, **as_json(_ALL_GROUPS)),
    ("POST", "/me/checkMemberGroups"): lambda e: ok(own=NO_ME, **as_json({"groupIds": [str(MISSING)]})),
    ("GET", "/groups"): lambda e: ok(),
    ("GET", "/groups/$count"): lambda e: ok(headers=EVENTUAL),
    ("GET", "/groups/delta"): lambda e: ok(),
    ("GET", "/groups/delta()"): lambda e: ok(),
    ("GET", "/groups/{group}/{people:people}"): lambda e: ok(values={**_people(e), "people": "members"}),
    ("GET", "/groups/{group}/{people:people}/$count"): lambda e: ok(
        values={**_people(e), "people": "owners"}, headers=EVENTUAL
    ),
    ("GET", "/groups/{group}/{people:people}/microsoft.graph.{kind}"): lambda e: ok(
        values={**_people(e), "people": "transitiveMembers", "kind": "user"}
    ),
    ("GET", "/groups/{group}/{relation:groups}"): lambda e: ok(values={**_people(e), "relation": "memberOf"}),
    ("POST", "/groups/{group}/getMemberGroups"): lambda e: ok(values=_people(e), **as_json(_ALL_GROUPS)),
    ("POST", "/groups/{group}/checkMemberGroups"): lambda e: ok(
        values=_people(e), **as_json({"groupIds": [str(MISSING)]})
    ),
    ("GET", "/directory/deletedItems/microsoft.graph.{kind}"): lambda e: ok(values={"kind": "user"}),
    ("GET", "/directory/deletedItems/{object}"): _of_deleted,
    ("DELETE", "/directory/deletedItems/{object}"): _of_deleted,
    ("POST", "/directory/deletedItems/{object}/restore"): _of_deleted,
    ("POST", "/groups"): lambda e: ok(400, **as_json(_NEW_GROUP)),
    ("GET", "/groups/{group}"): lambda e: ok(values=_people(e)),
    ("PATCH", "/groups/{group}"): lambda e: ok(404, values=_missing(e), **as_json({"displayName": "Planners"})),
    ("DELETE", "/groups/{group}"): lambda e: ok(404, values=_missing(e)),
    ("POST", "/groups/{group}/members/$ref"): _reference,
    ("POST", "/groups/{group}/owners/$ref"): _reference,
    ("DELETE", "/groups/{group}/members/{member}/$ref"): lambda e: ok(404, values=_missing(e)),
    ("DELETE", "/groups/{group}/owners/{member}/$ref"): lambda e: ok(404, values=_missing(e)),
    **_tasks("crossOrganizationMigrationTasks"),
    **_mappings("crossOrganizationUserMappings"),
    **_mappings("crossOrganizationGroupMappings"),
    ("GET", "/sites"): lambda e: ok(query="?search=*"),
    ("GET", "/sites/getAllSites"): lambda e: ok(),
    ("GET", "/groups/{group}/sites/root"): lambda e: ok(values=_people(e)),
    ("POST", "/$batch"): lambda e: ok(404, read=inner_status_of, **as_json(_DELETION)),
}

UPLOAD = "/_api/v2.0/drives/{drive}/uploadSession"


def _signed(estate: Estate, use: str, thing: UUID) -> str:
    backend = estate.contoso.backend
    office = TicketOffice(secret=backend.tokens.digest_secret, clock=backend.clock)
    return office.issue(use=use, site=estate.site.site_id, thing=thing, version="1.0", seconds=60)


def _upload(estate: Estate) -> Sample:
    ticket = _signed(estate, "upload", MISSING)
    headers = {"Content-Range": "bytes 0-2/3"}
    return ok(
        404, values={"drive": estate.drive_id}, query=f"?guid={MISSING}&tempauth={ticket}", headers=headers, body=b"abc"
    )


UPLOADS = {(method, UPLOAD): _upload for method in ("PUT", "GET", "POST", "DELETE")}


def _download(estate: Estate) -> Sample:
    ticket = _signed(estate, "download", estate.file_id)
    return ok(values={"site": "plans"}, query=f"?UniqueId={estate.file_id}&tempauth={ticket}")


_PAGE = "/_layouts/15/download.aspx"
DOWNLOADS = {("GET", f"{place}{_PAGE}"): _download for place in ("", "/sites/{site}", "/personal/{site}")}

# --- drives: one sub-resource for each method at each place, and every sub-resource at one place --------------------------


@dataclass(frozen=True, kw_only=True)
class SubResource:
    """What follows a drive: an item that is there for reading, one that is not for writing."""

    rest: str
    answer: int
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    def sample(self, values: Mapping[str, str], own: Mapping[Asker, int]) -> Sample:
        return Sample(
            answers=frozenset({self.answer}),
            values=values,
            query=self.query,
            headers=self.headers,
            body=self.body,
            own=own,
        )


def _with_body(rest: str, answer: int, value: object) -> SubResource:
    return SubResource(rest=rest, answer=answer, body=msgspec.json.encode(value), headers=JSON)


_FAIL = "?@microsoft.graph.conflictBehavior=fail"
_NO_ONE = "root/permissions/AAAAAAAAAAAAAAAAAAAAAA"

SUB_RESOURCES: Mapping[tuple[str, str], SubResource] = {
    ("GET", ""): SubResource(rest=f"root:/{FILE}", answer=200),
    ("GET", "children"): SubResource(rest="root/children", answer=200),
    ("GET", "content"): SubResource(rest=f"root:/{FILE}:/content", answer=302),
    ("GET", "delta"): SubResource(rest="root/delta", answer=200),
    ("GET", "versions"): SubResource(rest=f"root:/{FILE}:/versions", answer=200),
    ("GET", "permissions"): SubResource(rest="root/permissions", answer=200),
    ("POST", "children"): _with_body("root:/missing:/children", 404, {"name": "x", "folder": {}}),
    ("POST", "createuploadsession"): SubResource(
        rest=f"root:/{FILE}:/createUploadSession", answer=409, query=_FAIL, body=b"{}", headers=JSON
    ),
    ("POST", "invite"): _with_body(
        "root/invite", 404, {"recipients": [{"objectId": str(MISSING)}], "roles": ["read"], "requireSignIn": True}
    ),
    ("PUT", "content"): SubResource(rest=f"root:/{FILE}:/content", answer=409, query=_FAIL, body=b"other"),
    ("PATCH", ""): _with_body("root:/missing", 404, {"name": "y"}),
    ("PATCH", "permissions"): _with_body(_NO_ONE, 404, {"roles": ["read"]}),
    ("POST", "createlink"): _with_body("root/createLink", 400, {"type": "view", "scope": "organization"}),
    ("POST", "versions"): SubResource(rest=f"root:/{FILE}:/versions/9.0/restoreVersion", answer=404),
    ("DELETE", "versions"): SubResource(rest=f"root:/{FILE}:/versions/9.0", answer=404),
    ("DELETE", ""): SubResource(rest="root:/missing", answer=404),
    ("DELETE", "permissions"): SubResource(rest=_NO_ONE, answer=404),
}

_ONE_EACH = {"GET": "", "POST": "children", "PUT": "content", "PATCH": "", "DELETE": ""}
_NOT_HERE = dict.fromkeys((Asker.SHAREPOINT_ADMIN, Asker.GLOBAL_ADMIN, Asker.PLAIN_USER), 404)
"""None of the callers has a OneDrive."""


def _at_drive(estate: Estate, sub: SubResource) -> Sample:
    return sub.sample({"rest": f"{estate.drive_id}/{sub.rest}"}, {})


def _at_site(estate: Estate, sub: SubResource) -> Sample:
    return sub.sample({"rest": f"{estate.site.site_id}/drive/{sub.rest}"}, {})


def _below(estate: Estate, sub: SubResource) -> Sample:
    return sub.sample({**_people(estate), "rest": f"/{sub.rest}"}, {})


def _at_me(estate: Estate, sub: SubResource) -> Sample:
    return sub.sample({"rest": f"/{sub.rest}"}, {**NO_ME, **_NOT_HERE})


PLACES: Mapping[str, Callable[[Estate, SubResource], Sample]] = {
    "/drives/{rest:path}": _at_drive,
    "/sites/{rest:path}": _at_site,
    "/users/{user}/drive{rest:path}": _below,
    "/groups/{group}/drive{rest:path}": _below,
    "/me/drive{rest:path}": _at_me,
}

DRIVES: Mapping[tuple[str, str], Callable[[Estate], Sample]] = {
    (method, path): lambda estate, place=place, key=(method, verb): place(estate, SUB_RESOURCES[key])
    for path, place in PLACES.items()
    for method, verb in _ONE_EACH.items()
}

_NO_LINK = "u!" + base64.urlsafe_b64encode(f"{SITE_URL}/x".replace("/sites", "/:t:/s").encode()).decode().rstrip("=")

SHARES = {
    ("GET", "/shares/{share:path}"): lambda e: ok(404, values={"share": f"{_NO_LINK}/driveItem"}),
    ("POST", "/shares/{share:path}"): lambda e: ok(
        404, values={"share": f"{_NO_LINK}/permission/grant"}, **as_json({"recipients": [{"email": "x@y.zz"}]})
    ),
}

# --- partner ------------------------------------------------------------------------------------------------------------

QUESTION = StartQuestion(
    kind=JobKind.SITE,
    source_key="https://fabrikam.sharepoint.com/sites/a",
    target_key="https://contoso.sharepoint.com/sites/new",
    source_url="https://fabrikam.sharepoint.com/sites/a",
    target_url="https://contoso.sharepoint.com/sites/new",
    schema_version="16.0",
)
_SEAL = PartSeal(ordinal=1, name="Manifest-00001.xml", sha256=bytes(32), size_bytes=1, objects=1)


def offer_of(job: UUID, target_url: str = QUESTION.target_url) -> bytes:
    """An offer of a job to an address."""
    return moves.encode(
        Offer(
            job_id=MoveJobId(job),
            kind=QUESTION.kind,
            source_key=QUESTION.source_key,
            target_key=target_url,
            source_url=QUESTION.source_url,
            target_url=target_url,
            fence=1,
        )
    )


def move_bodies(job: UUID = JOB) -> Mapping[str, bytes]:
    """The body of each of a partner's calls about a job."""
    snapshot = Snapshot(job_id=job, epoch=1, change_no=1, items=1, versions=1, size_bytes=1, parts=(_SEAL,))
    one_blob = moves.encode(moves.BlobsMessage(keys=[bytes(32)]))
    return {
        "can_start": moves.encode(QUESTION),
        "offer": offer_of(job),
        "offer_state": b"",
        "restore": moves.encode(snapshot),
        "restore_state": b"",
        "publish": moves.encode(moves.PublishMessage(root=bytes(32), deadline_seconds=30)),
        "abort": b"",
        "finish": b"{}",
        "restart": moves.encode(moves.RestartMessage(root=bytes(32))),
        "known_jobs": moves.encode(moves.KnownMessage(after=UUID(int=0))),
        "reopen": b"",
        "manifest": moves.encode(moves.PartMessage(ordinal=1)),
        "blobs": one_blob,
        "job_state": b"",
        "rehash": one_blob,
    }


_OF_NO_JOB = {"manifest", "blobs", "rehash", "reopen"}
"""Calls about a job that is not there: told apart from an answer only here."""


def _move(op: str, body: bytes) -> Sample:
    return ok(404 if op in _OF_NO_JOB else 200, body=body, op=op)


PARTNER = {
    ("GET", "/_api/OrgRelationNotification(encodedNotificationQuery='{encodedNotificationQuery}')"): lambda e: ok(
        op="notify"
    ),
    ("GET", "/_api/OrgRelationVerification(encodedVerificationQuery='{encodedVerificationQuery}')"): lambda e: ok(
        op="verify"
    ),
    ("GET", "/_api/OrgRelationSchema(encodedQuery='{encodedQuery}')"): lambda e: ok(op="schema"),
    ("GET", "/_api/xtenant/partner-keys"): lambda e: ok(),
    **{
        ("POST", f"{moves.ROOT}{op}"): lambda e, op=op, body=body: _move(op, body) for op, body in move_bodies().items()
    },
}

SAMPLES: Mapping[str, Mapping[tuple[str, str], Callable[[Estate], Sample]]] = {
    "oauth": SIGN_IN,
    "csom": {
        ("POST", "/_vti_bin/client.svc/ProcessQuery"): lambda e: ok(
            read=error_code_of, body=SHAREPOINT_CURRENT, headers=XML
        )
    },
    "sharepoint_rest": {**REST, **MOVES, **IMPORTS},
    "graph": {**DIRECTORY, **UPLOADS, **DRIVES, **SHARES},
    "download": DOWNLOADS,
    "partner": PARTNER,
}

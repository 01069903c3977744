"""What may be sent where nothing may be changed: one closed list of calls, and the judge that asks it.

A call that the list does not name is taken for a changing one and refused before a connection is opened for it (settled
C 14). The list also says which permission each call needs, for the page of permissions (settled C 15).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote, urlsplit

import httpx
import msgspec

from xtenant.domain import errors
from xtenant.domain.consents import Level
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, SHAREPOINT_SUFFIX, is_tenant_label
from xtenant.wire import readonly_bodies


class ReadOnlyRefused(errors.Refused):
    """The call is not on the list of calls that only read."""

    code = "readOnlyRefused"
    remedy = "Nothing was sent. Leave --read-only out where the change is meant."


class Resource(Enum):
    LOGIN = "login"
    GRAPH = "graph"
    SHAREPOINT = "sharepoint"


class Body(Enum):
    """What a call may carry."""

    NONE = "none"
    FORM = "form"
    BATCH = "batch"
    QUERY = "query"
    VALIDATION = "validation"
    """A migration task that only validates; let through where that was allowed (settled C 13)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One row. In `path`, `{}` stands for one value without a slash, `{}` within parentheses for the arguments of a function.

    `tag` is V (documented or recorded), I (inferred) or NP (not public), as the fact pages use them. `permission` is the least
    that does, `instead` are others that do as well and do not include it.
    """

    resource: Resource
    path: str
    permission: str
    level: Level
    method: str = "GET"
    tag: str = "V"
    body: Body = Body.NONE
    app_only: bool = False
    instead: tuple[str, ...] = ()
    pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        literal = re.escape(self.path).replace(r"\(\{\}\)", r"\([^/]*\)").replace(r"\{\}", "[^/()]+")
        object.__setattr__(self, "pattern", re.compile(literal, re.IGNORECASE))


def _login(path: str, method: str = "GET") -> Call:
    body = Body.NONE if method == "GET" else Body.FORM
    return Call(resource=Resource.LOGIN, path=path, permission="-", level=Level.SIGN_IN, method=method, body=body)


def _graph(
    permission: str, level: Level, *paths: str, app_only: bool = False, instead: tuple[str, ...] = ()
) -> list[Call]:
    return [
        Call(resource=Resource.GRAPH, path=path, permission=permission, level=level, app_only=app_only, instead=instead)
        for path in paths
    ]


def _rest(permission: str, level: Level, *paths: str, tag: str = "V") -> list[Call]:
    return [
        Call(resource=Resource.SHAREPOINT, path=path, permission=permission, level=level, tag=tag) for path in paths
    ]


_DIRECTORY = "/groups/{}"
_FILES = ("Files.Read.All", "Files.ReadWrite.All")
_MIGRATIONS = "/solutions/sharePoint/migrations"

CALLS: tuple[Call, ...] = (
    _login("/{}/.well-known/openid-configuration"),
    _login("/{}/v2.0/.well-known/openid-configuration"),
    _login("/common/discovery/instance"),
    _login("/{}/discovery/keys"),
    _login("/{}/discovery/v2.0/keys"),
    _login("/{}/oauth2/v2.0/token", "POST"),
    _login("/{}/oauth2/v2.0/devicecode", "POST"),
    *_graph("Organization.Read.All", Level.DIRECTORY, "/organization"),
    *_graph("Domain.Read.All", Level.DIRECTORY, "/domains"),
    *_graph("LicenseAssignment.Read.All", Level.DIRECTORY, "/subscribedSkus"),
    *_graph("User.Read.All", Level.DIRECTORY, "/users", "/users/{}", "/directory/deletedItems/{}"),
    *_graph("Group.Read.All", Level.DIRECTORY, "/groups", _DIRECTORY),
    *_graph(
        "Group.Read.All",
        Level.DIRECTORY,
        *(f"{_DIRECTORY}/{part}" for part in ("members", "owners", "transitiveMembers")),
        instead=("GroupMember.Read.All",),
    ),
    *_graph("Sites.Read.All", Level.CONTENT, f"{_DIRECTORY}/sites/root"),
    *_graph("SharePointTenantSettings.Read.All", Level.DIRECTORY, "/admin/sharepoint/settings"),
    *_graph(
        "CrossTenantInformation.ReadBasic.All",
        Level.MOVE,
        "/tenantRelationships/findTenantInformationByTenantId({})",
        "/tenantRelationships/findTenantInformationByDomainName({})",
    ),
    *_graph(
        "Sites.Read.All",
        Level.CONTENT,
        "/sites/getAllSites",
        *(f"/sites/{{}}{part}" for part in ("", "/drives", "/lists", "/sites", "/columns", "/contentTypes")),
        *(f"/sites/{{}}/lists/{{}}/{part}" for part in ("columns", "contentTypes", "items")),
        *(f"/sites/{{}}/lists/{{}}/items/{{}}{part}" for part in ("", "/versions")),
    ),
    *_graph(
        "Sites.Read.All",
        Level.CONTENT,
        *(f"/drives/{{}}/{part}" for part in ("root/delta", "root/delta({})", "items/{}")),
        *(f"/drives/{{}}/items/{{}}/{part}" for part in ("permissions", "versions")),
        instead=_FILES,
    ),
    *_graph("Files.Read.All", Level.CONTENT, "/shares/{}", "/shares/{}/driveItem", instead=("Files.ReadWrite.All",)),
    *_graph("Sites.Read.All", Level.CONTENT, "/users/{}/drive", app_only=True, instead=_FILES),
    *_graph(
        "SharePointCrossTenantMigration.Read.All",
        Level.MOVE,
        *(f"{_MIGRATIONS}/crossOrganization{kind}Mappings" for kind in ("User", "Group")),
        *(f"{_MIGRATIONS}/crossOrganization{kind}Mappings({{}})" for kind in ("User", "Group")),
        *(f"{_MIGRATIONS}/crossOrganizationMigrationTasks{part}" for part in ("", "/{}", "({})")),
    ),
    Call(
        resource=Resource.GRAPH,
        path=f"{_MIGRATIONS}/crossOrganizationMigrationTasks",
        permission="SharePointCrossTenantMigration.Manage.All",
        level=Level.ADMIN,
        method="POST",
        body=Body.VALIDATION,
    ),
    Call(resource=Resource.GRAPH, path="/$batch", permission="-", level=Level.SIGN_IN, method="POST", body=Body.BATCH),
    Call(
        resource=Resource.SHAREPOINT,
        path="/_api/contextinfo",
        permission="-",
        level=Level.SIGN_IN,
        method="POST",
    ),
    *_rest("-", Level.SIGN_IN, "/_vti_bin/client.svc", "/_vti_bin/client.svc/"),
    *_rest(
        "Sites.FullControl.All",
        Level.ADMIN,
        "/_api/MultiGeoApiVersions",
        *(
            f"/_api/{jobs}MoveJobs{part}"
            for jobs in ("User", "Site", "Group")
            for part in ("({})", "/GetByMoveId({})", "/GetMoveReport({})")
        ),
    ),
    *_rest(
        "Sites.FullControl.All",
        Level.ADMIN,
        "/_api/XTenantMoveCompatibilityCheck({})",
        "/_api/HasMnALicense({})",
        tag="I",
    ),
    *_rest(
        "Sites.FullControl.All",
        Level.ADMIN,
        "/_api/site",
        *(f"/_api/web{part}" for part in ("", "/webs", "/lists", "/siteusers", "/sitegroups", "/RoleAssignments")),
        "/_api/web/lists({})",
        *(f"/_api/web/{part}" for part in ("fields", "contenttypes", "regionalsettings/timezone")),
        *(f"/_api/web/lists({{}})/{part}" for part in ("items", "items({})", "RoleAssignments")),
        *(f"/_api/web/lists({{}})/{part}" for part in ("fields", "contenttypes")),
        *(f"/_api/web/lists({{}})/items({{}})/{part}" for part in ("versions", "AttachmentFiles")),
        "/_api/web/lists({})/items({})/AttachmentFiles({})/$value",
        "/_api/web/lists({})/items({})/RoleAssignments",
        *(f"/_api/{place}/RecycleBin" for place in ("site", "web")),
    ),
    Call(
        resource=Resource.SHAREPOINT,
        path="/_vti_bin/client.svc/ProcessQuery",
        permission="Sites.FullControl.All",
        level=Level.ADMIN,
        method="POST",
        body=Body.QUERY,
    ),
)
"""Every call that only reads."""

_VERSIONS = ("/v1.0", "/beta")
_OVERRIDES = ("x-http-method", "x-http-method-override", "x-method-override", "x-requested-method")
_IN_SITE = re.compile(r"/(?:sites|teams|personal)/[^/]+(?:/[^/]+)*?(?=/_api/)", re.IGNORECASE)


def judge(request: httpx.Request, *, validation: bool = False) -> None:
    """Let a call pass that is on the list. Raises ReadOnlyRefused for every other, and for a body that cannot be judged.

    With `validation` also the one call that asks a tenant to check a move and not to make it.
    """
    url = request.url
    if url.scheme != "https" or url.port is not None or url.userinfo:
        raise _refused(request.method, str(url.copy_with(userinfo=b"")), "the address is not a plain https one")
    if any(name in request.headers for name in _OVERRIDES):
        raise _refused(request.method, url.path, "a header asks for another method")
    call = _found(request.method, _resource(url.host), url.raw_path.decode("ascii"))
    if call is None or (call.body is Body.VALIDATION and not validation):
        raise _refused(request.method, f"{url.host}{url.path}", "it is not on the list of calls that only read")
    _judge_body(request, call)
    if call.app_only and _is_delegated(request.headers.get("authorization", "")):
        raise _refused(request.method, url.path, "in a person's name it could make the OneDrive it asks for")


def listed_call(method: str, host: str, raw_path: str) -> Call | None:
    """The row of the list that a call is named by, whatever it carries; None for one that may change something."""
    return _found(method, _resource(host), raw_path)


def only_reads(request: httpx.Request) -> bool:
    """Whether `judge` lets a request pass."""
    try:
        judge(request)
    except ReadOnlyRefused:
        return False
    return True


def _found(method: str, resource: Resource | None, raw_path: str) -> Call | None:
    path = _path(raw_path)
    if resource is None or path is None:
        return None
    if resource is Resource.GRAPH:
        version = next((one for one in _VERSIONS if path.lower().startswith(f"{one}/")), None)
        path = path[len(version) :] if version else None
    elif resource is Resource.SHAREPOINT:
        path = _IN_SITE.sub("", path, count=1)
    if path is None:
        return None
    return next(
        (
            call
            for call in CALLS
            if call.resource is resource and call.method == method.upper() and call.pattern.fullmatch(path)
        ),
        None,
    )


def _path(raw_path: str) -> str | None:
    """The path as a server would read it; None for one that two servers might read differently."""
    raw = urlsplit(raw_path).path
    if re.search(r"%(?:2f|5c|25|00|3f)", raw, re.IGNORECASE) and "(" not in raw:
        return None
    path = unquote(raw)
    segments = path.split("/")[1:]
    odd = any(part in (".", "..") for part in segments) or "" in segments[:-1] or "\\" in path or "%" in path
    return None if odd else path


def _resource(host: str) -> Resource | None:
    name = host.lower()
    if name == LOGIN_HOST:
        return Resource.LOGIN
    if name == GRAPH_HOST:
        return Resource.GRAPH
    label = name.removesuffix(SHAREPOINT_SUFFIX)
    return Resource.SHAREPOINT if label != name and is_tenant_label(label) else None


def _judge_body(request: httpx.Request, call: Call) -> None:
    try:
        content = request.content
    except httpx.RequestNotRead:
        raise _refused(request.method, request.url.path, "its body comes in pieces and cannot be judged") from None
    try:
        if call.body is Body.NONE and content.strip():
            raise readonly_bodies.Changing("it carries a body")
        if call.body is Body.QUERY:
            readonly_bodies.judge_query(content)
        if call.body is Body.VALIDATION:
            readonly_bodies.judge_validation(content)
        if call.body is Body.BATCH:
            version = next(one for one in _VERSIONS if request.url.path.lower().startswith(one))
            for inner in readonly_bodies.calls_of_batch(content):
                _judge_inner(inner, version, request)
    except readonly_bodies.Changing as reason:
        raise _refused(request.method, request.url.path, str(reason)) from None


def _judge_inner(inner: readonly_bodies.InnerCall, version: str, outer: httpx.Request) -> None:
    """A call inside a batch is judged like one of its own: as a relative address below the batch's version."""
    if any(name.lower() in _OVERRIDES for name in inner.headers):
        raise readonly_bodies.Changing("a call inside it asks for another method")
    call = (
        _found(inner.method, Resource.GRAPH, f"{version}/{inner.url.lstrip('/')}") if _is_relative(inner.url) else None
    )
    if call is None or call.body is not Body.NONE:
        raise readonly_bodies.Changing(f"the call {inner.method} {inner.url} inside it is not on the list")
    if call.app_only and _is_delegated(outer.headers.get("authorization", "")):
        raise readonly_bodies.Changing("in a person's name it could make the OneDrive it asks for")


def _is_relative(url: str) -> bool:
    return not url.startswith("//") and ":" not in url.split("/", 1)[0] and url.isascii()


def _is_delegated(authorization: str) -> bool:
    """Whether a bearer token stands for a person; one that cannot be read is taken for a person's."""
    parts = authorization.partition(" ")[2].split(".")
    if len(parts) != 3:
        return True
    try:
        claims = msgspec.json.decode(
            base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), type=dict[str, object]
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return True
    return "scp" in claims or claims.get("idtyp") == "user" or "roles" not in claims


def _refused(method: str, where: str, why: str) -> ReadOnlyRefused:
    return ReadOnlyRefused(f"{method} {where} was not sent: {why}.")


class ReadOnlyAsyncTransport(httpx.AsyncBaseTransport):
    """Judges each request before anything else sees it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        judge(request)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class ReadOnlyTransport(httpx.BaseTransport):
    """The same for clients that are not async."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        judge(request)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()

"""The closed list of calls that only read: what passes, and that everything else is refused before it is sent."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.types import TENANT_ID
from xtenant.wire.readonly import ReadOnlyRefused, ReadOnlyTransport, judge

ADMIN = "https://contoso-admin.sharepoint.com"
SITE = "https://contoso.sharepoint.com/sites/plans"
GRAPH = "https://graph.microsoft.com/v1.0"
QUERY = f"{ADMIN}/_vti_bin/client.svc/ProcessQuery"


def token(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"Bearer e30.{payload}.c2ln"


APP, PERSON = token(roles=["Sites.Read.All"], idtyp="app"), token(scp="User.Read")


def asked(method: str, url: str, **more: object) -> httpx.Request:
    return httpx.Request(method, url, **{"headers": {"Authorization": APP}, **more})  # type: ignore[arg-type]


def query_of(*calls: tuple[str, str]) -> bytes:
    query = QueryBuilder()
    tenant = query.construct(TENANT_ID)
    for form, name in calls:
        if form == "path":
            query.select(query.method(tenant, name, "x"))
        else:
            query.call(tenant, name)
    return query.content()


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{GRAPH}/users?$top=999&$select=id"),
        ("GET", f"{GRAPH}/users/ann@contoso.com"),
        ("GET", f"{GRAPH}/users/8f0c1f9e-0000-4000-8000-000000000001/drive?$select=id"),
        ("GET", f"{GRAPH}/groups/8f0c1f9e-0000-4000-8000-000000000001/transitiveMembers"),
        ("GET", f"{GRAPH}/drives/b!abc/root/delta(token='x')"),
        ("GET", f"{GRAPH}/tenantRelationships/findTenantInformationByTenantId(tenantId='x')"),
        ("GET", "https://graph.microsoft.com/beta/solutions/sharePoint/migrations/crossOrganizationUserMappings"),
        ("POST", f"{ADMIN}/_api/contextinfo"),
        ("GET", f"{ADMIN}/_api/SiteMoveJobs(url='https%3A%23%23contoso.sharepoint.com%23sites%23a')?api-version=1.4.0"),
        ("GET", f"{ADMIN}/_api/XTenantMoveCompatibilityCheck(targetTenantHostUrl='x')"),
        ("GET", f"{SITE}/_api/web/lists(guid'11111111-1111-4111-8111-111111111111')/items(7)/RoleAssignments"),
        ("GET", f"{SITE}/_api/web/lists(guid'11111111-1111-4111-8111-111111111111')/items?$top=5000"),
        ("GET", "https://contoso-my.sharepoint.com/personal/ann_contoso_com/_api/web/siteusers"),
        ("POST", "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/oauth2/v2.0/token"),
    ],
)
def test_a_call_on_the_list_passes(method: str, url: str) -> None:
    content = b"grant_type=client_credentials" if "oauth2" in url else b""
    judge(asked(method, url, content=content))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", f"{GRAPH}/users"),
        ("PATCH", f"{GRAPH}/users/ann@contoso.com"),
        ("DELETE", f"{GRAPH}/groups/x"),
        ("POST", f"{GRAPH}/invitations"),
        ("GET", f"{GRAPH}/drives/b!abc/items/01/content"),
        ("GET", f"{GRAPH}/me/drive"),
        ("GET", "https://graph.microsoft.com/users"),
        ("GET", "https://graph.microsoft.com/v2.0/users"),
        ("GET", f"{GRAPH}/users/a%2Fdrive"),
        ("GET", f"{GRAPH}//users"),
        ("POST", f"{SITE}/_api/web/breakroleinheritance(copyRoleAssignments=true)"),
        ("GET", f"{SITE}/_api/web/lists(guid'1')/items(7)/recycle()"),
        ("POST", f"{ADMIN}/_api/SiteMoveJobs"),
        ("POST", f"{ADMIN}/_api/SiteMoveJobs(url='x')/Cancel"),
        ("GET", f"{ADMIN}/_api/xtenant/inbox"),
        ("GET", "http://graph.microsoft.com/v1.0/users"),
        ("GET", "https://graph.microsoft.com:8443/v1.0/users"),
        ("GET", "https://graph.microsoft.com.example/v1.0/users"),
        ("GET", "https://user:secret@graph.microsoft.com/v1.0/users"),
        ("GET", "https://evil-sharepoint.com/_api/web"),
        ("GET", "https://a.b.sharepoint.com/_api/web"),
    ],
)
def test_a_call_that_is_not_on_the_list_is_refused(method: str, url: str) -> None:
    with pytest.raises(ReadOnlyRefused) as refused:
        judge(asked(method, url))
    assert "secret" not in refused.value.text


@pytest.mark.parametrize("name", ["X-HTTP-Method", "x-http-method-override", "X-Method-Override"])
def test_a_header_that_asks_for_another_method_is_refused(name: str) -> None:
    with pytest.raises(ReadOnlyRefused):
        judge(asked("POST", f"{ADMIN}/_api/contextinfo", headers={name: "MERGE", "Authorization": APP}))


def test_a_reading_call_with_a_body_is_refused() -> None:
    with pytest.raises(ReadOnlyRefused):
        judge(asked("GET", f"{GRAPH}/users", content=b"{}"))


def test_a_body_that_comes_in_pieces_is_refused() -> None:
    with pytest.raises(ReadOnlyRefused):
        judge(asked("POST", QUERY, content=iter([query_of(("call", "GetMySiteHostUrl"))])))


def test_a_onedrive_is_looked_for_by_an_app_only() -> None:
    url = f"{GRAPH}/users/ann@contoso.com/drive"
    judge(asked("GET", url))
    for bearer in (PERSON, "", "Bearer opaque"):
        with pytest.raises(ReadOnlyRefused):
            judge(asked("GET", url, headers={"Authorization": bearer}))


@pytest.mark.parametrize("form", ["path", "call"])
def test_a_query_passes_when_all_its_methods_only_read(form: str) -> None:
    judge(asked("POST", QUERY, content=query_of((form, "GetSitePropertiesByUrl"), ("call", "GetRootSiteUrl"))))


@pytest.mark.parametrize("form", ["path", "call"])
@pytest.mark.parametrize(
    "name", ["NewSPOTenantOrgRelation", "RemoveSite", "AddOrUpdateTenantIdentityMap", "getmysitehosturl", ""]
)
def test_a_query_with_one_method_that_is_not_listed_is_refused(form: str, name: str) -> None:
    with pytest.raises(ReadOnlyRefused):
        judge(asked("POST", QUERY, content=query_of(("call", "GetMySiteHostUrl"), (form, name))))


@pytest.mark.parametrize(
    "change",
    [
        ("<Actions>", '<Actions><SetProperty Id="90" ObjectPathId="1" Name="X"/>'),
        ("<Actions>", '<Actions><StaticMethod Id="90" TypeId="{268004ae-ef6b-4e9b-8425-127220d84719}" Name="X"/>'),
        ("<Actions>", '<Actions><ExceptionHandlingScope Id="90"/>'),
        ("<ObjectPaths>", '<ObjectPaths><Identity Id="90" Name="x"/>'),
        ("<ObjectPaths>", '<ObjectPaths><StaticProperty Id="90" TypeId="{x}" Name="Current"/>'),
        ("<ObjectPaths>", '<ObjectPaths><Constructor Id="90" TypeId="{ffffffff-ef6b-4e9b-8425-127220d84719}"/>'),
        ("<ObjectPaths>", '<ObjectPaths><Method Id="90" ParentId="1" Name="RemoveSite"/>'),
        ("<ObjectPaths>", "<ObjectPaths><!-- x -->"),
        ("<Actions>", "<More/><Actions>"),
    ],
    ids=lambda change: change[1][:40],
)
def test_a_query_with_any_part_that_is_not_listed_is_refused(change: tuple[str, str]) -> None:
    content = query_of(("call", "GetMySiteHostUrl")).decode().replace(*change)
    assert change[1] in content
    with pytest.raises(ReadOnlyRefused):
        judge(asked("POST", QUERY, content=content.encode()))


@pytest.mark.parametrize("content", [b"", b"<Request/>", b"x" * 2_000_000, b"<!DOCTYPE a [<!ENTITY b 'c'>]><Request/>"])
def test_a_query_that_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(ReadOnlyRefused):
        judge(asked("POST", QUERY, content=content))


def batch(*calls: dict[str, object]) -> bytes:
    return json.dumps({"requests": [{"id": str(at), **call} for at, call in enumerate(calls)]}).encode()


READ = {"method": "GET", "url": "/users/ann@contoso.com?$select=id"}


def test_a_batch_passes_when_every_call_in_it_only_reads() -> None:
    judge(asked("POST", f"{GRAPH}/$batch", content=batch(READ, {"method": "GET", "url": "groups/x/members"})))


@pytest.mark.parametrize(
    "call",
    [
        {"method": "PATCH", "url": "/users/x"},
        {"method": "POST", "url": "/$batch"},
        {"method": "GET", "url": "/users/x", "body": {}},
        {"method": "GET", "url": "/users/x", "headers": {"X-HTTP-Method": "DELETE"}},
        {"method": "GET", "url": "https://graph.microsoft.com/v1.0/users"},
        {"method": "GET", "url": "//evil.example/users"},
        {"method": "GET", "url": "/users/../groups/x"},
        {"method": "GET", "url": "/drives/x/items/y/content"},
        {"method": "GET"},
        "GET",
    ],
    ids=str,
)
def test_a_batch_with_one_call_that_is_not_listed_is_refused(call: dict[str, object] | str) -> None:
    content = json.dumps({"requests": [{"id": "0", **READ}, call]}).encode()
    with pytest.raises(ReadOnlyRefused):
        judge(asked("POST", f"{GRAPH}/$batch", content=content))


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b'{"requests": []}',
        b'{"requests": [{"method": "GET", "url": "/users", "Method": "DELETE"}]}',
        b'{"requests": [{"method": "GET", "url": "/users"}], "Requests": []}',
        b"{" * 5_000,
        batch(*[READ] * 21),
    ],
    ids=lambda content: content[:40],
)
def test_a_batch_that_is_not_of_the_usual_form_is_refused(content: bytes) -> None:
    with pytest.raises(ReadOnlyRefused):
        judge(asked("POST", f"{GRAPH}/$batch", content=content))


def test_a_refused_call_reaches_no_transport() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200)

    with httpx.Client(transport=ReadOnlyTransport(httpx.MockTransport(answer))) as http:
        http.get(f"{GRAPH}/users")
        with pytest.raises(ReadOnlyRefused):
            http.post(f"{GRAPH}/users", json={})
    assert seen == ["/v1.0/users"]

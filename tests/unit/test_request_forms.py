"""What is told of a request: its call and its objects for the log, its form for a shake-down; never a value that is secret."""

from __future__ import annotations

import json
import string

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.types import TENANT_ID
from xtenant.protocols.csom.codec.values import Array
from xtenant.wire.forms import MOST_IDS, call_of, form_of, ids_of

GUID = "8f0c1f9e-0000-4000-8000-000000000001"
OTHER = "8f0c1f9e-0000-4000-8000-000000000002"
ADMIN = "https://contoso-admin.sharepoint.com"
GRAPH = "https://graph.microsoft.com/v1.0"
QUERY = f"{ADMIN}/_vti_bin/client.svc/ProcessQuery"


def query(name: str, *parameters: object) -> httpx.Request:
    builder = QueryBuilder()
    builder.call(builder.construct(TENANT_ID), name, *parameters)  # type: ignore[arg-type]
    return httpx.Request("POST", QUERY, content=builder.content())


def batch(*calls: dict[str, object]) -> httpx.Request:
    requests = [{"id": str(at), **call} for at, call in enumerate(calls)]
    return httpx.Request("POST", f"{GRAPH}/$batch", json={"requests": requests})


def new_user(name: str, password: str = "x") -> dict[str, object]:
    body = {
        "userPrincipalName": f"{name}@contoso.com",
        "displayName": f"{name} secret-name",
        "passwordProfile": {"password": password, "forceChangePasswordNextSignIn": True},
    }
    return {"method": "POST", "url": "/users", "body": body}


@pytest.mark.parametrize(
    ("request_", "call"),
    [
        (query("RemoveSite", f"{ADMIN}/x"), f"POST {QUERY[8:]} RemoveSite"),
        (httpx.Request("PATCH", f"{GRAPH}/users/ann@contoso.com"), "PATCH graph.microsoft.com/v1.0/users/{}"),
        (
            httpx.Request("POST", f"{GRAPH}/groups/{GUID}/members/$ref"),
            "POST graph.microsoft.com/v1.0/groups/{}/members/$ref",
        ),
        (
            httpx.Request(
                "POST", f"{ADMIN}/_api/SiteMoveJobs(url='https%3A%23%23c.sharepoint.com')/Cancel?api-version=1"
            ),
            "POST contoso-admin.sharepoint.com/_api/SiteMoveJobs({})/Cancel",
        ),
        (
            httpx.Request("POST", "https://contoso.sharepoint.com/sites/plans/_api/web/siteusers/removebyid(7)"),
            "POST contoso.sharepoint.com/sites/{}/_api/web/siteusers/removebyid({})",
        ),
        (
            batch(new_user("a"), new_user("b"), {"method": "DELETE", "url": f"/groups/{GUID}"}),
            "POST graph.microsoft.com/v1.0/$batch [POST /users x2, DELETE /groups/{} x1]",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_call_is_named_without_any_value(request_: httpx.Request, call: str) -> None:
    assert call_of(request_) == call


def test_objects_are_told_by_id_name_or_address() -> None:
    assert ids_of(query("RemoveSite", "https://c.sharepoint.com/sites/a?token=x#y")) == (
        "https://c.sharepoint.com/sites/a",
    )
    url = f"{ADMIN}/_api/SiteMoveJobs(url='https%3A%23%23c-my.sharepoint.com%23personal%23ann')/Cancel"
    assert ids_of(httpx.Request("POST", url)) == ("https://c-my.sharepoint.com/personal/ann",)
    assert ids_of(batch(new_user("Ann"), {"method": "PATCH", "url": f"/users/{GUID}"})) == ("ann@contoso.com", GUID)
    start = httpx.Request(
        "POST", f"{ADMIN}/_api/SiteMoveJobs", json={"SourceSiteUrl": f"{ADMIN}/s", "Note": f"{ADMIN}/n"}
    )
    assert ids_of(start) == (f"{ADMIN}/s",)


def test_a_long_list_of_objects_is_cut() -> None:
    assert len(ids_of(batch(*[new_user(f"user{at}") for at in range(MOST_IDS + 5)]))) == MOST_IDS


SECRET = st.text(string.ascii_letters + string.digits + "!#%-_.~", min_size=12, max_size=40).map(
    lambda text: f"S3cr3t{text}"
)


@given(secret=SECRET)
def test_no_secret_is_told_wherever_it_stands(secret: str) -> None:
    requests = [
        batch(new_user("ann", secret)),
        httpx.Request("POST", f"{GRAPH}/users", json=new_user("ann", secret)["body"]),
        httpx.Request(
            "PUT", "https://contoso.sharepoint.com/_layouts/upload", params={"tempauth": secret}, content=secret
        ),
        httpx.Request(
            "POST", f"{GRAPH}/users", headers={"Authorization": f"Bearer {secret}"}, json={"a": [{"id": secret}]}
        ),
        httpx.Request(
            "POST", f"{GRAPH}/applications/addPassword", json={"secretText": secret, "key": {"password": secret}}
        ),
        query("SetX", secret, f"https://evil.example/{secret}", f"https://c.sharepoint.com/s?sig={secret}"),
        httpx.Request("POST", QUERY, content=secret),
        httpx.Request("POST", f"https://c.sharepoint.com/_api/web/x(token='{secret}')"),
    ]
    for request in requests:
        told = call_of(request) + " ".join(ids_of(request)) + form_of(request)
        assert secret not in told, request.url


def test_requests_of_one_form_differ_in_values_only() -> None:
    assert form_of(query("RemoveSite", "a")) == form_of(query("RemoveSite", "b"))
    rows = [Array(items=tuple(f"row {at}" for at in range(count))) for count in (1, 3)]
    assert form_of(query("AddOrUpdateTenantIdentityMap", rows[0])) == form_of(
        query("AddOrUpdateTenantIdentityMap", rows[1])
    )
    assert form_of(batch(new_user("a"))) == form_of(batch(new_user("b", "y"), new_user("c")))
    patch = [httpx.Request("PATCH", f"{GRAPH}/users/{one}", json={"accountEnabled": True}) for one in (GUID, OTHER)]
    assert form_of(patch[0]) == form_of(patch[1])


@pytest.mark.parametrize(
    "other",
    [
        query("RemoveDeletedSite", "a"),
        query("RemoveSite", "a", "b"),
        query("RemoveSite", 1),
        query("RemoveSite", True),
        httpx.Request("PATCH", QUERY, content=query("RemoveSite", "a").content),
        httpx.Request("POST", QUERY + "?x=1", content=query("RemoveSite", "a").content),
        httpx.Request("POST", QUERY, content=b"<"),
    ],
)
def test_another_method_parameter_or_address_is_another_form(other: httpx.Request) -> None:
    assert form_of(other) != form_of(query("RemoveSite", "a"))


def test_what_a_flag_says_belongs_to_the_form() -> None:
    """Enabling an account is another thing than blocking it; so is validating and moving."""
    url = f"{GRAPH}/users/{GUID}"
    on, off = (httpx.Request("PATCH", url, json={"accountEnabled": value}) for value in (True, False))
    assert form_of(on) != form_of(off)
    assert form_of(query("SetSiteAdmin", True)) != form_of(query("SetSiteAdmin", False))
    mixed = batch(new_user("a"), {"method": "DELETE", "url": f"/users/{GUID}"})
    assert form_of(mixed) != form_of(batch(new_user("a")))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1,2]", b'{"requests": 7}', b"\xff\xfe", b"[" * 50_000, json.dumps({}).encode()]
)
def test_bodies_of_any_kind_are_told_without_falling_over(content: bytes) -> None:
    for url in (QUERY, f"{GRAPH}/$batch", f"{GRAPH}/users", f"{ADMIN}/_api/x"):
        request = httpx.Request("POST", url, content=content)
        assert call_of(request) and form_of(request) and ids_of(request) == ()


def test_a_body_that_comes_in_pieces_is_told_as_one() -> None:
    request = httpx.Request("POST", f"{GRAPH}/users", content=iter([b"{}"]))
    assert call_of(request) == "POST graph.microsoft.com/v1.0/users"
    assert form_of(request).endswith("pieces") and ids_of(request) == ()

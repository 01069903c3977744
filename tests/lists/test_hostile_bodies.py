"""No body sent to lists, over REST or Graph, is a fault of ours."""

from __future__ import annotations

import pytest

from graph_tenant import ANN
from lists.site_host import DELETE, JSON, MERGE, SITE, SiteHost

BODIES = (
    b"",
    b"[]",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"parameters": {"Title": 1, "Url": [], "SchemaXml": 5}}',
    b'{"Title": {"results": [1]}, "BaseTemplate": "x"}',
    b'{"Title": "x", "BaseTemplate": 99999999999999999999}',
    b'{"Title": "x", "FieldTypeKind": -1, "Choices": {"results": 5}}',
    b'{"formValues": {"results": [{"FieldName": 1}]}}',
    b'{"formValues": [{"FieldName": "Author", "FieldValue": "[{\'Key\': 5}]"}]}',
    b'{"fields": {"Title": {"a": 1}}, "contentType": {"id": 5}}',
    b'{"displayName": "y", "columns": [{"name": "a", "lookup": {"listId": "x"}}], "list": {"template": "none"}}',
    b'{"contentType": "/", "base": {"id": "zz"}, "name": "\\u0000"}',
    b'{"contentTypeId": "0x01", "FieldInternalName": "none"}',
)
REST = (
    ("", MERGE),
    ("webs/add", JSON),
    ("lists", JSON),
    ("{}", MERGE),
    ("{}/items", JSON),
    ("{}/items(1)", MERGE),
    ("{}/items(1)/validateupdatelistitem()", JSON),
    ("{}/fields", JSON),
    ("{}/fields/addfield", JSON),
    ("{}/fields/createfieldasxml", JSON),
    ("{}/fields('Hours')", MERGE),
    ("{}/contenttypes", JSON),
    ("{}/contenttypes/addavailablecontenttype", JSON),
    ("{}/contenttypes('0x01')/fieldlinks", JSON),
)
GRAPH = (
    ("POST", "lists"),
    ("PATCH", "{}"),
    ("POST", "{}/items"),
    ("PATCH", "{}/items/1"),
    ("PATCH", "{}/items/1/fields"),
    ("POST", "{}/columns"),
    ("PATCH", "{}/columns/Hours"),
    ("POST", "{}/contentTypes"),
    ("POST", "{}/contentTypes/addCopy"),
)


@pytest.fixture
def tasks(host: SiteHost) -> str:
    """A list with a column and an item; its id."""
    address = host.make_list()
    host.rest("POST", f"{address}/fields", {"Title": "Hours", "FieldTypeKind": 9})
    host.rest("POST", f"{address}/items", {"Title": "one"})
    return address.partition("'")[2].rstrip("')")


def test_a_body_over_rest_is_taken_or_refused(host: SiteHost, tasks: str) -> None:
    for path, headers in REST:
        place = path.format(f"lists(guid'{tasks}')")
        for body in BODIES:
            status = host.send("POST", place, content=body, headers=headers).status_code
            assert status in (200, 201, 204, 400, 404, 409), (place, body[:60], status)
    assert host.rest("GET", f"lists(guid'{tasks}')/items(1)")["Id"] == 1
    assert host.send("POST", f"lists(guid'{tasks}')", headers={**DELETE, "X-HTTP-Method": "PUT"}).status_code == 400


def test_a_body_over_graph_is_taken_or_refused(host: SiteHost, tasks: str) -> None:
    for method, path in GRAPH:
        place = f"/sites/{host.site_id}/{path.format(f'lists/{tasks}')}"
        for body in BODIES:
            status = host.tenant.ask(method, place, ANN, content=body).status_code
            assert status in (200, 201, 204, 400, 404, 409, 501), (method, place, body[:60], status)
    assert host.graph("GET", f"lists/{tasks}/items/1")["id"] == "1"
    assert host.rest("GET", "", web=SITE)["Url"] == SITE

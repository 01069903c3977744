"""What a request costs, by its address (content-api.md 1.17)."""

from __future__ import annotations

import pytest

from xtenant.domain.budget import ROWS, Prices, allowance_of, row_for
from xtenant.wire.prices import units_of, units_of_batch

GRAPH = "graph.microsoft.com"
SITE = "contoso.sharepoint.com"


@pytest.mark.parametrize(
    ("method", "address", "units"),
    [
        ("GET", "/v1.0/drives/b!1/items/01A", 1),
        ("GET", "/v1.0/drives/b!1/root:/a/children", 1),
        ("GET", "/v1.0/drives/b!1/root:/a:/children", 2),
        ("GET", "/v1.0/drives/b!1/items/01A/content", 1),
        ("GET", "/v1.0/sites/contoso.sharepoint.com:/sites/a", 1),
        ("GET", "/v1.0/sites/contoso.sharepoint.com:/sites/a:/drives", 2),
        ("GET", "/v1.0/drives/b!1/root/delta", 2),
        ("GET", "/v1.0/drives/b!1/root/delta()", 2),
        ("GET", "/v1.0/drives/b!1/root/delta?token=latest", 2),
        ("GET", "/v1.0/drives/b!1/root/delta?token=abc", 1),
        ("GET", "/v1.0/drives/b!1/root/delta(token='abc')", 1),
        ("GET", "/v1.0/drives/b!1/items/01A/permissions", 5),
        ("GET", "/v1.0/drives/b!1/items/01A?$expand=permissions", 5),
        ("POST", "/v1.0/drives/b!1/items/01A/invite", 5),
        ("PUT", "/v1.0/drives/b!1/root:/a.txt:/content", 2),
        ("DELETE", "/v1.0/drives/b!1/items/01A", 2),
        ("GET", "/v1.0/users/ann@contoso.com/drive", 1),
        ("GET", "/v1.0/users", 0),
        ("GET", "/beta/groups/1/members", 0),
        ("GET", "/v1.0/subscribedSkus", 0),
        ("POST", "/v1.0/$batch", 0),
    ],
)
def test_a_graph_call_costs_what_microsoft_publishes(method: str, address: str, units: int) -> None:
    path, _, query = address.partition("?")
    assert units_of(method, GRAPH, path, query) == units


def test_sharepoint_calls_cost_what_is_assumed_and_can_be_set() -> None:
    rights = "/sites/a/_api/web/lists(guid'1')/roleassignments"
    assert units_of("GET", SITE, "/sites/a/_api/web/lists") == 2
    assert units_of("GET", SITE, rights) == 5
    assert units_of("GET", SITE, "/_api/web/lists", "$select=HasUniqueRoleAssignments&$expand=RootFolder") == 2
    assert units_of("GET", SITE, "/_api/web/lists", "$expand=RootFolder,RoleAssignments/Member") == 5
    assert units_of("POST", SITE, "/_vti_bin/client.svc/ProcessQuery") == 2
    assert units_of("GET", SITE, rights, prices=Prices(rest=3, rest_rights=7)) == 7
    assert units_of("POST", "login.microsoftonline.com", "/x/oauth2/v2.0/token") == 0


@pytest.mark.parametrize("body", [b"no json", [], {"requests": 5}, {"requests": [1, "a", None]}, {}])
def test_a_batch_that_is_none_costs_nothing(body: object) -> None:
    assert units_of_batch(body) == 0


def test_a_batch_costs_the_sum_of_its_parts() -> None:
    parts = [
        {"id": "1", "method": "GET", "url": "/drives/1/root/delta"},
        {"id": "2", "method": "GET", "url": "/drives/1/items/2/permissions"},
        {"id": "3", "method": "GET", "url": "/users"},
    ]
    assert units_of_batch({"requests": parts}) == 7


def test_the_row_of_a_tenant_goes_by_its_licences() -> None:
    assert [row_for(count).minute_units for count in (0, 1_000, 1_001, 15_000, 50_000, 50_001)] == [
        1_250, 1_250, 2_500, 3_750, 5_000, 6_250,
    ]  # fmt: skip
    assert all(row.tenant_units == 15 * row.minute_units for row in ROWS)
    allowed = allowance_of(2_000, speed=10)
    assert (allowed.minute_units, allowed.day_units, allowed.minute_seconds) == (2_375, 2_280_000, 6.0)

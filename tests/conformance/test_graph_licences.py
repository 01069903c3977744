"""Licences over Graph: counters, assignment with its refusals, and what a user shows of them (graph-migrations.md 4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clock import FakeClock
from graph_tenant import ADMIN, ANN, BOB, CONTOSO, MOVER, GraphTenant, graph_tenant
from xtenant.domain.directory import App, User
from xtenant.domain.licence import MICROSOFT_365_E3, USER_MIGRATION, ServicePlan, Sku, SkuId
from xtenant.operations import licences

E3, MOVE = str(MICROSOFT_365_E3.sku_id), str(USER_MIGRATION.sku_id)
PLAN_ONE = Sku(
    sku_id=SkuId(MICROSOFT_365_E3.plans[0].plan_id),
    part_number="SHAREPOINT_PLAN_1",
    plans=(ServicePlan(plan_id=USER_MIGRATION.plans[0].plan_id, name="SHAREPOINTSTANDARD"),),
)


@pytest.fixture
def graph(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as tenant:
        with tenant.units.write() as uow:
            licences.subscribe(uow, "spe_e3", 1)
            licences.subscribe(uow, "Cross_tenant_user_data_migration", 5)
            uow.licences.subscribe(PLAN_ONE, 5)
        for person in (ANN, BOB):
            assert tenant.ask("PATCH", f"/users/{person.user_id}", json={"usageLocation": "DE"}).status_code == 204
        yield tenant


def assign(
    graph: GraphTenant,
    *skus: str,
    to: User = ANN,
    remove: tuple[str, ...] = (),
    off: tuple[str, ...] = (),
    by: App | User = MOVER,
) -> Any:
    body = {"addLicenses": [{"skuId": sku, "disabledPlans": list(off)} for sku in skus], "removeLicenses": list(remove)}
    return graph.ask("POST", f"/users/{to.user_id}/assignLicense", by, json=body)


def consumed(graph: GraphTenant) -> dict[str, int]:
    return {row["skuPartNumber"]: row["consumedUnits"] for row in graph.ask("GET", "/subscribedSkus").json()["value"]}


def test_a_licence_is_assigned_counted_shown_and_taken(graph: GraphTenant) -> None:
    answer = assign(graph, E3, MOVE)
    assert answer.status_code == 200, answer.text
    assert {row["skuId"] for row in answer.json()["assignedLicenses"]} == {E3, MOVE}
    assert (consumed(graph)["SPE_E3"], consumed(graph)["Cross_tenant_user_data_migration"]) == (1, 1)
    user = graph.ask("GET", f"/users/{ANN.user_id}?$select=assignedLicenses,assignedPlans").json()
    assert {plan["service"] for plan in user["assignedPlans"]} >= {"SharePoint", "exchange"}
    listed = graph.ask("GET", "/users?$select=id,assignedLicenses,licenseAssignmentStates").json()["value"]
    held = {row["id"]: len(row["assignedLicenses"]) + len(row["licenseAssignmentStates"]) for row in listed}
    assert (held[str(ANN.user_id)], held[str(BOB.user_id)]) == (4, 0)
    details = graph.ask("GET", f"/users/{ANN.user_id}/licenseDetails").json()["value"]
    assert {row["skuPartNumber"] for row in details} == {"SPE_E3", "Cross_tenant_user_data_migration"}
    assert assign(graph, remove=(E3,)).json()["assignedLicenses"] == [{"skuId": MOVE, "disabledPlans": []}]
    assert consumed(graph)["SPE_E3"] == 0


def test_a_subscription_is_found_by_its_id(graph: GraphTenant) -> None:
    row = next(row for row in graph.ask("GET", "/subscribedSkus").json()["value"] if row["skuId"] == MOVE)
    assert row["id"] == f"{CONTOSO}_{MOVE}"
    assert row["prepaidUnits"]["enabled"] == 5
    assert [plan["servicePlanName"] for plan in row["servicePlans"]] == [
        "SHAREPOINTONLINE_T2TODMOVE",
        "EXCHANGEONLINE_T2TMBXMOVE",
    ]
    assert graph.ask("GET", f"/subscribedSkus/{row['id']}").json()["skuPartNumber"] == row["skuPartNumber"]
    assert graph.ask("GET", f"/subscribedSkus/{CONTOSO}_{CONTOSO}").status_code == 404


def test_the_last_unit_goes_to_one_person_and_a_deleted_one_gives_theirs_back(graph: GraphTenant) -> None:
    assert assign(graph, E3).status_code == 200
    assert assign(graph, E3).status_code == 200, "who holds a unit takes no second one"
    refused = assign(graph, E3, to=BOB)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert "available licenses" in refused.json()["error"]["message"]
    assert graph.ask("DELETE", f"/users/{ANN.user_id}").status_code == 204
    assert assign(graph, E3, to=BOB).status_code == 200


def test_plans_are_switched_off_one_by_one(graph: GraphTenant) -> None:
    plan = str(MICROSOFT_365_E3.plans[1].plan_id)
    assert assign(graph, E3, off=(plan,)).json()["assignedLicenses"] == [{"skuId": E3, "disabledPlans": [plan]}]
    details = graph.ask("GET", f"/users/{ANN.user_id}/licenseDetails").json()["value"][0]["servicePlans"]
    assert [row["servicePlanId"] for row in details if row["provisioningStatus"] == "Disabled"] == [plan]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"skus": (str(CONTOSO),)}, "valid company License"),
        ({"skus": (E3,), "off": (str(CONTOSO),)}, "no service plan"),
        ({"skus": (E3, E3)}, "more than once"),
        ({"skus": (E3,), "remove": (E3,)}, "more than once"),
        ({"remove": (E3,)}, "does not have a corresponding license"),
        ({"skus": (E3, str(PLAN_ONE.sku_id))}, "mutually exclusive"),
        ({"skus": (E3,), "to": ADMIN}, "usage location"),
    ],
)
def test_an_assignment_that_cannot_be_is_refused_whole(graph: GraphTenant, given: dict[str, Any], words: str) -> None:
    before = consumed(graph)
    refused = assign(graph, *given.pop("skus", ()), **given)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert words in refused.json()["error"]["message"]
    assert consumed(graph) == before


@pytest.mark.parametrize("body", [{}, {"addLicenses": []}, {"addLicenses": [{"skuId": "x"}], "removeLicenses": []}, []])
def test_both_arrays_are_mandatory_and_typed(graph: GraphTenant, body: object) -> None:
    assert graph.ask("POST", f"/users/{ANN.user_id}/assignLicense", json=body).status_code == 400


def test_ordinary_people_assign_nothing_and_see_the_counters(graph: GraphTenant) -> None:
    assert assign(graph, E3, by=ANN).status_code == 403
    assert assign(graph, E3, by=ADMIN).status_code == 200
    assert graph.ask("GET", "/subscribedSkus", ANN).status_code == 200
    assert graph.ask("GET", "/me/licenseDetails", ANN).json()["value"][0]["skuPartNumber"] == "SPE_E3"


def test_a_batch_assigns_licences_part_by_part(graph: GraphTenant) -> None:
    body = {"addLicenses": [{"skuId": E3}], "removeLicenses": []}
    parts = [
        {"id": str(n), "method": "POST", "url": f"/users/{who.user_id}/assignLicense", "body": body,
         "headers": {"Content-Type": "application/json"}}
        for n, who in enumerate((ANN, BOB))
    ]  # fmt: skip
    answers = graph.ask("POST", "/$batch", json={"requests": parts}).json()["responses"]
    assert [answer["status"] for answer in answers] == [200, 400]

"""Batches and additions over Graph as it may answer: throttled, refused, lost, not known yet."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from clock import CountingIds, FakeClock
from xtenant.client.people import NewMember, PeopleClient
from xtenant.domain import errors
from xtenant.protocols.graph.call.accounts import MARK, NewAccount, NewGroup
from xtenant.wire.transport import Connection, Session, open_http

pytestmark = pytest.mark.anyio

GROUP, ANN, BOB = UUID(int=0x61), UUID(int=0xA1), UUID(int=0xA2)
Reply = dict[str, Any]


def told(status: int, body: Any = None, **headers: str) -> Reply:
    return {"status": status, "headers": headers, "body": body}


def refused(status: int, message: str = "no", code: str = "Request_BadRequest", *details: str) -> Reply:
    return told(status, {"error": {"code": code, "message": message, "details": [{"code": each} for each in details]}})


class Graph:
    """Answers every call of a batch by a function; keeps the calls as they came."""

    def __init__(self, answer: Callable[[Reply, int], Reply]) -> None:
        self.answer = answer
        self.batches: list[tuple[str, list[Reply]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        calls = json.loads(request.content)["requests"]
        self.batches.append((request.url.path, calls))
        responses = [{"id": call["id"], **self.answer(call, len(self.batches))} for call in calls]
        return httpx.Response(200, json={"responses": responses[::-1]}, request=request)


def people(answers: Callable[[httpx.Request], httpx.Response], clock: FakeClock) -> PeopleClient:
    async def token_for(resource: str) -> str:
        return "token"

    http = open_http(Connection(), transport=httpx.MockTransport(answers))
    return PeopleClient(Session(http, token_for, clock=clock, ids=CountingIds()), clock=clock, ids=CountingIds())


def new(number: int) -> NewAccount:
    return NewAccount(upn=f"p{number}@fabrikam.com", display_name=f"P {number}", usage_location="DE")


async def test_accounts_are_made_in_batches_of_twenty_each_with_a_password_of_its_own(clock: FakeClock) -> None:
    graph = Graph(lambda call, _: told(201, {"id": str(UUID(int=int(call["body"]["displayName"].split()[1])))}))
    outcomes = await people(graph, clock).create([new(number) for number in range(45)])
    assert [outcome.object_id for outcome in outcomes] == [UUID(int=number) for number in range(45)]
    assert [len(calls) for _, calls in graph.batches] == [20, 20, 5]
    bodies = [call["body"] for _, calls in graph.batches for call in calls]
    assert len({body["passwordProfile"]["password"] for body in bodies}) == 45
    assert all(body["onPremisesExtensionAttributes"] == {"extensionAttribute15": MARK} for body in bodies)
    assert not any(body["accountEnabled"] for body in bodies)


async def test_only_the_throttled_calls_of_a_batch_are_sent_again_after_the_wait_they_ask_for(clock: FakeClock) -> None:
    def answer(call: Reply, batch: int) -> Reply:
        slow = batch == 1 and call["id"] == "1"
        return told(429, None, **{"Retry-After": "7"}) if slow else told(201, {"id": str(ANN)})

    graph = Graph(answer)
    outcomes = await people(graph, clock).create([new(1), new(2), new(3)])
    assert all(outcome.failure is None for outcome in outcomes)
    assert [len(calls) for _, calls in graph.batches] == [3, 1]
    assert clock.waited == [7.0]


async def test_a_call_that_stays_throttled_fails_alone(clock: FakeClock) -> None:
    graph = Graph(lambda call, _: told(429) if call["id"] == "0" else told(201, {"id": str(ANN)}))
    first, second = await people(graph, clock).create([new(1), new(2)])
    assert isinstance(first.failure, errors.Throttled) and second.failure is None


async def test_a_group_refused_in_the_prescribed_form_is_made_with_a_mail_address(clock: FakeClock) -> None:
    def answer(call: Reply, _: int) -> Reply:
        return told(201, {"id": str(GROUP)}) if call["body"]["mailEnabled"] else refused(400)

    graph = Graph(answer)
    group = NewGroup(unified=True, display_name="Team", alias="team", visibility="Public", owners=[ANN])
    (outcome,) = await people(graph, clock).create_groups([group])
    assert outcome.object_id == GROUP
    assert [path for path, _ in graph.batches] == ["/beta/$batch", "/beta/$batch"]
    body = graph.batches[0][1][0]["body"]
    assert (body["mailEnabled"], body["securityEnabled"], body["groupTypes"]) == (False, True, ["Unified"])
    assert (body["resourceBehaviorOptions"], body["visibility"]) == (["ProvisionSiteOnDemand"], "Public")
    assert body["owners@odata.bind"] == [f"https://graph.microsoft.com/v1.0/users/{ANN}"]


async def test_a_taken_alias_is_no_reason_to_try_another_form(clock: FakeClock) -> None:
    graph = Graph(lambda call, _: refused(400, "taken", "Request_BadRequest", "ObjectConflict"))
    (outcome,) = await people(graph, clock).create_groups([NewGroup(unified=True, display_name="T", alias="t")])
    assert isinstance(outcome.failure, errors.Conflict) and len(graph.batches) == 1


async def test_who_is_a_member_already_counts_as_added_and_the_others_of_the_bundle_are_added_singly(
    clock: FakeClock,
) -> None:
    def answer(call: Reply, _: int) -> Reply:
        if call["method"] == "PATCH":
            return refused(400, "One or more added object references already exist")
        known = str(ANN) in call["body"]["@odata.id"]
        return refused(400, "One or more added object references already exist") if known else told(204)

    graph = Graph(answer)
    wanted = [NewMember(group_id=GROUP, member_id=ANN), NewMember(group_id=GROUP, member_id=BOB)]
    assert [outcome.object_id for outcome in await people(graph, clock).add_members(wanted)] == [ANN, BOB]


async def test_a_member_the_tenant_does_not_know_yet_is_tried_again_later(clock: FakeClock) -> None:
    graph = Graph(lambda call, batch: refused(404, "unknown", "Request_ResourceNotFound") if batch < 4 else told(204))
    (outcome,) = await people(graph, clock).add_members([NewMember(group_id=GROUP, member_id=ANN)])
    assert outcome.failure is None and clock.waited == [5.0, 15.0]


async def test_a_batch_answered_in_part_is_a_network_error_not_a_success(clock: FakeClock) -> None:
    def half(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"responses": [{"id": "0", "status": 201, "body": {"id": str(ANN)}}]})

    with pytest.raises(errors.NetworkError, match="unanswered"):
        await people(half, clock).create([new(1), new(2)])


async def test_a_lost_answer_to_the_creation_of_groups_is_not_sent_again(clock: FakeClock) -> None:
    asked: list[httpx.Request] = []

    def lost(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ReadError("cut", request=request)

    with pytest.raises(errors.NetworkError):
        await people(lost, clock).create_groups([NewGroup(unified=False, display_name="G", alias="g")])
    assert len(asked) == 1

"""What the wildcard routes of drives serve: every sub-resource at every place, to every caller; hits and misses look alike
to whoever may not read the site.
"""

from __future__ import annotations

import dataclasses

import pytest
from anyio.from_thread import BlockingPortal

from access import tables
from access.asking import ask
from access.callers import Asker, Askers
from access.estate import Estate
from access.expectations import INSIDE, REFUSED, behind, rule_of
from access.samples import PLACES, SUB_RESOURCES
from access.situations import GOOD
from xtenant.domain.tenant import HostRole
from xtenant.wire.routes import Route

ADDRESSED = tables.addressed()
ROUTES = tables.routes()


def _route(method: str, place: str, host: HostRole) -> Route:
    version = "/v1.0" if host is HostRole.GRAPH else "/_api/v2.0"
    return next(
        route
        for route in ROUTES.values()
        if route.method == method and host in route.hosts and route.path == f"{version}{place}"
    )


def test_every_sub_resource_has_a_sample() -> None:
    assert set(SUB_RESOURCES) == ADDRESSED


@pytest.mark.parametrize("host", [HostRole.GRAPH, HostRole.MY])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("method", "verb"), sorted(ADDRESSED))
def test_a_sub_resource_answers_each_caller_as_expected(
    method: str, verb: str, place: str, host: HostRole, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    GOOD.apply(estate)
    route = _route(method, place, host)
    rule = rule_of(route)
    assert rule is not None
    sample = PLACES[place](estate, SUB_RESOURCES[method, verb])
    for asker in Asker:
        answer = portal.call(ask, estate, askers, route, host, sample, asker)
        wanted = behind(rule.who, rule.room, asker, host)
        if wanted == INSIDE:
            wanted = sample.own.get(asker, *sample.answers)
        assert answer.status == wanted, (asker, answer.body)


@pytest.mark.parametrize(("method", "verb"), sorted(ADDRESSED))
def test_an_outsider_cannot_tell_a_hit_from_a_miss(
    method: str, verb: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    GOOD.apply(estate)
    route = _route(method, "/drives/{rest:path}", HostRole.GRAPH)
    sub = SUB_RESOURCES[method, verb]
    other = dataclasses.replace(
        sub, rest=sub.rest.replace("plan.txt", "missing.txt").replace(":/missing", ":/plan.txt")
    )
    said = [
        portal.call(ask, estate, askers, route, HostRole.GRAPH, PLACES["/drives/{rest:path}"](estate, one), asker)
        for one in (sub, other)
        for asker in (Asker.PLAIN_USER, Asker.GLOBAL_ADMIN)
    ]
    assert {answer.status for answer in said} == {REFUSED}


def test_a_search_for_sites_shows_an_outsider_nothing_of_a_site_it_may_not_read(
    estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    GOOD.apply(estate)
    token = askers.bearer(Asker.PLAIN_USER, at_graph=True)
    headers = {"Authorization": f"Bearer {token}"}
    answer = portal.call(estate.ask, "GET", "graph.microsoft.com", "/v1.0/sites?search=*", headers)
    assert answer.status == INSIDE
    assert b"plans" not in answer.body

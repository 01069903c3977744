"""The access matrix: every route × eleven callers × nine trust situations, each cell with its expected answer.

It is generated from the tables of the product (`tables.py`); what is expected is stated apart from them (`expectations.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anyio.from_thread import BlockingPortal

from access import tables
from access.asking import ask
from access.callers import Asker, Askers
from access.estate import Estate
from access.expectations import INSIDE, Room, behind, rule_of
from access.samples import Sample, sample_of
from access.situations import GOOD, SITUATIONS, Situation
from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole
from xtenant.wire.routes import Route

ROUTES = tables.routes()


def wrong_cells(
    estate: Estate, askers: Askers, portal: BlockingPortal, route: Route, sample: Sample, hosts: Iterator[HostRole]
) -> list[str]:
    """Every cell of a route whose answer is not the expected one."""
    rule = rule_of(route)
    assert rule is not None, "no expectation: say in expectations.RULES who may call this route"
    where = list(hosts)

    async def all_cells() -> list[str]:
        found: list[str] = []
        for situation in SITUATIONS:
            situation.apply(estate)
            # a second host leads to the same handler: its door is tried, the trust behind it need not be tried again
            for host in where if situation is GOOD else where[:1]:
                for asker in Asker:
                    answer = await ask(estate, askers, route, host, sample, asker)
                    got, wanted = sample.read(answer), _wanted(rule.who, rule.room, asker, host, sample, situation)
                    if got not in wanted:
                        said = answer.body[:200]
                        found.append(
                            f"{situation} · {host.value} · {asker.value}: {got}, not {sorted(wanted)}: {said!r}"
                        )
        return found

    return portal.call(all_cells)


def _wanted(who: Who, room: Room, asker: Asker, host: HostRole, sample: Sample, situation: Situation) -> frozenset[int]:
    decided = behind(who, room, asker, host)
    if decided != INSIDE:
        return frozenset({decided})
    if asker in sample.own:
        return frozenset({sample.own[asker]})
    if situation.stopped and sample.stopped is not None:
        return frozenset({sample.stopped})
    if situation is GOOD and sample.good is not None:
        return frozenset({sample.good})
    return sample.answers


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_answers_each_caller_as_expected_in_every_situation(
    name: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    route = ROUTES[name]
    sample = sample_of(route, estate)
    assert sample is not None, "no sample request: add one to samples.py"
    hosts = (host for host in HostRole if host in route.hosts)
    wrong = wrong_cells(estate, askers, portal, route, sample, hosts)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_stands_behind_the_door_that_was_stated_for_it(name: str) -> None:
    route = ROUTES[name]
    rule = rule_of(route)
    assert rule is not None, "no expectation: say in expectations.RULES who may call this route"
    assert route.who is rule.who

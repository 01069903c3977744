"""The same matrix for ProcessQuery, whose one route serves many methods: every method, object and identity of the catalogue."""

from __future__ import annotations

import pytest
from anyio.from_thread import BlockingPortal

from access import tables
from access.callers import Asker, Askers
from access.csom_samples import ANSWERS, CONSTRUCTED, OBJECTS, STOPPED, identity_query, method_query
from access.estate import Estate
from access.expectations import CSOM_METHODS, INSIDE, Room, behind
from access.samples import error_code_of
from access.situations import SITUATIONS
from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole

METHODS = tables.csom_methods()
IDENTITIES = tuple(tables.csom_objects().identities)
CONSTRUCTORS = {str(type_id): type_id for type_id in tables.csom_objects().constructors}
PATH = "/_vti_bin/client.svc/ProcessQuery"


def wrong_cells(
    estate: Estate, askers: Askers, portal: BlockingPortal, query: bytes, who: Who, inside: int, stopped: int
) -> list[str]:
    host = estate.contoso.tenant.default_geo.admin_host

    async def all_cells() -> list[str]:
        found: list[str] = []
        for situation in SITUATIONS:
            situation.apply(estate)
            for asker in Asker:
                bearer = askers.bearer(asker, at_graph=False)
                headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
                answer = await estate.ask("POST", host, PATH, headers, query)
                wanted = behind(who, Room.OPEN, asker, HostRole.ADMIN)
                if wanted == INSIDE:
                    wanted = stopped if situation.stopped else inside
                if error_code_of(answer) != wanted:
                    found.append(f"{situation} · {asker.value}: {error_code_of(answer)}, not {wanted}: {answer.body!r}")
        return found

    return portal.call(all_cells)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_answers_each_caller_as_expected_in_every_situation(
    name: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    assert name in CSOM_METHODS, "no expectation: say in expectations.CSOM_METHODS who may call this method"
    inside = ANSWERS.get(name, INSIDE)
    query = method_query(estate, name, METHODS[name])
    wrong = wrong_cells(estate, askers, portal, query, CSOM_METHODS[name], inside, STOPPED.get(name, inside))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_stands_behind_the_door_that_was_stated_for_it(name: str) -> None:
    assert METHODS[name].who is CSOM_METHODS[name]


@pytest.mark.parametrize("kind", IDENTITIES)
def test_an_object_named_by_its_identity_shows_its_properties_to_administrators_only(
    kind: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    assert kind in OBJECTS, "no sample: give an identity of this kind in csom_samples.OBJECTS"
    query = identity_query(estate, kind)
    wrong = wrong_cells(estate, askers, portal, query, Who.OWN_SHAREPOINT_ADMIN, INSIDE, INSIDE)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_a_constructed_object_shows_its_properties_to_administrators_only(
    name: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    query = CONSTRUCTED[CONSTRUCTORS[name]](estate)
    wrong = wrong_cells(estate, askers, portal, query, Who.OWN_SHAREPOINT_ADMIN, INSIDE, INSIDE)
    assert not wrong, "\n".join(wrong)

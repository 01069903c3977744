"""What a partner's service learns from each call, in each situation and from either end, and what it never learns.

The page `docs/explanation/what-trust-grants.md` says the same in words.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from anyio.from_thread import BlockingPortal

from access import tables
from access.asking import ask
from access.callers import Asker, Askers
from access.estate import SITE_URL, Answer, Estate
from access.samples import QUESTION, START, as_json, move_bodies, offer_of, ok, sample_of
from access.situations import BOTH_WAYS, GOOD, WAITING_DAYS, Situation, mirrored
from xtenant.domain.caller import Who
from xtenant.domain.move import JobKind
from xtenant.domain.tenant import HostRole
from xtenant.domain.trust import PartnerRole
from xtenant.protocols.partner.codec import moves
from xtenant.wire.routes import Route

PARTNER_ROUTES = {name: route for name, route in tables.routes().items() if route.who is Who.PARTNER}
MOVE_ROUTES = {
    route.path.rpartition("/")[2]: route for route in PARTNER_ROUTES.values() if route.verb == "partner.move"
}
SERVICES = (Asker.PARTNERS_SERVICE, Asker.THIRD_SERVICE)
UNKNOWN = UUID(int=0x404)
OWN_SITE = "https://contoso.sharepoint.com/sites/"
ONEDRIVE = "https://contoso-my.sharepoint.com/personal/"


def tell(
    estate: Estate, askers: Askers, portal: BlockingPortal, op: str, body: bytes, asker: Asker, job: UUID | None = None
) -> Answer:
    """One of the partner's posted calls, signed for its operation, body and job."""
    token = askers.call_token(asker, op, body) if job is None else askers.call_token(asker, op, body, job)
    host = estate.contoso.tenant.default_geo.my_host
    headers = {"Authorization": f"Bearer {token}"}
    return portal.call(estate.ask, "POST", host, f"{moves.ROOT}{op}", headers, body)


def our_word(situation: Situation, role: PartnerRole, *, at_least_days: int = 0) -> bool:
    """Whether contoso's administrator gave fabrikam this role, for the geo that is asked, and long enough ago."""
    row = situation.ours
    return (
        row is not None
        and not situation.removed
        and row.geo == "NAM"
        and row.role is role
        and row.days >= at_least_days
    )


def expected_of(route: Route, situation: Situation, asker: Asker) -> dict[str, Any] | None:
    """What a route tells, by hand; None where it tells only that there is no such job."""
    known = asker is Asker.PARTNERS_SERVICE
    as_target, as_source = our_word(situation, PartnerRole.TARGET), our_word(situation, PartnerRole.SOURCE)
    match route.verb, route.path.rpartition("/")[2]:
        case "partner.notify", _:
            return {"NotificationSucceeded": True}
        case "partner.verify", _:
            asked = known and as_target
            days = situation.ours.days if asked and situation.ours else 0
            return {"Requested": asked, "AgeSeconds": days * 86_400, "WaitingSeconds": 7 * 86_400 if asked else 0}
        case "partner.schema", _:
            return {"SchemaVersion": "16.0" if known and (as_target or as_source) else None}
        case _, "can_start":
            return {"trusted": False}  # this sample's source says that it gave no word; the pairs below do
        case _, "offer" | "abort":
            return {"known": True, "given": False}
        case _, "job_state":
            return {"known": False, "ended": True, "succeeded": False}
        case _, "known_jobs":
            told = {"tenant_id": "11111111-1111-4111-8111-111111111111", "more": False}
            return told if known else {**told, "jobs": []}
        case _, "manifest" | "blobs" | "rehash" | "reopen":
            return None
        case _:
            return {"known": False, "given": False}


@pytest.mark.parametrize("name", PARTNER_ROUTES)
def test_a_partners_call_tells_what_is_listed_and_no_more(
    name: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    route = PARTNER_ROUTES[name]
    sample = sample_of(route, estate)
    assert sample is not None, "no sample request: add one to samples.py"
    for situation in BOTH_WAYS:
        situation.apply(estate)
        for asker in SERVICES:
            answer = portal.call(ask, estate, askers, route, HostRole.MY, sample, asker)
            expected = expected_of(route, situation, asker)
            cell = (situation.name, asker, answer.body)
            if expected is None:
                assert answer.status == 404 and b"unknownJob" in answer.body, cell
                continue
            assert answer.status == 200, cell
            told = json.loads(answer.body)
            told = json.loads(told["Result"]) if "Result" in told else told
            assert {key: told.get(key) for key in expected} == expected, cell


def their_word_age(situation: Situation) -> int | None:
    """What an honest service of fabrikam says of its own row, in seconds."""
    row = situation.theirs
    given = row is not None and row.geo == "NAM" and row.role is PartnerRole.TARGET
    return row.days * 86_400 if row is not None and given else None


def both_words(situation: Situation) -> bool:
    """Whether fabrikam is the source and contoso the target, by both sides' words, both old enough."""
    theirs = their_word_age(situation)
    ours = our_word(situation, PartnerRole.SOURCE, at_least_days=WAITING_DAYS)
    return ours and theirs is not None and theirs >= WAITING_DAYS * 86_400


def pairs(word_age: int | None) -> Iterator[tuple[str, bytes, bytes]]:
    """Questions about something that is there, and the same about something that is not."""
    for kind, there, missing in (
        (JobKind.SITE, f"{OWN_SITE}plans", f"{OWN_SITE}plane"),
        (JobKind.GROUP, f"{OWN_SITE}planners", f"{OWN_SITE}planned"),
        (JobKind.USER, f"{ONEDRIVE}bob_contoso_onmicrosoft_com", f"{ONEDRIVE}rob_contoso_onmicrosoft_com"),
    ):
        yield "can_start", *(_question(kind, url, word_age) for url in (there, missing))
    yield "offer", *(offer_of(UUID(int=0x0FF), url) for url in (SITE_URL, f"{OWN_SITE}plane"))


def _question(kind: JobKind, url: str, word_age: int | None) -> bytes:
    key = f"{url.rpartition('/')[2][:3]}@contoso.onmicrosoft.com" if kind is JobKind.USER else url
    return moves.encode(
        dataclasses.replace(QUESTION, kind=kind, target_url=url, target_key=key, word_age_seconds=word_age)
    )


@pytest.mark.parametrize("situation", BOTH_WAYS, ids=str)
def test_without_trust_existing_and_missing_users_and_urls_are_answered_alike(
    situation: Situation, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    situation.apply(estate)
    told_apart = False
    for op, there, missing in pairs(their_word_age(situation)):
        for asker in SERVICES:
            job = estate.contoso.ids.new_id()
            said = [
                tell(estate, askers, portal, op, body, asker, estate.contoso.ids.new_id() if op == "offer" else job)
                for body in (there, missing)
            ]
            same = said[0].status == said[1].status and said[0].body == said[1].body
            trusted = asker is Asker.PARTNERS_SERVICE and both_words(situation)
            assert same or (op == "can_start" and trusted), (op, asker, said)
            told_apart |= not same
    # the control: with both words given and old enough, the answer to a start does tell a taken address
    assert told_apart is both_words(situation)


def test_every_call_that_could_name_a_user_or_a_url_is_among_the_pairs() -> None:
    """A new operation of a partner joins here by name: `pairs` asks those that carry an address, these carry none."""
    without = {"offer_state", "restore", "restore_state", "publish", "abort", "finish"}
    without |= {"manifest", "blobs", "job_state", "rehash", "restart", "known_jobs", "reopen"}
    assert set(MOVE_ROUTES) == without | {op for op, *_ in pairs(None)}


@contextmanager
def offered_job(estate: Estate, askers: Askers, portal: BlockingPortal) -> Iterator[UUID]:
    """A job that fabrikam has offered to contoso."""
    mirrored(GOOD).apply(estate)
    job = estate.contoso.ids.new_id()
    answer = tell(estate, askers, portal, "offer", offer_of(job), Asker.PARTNERS_SERVICE, job)
    assert json.loads(answer.body)["known"]
    yield job
    tell(estate, askers, portal, "abort", b"", Asker.PARTNERS_SERVICE, job)


@contextmanager
def started_job(estate: Estate, askers: Askers, portal: BlockingPortal) -> Iterator[UUID]:
    """A job that contoso has started towards fabrikam."""
    GOOD.apply(estate)
    route = next(route for route in tables.routes().values() if route.verb == "move.start")
    sample = ok(**as_json({**START, "Option": 0}))
    answer = portal.call(ask, estate, askers, route, HostRole.ADMIN, sample, Asker.APP)
    assert answer.status == 201, answer.body
    yield UUID(json.loads(answer.body)["Id"])
    host = estate.contoso.tenant.default_geo.admin_host
    headers = {"Authorization": f"Bearer {askers.bearer(Asker.APP, at_graph=False)}"}
    address = "/_api/SiteMoveJobs(url='https%3A%2F%2Fcontoso.sharepoint.com%2Fsites%2Fplans')/Cancel"
    cancelled = portal.call(estate.ask, "POST", host, address, headers)
    assert cancelled.status == 204, cancelled.body


@pytest.mark.parametrize("kind", [offered_job, started_job])
def test_a_job_between_two_tenants_does_not_exist_for_a_third(
    kind: Any, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    with kind(estate, askers, portal) as job:
        own: set[bytes] = set()
        for op in MOVE_ROUTES:
            if op in ("offer", "abort"):
                continue
            foreign, unknown = (
                tell(estate, askers, portal, op, move_bodies(one)[op], Asker.THIRD_SERVICE, one)
                for one in (job, UNKNOWN)
            )
            assert (foreign.status, foreign.body) == (unknown.status, unknown.body), op
            told = tell(estate, askers, portal, op, move_bodies(job)[op], Asker.PARTNERS_SERVICE, job)
            if told.body != unknown.body:
                own.add(op.encode())
        assert own, "the job's own partner is told something"


@pytest.mark.parametrize("op", ["offer", "abort"])
def test_a_third_tenant_cannot_offer_or_abort_anothers_job(
    op: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    with offered_job(estate, askers, portal) as job:
        before = tell(estate, askers, portal, "offer_state", b"", Asker.PARTNERS_SERVICE, job)
        foreign, unknown = (
            tell(estate, askers, portal, op, move_bodies(one)[op], Asker.THIRD_SERVICE, one) for one in (job, UNKNOWN)
        )
        assert (foreign.status, foreign.body) == (unknown.status, unknown.body)
        after = tell(estate, askers, portal, "offer_state", b"", Asker.PARTNERS_SERVICE, job)
        assert after.body == before.body

"""`move settle`: a doubt with a dead partner is ended by the source's administrator, either way; no other move is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from moves.two_tenants import SOURCE_URL, TARGET_URL, TwoTenants, add_site, content_of, fill, two_tenants
from xtenant.domain.move import Direction, Intent, MoveJob, MoveJobId, MovePhase, MoveState

FILES = {"a.txt": [b"one", b"two"]}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path) as pair:
        fill(pair.source, add_site(pair.source), FILES)
        yield pair


def scheduled(pair: TwoTenants) -> MoveJobId:
    started = pair.start(body={"PreferredMoveBeginDateInUtc": "2098-01-01T00:00:00Z"})
    assert started.status_code == 201, started.text
    return MoveJobId(UUID(started.json()["Id"]))


def in_doubt(pair: TwoTenants) -> MoveJobId:
    """A move of which the target was asked to publish and did not answer, its site frozen."""
    job_id = scheduled(pair)
    with pair.source.units.write() as uow:
        job = uow.jobs.lock(job_id, Direction.OUT)
        assert job is not None and job.site_key is not None
        site = uow.sites.by_key(job.site_key, lock=True)
        assert site is not None
        uow.sites.update(dataclasses.replace(site, frozen_by=job.job_id))
        for state in (MoveState.READY_TO_TRIGGER, MoveState.IN_PROGRESS, MoveState.RESCHEDULED):
            job = dataclasses.replace(job, state=state, phase=MovePhase.RESTORE, offered=True)
            uow.jobs.save(job)
        uow.intents.add(Intent(job_id=job.job_id, attempt=1, fence=1, root=bytes(32)))
    return job_id


def settle(pair: TwoTenants, job_id: MoveJobId, outcome: str, url: str = SOURCE_URL) -> httpx.Response:
    body = {"Outcome": outcome, "SiteUrl": url}
    return pair.call("contoso", "POST", f"/_api/xtenant/moves/{job_id}/settle", json=body)


def row(pair: TwoTenants, job_id: MoveJobId) -> MoveJob:
    with pair.source.units.read() as uow:
        found = uow.jobs.get(job_id, Direction.OUT)
    assert found is not None
    return found


def test_settled_as_refused_the_source_is_as_before_and_the_move_has_failed(pair: TwoTenants) -> None:
    before = content_of(pair.source, SOURCE_URL)
    job_id = in_doubt(pair)
    answer = settle(pair, job_id, "refused", SOURCE_URL.upper())
    assert answer.status_code == 200, answer.text
    job = row(pair, job_id)
    assert (job.state, job.error_code) == (MoveState.FAILED, "settledByAdministrator")
    assert job.cancelled_by == "spadmin@contoso.onmicrosoft.com"
    assert content_of(pair.source, SOURCE_URL) == before
    with pair.source.units.write() as uow:
        site = uow.sites.visible_by_url(SOURCE_URL)
        assert site is not None and site.frozen_by is None
        uow.write_site(site.key, now=pair.source.clock.business_now())


def test_settled_as_published_the_site_is_a_redirect_and_the_move_a_success(pair: TwoTenants) -> None:
    job_id = in_doubt(pair)
    assert settle(pair, job_id, "published").status_code == 200
    assert row(pair, job_id).state is MoveState.SUCCESS
    with pair.source.units.read() as uow:
        site = uow.sites.visible_by_url(SOURCE_URL)
    assert site is not None and site.is_redirect and site.redirect_url == TARGET_URL and site.frozen_by is None
    again = settle(pair, job_id, "refused")
    assert again.status_code == 409, "what has ended is not settled again"


@pytest.mark.parametrize(
    ("outcome", "url", "status"), [("refused", TARGET_URL, 400), ("lost", SOURCE_URL, 400), ("refused", "", 400)]
)
def test_the_address_is_typed_and_the_outcome_is_one_of_two(
    pair: TwoTenants, outcome: str, url: str, status: int
) -> None:
    job_id = in_doubt(pair)
    answer = settle(pair, job_id, outcome, url)
    assert answer.status_code == status, answer.text
    assert row(pair, job_id).state is not MoveState.FAILED


def test_a_move_that_has_not_begun_is_not_in_doubt(pair: TwoTenants) -> None:
    job_id = scheduled(pair)
    answer = settle(pair, job_id, "refused")
    assert answer.status_code == 409 and "not in doubt" in answer.text
    assert row(pair, job_id).state is MoveState.SCHEDULED
    assert settle(pair, MoveJobId(UUID(int=9)), "refused").status_code == 404

"""Moves by Graph's migration tasks: checked only, started, found by their source, stopped; refused with Microsoft's codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from moves.scene import ask_graph
from moves.two_tenants import SOURCE_URL, TARGET_URL, TwoTenants, add_site, content_of, fill, two_tenants, user
from xtenant.domain.content import LockState
from xtenant.domain.move import Direction
from xtenant.engine.dispatcher import Dispatcher
from xtenant.engine.runner import InProcessRunner
from xtenant.operations import sites
from xtenant.outside.clock import SystemClock

TASKS = "/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"
HOST = "https://fabrikam-my.sharepoint.com"
FILES = {"a.txt": [b"one", b"two"], "deep/b.txt": [b"three"]}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path) as pair:
        fill(pair.source, add_site(pair.source), FILES)
        yield pair


def site_task(**more: object) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.sharePointSiteMigrationTaskParameters",
        "targetOrganizationHost": HOST,
        "sourceSiteUrl": SOURCE_URL,
        "targetSiteUrl": TARGET_URL,
    } | more


def post(pair: TwoTenants, parameters: dict[str, object]) -> httpx.Response:
    return ask_graph(pair, "contoso", "POST", TASKS, json={"parameters": parameters})


def jobs_of(pair: TwoTenants) -> object:
    with pair.source.units.read() as uow:
        return uow.jobs.latest_of(SOURCE_URL, direction=Direction.OUT)


def test_a_task_that_only_validates_is_completed_without_an_id_and_leaves_no_job(pair: TwoTenants) -> None:
    """graph-migrations.md 2.4, 2.6."""
    answer = post(pair, site_task(validateOnly=True))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["status"] == "completed" and "id" not in told
    assert told["parameters"]["sourceSiteUrl"] == SOURCE_URL
    assert jobs_of(pair) is None


def test_a_validation_names_everything_that_speaks_against_the_move(pair: TwoTenants) -> None:
    sites.set_lock_state(pair.source.units, url=SOURCE_URL, lock_state=LockState.READ_ONLY)
    add_site(pair.target, TARGET_URL)
    answer = post(pair, site_task(validateOnly=True))
    assert answer.status_code == 422, answer.text
    told = answer.json()["error"]
    assert {one["code"] for one in told["details"]} == {"sourceLocked", "MnASiteMoveTargetUrlHasWriteConflict"}
    assert jobs_of(pair) is None


def test_a_task_moves_a_site_and_is_found_by_its_id_and_its_source(pair: TwoTenants) -> None:
    before = content_of(pair.source, SOURCE_URL)
    made = post(pair, site_task())
    assert made.status_code == 200, made.text
    task = made.json()["id"]
    pair.wait_for_end(task)
    shown = ask_graph(pair, "contoso", "GET", f"{TASKS}/{task}").json()
    assert shown["status"] == "completed" and shown["finishedDateTime"]
    by_source = ask_graph(pair, "contoso", "GET", f"{TASKS}/getBySourceSiteUrl(sourceSiteUrl='{SOURCE_URL}')")
    assert by_source.json() == shown
    chosen = ask_graph(pair, "contoso", "GET", f"{TASKS}/{task}?$select=id,status").json()
    assert {name for name in chosen if "@" not in name} == {"id", "status"}
    moved = content_of(pair.target, TARGET_URL)
    assert moved is not None and before is not None and set(moved) == set(before)
    stopped = ask_graph(pair, "contoso", "POST", f"{TASKS}/{task}/cancel")
    assert stopped.status_code == 409, "what has ended cannot be stopped (2.7)"
    assert ask_graph(pair, "fabrikam", "GET", f"{TASKS}/{task}").status_code == 404, "tasks are the source's"


def test_a_onedrive_is_named_by_upn_or_by_object_id(pair: TwoTenants) -> None:
    parameters: dict[str, Any] = {
        "@odata.type": "#microsoft.graph.sharePointUserMigrationTaskParameters",
        "targetOrganizationHost": "https://fabrikam-admin.sharepoint.com",
        "sourceUserIdentity": {"userPrincipalName": "ann@contoso.onmicrosoft.com"},
        "targetUserIdentity": {"userPrincipalName": "ann@fabrikam.onmicrosoft.com"},
        "validateOnly": True,
    }
    missing = post(pair, parameters)
    assert (missing.status_code, missing.json()["error"]["code"]) == (422, "MnAOdbForSourceUPNDoesNotExist")
    ann = user(pair.source, "ann")
    source = pair.source
    sites.create_personal_site(
        source.units, geo=source.tenant.default_geo, user=ann, clock=source.clock, ids=source.ids
    )
    assert post(pair, parameters).json()["status"] == "completed"
    by_id = post(pair, parameters | {"sourceUserIdentity": {"id": str(ann.user_id)}})
    assert by_id.json()["status"] == "completed", by_id.text
    waiting = post(pair, {**parameters, "validateOnly": False, "preferredStartDateTime": "2099-01-01T00:00:00Z"}).json()
    assert waiting["status"] == "notStarted"
    named = f"{TASKS}/getBySourceUserPrincipalName(sourcePrincipalName='{ann.upn}')"
    assert ask_graph(pair, "contoso", "GET", named).json()["id"] == waiting["id"]
    assert ask_graph(pair, "contoso", "POST", f"{TASKS}/{waiting['id']}/cancel").status_code == 204
    assert ask_graph(pair, "contoso", "GET", named).json()["status"] == "cancelled"


def test_without_trust_a_task_is_refused_and_says_nothing_else(tmp_path: Path) -> None:
    with two_tenants(tmp_path, trusted=False) as pair:
        add_site(pair.source)
        answer = post(pair, site_task(validateOnly=True))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "MnATrustNoSetupForPartner")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"@odata.type": "#microsoft.graph.sharePointDriveMigrationTaskParameters"}, "none of a migration task"),
        ({"sourceSiteUrl": None}, "sourceSiteUrl is missing"),
        ({"targetSiteUrl": ""}, "targetSiteUrl is missing"),
        ({"targetOrganizationHost": None}, "names no target"),
        ({"targetOrganizationHost": "https://[::1"}, "cannot be read"),
        ({"targetOrganizationHost": "https://10.0.0.1"}, "address"),
        ({"targetOrganizationHost": None, "targetOrganizationId": "x"}, "cannot be read"),
        ({"validateOnly": "true"}, "cannot be read"),
        ({"preferredStartDateTime": "soon"}, "no date and time"),
        ({"unheardOf": 1}, "cannot be read"),
    ],
)
def test_a_task_that_cannot_be_meant_is_refused(pair: TwoTenants, change: dict[str, object], text: str) -> None:
    answer = post(pair, site_task() | change)
    assert answer.status_code == 400, answer.text
    assert text in answer.text
    assert jobs_of(pair) is None


def test_a_task_asked_for_again_before_it_begins_takes_what_is_asked_for_now(pair: TwoTenants) -> None:
    """graph-migrations.md 2.7: the same id, other parameters; one that ended is followed by a new task."""
    first = post(pair, site_task(preferredStartDateTime="2098-01-01T00:00:00Z")).json()
    later = {"preferredStartDateTime": "2099-01-01T00:00:00Z", "preferredLatestStartDateTime": "2099-02-01T00:00:00Z"}
    again = post(pair, site_task(**later, targetSiteUrl=f"{TARGET_URL}-2"))
    assert again.status_code == 200, again.text
    task = again.json()
    assert (task["id"], task["status"]) == (first["id"], "notStarted")
    assert {name: task["parameters"][name] for name in later} == later
    assert task["parameters"]["targetSiteUrl"] == f"{TARGET_URL}-2"
    assert ask_graph(pair, "contoso", "POST", f"{TASKS}/{task['id']}/cancel").status_code == 204
    third = post(pair, site_task(preferredStartDateTime="2098-01-01T00:00:00Z")).json()
    assert third["id"] != task["id"], "a cancelled task is followed by a new one"
    with pair.source.units.read() as uow:
        job = uow.jobs.latest_of(SOURCE_URL)
    assert job is not None and str(job.supersedes) == task["id"]


def test_a_task_that_has_ended_is_not_begun_again(pair: TwoTenants) -> None:
    made = post(pair, site_task()).json()
    pair.wait_for_end(made["id"])
    answer = post(pair, site_task())
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "MnASiteMoveIsInprogressOrFinished")


def test_a_task_that_does_not_begin_by_its_latest_start_is_cancelled(tmp_path: Path) -> None:
    """graph-migrations.md 2.4; the tenant lets no move begin meanwhile."""
    with two_tenants(tmp_path) as pair:
        add_site(pair.source)
        pair.source.engine.stop()
        latest = (pair.source.clock.business_now() + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        task = post(pair, site_task(preferredLatestStartDateTime=latest)).json()
        an_hour_later = SystemClock(offset_seconds=lambda: 3_600.0)
        bench = dataclasses.replace(pair.source.engine.bench, clock=an_hour_later)
        Dispatcher(bench, InProcessRunner(bench), worker="late").claim_due(frozenset())
        shown = ask_graph(pair, "contoso", "GET", f"{TASKS}/{task['id']}").json()
    assert shown["status"] == "cancelled"
    assert shown["error"]["code"] == "latestStartPassed"
    assert "startedDateTime" not in shown

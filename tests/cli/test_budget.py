"""A tenant that holds its callers to the published limits, and our tools within them: by drill, by setting, by learning."""

from __future__ import annotations

import dataclasses

import pytest

from cli.conftest import MakeDesk
from desk import Desk
from neighbours import Neighbours
from xtenant.domain.tenant import Throttling
from xtenant.wire.throttling import Meter


@pytest.fixture
def meter(block: Neighbours) -> Meter:
    """Contoso's, switched on at ten times the speed; its row is that of 2,000 licences."""
    service = block["contoso"]
    with service.backend.units.write() as uow:
        settings = dataclasses.replace(
            uow.settings.get(), throttle=Throttling.PUBLISHED, throttle_licences=2_000, throttle_speed=10
        )
        uow.settings.put(settings)
    service.meter.adopt(settings)
    return service.meter


@pytest.fixture
def drilled(make_desk: MakeDesk) -> Desk:
    desk = make_desk()
    desk.add("contoso", drill=True)
    return desk


def test_a_budget_is_set_and_shown_and_nonsense_is_refused(drilled: Desk) -> None:
    assert drilled.run("budget", "show", "-t", "contoso").json["units_a_minute"] == 1_187
    told = drilled.run("budget", "set", "-t", "contoso", "licences=2000", "speed=10").json
    assert (told["units_a_minute"], told["speed"], told["enforced"]) == (2_375, 10, True)
    for pair in ("licences", "licences=many", "colour=3", "speed=0", "speed=61"):
        assert drilled.run("budget", "set", "-t", "contoso", pair).code == 5
    assert drilled.run("budget", "show", "-t", "contoso").json["licences"] == 2_000


def test_a_real_tenants_windows_cannot_be_shortened(drilled: Desk) -> None:
    profile = dataclasses.replace(drilled.store.get("contoso"), lab=None)
    drilled.store.save(profile)
    refused = drilled.run("budget", "set", "-t", "contoso", "speed=10")
    assert refused.code == 5 and "lab" in refused.err


def test_a_discovery_stays_within_the_limits_and_its_use_is_kept(drilled: Desk, meter: Meter) -> None:
    drilled.run("budget", "set", "-t", "contoso", "licences=2000", "speed=10")
    estimate = drilled.run("plan", "discover", "-t", "contoso", "--estimate").json
    assert estimate["resource_units"] > 0 and estimate["days"] == 1
    asked = sum(minute.units for minute in meter.minutes)
    done = drilled.run("plan", "discover", "-t", "contoso")
    assert done.code == 0, done.err
    spent = sum(minute.units for minute in meter.minutes) - asked
    assert spent <= estimate["resource_units"] + 10, drilled.block.transport.seen  # a tenant of two sites
    assert not any(minute.refused for minute in meter.minutes)
    assert drilled.run("budget", "show", "-t", "contoso").json["spent_last_day"] >= asked + spent


def test_a_lab_profile_is_not_held_back_unless_it_is_asked_to(desk: Desk, meter: Meter) -> None:
    assert desk.run("plan", "discover", "-t", "contoso").code == 0
    assert desk.run("budget", "show", "-t", "contoso").json["spent_last_day"] == 0
    assert desk.run("plan", "discover", "-t", "contoso", "--budget").code == 0
    assert desk.run("budget", "show", "-t", "contoso").json["spent_last_day"] > 0

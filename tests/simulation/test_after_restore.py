"""An older database of one side is put back in the middle of a move, or after it: the move still ends as it should (settled B 5)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from simulation.channel import Fate
from simulation.template import SOURCE, SOURCE_URL, TARGET
from simulation.test_stop_points import new_world, until
from simulation.world import World
from xtenant.domain.content import SiteKey
from xtenant.domain.move import Decision, MoveState
from xtenant.engine import recovery as recovering
from xtenant.operations import recovery

POINTS = (
    "grant.given",
    "backup.frozen",
    "backup.part_recorded",
    "backup.sealed",
    "restore.asked",
    "target.reserved",
    "target.rows_written",
    "target.verified",
    "restore.intended",
    "publish.committed",
    "restore.answer_recorded",
    "cleanup.redirected",
)
"""When the backup is taken, and when it is put back; the last time is after the move has ended."""
LATE = ("publish.committed", "ended")
END = "ended"


def cases() -> list[object]:
    found: list[object] = []
    for side in (SOURCE, TARGET):
        for at, taken in enumerate(POINTS):
            for back in (*POINTS[at + 1 :], END):
                quick = back in LATE and at % 5 == 0
                found.append(pytest.param(side, taken, back, marks=() if quick else (pytest.mark.faults,)))
    return found


def backup_of(world: World, name: str) -> Path:
    file = world.sides[name].file.with_suffix(".backup")
    with sqlite3.connect(world.sides[name].file) as live, sqlite3.connect(file) as copy:
        live.backup(copy)
    return file


def put_back(world: World, name: str, file: Path) -> None:
    """The service stops, its database is replaced, and it starts with `--after-restore`."""
    side = world.sides[name]
    side.engine.dispose()
    with sqlite3.connect(file) as copy, sqlite3.connect(side.file) as live:
        copy.backup(live)
    side.blobs.crash()
    side.start()
    recovery.begin(side.units, clock=world.clock)


def recover(world: World, name: str) -> None:
    side = world.sides[name]
    assert recovering.carry_out(side.bench)
    side.dispatcher.begin()


def end_of(world: World) -> None:
    world.calm_down()
    world.check_end()


@pytest.mark.parametrize(("name", "taken", "back"), cases())
def test_an_older_database_put_back_in_a_move_does_not_keep_it_from_ending(
    name: str, taken: str, back: str, template: Path
) -> None:
    world = new_world(template)
    before = world.shape(SOURCE)
    until(world, taken)
    file = backup_of(world, name)
    if back == END:
        world.calm_down()
    else:
        until(world, back)
    put_back(world, name, file)
    recover(world, name)
    if name == TARGET:  # what it had published is gone until it is published anew: nobody can keep that from being seen
        world.check = lambda: None  # type: ignore[method-assign]
    end_of(world)
    job = world.job(SOURCE)
    assert job is not None and job.state is MoveState.SUCCESS
    assert world.decision() is Decision.PUBLISHED
    assert world.shape(TARGET) == before
    world.close()


def test_until_every_partner_has_answered_nothing_is_written(template: Path) -> None:
    world = new_world(template)
    until(world, "grant.given")
    file = backup_of(world, SOURCE)
    until(world, "publish.committed")
    put_back(world, SOURCE, file)
    world.next_fate = lambda: Fate.LOST
    assert not recovering.carry_out(world.sides[SOURCE].bench), "the partner never answered"
    assert not world.write(1), "a site was written that the target shows already"
    world.next_fate = lambda: Fate.ARRIVES
    recover(world, SOURCE)
    assert not world.write(2), "published, and the source was written"
    world.check()
    end_of(world)
    world.close()


def test_a_job_younger_than_the_backup_is_taken_from_the_target_that_published_it(template: Path) -> None:
    world = new_world(template)
    file = backup_of(world, SOURCE)
    with sqlite3.connect(file) as copy:
        copy.execute("DELETE FROM move_jobs")
        copy.execute("UPDATE geo_queues SET pending = 0")
    until(world, "publish.committed")
    put_back(world, SOURCE, file)
    recover(world, SOURCE)
    world.check()
    end_of(world)
    job = world.job(SOURCE)
    assert job is not None and job.state is MoveState.SUCCESS
    world.close()


def test_a_target_that_lost_what_it_published_and_refuses_now_gives_the_source_back_as_it_was(template: Path) -> None:
    world = new_world(template)
    before = world.shape(SOURCE)
    until(world, "grant.given")
    file = backup_of(world, TARGET)
    world.calm_down()
    assert world.shape(SOURCE) is None
    put_back(world, TARGET, file)
    recover(world, TARGET)
    world.refuse()
    world.check = lambda: None  # type: ignore[method-assign]
    world.calm_down()
    job = world.job(SOURCE)
    assert job is not None and job.state is MoveState.FAILED
    assert world.shape(SOURCE) == before
    assert world.shape(TARGET) is None
    with world.sides[SOURCE].units.read() as uow:
        site = uow.sites.visible_by_url(SOURCE_URL)
    assert site is not None and site.key != SiteKey(0) and site.frozen_by is None
    world.close()


def test_a_recovery_that_was_cut_off_begins_again_and_changes_nothing_twice(template: Path) -> None:
    world = new_world(template)
    until(world, "backup.sealed")
    file = backup_of(world, SOURCE)
    until(world, "publish.committed")
    put_back(world, SOURCE, file)
    recover(world, SOURCE)
    first = world.job(SOURCE)
    recovery.begin(world.sides[SOURCE].units, clock=world.clock)
    recover(world, SOURCE)
    again = world.job(SOURCE)
    assert first is not None and again is not None
    assert again.fence > first.fence
    assert (again.phase, again.answer, again.site_key) == (first.phase, first.answer, first.site_key)
    end_of(world)
    world.close()

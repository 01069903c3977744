"""Each named stop point in turn: the service stops there once, starts again, and the move ends as it should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.channel import Fate
from simulation.template import SOURCE, TARGET
from simulation.world import World
from xtenant.domain import errors
from xtenant.domain.move import STOP_POINTS, Decision, MoveState
from xtenant.engine.workbench import checked


def until(world: World, reached: str) -> None:
    """Work on both sides until a stop point has been passed, or its crash has struck."""
    for _ in range(200):
        if world.visited.get(reached):
            return
        for name in (SOURCE, TARGET):
            world.dispatch(name)
            world.step(name, 0)
        world.check()
        world.clock.advance(seconds=1)
    raise AssertionError(f"{reached} was never reached")


def published(world: World) -> None:
    world.calm_down(crashes_go_on=True)


def refused(world: World) -> None:
    """The target's administrator refuses in the middle of Restore."""
    until(world, "target.rows_written")
    world.refuse()
    world.calm_down(crashes_go_on=True)


def abandoned(world: World) -> None:
    """The target hears nothing for a day after it was asked to restore: the source gives up and takes the job back."""
    until(world, "restore.asked")
    world.next_fate = lambda: Fate.LOST
    for _ in range(60):
        world.dispatch(SOURCE)
        world.step(SOURCE, 0)
        world.clock.advance(seconds=7_200)
    world.calm_down(crashes_go_on=True)


ABANDONED = frozenset({"abort.marked", "abort.answered", "abort.recorded", "abort.released"})
REFUSED = frozenset({"grant.refused", "collect.batch", "collect.done"})
SCENARIOS: dict[Callable[[World], None], MoveState] = {
    published: MoveState.SUCCESS,
    refused: MoveState.FAILED,
    abandoned: MoveState.FAILED,
}


def scenario_of(name: str) -> Callable[[World], None]:
    return abandoned if name in ABANDONED else refused if name in REFUSED else published


def new_world(template: Path) -> World:
    return World(
        template,
        template.with_name("stop"),
        fates=lambda: Fate.ARRIVES,
        crash_here=lambda side, count: False,
        slow=lambda: False,
    )


@pytest.mark.parametrize("name", sorted(STOP_POINTS))
def test_a_service_that_stops_at_a_point_goes_on_to_the_same_end(name: str, template: Path) -> None:
    world = new_world(template)
    before = world.shape(SOURCE)
    world.crash_at = name
    scenario = scenario_of(name)
    scenario(world)
    assert world.crashes == 1, "the crash never struck"
    world.check_end()
    job = world.job(SOURCE)
    assert job is not None and job.state is SCENARIOS[scenario]
    if job.state is MoveState.SUCCESS:
        assert world.shape(TARGET) == before
        assert world.decision() is Decision.PUBLISHED
    else:
        assert world.shape(SOURCE) == before
    world.close()


ALWAYS = frozenset(
    {
        "validation.offer_marked",
        "backup.part_settled",
        "restore.intended",
        "abort.marked",
        "target.blobs_settled",
        "target.rows_written",
    }
)
"""Hangs that every run tries, one for each kind of write that follows; the others are `make faults`'s."""
HANGS = [
    pytest.param(name, marks=() if name in ALWAYS else (pytest.mark.faults,))
    for name in sorted(STOP_POINTS - {"publish.before_commit"})
]


@pytest.mark.parametrize("name", HANGS)
def test_a_worker_that_hangs_at_a_point_and_comes_back_does_no_harm(name: str, template: Path) -> None:
    """Its lease ends, another claim works on, then it goes on where it hung: its writes are refused, or change nothing."""
    world = new_world(template)
    before = world.shape(SOURCE)
    world.hang_at = name
    scenario = scenario_of(name)
    scenario(world)
    assert world.hang_at is None, "it never hung"
    world.check_end()
    job = world.job(SOURCE)
    assert job is not None and job.state is SCENARIOS[scenario]
    assert world.shape(TARGET if job.state is MoveState.SUCCESS else SOURCE) == before
    world.close()


def test_a_stop_point_that_is_not_listed_fails() -> None:
    with pytest.raises(errors.Unexpected):
        checked(lambda name: None)("somewhere.else")


def test_a_source_stays_frozen_while_the_target_is_silent_after_the_intent(template: Path) -> None:
    world = new_world(template)
    until(world, "restore.intended")
    world.next_fate = lambda: Fate.LOST
    for _ in range(40):
        world.dispatch(SOURCE)
        world.step(SOURCE, -1)
        world.clock.advance(seconds=86_400)
        world.check()
    job = world.job(SOURCE)
    assert job is not None and job.state is MoveState.RESCHEDULED
    assert not world.write(1), "in doubt, and the source was written"
    world.calm_down()
    world.check_end()
    world.close()

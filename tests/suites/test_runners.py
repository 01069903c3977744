"""The contract of a runner, on the in-process runner and on the durable one."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulation.channel import Fate
from simulation.sides import Side
from simulation.template import SOURCE, TARGET, make_template
from simulation.world import World
from xtenant.domain.move import MoveState
from xtenant.domain.ports.move import Claim
from xtenant.engine.dispatcher import Dispatcher, Runner
from xtenant.engine.runner import InProcessRunner
from xtenant.engine.workflow import WorkflowRunner

MakeRunner = Callable[[Side], Runner]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    make_template(tmp_path / "template")
    world = World(
        tmp_path / "template",
        tmp_path / "run",
        fates=lambda: Fate.ARRIVES,
        crash_here=lambda side, count: False,
        slow=lambda: False,
    )
    yield world
    world.close()


@pytest.fixture(params=["in process", "durable"])
def make_runner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeRunner]:
    made: list[Runner] = []

    def make(side: Side) -> Runner:
        if request.param == "in process":
            made.append(InProcessRunner(side.bench, threads=4))
        else:
            made.append(WorkflowRunner(side.bench, f"sqlite:///{tmp_path / 'workflows.db'}", worker=side.name))
        return made[-1]

    yield make
    for runner in made:
        runner.stop()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_a_runner_carries_a_claim_until_it_is_over(world: World, make_runner: MakeRunner) -> None:
    side = world.sides[SOURCE]
    runner = make_runner(side)
    dispatcher = Dispatcher(side.bench, runner, worker=SOURCE)
    assert dispatcher.tick() == 1

    def ended() -> bool:
        world.dispatch(TARGET)
        world.step(TARGET, 0)
        job = world.job(SOURCE)
        return job is not None and not job.is_open

    wait_until(ended)
    wait_until(lambda: not runner.running())
    job = world.job(SOURCE)
    assert job is not None and job.state is MoveState.SUCCESS
    world.check()


def test_a_claim_submitted_twice_runs_once_and_an_older_one_ends_quietly(world: World, make_runner: MakeRunner) -> None:
    side = world.sides[SOURCE]
    runner = make_runner(side)
    [claim] = Dispatcher(side.bench, runner, worker=SOURCE).claim_due(frozenset())
    world.expire_leases()
    [younger] = Dispatcher(side.bench, runner, worker="another").claim_due(frozenset())
    assert younger == dataclasses.replace(claim, fence=claim.fence + 1)
    runner.submit(claim)
    runner.submit(claim)
    wait_until(lambda: not runner.running())
    job = world.job(SOURCE)
    assert job is not None and job.state is MoveState.READY_TO_TRIGGER, "the older claim wrote"


def test_a_cancelled_claim_ends_after_its_step(world: World, make_runner: MakeRunner) -> None:
    side = world.sides[SOURCE]
    runner = make_runner(side)
    dispatcher = Dispatcher(side.bench, runner, worker=SOURCE)
    dispatcher.tick()
    wait_until(lambda: bool(world.visited.get("validation.offered")))
    for claim in runner.running():
        runner.cancel(claim)
    wait_until(lambda: not runner.running())
    runner.cancel(Claim(job_id=world.job(SOURCE).job_id, direction=world.job(SOURCE).direction, fence=99))  # type: ignore[union-attr]

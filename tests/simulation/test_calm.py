"""Without any trouble: the move goes through, and the target equals the source."""

from __future__ import annotations

from pathlib import Path

from simulation.channel import Fate
from simulation.template import SOURCE, TARGET
from simulation.world import World
from xtenant.domain.move import Decision, MoveState


def calm(template: Path, folder: Path) -> World:
    return World(template, folder, fates=lambda: Fate.ARRIVES, crash_here=lambda side, count: False, slow=lambda: False)


def test_a_move_without_trouble_ends_in_success_with_an_equal_target(template: Path, tmp_path: Path) -> None:
    world = calm(template, tmp_path)
    before = world.shape(SOURCE)
    world.calm_down()
    world.check_end()
    job = world.job(SOURCE)
    assert job is not None and job.state is MoveState.SUCCESS, (job, world.job(TARGET))
    assert world.shape(TARGET) == before
    assert world.decision() is Decision.PUBLISHED
    people = (world.shape(TARGET, with_people=True) or {})["people"]
    assert people == [
        ("bob@contoso.onmicrosoft.com", "Bob (left)"),
        ("i:0#.f|membership|ann@fabrikam.onmicrosoft.com", "Ann F."),
    ]
    world.close()

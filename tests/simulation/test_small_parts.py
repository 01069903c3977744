"""The manifest in parts and batches of a few objects: permissions go on where they were left, whatever the cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.template import SOURCE, TARGET
from simulation.test_stop_points import new_world
from xtenant.domain.move import MoveState
from xtenant.engine.phases.backup import rights as backing_up
from xtenant.engine.phases.restore import building
from xtenant.engine.phases.restore import rights as restoring
from xtenant.package import manifest


@pytest.mark.parametrize(
    ("part", "page", "crash_at"),
    [(1, 1, "backup.part_recorded"), (3, 2, "target.rows_written"), (4, 1, "backup.part_settled")],
)
def test_permissions_arrive_whole_in_parts_of_a_few_objects(
    part: int, page: int, crash_at: str, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time a service stops once, in the middle."""
    monkeypatch.setattr(manifest, "PART_OBJECTS", part)
    monkeypatch.setattr(backing_up, "PAGE", page)
    monkeypatch.setattr(building, "BATCH_ITEMS", 2)
    monkeypatch.setattr(building, "WEIGHT_A_BATCH", 2)
    monkeypatch.setattr(restoring, "ROWS_A_CALL", 1)
    world = new_world(template)
    before = world.shape(SOURCE)
    world.crash_at = crash_at
    world.calm_down(crashes_go_on=True)
    assert world.crashes == 1
    world.check_end()
    job = world.job(SOURCE)
    assert job is not None and job.state is MoveState.SUCCESS, job
    assert world.shape(TARGET) == before
    with world.sides[SOURCE].units.read() as uow:
        snapshot = uow.snapshots.get(job.job_id)
    assert snapshot is not None and len(snapshot.parts) > 4
    world.close()

"""Who became whom in a move, and by which rule: the resolution table, kept at the target (settled B 6, D 1)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from xtenant.domain import errors, obstacles
from xtenant.domain.move import Direction, MoveJobId, Resolution
from xtenant.domain.ports.units import Units


def list_resolutions(units: Units, job_id: UUID, *, after: int, limit: int) -> Sequence[Resolution]:
    """A page of a job's table behind a source ref, by source ref. Raises UnknownJob; NotFound on the job's source."""
    job = MoveJobId(job_id)
    with units.read() as uow:
        if uow.jobs.get(job, Direction.IN) is not None:
            return uow.resolutions.page(job, after=after, limit=limit)
        if uow.jobs.get(job, Direction.OUT) is None:
            raise obstacles.UnknownJob
    raise errors.NotFound("Who became whom is decided and kept at the target.", remedy="Ask the target tenant.")

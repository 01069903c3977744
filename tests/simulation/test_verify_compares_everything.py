"""What Restore builds differs from the manifest in one thing, or Backup leaves one thing out: it is found.

Each case builds and verifies in one unit of work at the target, which is then rolled back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from simulation.altering import altered, attributes
from simulation.template import JOB_ID, SOURCE, TARGET
from simulation.test_stop_points import new_world, until
from simulation.world import World
from xtenant.domain import obstacles, snapshot
from xtenant.domain.content import BlobGone
from xtenant.domain.move import Direction
from xtenant.domain.snapshot import (
    ManifestFile,
    ManifestListItem,
    ManifestObject,
    ManifestPrincipal,
    ManifestVersion,
    ManifestWeb,
    Snapshot,
    counted,
)
from xtenant.engine.phases.backup import sealing
from xtenant.engine.phases.restore import building, definitions, pulling, verifying
from xtenant.engine.places import BackupPlace, RestorePlace
from xtenant.package.reader import read_part
from xtenant.package.text import DamagedPackage


class EnoughSeen(Exception):
    """Ends a unit of work without its commit."""


@dataclasses.dataclass
class Stage:
    """A target about to build, and the whole manifest."""

    world: World
    seal: Snapshot
    things: list[ManifestObject]

    def build_and_verify(self, built: Sequence[ManifestObject]) -> None:
        """Build from some objects, verify by the sealed ones. Raises what verification raises, else EnoughSeen."""
        side = self.world.sides[TARGET]
        with side.units.write() as uow:
            job, grant = uow.jobs.get(JOB_ID, Direction.IN), uow.grants.get(JOB_ID)
            assert job is not None and grant is not None and grant.site_key is not None
            building.write(uow, side.bench, job, grant, built, root_web=building.root_web_of(self.things))
            writer = uow.write_site(grant.site_key, now=side.clock.business_now(), job=JOB_ID)
            site = definitions.describe(uow, job, grant, writer, site_of(built)[0])
            place = RestorePlace(stage="verify", change_no=site.change_no)
            place = verifying.compared(uow, job, grant, self.things, place)
            verifying.compare_whole(uow, job, grant, self.seal, place, site_of(self.things))
            raise EnoughSeen


def site_of(things: Sequence[ManifestObject]) -> tuple[ManifestWeb, list[int]]:
    """As `building.site_of` reads it from parts."""
    webs = [thing for thing in things if isinstance(thing, ManifestWeb)]
    if not webs:
        raise DamagedPackage("The manifest names no site.")
    return webs[0], [thing.ref for thing in things if isinstance(thing, ManifestPrincipal) and thing.admin]


@pytest.fixture(scope="module")
def stage(template: Path) -> Iterator[Stage]:
    world = new_world(template)
    until(world, "target.reserved")
    source, target = world.sides[SOURCE], world.sides[TARGET]
    with source.units.read() as uow:
        seal = uow.snapshots.get(JOB_ID)
    with target.units.read() as uow:
        job = uow.jobs.get(JOB_ID, Direction.IN)
    assert seal is not None and job is not None
    things = [thing for part in seal.parts for thing in read_part(pulling.part_bytes(target.bench, job, part))]
    pulling.content_of(target.bench, job, things)
    yield Stage(world=world, seal=seal, things=things)
    world.close()


def test_what_is_built_as_sealed_is_found_to_be_so(stage: Stage) -> None:
    """The control."""
    with pytest.raises(EnoughSeen):
        stage.build_and_verify(stage.things)


@pytest.mark.parametrize(("kind", "attribute"), list(attributes()))
def test_any_attribute_written_otherwise_than_sealed_is_found(kind: str, attribute: str, stage: Stage) -> None:
    others = altered(stage.things, kind, attribute)
    assert others != stage.things, "nothing in the simulated site has this attribute"
    with pytest.raises((obstacles.NotAsSealed, DamagedPackage, BlobGone)):
        stage.build_and_verify(others)


@pytest.mark.parametrize("kind", [*snapshot.KINDS, ManifestVersion], ids=lambda kind: kind.__name__)
def test_an_object_that_backup_leaves_out_is_missed(kind: type[ManifestObject], stage: Stage) -> None:
    """By the census at the source, or at the latest when it is built."""
    left = [_without_version(thing) for thing in stage.things]
    if kind is not ManifestVersion:
        first = next(thing for thing in stage.things if isinstance(thing, kind))
        left = [thing for thing in stage.things if thing is not first]
    assert left != stage.things
    with pytest.raises((obstacles.SnapshotDamaged, DamagedPackage)):
        _seal(stage, left)
        stage.build_and_verify(left)


def _without_version(thing: ManifestObject) -> ManifestObject:
    if isinstance(thing, ManifestFile | ManifestListItem) and len(thing.versions) > 1:
        return dataclasses.replace(thing, versions=thing.versions[1:])
    return thing


def _seal(stage: Stage, left: Sequence[ManifestObject]) -> None:
    """What sealing says to some objects."""
    with stage.world.sides[SOURCE].units.read() as uow:
        job = uow.jobs.get(JOB_ID, Direction.OUT)
        assert job is not None and job.site_key is not None
        census = uow.census.of_site(job.site_key)
    place = BackupPlace(
        epoch=1,
        change_no=1,
        counts=counted({}, left),
        versions=sum(map(_versions, left)),
        size_bytes=sum(size for thing in left for _, size, _ in snapshot.contents_of(thing)),
    )
    sealing.compare(census, place)


def _versions(thing: ManifestObject) -> int:
    own = getattr(thing, "thing", thing)
    return len(own.versions) if isinstance(own, ManifestFile | ManifestListItem) else 0


def test_the_census_agrees_with_a_whole_snapshot(stage: Stage) -> None:
    """The control."""
    _seal(stage, stage.things)

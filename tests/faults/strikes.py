"""One fault case from end to end: plant, observe, move, strike, restart, and judge what stands at both addresses."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults.observer import PREFIX, Observer, published_at, violations
from ground import Ground, Planted, Plot, wait_for
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.lab.supervisor import LOG_NAME
from xtenant.proof.baseline import Baseline
from xtenant.proof.compare import Aspect
from xtenant.proof.compare_permissions import permission_differences
from xtenant.proof.permissions import PermissionFacts

STRIKE_SECONDS = 60.0
END_SECONDS = 180.0

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """`side` dies when it reaches `point` for the `count`-th time."""

    side: str
    point: str
    count: int = 1

    @property
    def needs_parts(self) -> bool:
        """A second time at a place of parts or batches takes more than 2,000 objects."""
        return self.count > 1

    def __str__(self) -> str:
        return f"{self.side}-{self.point}" + (f"-{self.count}" if self.count > 1 else "")


def many_files(seed: int, *, more: int = 0) -> Iterator[Planted]:
    """About 300 files in a tree, most small enough for packs, ten with three versions, three of a megabyte and more.

    `more` adds as many tiny ones. Content differs from seed to seed, so that nothing is at the target already.
    """
    lots = random.Random(seed)
    for number in range(300):
        names = (f"folder {number % 12:02d}", f"sub & {number % 5}", f"file-{number:03d}.bin")
        size = lots.choice((700, 3_000, 9_000, 40_000))
        yield Planted(names=names, versions=[lots.randbytes(size + at) for at in range(3 if number % 30 == 7 else 1)])
    for number in range(3):
        yield Planted(names=("large", f"large-{number}.bin"), versions=[lots.randbytes(1_500_000 + number)])
    for number in range(more):
        yield Planted(names=("tiny", f"{number % 40}", f"{number}.txt"), versions=[f"{seed} {number}".encode()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A site ready to move, and what was recorded of it."""

    ground: Ground
    plot: Plot
    folder: Path
    target_log_from: int
    permissions: PermissionFacts


SHARED = (("folder 00", "read"), ("folder 01/sub & 1", "write"), ("large/large-0.bin", "read"))
"""What gets permissions of its own."""


def prepared(ground: Ground, folder: Path, *, more: int = 0) -> Case:
    seed = next(_numbers)
    return recorded(ground, ground.plant(f"case-{seed}", many_files(seed, more=more)), folder)


def recorded(ground: Ground, plot: Plot, folder: Path) -> Case:
    """A planted site with some permissions of its own, and everything about it written down."""
    ground.record(SOURCE, plot.source_url, folder / "before.baseline")
    people = list(ground.people)
    for number, (path, role) in enumerate(SHARED):
        ground.share(plot.source_url, path, people[number % len(people)], role)
    return Case(
        ground=ground,
        plot=plot,
        folder=folder,
        target_log_from=ground.service_log(TARGET).stat().st_size,
        permissions=ground.permissions(SOURCE, plot.source_url),
    )


def moved_through(case: Case, blow: Blow, *, while_down: Callable[[Case, str], None] | None = None) -> None:
    """Move the site while `blow` strikes; the move must end in Success with an identical target and no violation."""
    ground = case.ground
    with Observer(ground, case.plot) as observer:
        wait_for(lambda: any(write.good for write in observer.seen.writes) or None, "a first write", seconds=20)
        log_from = ground.service_log(blow.side).stat().st_size
        ground.tell(blow.side, "stop-at", name=blow.point, count=blow.count)
        job = ground.start(case.plot)
        struck(ground, blow, log_from)
        if while_down is not None:
            while_down(case, blow.side)
        ground.lab("start", name=blow.side)
        ended = ground.until_ended(job, seconds=END_SECONDS)
        assert (ended.state, ended.error) == ("Success", None)
        wait_for(lambda: observer.seen.reads[-1].good or None, "a read of the published site", seconds=20)
    judged(case, observer)


def struck(ground: Ground, blow: Blow, log_from: int) -> None:
    """The process died by SIGKILL, at the place it was told, and of nothing else."""
    wait_for(
        lambda: ground.state(blow.side)["state"] == "failed" or None, f"death at {blow.point}", seconds=STRIKE_SECONDS
    )
    told = ground.service_log(blow.side).read_bytes()[log_from:].decode().splitlines()
    events: list[dict[str, Any]] = [json.loads(line) for line in told if line.startswith("{")]
    assert [event["name"] for event in events if event["event"] == "stop_point.struck"] == [blow.point]
    ends = [json.loads(line) for line in (ground.home / LOG_NAME).read_text().splitlines() if '"tenant.ended"' in line]
    assert (ends[-1]["tenant"], ends[-1]["code"]) == (blow.side, -9)


def judged(case: Case, observer: Observer) -> None:
    """Identical target, redirect at the source, and an observer that saw both sides of the publication without violation."""
    ground, after = case.ground, case.folder / "after.baseline"
    ground.record(TARGET, case.plot.target_url, after)
    found = ground.differences(case.folder / "before.baseline", after)
    unexpected = [one for one in found if not (one.aspect is Aspect.EXTRA and one.path.startswith(PREFIX))]
    assert unexpected == []
    permissions = ground.permissions(TARGET, case.plot.target_url)
    assert len(permissions.scopes) > len(SHARED)
    assert list(permission_differences(case.permissions, permissions, principals=ground.people)) == []
    assert case.plot.source_url in ground.redirects()
    with Baseline(after) as stored:
        arrived = {item.path for item in stored.items()}
    published = published_at(ground.service_log(TARGET), case.target_log_from)
    seen = observer.seen
    assert violations(seen, published=published, arrived=arrived) == []
    assert any(write.good for write in seen.writes), "the observer never wrote"
    assert any(write.status >= 400 for write in seen.writes), "the observer never met the freeze"
    assert any(read.status >= 400 for read in seen.reads) and seen.reads[-1].good, "the observer missed the publication"

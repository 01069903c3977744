"""A lab whose two services reach each other through a hop, moves of small sites across it, and how a case ends.

A case is a site of its own: planted and recorded, observed from outside while it moves and something is done to it, and
judged: Success with an identical target, or Failed for a named cause with the source as it was and nothing at the target.
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from faults.hop import Hop, Road
from faults.observer import PREFIX, Observer
from faults.strikes import Case, judged, recorded
from ground import Ground, Planted, wait_for
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.client.moves import MoveJob, Unit
from xtenant.domain.move import MovePhase, MoveState
from xtenant.lab.certificates import CertificateFolder
from xtenant.lab.estate import tenant_home
from xtenant.lab.supervisor import CERTIFICATES_FOLDER
from xtenant.lab.tenant_handle import SETTINGS_FILE
from xtenant.proof.compare import Aspect

SIDES = (SOURCE, TARGET)
BOUND_SECONDS = 180.0
"""After a fault has ended, its move ends within this time."""

_numbers = itertools.count(1)


def few_files(seed: int) -> Iterator[Planted]:
    """Forty files in eight folders: enough small ones for a pack, some with three versions, some too large for packs."""
    lots = random.Random(seed)
    for number in range(40):
        size = lots.choice((300, 2_000, 9_000, 30_000))
        names = (f"folder {number % 4:02d}", f"sub & {number % 2}", f"file-{number:03d}.bin")
        yield Planted(names=names, versions=[lots.randbytes(size + at) for at in range(3 if number % 13 == 7 else 1)])
    yield Planted(names=("large", "large-0.bin"), versions=[lots.randbytes(400_000)])


@dataclass(kw_only=True)
class Crossing:
    """Two tenants with a hop between them."""

    ground: Ground
    hop: Hop

    def prepared(self, folder: Path) -> Case:
        number = next(_numbers)
        plot = self.ground.plant(f"crossing-{os.getpid()}-{number}", few_files(number))
        return recorded(self.ground, plot, folder)

    def stored(self, case: Case) -> tuple[MoveState, MovePhase] | None:
        """What the source's row says, read from its file: a service that is dead or stopped need not be asked."""
        home = tenant_home(self.ground.home, SOURCE)
        with closing(sqlite3.connect(f"file:{home / 'tenant.db'}?mode=ro", uri=True, timeout=30)) as database:
            query = "SELECT state, phase FROM move_jobs WHERE source_url = ? AND direction = 0"
            row = database.execute(query, (case.plot.source_url,)).fetchone()
        return None if row is None else (MoveState(row[0]), MovePhase(row[1]))

    def phase(self, case: Case) -> MovePhase | None:
        found = self.stored(case)
        return None if found is None else found[1]

    def job_of(self, case: Case) -> MoveJob:
        """By its source, where the answer to its start was lost."""
        moves = self.ground.migration.source.moves
        found = self.ground.portal.call(moves.of_source, Unit.SITE, case.plot.source_url)
        assert found is not None, "there is no job"
        return found

    def until_dead(self, side: str) -> None:
        wait_for(
            lambda: self.ground.state(side)["state"] == "failed" or None, f"death of {side}", seconds=20, pause=0.01
        )

    @contextmanager
    def observed(self, case: Case) -> Generator[Observer]:
        """An observer that has written once before anything moves."""
        with Observer(self.ground, case.plot) as observer:
            wait_for(lambda: any(write.good for write in observer.seen.writes) or None, "a first write", seconds=20)
            yield observer

    def succeeds(self, case: Case, observer: Observer, job: MoveJob, *, seconds: float = BOUND_SECONDS) -> None:
        """Wait for Success and for the observer to have seen it; judge after the observer has ended."""
        ended = self.ground.until_ended(job, seconds=seconds)
        assert (ended.state, ended.error) == ("Success", None)
        wait_for(lambda: observer.seen.reads[-1].good or None, "a read of the published site", seconds=20)

    def moves(self, case: Case, *, seconds: float = BOUND_SECONDS) -> None:
        """From start to judgement, whatever the hop does meanwhile."""
        with self.observed(case) as observer:
            self.succeeds(case, observer, self.ground.start(case.plot), seconds=seconds)
        judged(case, observer)

    def fails(
        self, case: Case, *, code: str, seen_anyway: bool = False, damaged: str = "", seconds: float = BOUND_SECONDS
    ) -> MoveJob:
        """The move ends in Failed and says `code`; the source is as it was and can be written, the target has nothing of it.

        `seen_anyway`: somebody else's site stands at the address. `damaged`: a file whose content the case itself spoilt.
        """
        ground = self.ground
        with self.observed(case) as observer:
            ended = ground.until_ended(ground.start(case.plot), seconds=seconds)
            refusals = len(observer.seen.writes)
            wait_for(
                lambda: any(write.good for write in observer.seen.writes[refusals:]) or None,
                "a write to the released source",
                seconds=20,
            )
        assert ended.state == "Failed" and ended.error is not None
        assert code in str(ended.error), ended.error
        after = case.folder / "after.baseline"
        ground.record(SOURCE, case.plot.source_url, after)
        found = ground.changes(case.folder / "before.baseline", after)
        written = [one for one in found if one.aspect is Aspect.EXTRA and one.path.startswith(PREFIX)]
        assert [one for one in found if one not in written and one.path != damaged] == []
        assert seen_anyway or not any(read.good for read in observer.seen.reads), "the target was seen"
        assert case.plot.source_url not in ground.redirects()
        return ended

    def restart(self, side: str) -> None:
        self.ground.lab("stop", name=side)
        self.ground.lab("start", name=side)


@contextmanager
def crossing_in(ground: Ground) -> Generator[Crossing]:
    """Lead the ways of both services to each other through a hop."""
    certificates = CertificateFolder(folder=ground.home / CERTIFICATES_FOLDER)
    roads = {
        side: Road(
            name=side,
            port=ground.state(side)["port"],
            certificate=certificates.certificate_file(side),
            key=certificates.key_file(side),
        )
        for side in SIDES
    }
    with Hop(roads=roads, ca_file=certificates.ca_file) as hop:
        made = Crossing(ground=ground, hop=hop)
        for side in SIDES:
            file = tenant_home(ground.home, side) / SETTINGS_FILE
            settings = msgspec.json.decode(file.read_bytes())
            file.write_bytes(msgspec.json.encode({**settings, "proxy_url": hop.url}))
            made.restart(side)
        yield made

"""Looking at moves until they have ended: a live table on a terminal, one JSON line for each change when piped.

However many moves there are, each round is one report call, and after the first it asks only for what changed since
(R-6.88). Watching changes nothing: ended early, it loses nothing.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from xtenant.client.moves import MoveJob, Report
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock

POLL_SECONDS = (0.5, 15.0)
"""First and longest pause between two rounds; a change makes it short again."""
GROWTH = 1.5
OVERLAP = timedelta(seconds=2)
"""The wire's dates are whole seconds; what changed in the last of them is asked for again."""
ROWS_WITHOUT_HEIGHT = 20
HEAD_ROWS = 5
UNDER_WAY = ("InProgress", "Rescheduled")

Shown = Callable[[Sequence[MoveJob], Sequence[MoveJob]], None]


async def until_ended(clock: Clock, client: TenantClient, wanted: Sequence[UUID] | None, shown: Shown) -> list[MoveJob]:
    """Look until every job has ended. `wanted` None means all that have not ended at the first look.

    `shown` is told all jobs and those that changed, at each round. Raises NotFound for an id that the tenant does not know.
    """
    found = {job.id: job for job in await client.moves.report(Report())}
    jobs = _chosen(found, wanted)
    shown(list(jobs.values()), list(jobs.values()))
    pause, longest = POLL_SECONDS
    while not all(job.ended for job in jobs.values()):
        await clock.sleep(pause)
        changed = await _changes(client, jobs)
        jobs |= {job.id: job for job in changed}
        shown(list(jobs.values()), changed)
        pause = POLL_SECONDS[0] if changed else min(longest, pause * GROWTH)
    return list(jobs.values())


def _chosen(found: dict[UUID, MoveJob], wanted: Sequence[UUID] | None) -> dict[UUID, MoveJob]:
    if wanted is None:
        return {key: job for key, job in found.items() if not job.ended}
    for key in wanted:
        if key not in found:
            raise errors.NotFound(
                f"There is no move job {key} here.", remedy="`xtenant move list` shows those there are."
            )
    return {key: found[key] for key in wanted}


async def _changes(client: TenantClient, jobs: dict[UUID, MoveJob]) -> list[MoveJob]:
    moments = [job.last_modified for job in jobs.values() if job.last_modified is not None]
    since = max(moments) - OVERLAP if moments else None
    news = await client.moves.report(replace(Report(), begin=since))
    return [job for job in news if job.id in jobs and job != jobs[job.id]]


def lines(row_of: Callable[[MoveJob], dict[str, object]]) -> Shown:
    """Writes one JSON line for each change, at once, so that a reader at the other end of a pipe sees it."""

    told: dict[UUID, dict[str, object]] = {}

    def show(_: Sequence[MoveJob], changed: Sequence[MoveJob]) -> None:
        for job in changed:
            row = row_of(job)
            if told.get(job.id) != row:  # a row is also touched where nothing that is shown has changed
                told[job.id] = row
                sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
        sys.stdout.flush()

    return show


def live_table(console: Console) -> tuple[Live, Shown]:
    """A table that is drawn again at each round; the caller enters and leaves the Live."""
    live = Live(console=console, auto_refresh=False, transient=False)

    def show(jobs: Sequence[MoveJob], _: Sequence[MoveJob]) -> None:
        live.update(drawn(jobs, rows=max(HEAD_ROWS, (console.height or ROWS_WITHOUT_HEIGHT) - HEAD_ROWS)), refresh=True)

    return live, show


def drawn(jobs: Sequence[MoveJob], *, rows: int) -> RenderableType:
    """The moves that fit on the screen, those under way first, and the totals of all."""
    table = Table("move", "state", "progress", "items", "rate", "expected end", expand=False)
    for job in sorted(jobs, key=_rank)[:rows]:
        table.add_row(
            _name(job),
            f"{job.state_name} {job.phase if job.state in UNDER_WAY and job.phase else ''}".strip(),
            ProgressBar(total=max(1, job.items_total or 0), completed=_done(job), width=20),
            f"{job.items_done or 0:,}/{job.items_total or 0:,}",
            "" if job.bytes_rate is None else f"{_size(job.bytes_rate)}/s",
            _time(job.expected_end),
        )
    return Group(table, Text(totals(jobs)))


def totals(jobs: Iterable[MoveJob]) -> str:
    """One line about all of them."""
    jobs = list(jobs)
    states = Counter(job.state_name for job in jobs)
    done, total = sum(job.bytes_done or 0 for job in jobs), sum(job.bytes_total or 0 for job in jobs)
    told = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    items = sum(job.items_done or 0 for job in jobs)
    return f"{len(jobs):,} moves: {told or 'none'}; {items:,} items, {_size(done)} of {_size(total)}"


def _rank(job: MoveJob) -> tuple[int, str]:
    """Under way, then waiting, then failed, then the rest."""
    order = 0 if job.state in UNDER_WAY else 1 if not job.ended else 2 if job.state == "Failed" else 3
    return order, job.source_url


def _done(job: MoveJob) -> int:
    return max(1, job.items_total or 0) if job.state == "Success" else job.items_done or 0


def _name(job: MoveJob) -> str:
    return job.source_url.removeprefix("https://")


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}"
        count /= 1024
    return f"{count:,.1f} TiB"

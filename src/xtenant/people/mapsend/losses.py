"""What a new map would take away: rows of the map in force that the file lacks, and the open moves that may need them (R-5.59).

SharePoint's calls look single rows up and list none. What may be in force is known from the files kept and, where the tenant
lists it, from Graph; each row in question is then looked up, so that only what really stands there counts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from xtenant.client.identity_map import MapClient
from xtenant.client.map_rows import Row, RowKey, key_of, same
from xtenant.client.moves import MoveJob, Report
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.tenant import HostUrl
from xtenant.protocols.csom.call import MAX_LOOKUPS

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it, of how much."""


class RowsNeeded(errors.XTenantError):
    """The new map lacks rows that stand, while moves are open (R-5.59); nothing was sent."""

    code = "mapRowsNeeded"
    exit_code = errors.ExitCode.FINDINGS
    remedy = "Keep the rows in the file, or wait until the moves have ended (`xtenant move list`)."
    retry = errors.Retry.AFTER_SOMEONE_ACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """`lost` are rows that stand and would go, `changed` those that would read otherwise, `added` those new to us.

    `known_from` is `graph`, `kept` (files sent from here) or `nothing`: then rows sent by others cannot be told.
    """

    lost: Sequence[Row]
    changed: int
    added: int
    known_from: str


async def listed(client: MapClient) -> list[Row] | None:
    """The whole map by Graph; None where the tenant does not list it to us."""
    try:
        return [row async for row in client.listed()]
    except (errors.Refused, errors.UsageError, errors.NotSignedIn):
        return None


async def losses(
    client: MapClient, known: Iterable[Row], new: Mapping[RowKey, Row], *, known_from: str, progress: Progress
) -> Losses:
    """Compare what may be in force with the new rows."""
    standing = {key_of(row): row for row in known}
    missing = [row for key, row in standing.items() if key not in new]
    changed = sum(1 for key, row in new.items() if key in standing and not same(standing[key], row))
    lost: list[Row] = []
    async for batch, found in looked_up(client, missing, "rows that would go", progress):
        keys = {key_of(row) for row in batch}
        lost += [row for key, rows in found.items() if key in keys for row in rows]
    return Losses(
        lost=lost,
        changed=changed,
        added=sum(1 for key in new if key not in standing),
        known_from=known_from,
    )


async def looked_up(
    client: MapClient, rows: Sequence[Row], what: str, progress: Progress
) -> AsyncIterator[tuple[Sequence[Row], dict[RowKey, list[Row]]]]:
    """Rows in batches of one query (settled C 7), each with what stands under its keys."""
    left, done = iter(rows), 0
    while batch := list(islice(left, MAX_LOOKUPS)):
        found = await client.standing(batch)
        done += len(batch)
        progress(what, done, len(rows))
        yield batch, found


async def open_moves_into(target: TenantClient) -> list[MoveJob]:
    """Moves into this tenant that have not ended, as it knows them itself."""
    return [job for job in await target.moves.report(Report(direction="MoveIn")) if not job.ended]


async def open_moves_to(source: TenantClient, target: HostUrl) -> list[MoveJob]:
    """Moves of a source to a target that have not ended: the target knows of a scheduled one only when it begins."""
    wish = Report(direction="MoveOut", partner=target)
    return [job for job in await source.moves.report(wish) if not job.ended]


def require_all_kept(lost: Sequence[Row], jobs: Sequence[MoveJob]) -> None:
    """R-5.59: while moves are open, the new map holds every row of the old one: any of them may name somebody who has rights
    in what moves. Raises RowsNeeded."""
    if lost and jobs:
        shown = ", ".join(key_of(row)[1] for row in lost[:5])
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        raise RowsNeeded(
            f"The file lacks {len(lost)} rows of the map in force ({shown}{more}), and {len(jobs)} moves are open.",
            lost=len(lost),
            jobs=[str(job.id) for job in jobs],
        )

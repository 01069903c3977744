"""One map into one geo: what would change there, the call, reading back. A geo that fails says so and leaves the others alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xtenant.client.map_rows import Row, RowKey, key_of, line_of, shown
from xtenant.client.moves import MoveJob
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.people.mapsend import losses
from xtenant.people.mapsend.files import MapFile, rows_in
from xtenant.people.mapsend.kept import KeptMaps, State
from xtenant.people.mapsend.losses import Losses, Progress
from xtenant.people.mapsend.reading_back import ReadBack, Unequal, read_back

_NUMBER = re.compile(r"\s*(\d{1,9})\s*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoPlan:
    """What a map would do to one geo; `geo` is its code, or the tenant's name where there is only one."""

    geo: str
    host_url: str
    losses: Losses
    jobs: Sequence[MoveJob]

    def row(self) -> dict[str, object]:
        return {
            "geo": self.geo,
            "host_url": self.host_url,
            "added": self.losses.added,
            "changed": self.losses.changed,
            "lost": [shown(row) for row in self.losses.lost],
            "known_from": self.losses.known_from,
            "open_moves": [str(job.id) for job in self.jobs],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoResult:
    """What became of a map in one geo. `rejected` names lines of the file where the tenant's message named a row."""

    geo: str
    state: State
    rejected: Sequence[Mapping[str, object]] = ()
    compared: int = 0
    unequal: Sequence[Unequal] = ()
    error: str | None = None
    remedy: str | None = None

    def row(self) -> dict[str, object]:
        return {
            "geo": self.geo,
            "state": self.state.value,
            "rejected": list(self.rejected),
            "compared": self.compared,
            "unequal": [_unequal_row(one) for one in self.unequal],
            **({"error": self.error, "remedy": self.remedy} if self.error else {}),
        }


async def examine(
    client: TenantClient, geo: str, file: MapFile, kept: KeptMaps, *, lists: bool, progress: Progress
) -> GeoPlan:
    """What would be lost, changed and added, and the moves open while rows would be lost. `lists` says that Graph's list is this geo's map."""
    known = [row for one in kept.possible(geo) for row in rows_in(kept.path(one.number))][::-1]
    whole = await losses.listed(client.map) if lists else None
    known_from = "kept" if known else "nothing"
    if whole is not None:
        known, known_from = whole, "graph"
    found = await losses.losses(client.map, known, file.by_key(), known_from=known_from, progress=progress)
    return GeoPlan(
        geo=geo,
        host_url=str(await client.host_url()),
        losses=found,
        jobs=await losses.open_moves_into(client) if found.lost else (),
    )


async def send(client: TenantClient, plan: GeoPlan, file: MapFile, *, clock: Clock, progress: Progress) -> GeoResult:
    """Add-SPOTenantIdentityMap with the whole file, then read all of it back. Errors become the result."""
    lines = [line_of(row) for _, row in file.rows]
    try:
        messages = await client.map.replace(lines)
    except errors.XTenantError as error:
        # a call that got no answer may have been carried out
        doubtful = isinstance(error, errors.NetworkError | errors.Unexpected | errors.Throttled)
        return _failed(plan, error, State.IN_DOUBT if doubtful else State.FAILED)
    rejected = [_rejected(message, file) for message in messages]
    try:
        done = await read_back(client.map, file.by_key(), plan.losses.lost, clock=clock, progress=progress)
    except errors.XTenantError as error:
        return _failed(plan, error, State.IN_DOUBT)
    return _result(plan, done, rejected)


def _result(plan: GeoPlan, done: ReadBack, rejected: Sequence[Mapping[str, object]]) -> GeoResult:
    state = State.DIFFERS if done.unequal or rejected else State.STANDS
    return GeoResult(geo=plan.geo, state=state, rejected=rejected, compared=done.compared, unequal=tuple(done.unequal))


def _failed(plan: GeoPlan, error: errors.XTenantError, state: State) -> GeoResult:
    return GeoResult(geo=plan.geo, state=state, error=error.text, remedy=error.remedy)


def _rejected(message: str, file: MapFile) -> dict[str, object]:
    """A message of the tenant; ours begins with the number of the row, which is not its line where lines are blank."""
    named = _NUMBER.match(message)
    number = int(named[1]) if named else 0
    if not 1 <= number <= len(file.rows):
        return {"line": None, "source": None, "message": message}
    line, row = file.rows[number - 1]
    return {"line": line, "source": key_of(row)[1], "message": message}


def _unequal_row(one: Unequal) -> dict[str, object]:
    return {
        "source": one.key[1],
        "sent": None if one.wanted is None else shown(one.wanted),
        "found": [shown(row) for row in one.found],
    }


def with_row(rows: Sequence[Row], changed: Row | None, gone: Sequence[RowKey] = ()) -> list[Row]:
    """A map's rows with one put in its place and others taken away: what stands after a single edit."""
    by_key = {key_of(row): row for row in rows}
    for key in gone:
        by_key.pop(key, None)
    if changed is not None:
        by_key[key_of(changed)] = changed
    return list(by_key.values())

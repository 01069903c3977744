"""Reading a map back: every row and every removed key is looked up until it says what it should, or a minute is over.

Rows are dropped without an error and appear with a delay at Microsoft (R-5.26, R-5.32), so no answer of the sending call
counts. The minute begins with the last unequal answer of the first reading: a large map takes longer than that to be read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xtenant.client.identity_map import MapClient
from xtenant.client.map_rows import Row, RowKey, key_of, same
from xtenant.domain.ports.clock import Clock
from xtenant.people.mapsend.losses import Progress, looked_up

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unequal:
    """A key that does not read as it should: `wanted` is None for a row that should be gone, `found` empty for a lost one."""

    key: RowKey
    wanted: Row | None
    found: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """How many keys were compared, and what did not become equal in time."""

    compared: int
    unequal: Sequence[Unequal]


async def read_back(
    client: MapClient, wanted: Mapping[RowKey, Row], removed: Sequence[Row], *, clock: Clock, progress: Progress
) -> ReadBack:
    """Compare the tenant's map with the rows sent and the rows taken away."""
    asked = [*wanted.values(), *removed]
    unequal = await _unequal(client, asked, wanted, progress)
    last_unequal = clock.monotonic()
    while unequal:
        waited = clock.monotonic() - last_unequal
        if waited >= PATIENCE_SECONDS:
            break
        await clock.sleep(min(PAUSE_SECONDS, PATIENCE_SECONDS - waited))
        again = [_representative(one) for one in unequal]
        unequal = await _unequal(client, again, wanted, progress, again=True)
    return ReadBack(compared=len(asked), unequal=unequal)


async def _unequal(
    client: MapClient, rows: Sequence[Row], wanted: Mapping[RowKey, Row], progress: Progress, *, again: bool = False
) -> list[Unequal]:
    found: list[Unequal] = []
    async for batch, standing in looked_up(client, rows, "reading again" if again else "reading back", progress):
        for row in batch:
            key = key_of(row)
            there, meant = standing.get(key, []), wanted.get(key)
            fits = not there if meant is None else len(there) == 1 and same(there[0], meant)
            if not fits:
                found.append(Unequal(key=key, wanted=meant or None, found=there or ()))
    return found


def _representative(one: Unequal) -> Row:
    """A row with the key, to look up by; one that should be gone is there."""
    return one.wanted if one.wanted is not None else one.found[0]

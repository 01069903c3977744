"""A whole identity map of 250,000 rows into a tenant of the lab over HTTPS, sent again, changed altogether; and rows read back.

It leaves the tenant with the bench's own map, so it comes after whatever moves people. One bare pass of `csv.reader` over the
same rows stands beside the figures.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

from bench.figures import Figure
from ground import Ground
from xtenant.client.map_rows import Row, key_of, row_of
from xtenant.domain.limits import DEFAULT
from xtenant.outside.clock import SystemClock
from xtenant.people.mapsend.reading_back import read_back

ROWS = DEFAULT.map_rows
READ_BACK = 10_000
COMPANY = "aaaaaaaa-1111-4111-8111-111111111111"


def measure(ground: Ground, folder: Path) -> list[Figure]:
    first, other = lines(""), lines("x")
    began = time.perf_counter()
    rows = [row_of(columns) for columns in csv.reader(first[:READ_BACK])]
    for _ in csv.reader(first):
        pass
    bare = time.perf_counter() - began
    spent = [ground.portal.call(_sent, ground, map_lines) for map_lines in (first, first, other, first)]
    names = ("sent to an empty map", "sent again", "with every target changed", "changed back")
    figures = [
        Figure(name=f"identity map of {ROWS:,} rows {name}", unit="s", values=[seconds])
        for name, seconds in zip(names, spent, strict=True)
    ]
    seconds = ground.portal.call(_read_back, ground, rows)
    return [
        Figure(name=f"csv.reader over {ROWS:,} rows", unit="s", values=[bare]),
        *figures,
        Figure(name="100 rows of a map read back", unit="ms", values=[1_000 * seconds * 100 / READ_BACK]),
    ]


def lines(suffix: str) -> list[str]:
    return [
        f"User,{COMPANY},person{number}@contoso.com,person{number}{suffix}@fabrikam.com,p{number}@fabrikam.com,RegularUser"
        for number in range(ROWS)
    ]


async def _sent(ground: Ground, map_lines: list[str]) -> float:
    began = time.perf_counter()
    refused = await ground.migration.target.map.replace(map_lines)
    assert not refused, refused[:3]
    return time.perf_counter() - began


async def _read_back(ground: Ground, rows: list[Row]) -> float:
    wanted = {key_of(row): row for row in rows}
    began = time.perf_counter()
    done = await read_back(
        ground.migration.target.map, wanted, (), clock=SystemClock(), progress=lambda what, so_far, total: None
    )
    assert not done.unequal, done.unequal[:3]
    return time.perf_counter() - began

"""Counts what nobody owns any more in a tenant's home: rows, locks, content without a row, rows without content.

It reads the database file and the folders of content with code of its own and knows no rule of the store but names of columns:
`site_key` leads to a site, `item_key`, `library_key` and `parent_key` to an item, `job_id` to a job, `blob` to a row of `blobs`.
So a table that is added later is counted too. Asked when no job is open, after `lab collect` with no grace.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from ground import Ground, wait_for
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.lab.estate import tenant_home

REDIRECT = "RedirectSite#0"
TERMINAL = "(2, 3, 4)"
LEADS_TO = {"site_key": "sites", "item_key": "items", "scope": "items", "library_key": "items", "parent_key": "items"}
HISTORY = frozenset({"move_jobs", "grants"})
"""Ended jobs remember which site they were about, as a report does."""
OF_A_JOB = frozenset({"pins", "snapshots", "snapshot_parts", "intents", "resolutions", "grants"})
COLLECT_SECONDS = 30.0


def left_clean(ground: Ground, *, content: Mapping[str, Path] | None = None, strays_at: str = "") -> None:
    """Let both sides take away what is to be taken away, then count. Fails with every orphan in words.

    `content` names each side's folder of content where this process does not see it at its own place. `strays_at` names a
    side whose older database was put back: content that came after the backup has no row there, and no collector finds it.
    """
    for side in (SOURCE, TARGET):
        home = tenant_home(ground.home, side)
        ground.tell(side, "set", pairs=[["blob_grace", "0"], ["source_retention", "0"]])
        wait_for(lambda home=home: not to_be_collected(home) or None, f"{side} to collect", seconds=COLLECT_SECONDS)
        wait_for(lambda side=side, home=home: _collected(ground, side, home), f"{side}'s content", seconds=30)
        found = orphans(home, content[side] if content else home / "blobs")
        if side == strays_at:
            found = [one for one in found if not one.endswith("has no row")]
        assert found == [], f"{side}: {found}"


def _collected(ground: Ground, side: str, home: Path) -> bool | None:
    """What was put within the same microsecond as the question is spared once: ask until nothing is removed."""
    return ground.tell(side, "collect")["removed"] == 0 or None


def to_be_collected(home: Path) -> list[str]:
    """Jobs and grants whose leftovers the service has not taken away yet."""
    with closing(_database(home)) as database:
        moved = f"SELECT source_url FROM move_jobs WHERE NOT collected AND direction = 0 AND state = {2}"
        refused = "SELECT target_url FROM grants WHERE NOT collected AND decision = 'refused'"
        return [row[0] for row in database.execute(f"{moved} UNION ALL {refused}")]


def orphans(home: Path, content: Path) -> list[str]:
    """Everything found, in words."""
    with closing(_database(home)) as database:
        found = [*_rows(database), *_locks(database), *_jobs(database), *_references(database)]
        known = {bytes(row[0]).hex() for row in database.execute("SELECT blob FROM blobs")}
        sessions = {bytes(row[0]).hex() for row in database.execute("SELECT session_id FROM uploads")}
    stored = set(_stored(content))
    found += [f"content {key} has no row" for key in sorted(stored - known)]
    found += [f"content {key} is lost: its row stands" for key in sorted(known - stored)]
    uploaded = {path.name for path in content.glob("*/uploads/*")}
    found += [f"upload {name} has no session" for name in sorted(uploaded - sessions)]
    runs = list(content.glob("*/temp/run-*"))
    found += [f"{len(runs)} temporary folders for one process"] if len(runs) > 1 else []
    found += [f"{file} was left in a temporary folder" for run in runs for file in run.iterdir()]
    return found


def _database(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{home / 'tenant.db'}?mode=ro", uri=True, timeout=30)


def _columns(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for table in tables:
        for column in database.execute(f"PRAGMA table_info({table})"):
            yield table, column[1]


def _count(database: sqlite3.Connection, query: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {query}").fetchone()[0])


def _rows(database: sqlite3.Connection) -> Iterator[str]:
    """Rows whose owner is gone."""
    for table, column in _columns(database):
        owner = LEADS_TO.get(column)
        if owner is not None and table not in HISTORY:
            lost = f"{table} WHERE {column} NOT NULL AND {column} NOT IN (SELECT key FROM {owner})"
            # 0 stands for the site itself where an item could stand
            lost += f" AND {column} != 0"
        elif column == "job_id" and table in OF_A_JOB:
            lost = f"{table} WHERE job_id NOT IN (SELECT job_id FROM move_jobs)"
        else:
            continue
        if count := _count(database, lost):
            yield f"{count} rows of {table} lead to no {owner or 'job'} by {column}"
    redirects = f"SELECT key FROM sites WHERE template = '{REDIRECT}'"
    for table, column in _columns(database):
        if column == "item_key" or (table, column) == ("items", "site_key"):
            inside = "items" if table == "items" else f"{table} AS t JOIN items AS i ON i.key = t.{column}"
            where = "site_key" if table == "items" else "i.site_key"
            if count := _count(database, f"{inside} WHERE {where} IN ({redirects})"):
                yield f"{count} rows of {table} lie behind redirects"


def _locks(database: sqlite3.Connection) -> Iterator[str]:
    for (url,) in database.execute("SELECT url FROM sites WHERE frozen_by IS NOT NULL"):
        yield f"{url} is frozen by no open job"
    for url, deleted in database.execute("SELECT url, deleted_at FROM sites WHERE published_at IS NULL"):
        yield f"{url} is hidden by no open job (deleted: {deleted is not None})"
    soon = int(time.time() * 1e6)
    for (name,) in database.execute("SELECT name FROM leases WHERE until > ?", (soon,)):
        yield f"the lease {name} is held"


def _jobs(database: sqlite3.Connection) -> Iterator[str]:
    for url, state in database.execute(f"SELECT source_url, state FROM move_jobs WHERE state NOT IN {TERMINAL}"):
        yield f"the job of {url} is open ({state})"
    for (url,) in database.execute("SELECT source_url FROM move_jobs WHERE lease_until IS NOT NULL"):
        yield f"the ended job of {url} is still claimed"
    for (url,) in database.execute("SELECT target_url FROM grants WHERE decision = 'none'"):
        yield f"the grant of {url} was never decided"
    for geo, pending in database.execute("SELECT geo, pending FROM geo_queues WHERE pending != 0"):
        yield f"the queue of {geo} counts {pending} jobs that are over"
    if count := _count(database, "pins"):
        yield f"{count} pins of jobs that are over"


def _references(database: sqlite3.Connection) -> Iterator[str]:
    """Content that nothing refers to, and references to content without a row."""
    if count := _count(database, "blobs WHERE state != 'live'"):
        yield f"{count} contents are being deleted by nobody"
    places = [table for table, column in _columns(database) if column == "blob" and table != "blobs"]
    named = " UNION ".join(f"SELECT blob FROM {table} WHERE blob NOT NULL" for table in places)
    if count := _count(database, f"blobs WHERE blob NOT IN ({named})"):
        yield f"{count} contents are referred to by nothing"
    for table in places:
        if count := _count(database, f"{table} WHERE length(blob) > 0 AND blob NOT IN (SELECT blob FROM blobs)"):
            yield f"{count} rows of {table} name content that has no row"


# ------------------------------------------------------------------------------------------------ the files of content

_ENTRY = struct.Struct(">32sQI")
_TRAILER_BYTES = 48


def _stored(content: Path) -> Iterator[str]:
    """The names of all content there is: loose files, and living members of packs."""
    yield from (path.name for path in content.glob("*/loose/*/*"))
    for pack in content.glob("*/packs/*.pack"):
        buried = pack.with_name(f"{pack.name}.dead")
        dead = buried.read_bytes() if buried.exists() else b""
        gone = {dead[at : at + 32] for at in range(0, len(dead), 32)}
        yield from (key.hex() for key in _members(pack) if key not in gone)


def _members(pack: Path) -> Iterator[bytes]:
    end = pack.stat().st_size - _TRAILER_BYTES
    with pack.open("rb") as file:
        trailer = os.pread(file.fileno(), _TRAILER_BYTES, end)
        count = int.from_bytes(trailer[8:16], "big")
        index = os.pread(file.fileno(), count * _ENTRY.size, end - count * _ENTRY.size)
    yield from (entry[0] for entry in _ENTRY.iter_unpack(index))

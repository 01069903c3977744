"""The tables of an inventory file, and how a value becomes a row and back.

Ids of objects are stored as 16 bytes; names that are looked up have a second column with what two equal names share.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

VERSION = 3
"""Of these tables; a file of another version is crawled afresh, never converted."""

BATCH_ROWS = 5_000

TABLES = """
CREATE TABLE IF NOT EXISTS tenant (
    one INTEGER PRIMARY KEY CHECK (one = 1), tenant_id BLOB NOT NULL, display_name TEXT NOT NULL,
    initial_domain TEXT NOT NULL, domains TEXT NOT NULL, host_urls TEXT NOT NULL, site_creation INTEGER,
    personal_site_creation INTEGER, read_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS licences (
    sku_id BLOB PRIMARY KEY, part_number TEXT NOT NULL, enabled INTEGER NOT NULL, consumed INTEGER NOT NULL,
    plans TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS principals (
    principal_id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, upn TEXT NOT NULL, mail TEXT NOT NULL,
    alias TEXT NOT NULL, visibility TEXT NOT NULL, account_enabled INTEGER NOT NULL, usage_location TEXT NOT NULL,
    licences BLOB NOT NULL, directory_synced INTEGER NOT NULL, on_demand INTEGER NOT NULL, site_url TEXT NOT NULL,
    upn_key TEXT NOT NULL, mail_key TEXT NOT NULL, alias_key TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS principals_by_upn ON principals (upn_key) WHERE upn_key <> '';
CREATE INDEX IF NOT EXISTS principals_by_mail ON principals (mail_key) WHERE mail_key <> '';
CREATE INDEX IF NOT EXISTS principals_by_alias ON principals (alias_key) WHERE alias_key <> '';
CREATE TABLE IF NOT EXISTS members (
    group_id TEXT NOT NULL, member_id TEXT NOT NULL, owner INTEGER NOT NULL, PRIMARY KEY (group_id, member_id, owner)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_by_member ON members (member_id);
CREATE TABLE IF NOT EXISTS sites (
    site_id BLOB PRIMARY KEY, kind TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL, template TEXT NOT NULL,
    owner_id TEXT NOT NULL, group_id TEXT NOT NULL, admins TEXT NOT NULL, lock_state TEXT NOT NULL,
    storage_mb INTEGER NOT NULL, items INTEGER NOT NULL, sharing_links INTEGER NOT NULL, subsites INTEGER NOT NULL,
    status TEXT NOT NULL, has_holds INTEGER, label TEXT NOT NULL, created_at TEXT, modified_at TEXT,
    versions INTEGER NOT NULL, versions_exact INTEGER NOT NULL, workflows INTEGER NOT NULL, deleted_at TEXT,
    read_at TEXT, url_key TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sites_by_url ON sites (url_key);
CREATE INDEX IF NOT EXISTS sites_by_owner ON sites (owner_id) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS sites_by_group ON sites (group_id) WHERE deleted_at IS NULL;
CREATE TABLE IF NOT EXISTS lists (
    site_id BLOB NOT NULL, list_id BLOB NOT NULL, path TEXT NOT NULL, title TEXT NOT NULL, template INTEGER NOT NULL,
    items INTEGER NOT NULL, hidden INTEGER NOT NULL, drive_id TEXT NOT NULL, modified_at TEXT,
    PRIMARY KEY (site_id, list_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drive_tokens (
    site_id BLOB NOT NULL, list_id BLOB NOT NULL, token TEXT NOT NULL, PRIMARY KEY (site_id, list_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS site_users (
    site_id BLOB NOT NULL, login_name TEXT NOT NULL, upn TEXT NOT NULL, mail TEXT NOT NULL, is_admin INTEGER NOT NULL,
    PRIMARY KEY (site_id, login_name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS not_read (
    subject TEXT NOT NULL, site_id BLOB NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (subject, site_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scopes (
    site_id BLOB NOT NULL, scope_id BLOB NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL, read_at TEXT,
    PRIMARY KEY (site_id, scope_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS assignments (
    site_id BLOB NOT NULL, scope_id BLOB NOT NULL, principal_id TEXT NOT NULL, access TEXT NOT NULL,
    PRIMARY KEY (site_id, scope_id, principal_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    site_id BLOB NOT NULL, path TEXT NOT NULL, item_id BLOB NOT NULL, kind TEXT NOT NULL, scope_id BLOB NOT NULL,
    size_bytes INTEGER NOT NULL, versions INTEGER NOT NULL, modified_at INTEGER, item_number INTEGER NOT NULL,
    label TEXT NOT NULL, PRIMARY KEY (site_id, path, item_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_by_label ON items (site_id, label) WHERE label <> '';
CREATE TABLE IF NOT EXISTS runs (
    run_id INTEGER PRIMARY KEY, selection TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT
);
CREATE TABLE IF NOT EXISTS origin (one INTEGER PRIMARY KEY CHECK (one = 1), told BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS run_parts (
    run_id INTEGER NOT NULL, part TEXT NOT NULL, PRIMARY KEY (run_id, part)
) WITHOUT ROWID;
"""


@contextmanager
def transaction(database: sqlite3.Connection) -> Generator[None]:
    """All of what is written within stays, or none; one inside another is part of it."""
    if database.in_transaction:
        yield
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


class Rows:
    """What every group of tables stands on: one connection, transactions that may be nested, rows written in batches."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def writing(self) -> AbstractContextManager[None]:
        """One transaction around several writes: all of them stay, or none."""
        return transaction(self._database)

    def _write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with self.writing():
            left = iter(rows)
            while some := list(islice(left, BATCH_ROWS)):
                self._database.executemany(statement, some)

    def _one(self, statement: str, *values: object) -> Sequence[Any] | None:
        return self._database.execute(statement, values).fetchone()


def ids_blob(ids: Iterable[UUID]) -> bytes:
    return b"".join(each.bytes for each in ids)


def blob_ids(blob: bytes) -> tuple[UUID, ...]:
    return tuple(UUID(bytes=blob[at : at + 16]) for at in range(0, len(blob), 16))


def moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def text_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def truth(number: int | None) -> bool | None:
    return None if number is None else bool(number)


def name_key(name: str) -> str:
    """What two spellings of a UPN, mail or alias must share: they are compared without regard to letter case."""
    return name.strip().casefold()

"""Where a phase stands, kept as JSON in the job's cursor so that the next claim goes on from there."""

from __future__ import annotations

from typing import TypeVar

import msgspec

P = TypeVar("P", bound=msgspec.Struct)


class BackupPlace(msgspec.Struct, frozen=True, kw_only=True):
    """`stage` is principals, groups, web, items, deleted, web_scope, scopes, links or seal; `after` and `after_id` the last
    key and id of the stage written; `counts` how many objects of each kind."""

    epoch: int
    change_no: int
    stage: str = "principals"
    after: int = 0
    after_id: str = ""
    ordinal: int = 1
    counts: dict[str, int] = {}
    items: int = 0
    versions: int = 0
    size_bytes: int = 0


class RestorePlace(msgspec.Struct, frozen=True, kw_only=True):
    """`stage` is build or verify; `part` and `at` name the next object; `after` and `after_deleted` the last live and deleted
    item compared, `after_link` the last link.

    `change_no` is the hidden site's when verification began; the figures are of what was built, then of what was compared:
    `counts` by kind, and `rights` (assignments as they should stand here) in verification only. `root_web` is the id of the
    source's root web, once the manifest has named it.
    """

    stage: str = "build"
    part: int = 1
    at: int = 0
    after: int = 0
    after_deleted: int = 0
    after_link: str = ""
    change_no: int = 0
    rights: int = 0
    root_web: str = ""
    counts: dict[str, int] = {}
    items: int = 0
    versions: int = 0
    size_bytes: int = 0


def moved(place: P, **changes: object) -> P:
    """The place with some fields changed."""
    return msgspec.structs.replace(place, **changes)


def written(place: msgspec.Struct) -> str:
    return msgspec.json.encode(place).decode()


def read(text: str, kind: type[P]) -> P:
    return msgspec.json.decode(text.encode(), type=kind)

"""Where a phase stands, kept as JSON in the job's cursor so that the next claim goes on from there."""

from __future__ import annotations

from typing import TypeVar

import msgspec

P = TypeVar("P", bound=msgspec.Struct)


class BackupPlace(msgspec.Struct, frozen=True, kw_only=True):
    """`stage` is principals, groups, web, items, web_scope, scopes or seal; `after` the last key of the stage written."""

    epoch: int
    change_no: int
    stage: str = "principals"
    after: int = 0
    ordinal: int = 1
    items: int = 0
    versions: int = 0
    size_bytes: int = 0


class RestorePlace(msgspec.Struct, frozen=True, kw_only=True):
    """`stage` is build or verify; `part` and `at` name the next object; `after` the last item compared.

    `change_no` is the hidden site's when verification began; the counts are of what was built, then of what was compared:
    `groups`, `scopes` (the web's left out) and `rights` (assignments as they should stand here) in verification only.
    """

    stage: str = "build"
    part: int = 1
    at: int = 0
    after: int = 0
    change_no: int = 0
    groups: int = 0
    scopes: int = 0
    rights: int = 0
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

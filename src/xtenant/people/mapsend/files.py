"""The file that is to become the map: closed elsewhere, read whole, the same before and after it was judged (R-5.62).

The linter's own reader takes the rows out, so that what was found clean is what is sent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from xtenant.client.map_files import FileOpenElsewhere, closed_file
from xtenant.client.map_rows import Row, RowKey, key_of, row_of
from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT, Limits
from xtenant.people.maplint.reading import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFile:
    """A file's bytes, named by their hash, and its rows with the line each begins in."""

    path: Path
    content: bytes
    sha256: str
    rows: tuple[tuple[int, Row], ...]

    def by_key(self) -> dict[RowKey, Row]:
        return {key_of(row): row for _, row in self.rows}


def read_clean(path: Path, content: bytes, limits: Limits = DEFAULT) -> MapFile:
    """The rows of a file that the linter found clean; `content` is what it held before.

    Raises FileOpenElsewhere when it changed meanwhile, TooLarge for more rows than one call takes (settled C 7).
    """
    rows = tuple((line, row_of(fields)) for line, fields in Reader(path).rows())
    if closed_file(path, limits) != content:
        raise FileOpenElsewhere(f"{path} changed while it was read.")
    if len(rows) > limits.map_rows:
        raise errors.TooLarge(
            f"{path} has {len(rows)} rows; {limits.map_rows} go into one call.",
            remedy="Leave out rows of people and groups that do not move.",
        )
    return MapFile(path=path, content=content, sha256=hashlib.sha256(content).hexdigest(), rows=rows)


def rows_in(path: Path) -> list[Row]:
    """The rows of a file kept from an earlier sending."""
    return [row_of(fields) for _, fields in Reader(path).rows()]

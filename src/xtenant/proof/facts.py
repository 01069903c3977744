"""What is recorded of one item for a proof: everything Graph tells of it that a move has to keep.

Nothing here comes from our own databases: a proof sees a tenant as any client does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Kind(Enum):
    FOLDER = "folder"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """One version of a file. `number` is its label (`2.0`); `editor` a mail address, or whatever Graph tells instead."""

    number: str
    size_bytes: int
    modified_at: datetime
    editor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """A folder or file. `path` is its decoded path below the library; `quick_xor` base64 text, empty for folders.

    `versions` are newest first, the current one included, and empty for folders; `sha256` is set when the content was read.
    """

    path: str
    kind: Kind
    size_bytes: int
    quick_xor: str
    created_at: datetime | None
    modified_at: datetime | None
    author: str
    editor: str
    versions: tuple[VersionFacts, ...] = ()
    sha256: str | None = None
    remote_id: str = ""
    shared: str = ""
    """For whom its widest sharing link is; empty without one."""

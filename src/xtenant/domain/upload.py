"""Putting files into a library: what to do when the name is taken, and upload sessions (`content-api.md` 1.8, 1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import ItemId, PrincipalKey, SiteKey

SessionId = NewType("SessionId", UUID)


class ConflictBehavior(Enum):
    """What happens when the name is there already."""

    FAIL = "fail"
    REPLACE = "replace"
    RENAME = "rename"


class UploadSessionGone(errors.NotFound):
    """The session never was, was cancelled, or has expired (Graph: inner uploadSessionNotFound)."""

    code = "uploadSessionNotFound"
    remedy = "Begin a new upload session."


class FragmentOverlap(errors.WrongRange):
    """The range was received before."""

    code = "fragmentOverlap"


class FragmentOutOfOrder(errors.WrongRange):
    """The range begins behind what was received so far."""

    code = "fragmentOutOfOrder"


class FragmentLengthMismatch(errors.WrongRange):
    """The total differs from the first fragment's, or the body from its range."""

    code = "fragmentLengthMismatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDates:
    """Dates a client wants a file to show; None: now, or as they were."""

    created_at: datetime | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSession:
    """A file that arrives in fragments, in order. `total` is known from the first fragment on.

    Bound to the site's `epoch`: after a freeze nothing of it counts (settled B 4). `expires_at` is security time.
    `item_id` is set once the file stands; the last fragment, sent again, then gets the same answer.
    """

    session_id: SessionId
    site_key: SiteKey
    epoch: int
    library_id: ItemId
    parent_id: ItemId
    name: str
    conflict: ConflictBehavior
    dates: FileDates
    editor: PrincipalKey
    defer_commit: bool
    expires_at: datetime
    total: int | None = None
    received: int = 0
    item_id: ItemId | None = None
    created: bool = False

    @property
    def is_complete(self) -> bool:
        return self.total is not None and self.received == self.total


def check_fragment(session: UploadSession, start: int, end: int, total: int) -> None:
    """Whether bytes `start` to `end` (included) of `total` come next. Raises the three kinds of WrongRange."""
    if not 0 <= start <= end < total:
        raise FragmentLengthMismatch(f"The range {start}-{end}/{total} is none.")
    if session.total is not None and total != session.total:
        raise FragmentLengthMismatch(f"The total was {session.total} before, and is {total} now.")
    if start < session.received:
        raise FragmentOverlap(f"The upload has {session.received} bytes already.", received=session.received)
    if start > session.received:
        raise FragmentOutOfOrder(f"The upload goes on at byte {session.received}.", received=session.received)

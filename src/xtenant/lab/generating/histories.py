"""Version histories of made-up files and list items: one to 500, half of those with more than one exactly two."""

from __future__ import annotations

from collections.abc import Callable

from xtenant.domain.estates import EstateVersion
from xtenant.domain.fields import NO_FIELDS, Fields
from xtenant.lab.generating.draft import SiteDraft
from xtenant.lab.generating.moments import ENDED, between, in_order
from xtenant.lab.generating.words import comment

LONGEST = 500
SHARED = tuple(f"A template that everybody copies, number {number}.\n".encode() * 20 for number in range(8))
SMALLEST_OF_HISTORIES = 16

Label = tuple[int, int]


def length_of(draft: SiteDraft) -> int:
    """How many versions something has."""
    draw = draft.chance.random()
    if draw >= draft.with_versions:
        return 1
    draw /= draft.with_versions
    if draw < 0.5:
        return 2
    if draw < 0.9:
        return 3 + int(draft.chance.random() * 10)
    if draw < 0.99:
        return 13 + int(draft.chance.random() * 48)
    return 61 + int(draft.chance.random() * (LONGEST - 60))


def labels(draft: SiteDraft, count: int, *, minor: bool) -> list[Label]:
    """Ascending version numbers. With minor versions drafts come between; some histories begin late, as trimmed ones do."""
    major, small = (0, 1) if minor else (1, 0)
    if count > 1 and draft.chance.random() < 0.2:
        major += int(draft.chance.random() * 40)
    found: list[Label] = []
    for _ in range(count):
        found.append((major, small))
        if minor and draft.chance.random() < 0.6:
            small += 1
        else:
            major, small = major + 1, 0
    return found


def content(draft: SiteDraft, *, alone: bool) -> bytes:
    """Small, so that an estate fits a laptop. What stands alone may be empty or a copy; versions differ from each other."""
    chance = draft.chance
    draw = chance.random()
    if alone and draw < 0.02:
        return b""
    if alone and draw < 0.06:
        return SHARED[int(chance.random() * len(SHARED))]
    if draw > 0.998:
        return chance.randbytes(20_000 + int(chance.random() * 40_000))
    size = int(chance.lognormvariate(5.2, 1.0))
    return chance.randbytes(max(SMALLEST_OF_HISTORIES, min(size, 6_000)))


def file_history(
    draft: SiteDraft, count: int, *, minor: bool, values: Callable[[], Fields] = lambda: NO_FIELDS
) -> tuple[EstateVersion, ...]:
    return _history(draft, count, minor=minor, values=values, contents=lambda: content(draft, alone=count == 1))


def item_history(draft: SiteDraft, count: int, *, values: Callable[[], Fields]) -> tuple[EstateVersion, ...]:
    return _history(draft, count, minor=False, values=values, contents=lambda: b"")


def _history(
    draft: SiteDraft, count: int, *, minor: bool, values: Callable[[], Fields], contents: Callable[[], bytes]
) -> tuple[EstateVersion, ...]:
    first = between(draft.chance, draft.created_at, ENDED)
    moments = in_order(draft.chance, first, count)
    return tuple(
        EstateVersion(
            major=label[0],
            minor=label[1],
            modified_at=moment,
            editor=draft.worker(),
            content=contents(),
            comment=comment(draft.chance),
            fields=values(),
        )
        for label, moment in zip(labels(draft, count, minor=minor), moments, strict=True)
    )

"""The numbers of versions: majors are published, minors are drafts (content-api.md 1.11, 4.3).

A library with minor versions numbers what is written 0.1, 0.2, …; publishing makes the draft the next major version, taking
it back makes that a draft again, behind the ones before it.
"""

from __future__ import annotations

from enum import IntEnum

from xtenant.domain import errors
from xtenant.domain.content import Item, ItemKind
from xtenant.domain.lists import ListDefinition

MOST_COMMENT = 1_023
"""Characters of a version's comment (content-api.md 4.3)."""

Number = tuple[int, int]


class AlreadyPublished(errors.Conflict):
    """A published version is not published again."""

    code = "alreadyPublished"
    remedy = "Write the file first, or take the version back with UnPublish."


class NotPublished(errors.Conflict):
    """A draft cannot be taken back."""

    code = "notPublished"
    remedy = "Publish it first."


class NoMinorVersions(errors.UsageError):
    """Drafts are of libraries that keep minor versions."""

    code = "noMinorVersions"
    remedy = "Switch minor versions on in the library's settings (`EnableMinorVersions`)."


class CheckInType(IntEnum):
    """SharePoint's numbers."""

    MINOR = 0
    MAJOR = 1
    OVERWRITE = 2


def first_number(definition: ListDefinition, kind: ItemKind = ItemKind.FILE) -> Number:
    """The number of something new."""
    return (0, 1) if kind is ItemKind.FILE and definition.minor_versions else (1, 0)


def next_number(item: Item, definition: ListDefinition) -> Number | None:
    """A draft in a library with minor versions, else the next major version; None where the current one is replaced."""
    major, minor = item.version
    if not definition.versioning:
        return None
    return (major, minor + 1) if item.kind is ItemKind.FILE and definition.minor_versions else (major + 1, 0)


def published(number: Number) -> Number:
    """What a draft becomes. Raises AlreadyPublished."""
    major, minor = number
    if minor == 0:
        raise AlreadyPublished("The file's current version is published.", version=number)
    return major + 1, 0


def taken_back(number: Number, drafts_before: int) -> Number:
    """What a published version becomes: a draft behind those, so many, before it. Raises NotPublished."""
    major, minor = number
    if minor != 0 or major < 1:
        raise NotPublished("The file's current version is a draft.", version=number)
    return major - 1, drafts_before + 1


def comment_of(text: str) -> str:
    """Raises UsageError for one that is too long or holds what no text holds."""
    if len(text) > MOST_COMMENT:
        raise errors.UsageError(f"A comment has at most {MOST_COMMENT} characters.")
    if "\x00" in text:
        raise errors.UsageError("A comment is text.")
    return text

"""Shorter names: how much a name can lose, and one of a given length that is allowed and that nobody has.

A name keeps at least 8 characters and its extension (settled C 21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import unquote

from xtenant.domain import paths

LEAST_CHARACTERS = 8
LEAST_SEGMENT = 4
"""Of an address that is proposed for a site (our choice)."""
LONGEST_EXTENSION = 16
"""With its dot; what follows a dot farther from the end is part of the name."""

Taken = Callable[[str], bool]


def parts(name: str, *, folder: bool) -> tuple[str, str]:
    """The name without its extension, and the extension with its dot: `("report", ".docx")`."""
    stem, dot, extension = name.rpartition(".")
    if folder or not stem or not extension or len(extension) >= LONGEST_EXTENSION:
        return name, ""
    return stem, dot + extension


def spare_of(name: str, *, folder: bool) -> int:
    """How many characters a name can lose."""
    return max(0, len(parts(name, folder=folder)[0]) - LEAST_CHARACTERS)


def shortened(name: str, losing: int, *, folder: bool, at_root: bool, taken: Taken) -> str:
    """The name without `losing` characters of its end, before the extension; numbered where that is taken or not allowed."""
    stem, extension = parts(name, folder=folder)
    if not paths.is_item_name(f"renamed{extension}", folder=folder, at_root=at_root):
        stem, extension = name, ""  # what stands behind the last dot is not allowed
    length = len(name) - losing - len(extension)
    if not paths.is_item_name(f"{stem[: length - 2]}-2{extension}", folder=folder, at_root=at_root):
        stem = "renamed" + "x" * length  # the beginning itself is not allowed
    for ending in _endings():
        candidate = stem[: length - len(ending)] + ending + extension
        if paths.is_item_name(candidate, folder=folder, at_root=at_root) and not taken(candidate):
            return candidate
    raise AssertionError  # the endings have no end


def mended(name: str, *, folder: bool, at_root: bool, taken: Taken) -> str:
    """The closest name that is allowed and that nobody has."""
    closest: str = paths.closest_name(name, folder=folder, at_root=at_root)
    stem, extension = parts(closest, folder=folder)
    for ending in _endings():
        candidate = stem[: paths.NAME_LENGTH - len(extension) - len(ending)] + ending + extension
        if paths.is_item_name(candidate, folder=folder, at_root=at_root) and not taken(candidate):
            return candidate
    raise AssertionError  # the endings have no end


def shorter_address(url: str, losing: int, *, taken: Taken) -> str | None:
    """The address of a site whose last part has lost at least so many characters; None where too little would be left."""
    before, _, last = unquote(url).rstrip("/").rpartition("/")
    if len(last) - losing < LEAST_SEGMENT:
        return None
    plain = last[: len(last) - losing].rstrip("-_. ")
    return free_address(before, plain if len(plain) >= LEAST_SEGMENT else last[: len(last) - losing], taken=taken)


def free_address(before: str, segment: str, *, taken: Taken) -> str | None:
    """The address `before/segment`, its last signs a number where it is taken; None where all are."""
    for number in range(1, 10**LEAST_SEGMENT):
        ending = "" if number == 1 else str(number)
        candidate = f"{before}/{segment[: len(segment) - len(ending)]}{ending}"
        if not taken(candidate) and paths.is_item_name(candidate.rpartition("/")[2], folder=True):
            return candidate
    return None


def _endings() -> Iterator[str]:
    yield ""
    for number in count(2):
        yield f"-{number}"

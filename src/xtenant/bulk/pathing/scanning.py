"""One look at every path of the sites that move: which will be too long at the target, which names are refused there, which are equal.

A path counts from the site on, decoded: `sites/x/Shared Documents/a.docx`, 400 characters at most (settled C 21). Whether the full
address, or its encoded form, counts instead is not published (U-9), so those over 400 are kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote
from uuid import UUID

from xtenant.domain import paths
from xtenant.inventory.facts import ScopeKind
from xtenant.inventory.store import Inventory

EXAMPLES = 3
"""Paths told of those that are not each a finding."""

_PLAIN = re.compile(r"\w(?:[\w .()&,+#%=-]{0,250}[\w)])?")
_SPECIAL = paths.RESERVED | {"forms"}
_SHOWN = 500
_LIST, _FOLDER = ScopeKind.LIST.value, ScopeKind.FOLDER.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the items of a site land: the decoded path of the new site, and its full address."""

    site_path: str
    url: str

    @property
    def room(self) -> int:
        """Characters left for an item's path below the site."""
        return paths.PATH_LENGTH - len(self.site_path) - (1 if self.site_path else 0)


@dataclass(slots=True, kw_only=True)
class Scan:
    """What one site's paths showed. `long` holds every item over the limit: its path and whether it is a folder."""

    lists: list[str] = field(default_factory=list[str])
    long: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    illegal: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    equal: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    """Items whose path differs from an earlier one's in letter case or composition only."""
    full: int = 0
    """How many full or encoded addresses are over the limit."""
    longest: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """The longest of them, with their lengths."""

    @property
    def is_clean(self) -> bool:
        return not (self.long or self.illegal or self.equal or self.full)


def cut(path: str) -> str:
    """A path as a person can read it; only a hostile one is longer."""
    return path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"


def is_plain(name: str) -> bool:
    """Whether a name is allowed as most names plainly are; the rules themselves, twenty times slower, judge the others."""
    if _PLAIN.fullmatch(name) is None:
        return False
    folded = name.lower()
    return folded not in _SPECIAL and "_vti_" not in folded


def scan(source: Inventory, places: Mapping[UUID, Place]) -> Iterator[tuple[UUID, Scan]]:
    """What is amiss in each of these sites, in one pass over the inventory; sites where nothing is are left out."""
    of = {site_id.bytes: place for site_id, place in places.items()}
    site, place, look = b"", None, _Look(Place(site_path="", url=""))
    for site_id, kind, path in source.item_paths():
        if site_id != site:
            if place is not None and not look.found.is_clean:
                yield UUID(bytes=site), look.found
            site, place = site_id, of.get(site_id)
            if place is not None:
                look = _Look(place)
        if place is not None:
            look.at(kind, path)
    if place is not None and not look.found.is_clean:
        yield UUID(bytes=site), look.found


class _Look:
    """The paths of one site, one after the other."""

    def __init__(self, place: Place) -> None:
        self.found = Scan()
        self._place = place
        self._room = place.room
        self._encoded_url = len(quote(place.url, safe=":/"))
        self._sure = (paths.PATH_LENGTH - self._encoded_url - 1) // 3  # an ASCII sign becomes at most three
        self._names: set[str] = set()

    def at(self, kind: str, path: str) -> None:
        """Judge one item; called a million times, so what is plainly fine is passed quickly."""
        found, folder = self.found, kind == _FOLDER
        if kind == _LIST:
            found.lists.append(path)
        elif len(path) > self._room:
            found.long.append((path, folder))
        if len(path) > self._sure or not path.isascii():
            self._measure(path)
        key = path.lower() if path.isascii() else paths.name_key(path)
        if key in self._names:
            found.equal.append((path, folder))
        else:
            self._names.add(key)
        if kind != _LIST:
            above, _, name = path.rpartition("/")
            if not is_plain(name) and not paths.is_item_name(name, folder=folder, at_root="/" not in above):
                found.illegal.append((path, folder))

    def _measure(self, path: str) -> None:
        """The encoded address, which is never shorter than the decoded one."""
        length = self._encoded_url + 1 + len(quote(path))
        if length > paths.PATH_LENGTH:
            self.found.full += 1
            self.found.longest = sorted([*self.found.longest, (length, path)], reverse=True)[:EXAMPLES]

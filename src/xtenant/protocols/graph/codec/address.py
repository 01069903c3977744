"""The addressing grammar of drives, sites and items (content-api.md 1.5, 1.14), from the raw path to a value.

Clients write the same thing in many ways: doubled slashes, `%3A%2F` for `:/` inside one segment, a trailing `:` or `:/`
or nothing after a path, `delta` and `delta()`. Names cannot hold `:` or `/`, so the path is decoded first and then read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote

from xtenant.domain import errors

MAX_PATH_CHARACTERS = 400
"""Decoded path from the site on; ours counts from the library on and leaves the rest to the store (content-api.md 1.18)."""

_WORD = re.compile(r"[^/:()]+(?P<call>\((?P<arguments>(?:[^()']|'(?:[^']|'')*')*)\))?")


class InvalidAddress(errors.UsageError):
    """A path that means nothing (Graph: 400 invalidRequest)."""

    code = "invalidAddress"
    remedy = "Compare the address with the forms Graph knows, for instance /drives/{id}/root:/a/b.txt:/content."


class PathIsTooLong(errors.UsageError):
    """More than 400 characters (Graph: inner code pathIsTooLong)."""

    code = "pathIsTooLong"
    remedy = "Shorten folder or file names."


class Place(Enum):
    """What the address starts at."""

    DRIVE = "drives"
    ME = "me"
    USER = "users"
    GROUP = "groups"
    SITE = "sites"


@dataclass(frozen=True, slots=True)
class ItemRef:
    """`item_id` None is the root; `names` is a path below it."""

    item_id: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """One word of the sub-resource; `arguments` is what stood between the parentheses of a function."""

    name: str
    arguments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address read. `name` is a drive, user, group or site id; a site by path has `path` and maybe a host as name.

    `drive` is a drive id below a site (`None` with `in_drive` = the default one); `item` is set where an item is meant.
    """

    place: Place
    name: str = ""
    path: tuple[str, ...] | None = None
    in_drive: bool = False
    drive: str | None = None
    item: ItemRef | None = None
    rest: tuple[Segment, ...] = field(default=())

    @property
    def verb(self) -> str:
        """The first word of the sub-resource in lower case, or an empty text."""
        return self.rest[0].name.lower() if self.rest else ""


def parse_address(raw_path: str) -> Address:
    """Read a raw path below the version (`drives/b!…/root:/a.txt`). Raises InvalidAddress or PathIsTooLong."""
    reader = _Reader(_decoded(raw_path))
    try:
        place = Place(reader.word().name.lower())
    except ValueError:
        raise InvalidAddress("The address does not start with a drive, site, user or group.") from None
    match place:
        case Place.DRIVE:
            return _in_drive(reader, Address(place=place, name=reader.word().name, in_drive=True))
        case Place.SITE:
            return _in_site(reader)
        case Place.ME:
            start = Address(place=place)
        case Place.USER | Place.GROUP:
            start = Address(place=place, name=reader.word().name)
    words = reader.peek()
    if words == "drive":
        reader.word()
        return _in_drive(reader, Address(place=start.place, name=start.name, in_drive=True))
    return Address(place=start.place, name=start.name, rest=reader.words())


def _in_site(reader: _Reader) -> Address:
    name = reader.word().name
    path = reader.path()
    following = reader.peek()
    if following == "drive":
        reader.word()
        return _in_drive(reader, Address(place=Place.SITE, name=name, path=path, in_drive=True))
    if following == "drives":
        reader.word()
        if reader.at_end:
            return Address(place=Place.SITE, name=name, path=path, rest=(Segment("drives"),))
        drive = reader.word().name
        return _in_drive(reader, Address(place=Place.SITE, name=name, path=path, in_drive=True, drive=drive))
    return Address(place=Place.SITE, name=name, path=path, rest=reader.words())


def _in_drive(reader: _Reader, start: Address) -> Address:
    item: ItemRef | None = None
    following = reader.peek()
    if following == "root":
        reader.word()
        item = ItemRef(None, reader.path() or ())
    elif following == "items":
        reader.word()
        name = reader.word().name
        item = ItemRef(None if name.lower() == "root" else name, reader.path() or ())
    return Address(
        place=start.place,
        name=start.name,
        path=start.path,
        in_drive=True,
        drive=start.drive,
        item=item,
        rest=reader.words(),
    )


def _decoded(raw_path: str) -> str:
    try:
        text = unquote(raw_path, errors="strict")
    except UnicodeDecodeError:
        raise InvalidAddress("The address is not UTF-8.") from None
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise InvalidAddress("The address holds control characters.")
    return text


class _Reader:
    """Reads words and `:/path:` pieces from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._skip_slashes()

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def word(self) -> Segment:
        """The next word. Raises InvalidAddress where there is none."""
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise InvalidAddress("The address ends too early or has a part that means nothing.")
        self._at = found.end()
        if self._at < len(self._text) and self._text[self._at] not in "/:":
            raise InvalidAddress("The address has a part that means nothing.")
        self._skip_slashes()
        name = found.group(0).removesuffix(found.group("call") or "")
        return Segment(name, found.group("arguments") or "")

    def words(self) -> tuple[Segment, ...]:
        """All that is left; a single colon at the very end says nothing."""
        left: list[Segment] = []
        while not self.at_end:
            if self._text[self._at] == ":" and not self._text[self._at :].strip(":/"):
                break
            left.append(self.word())
        return tuple(left)

    def peek(self) -> str:
        """The next word in lower case, not taken; empty at the end or before a path."""
        found = _WORD.match(self._text, self._at)
        return found.group(0).lower() if found else ""

    def path(self) -> tuple[str, ...] | None:
        """The names of a `:/a/b` piece, up to the next colon or the end; None where none begins here."""
        if self.at_end or self._text[self._at] != ":":
            return None
        end = self._text.find(":", self._at + 1)
        piece = self._text[self._at + 1 : end if end >= 0 else len(self._text)]
        self._at = end + 1 if end >= 0 else len(self._text)
        if piece and not piece.startswith("/"):
            raise InvalidAddress("A path begins with ':/'.")
        self._skip_slashes()
        return path_names(piece)

    def _skip_slashes(self) -> None:
        while self._at < len(self._text) and self._text[self._at] == "/":
            self._at += 1


def path_names(text: str) -> tuple[str, ...]:
    """Names of a decoded path; empty ones and `.` fall away (recorded with onedrive 2.4), `..` is refused."""
    if len(text) > MAX_PATH_CHARACTERS:
        raise PathIsTooLong("The path is longer than 400 characters.")
    names = tuple(name for name in text.split("/") if name not in ("", "."))
    if ".." in names:
        raise InvalidAddress("A path cannot go up with '..'.")
    return names

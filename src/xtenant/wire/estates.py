"""Estates on the wire: one JSON value a line, `["item",{…}]`, read and written as they come (settled B 13).

Contents stand in base64. What arrives is read strictly by the shapes of `domain/estates.py`; a line has a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import msgspec

from xtenant.domain import errors
from xtenant.domain.estates import (
    EstateGroup,
    EstateItem,
    EstateLink,
    EstatePerson,
    EstateRecord,
    EstateRights,
    EstateSite,
    EstateSiteGroup,
)
from xtenant.domain.limits import MIB

LONGEST_LINE = 64 * MIB
PIECE = MIB

_KINDS: dict[str, type[Any]] = {
    "person": EstatePerson,
    "group": EstateGroup,
    "site": EstateSite,
    "sitegroup": EstateSiteGroup,
    "item": EstateItem,
    "rights": EstateRights,
    "link": EstateLink,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(kind) for name, kind in _KINDS.items()}
_LINE = msgspec.json.Decoder(tuple[str, msgspec.Raw])


class BadEstate(errors.UsageError):
    """The stream is no estate, or is damaged."""

    code = "badEstate"
    remedy = "Make estates with `xtenant lab generate`."


def write_records(records: Iterable[EstateRecord]) -> Iterator[bytes]:
    """The lines of an estate, in pieces of about 1 MiB."""
    encode = msgspec.json.Encoder().encode
    waiting = bytearray()
    for record in records:
        waiting += encode((_NAMES[type(record)], record))
        waiting += b"\n"
        if len(waiting) >= PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def read_records(pieces: Iterable[bytes]) -> Iterator[EstateRecord]:
    """Records as their lines arrive. Raises BadEstate."""
    for line in _lines(pieces):
        try:
            name, rest = _LINE.decode(line)
            yield cast(EstateRecord, _DECODERS[name].decode(rest))
        except KeyError as error:
            raise BadEstate("A line of the estate is of a kind that nobody knows.") from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadEstate(f"A line of the estate cannot be read: {error}.") from error


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = b""
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        if whole:
            yield from (line for line in (waiting + whole[0], *whole[1:]) if line)
            waiting = rest
        else:
            waiting += rest
        if len(waiting) > LONGEST_LINE:
            raise BadEstate("A line of the estate is too long.")
    if waiting:
        yield waiting

"""The options of a list of directory objects, and its tokens (graph-migrations.md 1 and 4.2).

Advanced questions (`ne`, `not`, `endswith`, `$search`, `$count`, a filter together with an order) are answered only where the
client says that it knows: header `ConsistencyLevel: eventual`, and `$count=true` beside a filter. A page token holds the key
of the page's last row, a delta token how far the asker has come; both are opaque to clients and judged as hostile.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.query import InvalidQuery, Kind, Noun, Order, Place, UnsupportedQuery
from xtenant.protocols.graph.codec.query import InvalidOption, NotSupported

PAGE, PAGE_MAX = 100, 999
_KNOWN = frozenset(
    {"top", "select", "filter", "search", "orderby", "count", "skiptoken", "deltatoken", "expand", "format"}
)
_NUMBER_MAX = 2**62
LATEST = "latest"

T = TypeVar("T")


class BadToken(errors.UsageError):
    """A page or delta token that is not one of this list."""

    code = "badToken"
    remedy = "Start the list again without the token."


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a request asks of a list. `eventual` is the header's word, `page_size` what `Prefer` wishes."""

    top: int = PAGE
    select: tuple[str, ...] = ()
    filter: str | None = None
    search: str | None = None
    order: str | None = None
    count: bool = False
    skip_token: str | None = None
    delta_token: str | None = None
    eventual: bool = False


def parse_options(pairs: Iterable[tuple[str, str]], headers: Mapping[str, str]) -> Options:
    """Read decoded query pairs and headers. Raises InvalidOption, UnsupportedQuery, NotSupported."""
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower().removeprefix("$")
        if key == "skip":
            raise UnsupportedQuery("$skip is not supported.", remedy="Follow @odata.nextLink.")
        if key not in _KNOWN:
            raise InvalidOption(f"The query option '{name[:100]}' is unknown.", remedy="Leave it out.")
        if key in found:
            raise InvalidOption(f"The query option '{name[:100]}' stands twice.")
        found[key] = value
    if found.get("expand"):
        raise NotSupported("$expand is not supported; ask for the sub-resource itself.")
    return Options(
        top=_size(found.get("top"), headers.get("prefer", "")),
        select=tuple(part.strip() for part in found.get("select", "").split(",") if part.strip()),
        filter=found.get("filter"),
        search=found.get("search"),
        order=found.get("orderby"),
        count=_flag(found.get("count")),
        skip_token=found.get("skiptoken"),
        delta_token=found.get("deltatoken"),
        eventual=headers.get("consistencylevel", "").strip().lower() == "eventual",
    )


def check_advanced(options: Options, *, filter_is_advanced: bool) -> None:
    """Raise UnsupportedQuery for a question that needs words of the client which are missing."""
    wanted = {
        "$count": options.count,
        "$search": options.search is not None,
        "this filter": filter_is_advanced,
        "$filter together with $orderby": options.filter is not None and options.order is not None,
    }
    asked = [name for name, is_asked in wanted.items() if is_asked]
    if asked and not options.eventual:
        raise UnsupportedQuery(f"{asked[0]} is only answered with the header ConsistencyLevel: eventual.")
    if asked and not options.count and (filter_is_advanced or wanted["$filter together with $orderby"]):
        raise UnsupportedQuery(f"{asked[0]} is only answered with $count=true.")


def refuse(options: Options, *, beside: Collection[str] = ()) -> None:
    """Raise UnsupportedQuery for options that a list does not take; `beside` names those it does."""
    given = {
        "$filter": options.filter,
        "$search": options.search,
        "$orderby": options.order,
        "$count": options.count,
        "$deltatoken": options.delta_token,
        "$skiptoken": options.skip_token,
    }
    for name, value in given.items():
        if value and name not in beside:
            raise UnsupportedQuery(f"{name} is not supported on this list.", remedy="Leave it out.")


def selection(options: Options, properties: Collection[str], noun: Noun) -> frozenset[str]:
    """The properties asked for. Raises InvalidQuery for one that the type does not have."""
    return checked_selection(options.select, properties, noun)


def checked_selection(names: Iterable[str], properties: Collection[str], noun: Noun) -> frozenset[str]:
    """The same of names already read."""
    known, wanted = {name.lower() for name in properties}, frozenset(names)
    for name in sorted(wanted):
        if name.lower() not in known and name != "*":
            raise InvalidQuery(f"Could not find a property named '{name[:100]}' on type 'microsoft.graph.{noun.name}'.")
    return wanted


def pack_place(order: Order | None, place: Place) -> str:
    """A page token: the order's name, the last row's value there, its id."""
    return _pack([_name_of(order), place.value, str(place.object_id)])


def unpack_place(order: Order | None, token: str) -> Place:
    """Raises BadToken, also for a token of another order."""
    name, value, object_id = _unpack(token, tuple[str, str | int, UUID])
    is_time = order is not None and order.field.kind is Kind.INSTANT
    if name != _name_of(order) or isinstance(value, int) is not is_time or not _is_sound(value):
        raise BadToken("The page token belongs to another list.")
    return Place(value, object_id)


def from_now(options: Options) -> bool:
    """Whether a delta asks for nothing but a token to hear of later changes."""
    return (options.delta_token or "").lower() == LATEST and options.skip_token is None


def pack_id(object_id: UUID) -> str:
    """A page token of a list that goes by ids."""
    return _pack([str(object_id)])


def unpack_id(token: str) -> UUID:
    return _unpack(token, tuple[UUID])[0]


def pack_since(noun: Noun, seen: int, after: Place) -> str:
    """A delta token."""
    return _pack([noun.name, seen, after.value, str(after.object_id)])


def unpack_since(noun: Noun, token: str) -> tuple[int, Place]:
    """Raises BadToken."""
    name, seen, number, object_id = _unpack(token, tuple[str, int, int, UUID])
    if name != noun.name or not _is_sound(seen) or not _is_sound(number):
        raise BadToken("The delta token belongs to another list.")
    return seen, Place(number, object_id)


def _pack(parts: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def _unpack(token: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)), type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise BadToken("The token is not one of this service.") from error


def _name_of(order: Order | None) -> str:
    return "id" if order is None else f"{order.field.name} desc" if order.descending else order.field.name


def _is_sound(value: Any) -> bool:
    """Whether a value from a token may be handed to a database."""
    if isinstance(value, int):
        return -_NUMBER_MAX < value < _NUMBER_MAX
    return "\0" not in value and not any(0xD800 <= ord(character) < 0xE000 for character in value)


def _size(text: str | None, prefer: str) -> int:
    if text is None:
        for part in prefer.lower().replace(" ", "").split(","):
            wished = part.removeprefix("odata.maxpagesize=")
            if part != wished and wished.isdecimal() and wished.isascii() and 0 < len(wished) < 10:
                return min(max(int(wished), 1), PAGE_MAX)  # a preference, not a demand
        return PAGE
    if not (text.isdecimal() and text.isascii() and len(text) < 10 and 1 <= int(text) <= PAGE_MAX):
        raise UnsupportedQuery(
            f"Invalid page size specified: '{text[:20]}'. Must be between 1 and {PAGE_MAX} inclusive.",
            remedy=f"Ask for at most {PAGE_MAX} and follow @odata.nextLink.",
        )
    return int(text)


def _flag(text: str | None) -> bool:
    if text is None or text.lower() in ("true", "false"):
        return (text or "").lower() == "true"
    raise InvalidOption(f"'{text[:20]}' is no value of $count.", remedy="Write true or false.")

"""JSON bodies in and out: decoding into typed structures with clear refusals, `$select`, pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from xtenant.domain import errors
from xtenant.domain.tenant import GRAPH_HOST

Body = TypeVar("Body")

Json = Mapping[str, object]


class InvalidBody(errors.UsageError):
    """A body that is no JSON, or has unknown, missing or wrongly typed properties."""

    code = "usage"
    remedy = "Compare the body with Graph's documentation of this call."


def decode(body: bytes, kind: type[Body]) -> Body:
    """Read JSON into a structure. Raises InvalidBody naming the property."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidBody(f"The body cannot be read: {error}.") from error


def encode(value: object) -> bytes:
    return msgspec.json.encode(value)


def selected(row: Json, wanted: frozenset[str]) -> Json:
    """A row cut to `$select`; annotations (`@…`) stay, names compare in any letter case."""
    if not wanted or "*" in wanted:
        return row
    names = {name.lower() for name in wanted}
    return {name: value for name, value in row.items() if name.lower() in names or name.startswith("@odata.")}


def page(
    rows: Sequence[Json],
    *,
    context: str,
    next_link: str | None = None,
    delta_link: str | None = None,
    count: int | None = None,
) -> dict[str, object]:
    """A list answer; links are absolute addresses that clients ask for verbatim."""
    counted = {} if count is None else {"@odata.count": count}
    answer: dict[str, object] = {"@odata.context": context, **counted, "value": rows}
    if next_link is not None:
        answer["@odata.nextLink"] = next_link
    if delta_link is not None:
        answer["@odata.deltaLink"] = delta_link
    return answer


def context_of(version: str, what: str) -> str:
    return f"https://{GRAPH_HOST}/{version}/$metadata#{what}"

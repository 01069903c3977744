"""OData as SharePoint REST speaks it: function URLs, key arguments, and the envelopes of results and errors.

Envelopes follow `Accept` (content-api.md 4.1); Atom is not served, JSON without metadata stands in for it (our choice).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from urllib.parse import quote
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from xtenant.domain import errors
from xtenant.wire.faults import fault_of

MULTI_GEO_ROOT = "/_api/Microsoft.Online.SharePoint.MultiGeo.Service.MultiGeoServicesBeta"


Json: TypeAlias = str | int | float | bool | UUID | datetime | Mapping[str, "Json"] | Sequence["Json"] | None
"""What a result may hold; times travel as ISO 8601 with Z, GUIDs as plain text."""


class Flavour(Enum):
    """How much metadata an answer carries, and in which OData version; the value is the content type."""

    VERBOSE = "application/json;odata=verbose;charset=utf-8"
    MINIMAL = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
    NONE = "application/json;odata=nometadata;streaming=true;charset=utf-8"
    V4 = "application/json;odata.metadata=none;streaming=true;charset=utf-8"


def flavour_of(request: Request) -> Flavour:
    """What `Accept` asks for; without a word about metadata, none is given."""
    accept = request.headers.get("accept", "").lower().replace(" ", "")
    if "odata=verbose" in accept:
        return Flavour.VERBOSE
    if "odata=minimalmetadata" in accept:
        return Flavour.MINIMAL
    if "odata.metadata=" in accept or request.headers.get("odata-version", "").startswith("4"):
        return Flavour.V4
    return Flavour.NONE


def both_roots(path: str) -> tuple[str, str]:
    """The two addresses of a MultiGeo member: directly below `_api`, and below the service's entity (spo-admin.md 5.1)."""
    return f"/_api/{path}", f"{MULTI_GEO_ROOT}/{path}"


def single(request: Request, value: Mapping[str, Json], *, kind: str = "", status: int = 200) -> Response:
    """One entity; `kind` is its full type name."""
    flavour = flavour_of(request)
    body = dict(value)
    if flavour is Flavour.VERBOSE:
        metadata = {"__metadata": {"id": str(request.url), "uri": str(request.url), "type": kind}} if kind else {}
        return _json({"d": {**metadata, **body}}, flavour, status)
    if flavour is Flavour.MINIMAL and kind:
        body = {"odata.metadata": f"https://{request.url.netloc}/_api/$metadata#{kind}", "odata.type": kind, **body}
    return _json(body, flavour, status)


def method_result(request: Request, name: str, value: Json) -> Response:
    """A method's result: verbose wraps it by the method's name, the others give it bare (a scalar as `value`)."""
    flavour = flavour_of(request)
    if flavour is Flavour.VERBOSE:
        return _json({"d": {name: _verbose(value)}}, flavour, 200)
    return _json(value if isinstance(value, Mapping) else {"value": value}, flavour, 200)


def nothing(request: Request, name: str) -> Response:
    """The answer of a method without a result: `null` under its name in verbose form, marked as null otherwise."""
    flavour = flavour_of(request)
    if flavour is Flavour.VERBOSE:
        return _json({"d": {name: None}}, flavour, 200)
    return _json({"@odata.null" if flavour is Flavour.V4 else "odata.null": True}, flavour, 200)


def feed(
    request: Request,
    rows: Sequence[Mapping[str, Json]],
    *,
    next_link: str | None = None,
    more: Mapping[str, Json] | None = None,
) -> Response:
    """A collection, with the address of its next page and members of its own."""
    flavour = flavour_of(request)
    if flavour is Flavour.VERBOSE:
        following = {"__next": next_link} if next_link else {}
        results = [_verbose(row) for row in rows]
        return _json({"d": {"results": results, **(more or {}), **following}}, flavour, 200)
    name = "@odata.nextLink" if flavour is Flavour.V4 else "odata.nextLink"
    return _json({"value": list(rows), **(more or {}), **({name: next_link} if next_link else {})}, flavour, 200)


def error(request: Request, fault: errors.XTenantError, status: int) -> Response:
    """The error envelope; `innererror` is ours: our code and remedy, and the code by which Microsoft's pages know the error
    (`MnA…`); absent at Microsoft."""
    flavour = flavour_of(request)
    known = {"microsoftCode": fault.microsoft_code} if fault.microsoft_code else {}
    ours = {"innererror": {"code": fault.code, "remedy": fault.remedy, **known}}
    code = fault_of(fault).text
    if flavour is Flavour.V4:
        return _json({"error": {"code": code, "message": fault.text, **ours}}, flavour, status)
    body = {"code": code, "message": {"lang": "en-US", "value": fault.text}, **ours}
    return _json({"error" if flavour is Flavour.VERBOSE else "odata.error": body}, flavour, status)


def _verbose(value: Json) -> Json:
    """Verbose form wraps every collection in `results`."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {name: _verbose(member) for name, member in value.items()}
    if isinstance(value, Sequence):
        return {"results": [_verbose(item) for item in value]}
    return value


def _json(body: object, flavour: Flavour, status: int) -> Response:
    return Response(msgspec.json.encode(body), status, media_type=flavour.value)


_LITERAL = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_]\w*)\s*=\s*)?"
    r"(?:(?:guid|datetime)?'(?P<text>(?:[^']|'')*)'|@(?P<alias>\w+)|(?P<bare>[^',()\s]+))\s*(?:,|$)",
    re.IGNORECASE,
)


def arguments(text: str, *names: str, aliases: Mapping[str, str] | None = None) -> dict[str, str]:
    """The arguments of a function call, decoded: `name='…'`, positional, `guid'…'`, bare numbers and `@alias`.

    Names compare without regard to case; each of `names` must be there. Raises UsageError for anything else.
    """
    found: dict[str, str] = {}
    known = {name.lower(): name for name in names}
    at = 0
    while at < len(text):
        literal = _LITERAL.match(text, at)
        if literal is None:
            raise errors.UsageError(f"The arguments ({text}) cannot be read.")
        given = literal["name"] or (names[len(found)] if len(found) < len(names) else "")
        if given.lower() not in known or known[given.lower()] in found:
            raise errors.UsageError(f"The function has no argument '{given}' here.")
        found[known[given.lower()]] = _argument(literal, aliases or {})
        at = literal.end()
    missing = [name for name in names if name not in found]
    if missing:
        raise errors.UsageError(f"The argument '{missing[0]}' is missing.")
    return found


def _argument(literal: re.Match[str], aliases: Mapping[str, str]) -> str:
    if literal["alias"] is not None:
        value = aliases.get(f"@{literal['alias']}")
        if value is None or value.startswith("@"):
            raise errors.UsageError(f"The alias @{literal['alias']} has no value.")
        inner = _LITERAL.fullmatch(value)
        if inner is None:
            raise errors.UsageError(f"The value of @{literal['alias']} cannot be read.")
        return _argument(inner, {})
    text = literal["text"]
    return literal["bare"] if text is None else text.replace("''", "'")


def escape_key(value: str) -> str:
    """A URL or name as MultiGeo key argument, ready to stand in a path: `/` → `#`, `'` → `|`, then percent-encoded."""
    return quote(value.replace("/", "#").replace("'", "|"), safe="")


_FOLDED_SCHEME = re.compile(r"^(https?):/(?!/)", re.IGNORECASE)


def unescape_key(value: str) -> str:
    """The reverse; the plain form is taken too, also where a path's doubled slash was folded on the way."""
    plain = value.replace("#", "/").replace("|", "'")
    return _FOLDED_SCHEME.sub(r"\1://", plain)

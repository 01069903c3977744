"""Reading collections of a site over REST: page after page, each row in the form its reader expects (content-api.md 4.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

import msgspec

from xtenant.domain import errors
from xtenant.protocols.sharepoint_rest.call.exchange import send
from xtenant.wire.transport import Session

MAX_PAGES = 1_000_000
_NEXT = ("@odata.nextLink", "odata.nextLink", "nextLink", "__next")

T = TypeVar("T")


def api(web_url: str, rest: str) -> str:
    """An address below a web's `_api`; the web's path is encoded."""
    parts = urlsplit(web_url.rstrip("/"))
    return f"https://{parts.netloc}{quote(unquote(parts.path), safe='/')}/_api/{rest}"


async def rows(session: Session, url: str, kind: type[T]) -> AsyncIterator[T]:
    """Every row of a feed. Raises Unexpected for an answer of another form, or for pages without end or of another host."""
    following: str | None = url
    for _ in range(MAX_PAGES):
        page = await _object(session, following or "")
        for row in _converted(page.get("value") or [], list[kind]):
            yield row
        following = next((page[name] for name in _NEXT if page.get(name)), None)
        if following is None:
            return
        if urlsplit(following).netloc.lower() != urlsplit(url).netloc.lower():
            raise errors.Unexpected("The list of a site goes on at another host.")
    raise errors.Unexpected("The list of a site does not end.")


async def entity(session: Session, url: str, kind: type[T]) -> T:
    """One object. Raises Unexpected for an answer of another form."""
    return _converted(await _object(session, url), kind)


async def _object(session: Session, url: str) -> dict[str, Any]:
    answer = await send(session, "GET", url)
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise errors.Unexpected(f"{urlsplit(url).netloc} did not answer with JSON.") from error


def _converted(value: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise errors.Unexpected(f"A site answered in another form: {error}.") from error

"""One ProcessQuery exchange: send, judge the status, read the reply, raise what it says."""

from __future__ import annotations

import httpx

from xtenant.domain import errors
from xtenant.protocols.csom.codec.answer import Answer, Reply, read_reply
from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.faults import error_of
from xtenant.protocols.csom.codec.types import TENANT_ID
from xtenant.protocols.csom.codec.values import Value
from xtenant.wire.transport import Session

PATH = "/_vti_bin/client.svc/ProcessQuery"


async def ask(
    session: Session,
    admin_url: str,
    query: QueryBuilder,
    *,
    subject: str = "",
    repeatable: bool = False,
    answer_seconds: float | None = None,
) -> Reply:
    """Send a query. `subject` is the URL it is about, for messages; `repeatable` queries change nothing, or nothing further.

    No form digest is sent: a bearer token makes it unnecessary (content-api.md 4.2).
    """
    answer = await session.request(
        "POST",
        admin_url.rstrip("/") + PATH,
        content=query.content(),
        headers={"Content-Type": "text/xml", "Accept": "application/json"},
        idempotent=repeatable,
        answer_seconds=answer_seconds,
    )
    if answer.status_code not in (200, 400):
        raise _refusal(answer)
    reply = read_reply(answer.content)
    if reply.error is not None:
        raise error_of(reply.error, subject=subject)
    return reply


async def call(
    session: Session,
    admin_url: str,
    method: str,
    *parameters: Value,
    subject: str = "",
    repeatable: bool = False,
    answer_seconds: float | None = None,
) -> Answer:
    """One method of Tenant that yields a value, or nothing (form A)."""
    query = QueryBuilder()
    action_id = query.call(query.construct(TENANT_ID), method, *parameters)
    reply = await ask(session, admin_url, query, subject=subject, repeatable=repeatable, answer_seconds=answer_seconds)
    return reply.values.get(action_id)


async def fetch(
    session: Session,
    admin_url: str,
    method: str,
    *parameters: Value,
    children: bool = False,
    subject: str = "",
    repeatable: bool = False,
) -> dict[str, Answer]:
    """One method of Tenant that yields an object, with all its scalars (form P)."""
    query = QueryBuilder()
    path_id = query.method(query.construct(TENANT_ID), method, *parameters)
    action_id = query.select(path_id, children=children)
    reply = await ask(session, admin_url, query, subject=subject, repeatable=repeatable)
    return members_of(reply, action_id)


def members_of(reply: Reply, action_id: int) -> dict[str, Answer]:
    """The object a `Query` action yielded. Raises NotFound when it was null."""
    found = reply.values.get(action_id)
    if not isinstance(found, dict):
        raise errors.NotFound("The tenant answered that there is no such object.")
    return found  # pyright: ignore[reportUnknownVariableType]


def children_of(members: dict[str, Answer]) -> list[dict[str, Answer]]:
    """The items of a collection object."""
    items = members.get("_Child_Items_", [])
    return [item for item in items if isinstance(item, dict)]


def _refusal(answer: httpx.Response) -> errors.XTenantError:
    """What the front end's status says; its body may be HTML, JSON or nothing."""
    host = answer.request.url.host
    match answer.status_code:
        case 401:
            return errors.NotSignedIn(f"{host} does not take the token.")
        case 403:
            return errors.AccessDenied(f"{host} refuses the call.")
        case 404:
            return errors.NotFound(f"{host} does not know ProcessQuery; is it an administration host?")
        case 429 | 503:
            return errors.Throttled(f"{host} is busy.", retry_after=answer.headers.get("retry-after"))
        case 413:
            return errors.TooLarge(f"{host} found the query too large.")
        case status:
            return errors.Unexpected(f"{host} answered with status {status}.")

"""Long operations of a tenant (`SpoOperation`): begun by a method, asked for until they are done (spo-admin.md 4.7)."""

from __future__ import annotations

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.protocols.csom.call.queries import ask, fetch, members_of
from xtenant.protocols.csom.codec.answer import Answer
from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.wire.transport import Session

UNSAID_POLL_SECONDS = 5.0
LONGEST_POLL_SECONDS = 15.0
MAX_POLLS = 240


async def operate(session: Session, admin_url: str, method: str, url: str, clock: Clock | None) -> None:
    """Begin an operation on a site; with a clock, wait until it is done."""
    operation = await fetch(session, admin_url, method, url, subject=url)
    if clock is not None:
        await until_done(session, admin_url, operation, clock)


async def until_done(session: Session, admin_url: str, operation: dict[str, Answer], clock: Clock) -> None:
    """Poll an `SpoOperation` by its latest identity; at 0 wait five seconds, as recorded clients do.

    Raises Unexpected when it does not end in time.
    """
    for _ in range(MAX_POLLS):
        if operation.get("HasTimedout"):
            break
        if operation.get("IsComplete"):
            return
        interval = float(operation.get("PollingInterval") or 0) / 1000 or UNSAID_POLL_SECONDS
        await clock.sleep(min(interval, LONGEST_POLL_SECONDS))
        query = QueryBuilder()
        path_id = query.identity(str(operation.get("_ObjectIdentity_", "")))
        action_id = query.select(path_id, "HasTimedout", "IsComplete", "PollingInterval")
        operation = members_of(await ask(session, admin_url, query, repeatable=True), action_id)
    raise errors.Unexpected("The tenant's operation did not end in time; look at the site again later.")

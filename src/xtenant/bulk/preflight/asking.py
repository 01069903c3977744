"""Asking the tenant itself: a start with ValidationOnly for each row, which checks and moves nothing (R-6.5, R-9.1.4).

On a lab's tenants this is sent; on Microsoft 365 it is a line in a script, whose results are read back (settled C 13).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio

from xtenant.bulk.preflight.given import Moving, ServerSaid
from xtenant.client.moves import StartWish, Unit
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.move import JobKind
from xtenant.domain.tenant import HostUrl

AT_ONCE = 8
UNITS = {JobKind.USER: Unit.USER, JobKind.SITE: Unit.SITE, JobKind.GROUP: Unit.GROUP}


async def validated(
    client: TenantClient, moves: Sequence[Moving], partner: HostUrl, progress: Callable[[int], None]
) -> dict[str, ServerSaid]:
    """What the source says to each row, by its id. Raises what ends every question: NotSignedIn, NetworkError, Throttled."""
    said: dict[str, ServerSaid] = {}
    waiting = iter(moves)

    async def work() -> None:
        for moving in waiting:
            said[moving.move.move_id] = await _asked(client, moving, partner)
            progress(len(said))

    async with anyio.create_task_group() as group:
        for _ in range(min(AT_ONCE, len(moves))):
            group.start_soon(work)
    return said


async def _asked(client: TenantClient, moving: Moving, partner: HostUrl) -> ServerSaid:
    wish = StartWish(
        unit=UNITS[moving.move.kind],
        source=moving.move.source,
        target=moving.move.target,
        partner=partner,
        validate_only=True,
    )
    try:
        await client.moves.start(wish)
    except (errors.Refused, errors.UsageError, errors.Unexpected, errors.PartnerUnreachable) as error:
        return ServerSaid(ok=False, text=error.text, code=error.microsoft_code or "", remedy=error.remedy)
    return ServerSaid(ok=True)

"""Asking the tenant itself: a start with ValidationOnly for each row, which checks and moves nothing (R-6.5, R-9.1.4).

On a lab's tenants this is sent; on Microsoft 365 it is a line in a script, whose results are read back (settled C 13).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio

from xtenant.bulk import emitted
from xtenant.bulk.preflight.given import Moving, ServerSaid
from xtenant.bulk.preflight.tenants import OWN_KEY_CODE, SAME_FARM
from xtenant.bulk.state import PlanState
from xtenant.client.tenant import TenantClient
from xtenant.domain.plan import PlannedMove
from xtenant.domain.tenant import HostUrl

AT_ONCE = 8


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


def reported(state: PlanState, moves: Sequence[PlannedMove]) -> dict[str, ServerSaid]:
    """What was reported of validating starts that were written out, by row; of a row that was edited since, nothing."""
    said: dict[str, ServerSaid] = {}
    by_source = {move.source.casefold(): move for move in moves}
    for each in emitted.validations(state):
        move = by_source.get(each.source.casefold())
        if move is not None and move.target.replace("'", "''") in each.line:
            code = next((code for code, words in _SAID_AS.items() if words in each.error_text), "")
            said[move.move_id] = ServerSaid(ok=each.ok, text=each.error_text, code=code)
    return said


_SAID_AS = {SAME_FARM: "reside in the same SPO location", OWN_KEY_CODE: "'Bring Your Own Key' (BYOK) is enabled"}
"""Microsoft's words for what concerns a whole tenant (E-28, E-31); PowerShell prints no code."""


async def _asked(client: TenantClient, moving: Moving, partner: HostUrl) -> ServerSaid:
    move = moving.move
    verdict = await client.moves.validate(move.kind, move.source, move.target, partner)
    return ServerSaid(ok=verdict.fit, text=verdict.text, code=verdict.code, remedy=verdict.remedy)

"""The rows of the table of verbs that speak of moves (`verbs.py`)."""

from __future__ import annotations

from xtenant.domain.verb import Verb

MOVE_VERBS: tuple[Verb, ...] = (
    Verb(
        name="move.start",
        operation="moves.start_move",
        cmdlets=(
            "Start-SPOCrossTenantUserContentMove",
            "Start-SPOCrossTenantSiteContentMove",
            "Start-SPOCrossTenantGroupContentMove",
        ),
        commands=("move start",),
        routes=(
            "POST /_api/SiteMoveJobs",
            "POST /beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks",
        ),
    ),
    Verb(
        name="move.list",
        operation="moves.list_moves",
        cmdlets=(
            "Get-SPOCrossTenantUserContentMoveState",
            "Get-SPOCrossTenantSiteContentMoveState",
            "Get-SPOCrossTenantGroupContentMoveState",
        ),
        commands=("move list",),
        routes=("GET /_api/SiteMoveJobs/GetMoveReport(…)",),
    ),
    Verb(
        name="move.show",
        operation="moves.show_move",
        cmdlets=(
            "Get-SPOCrossTenantUserContentMoveState",
            "Get-SPOCrossTenantSiteContentMoveState",
            "Get-SPOCrossTenantGroupContentMoveState",
        ),
        commands=("move show", "move watch"),
        routes=(
            "GET /_api/SiteMoveJobs(url=)",
            "GET /_api/SiteMoveJobs/GetByMoveId(SiteMoveId=)",
            "GET /beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks/{id}",
        ),
    ),
    Verb(
        name="move.cancel",
        operation="moves.cancel_move",
        cmdlets=(
            "Stop-SPOCrossTenantUserContentMove",
            "Stop-SPOCrossTenantSiteContentMove",
            "Stop-SPOCrossTenantGroupContentMove",
        ),
        commands=("move cancel",),
        routes=("POST /_api/SiteMoveJobs(url=)/Cancel",),
    ),
    Verb(
        name="move.refuse",
        operation="grants.refuse_move",
        commands=("move refuse",),
        routes=("POST /_api/xtenant/moves/ID/refuse",),
    ),
    Verb(
        name="move.settle",
        operation="settling.settle_move",
        commands=("move settle",),
        routes=("POST /_api/xtenant/moves/ID/settle",),
        note="ends a doubt with a partner that will never answer",
    ),
    Verb(
        name="move.people",
        operation="resolutions.list_resolutions",
        commands=("move people",),
        routes=("GET /_api/xtenant/moves/ID/people",),
    ),
    Verb(
        name="package.export",
        operation="packages.sealed_snapshot",
        commands=("package export",),
        routes=("GET /_api/xtenant/moves/ID/package",),
        note="a move's snapshot as a SharePoint migration package",
    ),
)

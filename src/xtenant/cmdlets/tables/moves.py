"""Cmdlets that start, stop and show moves."""

from __future__ import annotations

from xtenant.cmdlets import moves
from xtenant.cmdlets.cmdlet import ROLES, Cmdlet, text
from xtenant.cmdlets.parameters import Kind, Parameter

_MOVE_OPTIONS = (
    text("TargetCrossTenantHostUrl", 2),
    Parameter(name="PreferredMoveBeginDate", kind=Kind.DATE, position=3),
    Parameter(name="PreferredMoveEndDate", kind=Kind.DATE, position=4),
    Parameter(name="ValidationOnly", kind=Kind.SWITCH),
    Parameter(name="Force", kind=Kind.SWITCH),
)
_REPORT = frozenset({"MoveReport"})


def _start(name: str, unit: moves.Unit, source: str, target: str) -> Cmdlet:
    return Cmdlet(
        name=name,
        what=f"Start the move of one {unit.value} to the target tenant; run on the source.",
        run=moves.starter(unit, source, target),
        parameters=(
            Parameter(name=source, position=0, mandatory=True),
            Parameter(name=target, position=1, mandatory=True),
            *_MOVE_OPTIONS,
        ),
    )


def _stop(name: str, unit: moves.Unit, source: str) -> Cmdlet:
    return Cmdlet(
        name=name,
        what=f"Stop the move of one {unit.value} that has not begun; run on the source.",
        run=moves.stopper(unit, source),
        parameters=(Parameter(name=source, position=0, mandatory=True),),
    )


def _state(name: str, unit: moves.Unit, source: str) -> Cmdlet:
    return Cmdlet(
        name=name,
        what="Show moves with a partner, or one of them.",
        run=moves.reporter(unit, source),
        parameters=(
            text("PartnerCrossTenantHostUrl"),
            Parameter(name="PartnerRole", kind=Kind.CHOICE, choices=ROLES),
            Parameter(name=source, mandatory=True, sets=frozenset({source})),
            Parameter(name="SiteMoveId", kind=Kind.GUID, mandatory=True, sets=frozenset({"SiteMoveId"})),
            Parameter(name="Limit", kind=Kind.NUMBER, sets=_REPORT),
            Parameter(name="MoveStartTime", kind=Kind.DATE, sets=_REPORT),
            Parameter(name="MoveEndTime", kind=Kind.DATE, sets=_REPORT),
            Parameter(name="MoveState", kind=Kind.CHOICE, choices=moves.STATES, sets=_REPORT),
            Parameter(name="MoveDirection", kind=Kind.CHOICE, choices=moves.DIRECTIONS, sets=_REPORT),
            Parameter(name="Verbose", kind=Kind.SWITCH),
        ),
    )


ROWS: tuple[Cmdlet, ...] = (
    _start(
        "Start-SPOCrossTenantUserContentMove",
        moves.Unit.USER,
        "SourceUserPrincipalName",
        "TargetUserPrincipalName",
    ),
    _start("Start-SPOCrossTenantSiteContentMove", moves.Unit.SITE, "SourceSiteUrl", "TargetSiteUrl"),
    _start("Start-SPOCrossTenantGroupContentMove", moves.Unit.GROUP, "SourceGroupAlias", "TargetGroupAlias"),
    _stop("Stop-SPOCrossTenantUserContentMove", moves.Unit.USER, "SourceUserPrincipalName"),
    _stop("Stop-SPOCrossTenantSiteContentMove", moves.Unit.SITE, "SourceSiteUrl"),
    _stop("Stop-SPOCrossTenantGroupContentMove", moves.Unit.GROUP, "SourceGroupAlias"),
    _state("Get-SPOCrossTenantUserContentMoveState", moves.Unit.USER, "SourceUserPrincipalName"),
    _state("Get-SPOCrossTenantSiteContentMoveState", moves.Unit.SITE, "SourceSiteUrl"),
    _state("Get-SPOCrossTenantGroupContentMoveState", moves.Unit.GROUP, "SourceGroupAlias"),
)

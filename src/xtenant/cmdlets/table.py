"""The one table of cmdlets: name, parameters, what it runs. Names and parameters as in `spo-admin.md` 6.

`run_line` finds the cmdlet of a line, binds its parameters and runs it. Unknown names are refused with the nearest ones.
"""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from xtenant.cmdlets import connecting, identity_map, moves, sites, trust
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.line import Line, LineError
from xtenant.cmdlets.parameters import Bound, Kind, Parameter, bind
from xtenant.domain.identity import GroupKind, UserKind
from xtenant.domain.trust import PartnerRole, Scenario

Run = Callable[[Host, Bound], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmdlet:
    """One cmdlet; `what` is its help line."""

    name: str
    what: str
    run: Run
    parameters: tuple[Parameter, ...] = ()


class UnknownCmdlet(LineError):
    """There is no cmdlet of this name here."""

    code = "unknownCmdlet"


def find(name: str) -> Cmdlet:
    """The cmdlet of a name in any letter case. Raises UnknownCmdlet with the nearest names."""
    found = CMDLETS.get(name.lower())
    if found is not None:
        return found
    near = [CMDLETS[match].name for match in difflib.get_close_matches(name.lower(), CMDLETS, n=3, cutoff=0.5)]
    hint = f"The nearest: {', '.join(near)}." if near else "`xtenant shell --list` shows the cmdlets there are."
    raise UnknownCmdlet(
        f"There is no cmdlet '{name}' here. xtenant runs cmdlets, not the PowerShell language.", remedy=hint
    )


async def run_line(host: Host, line: Line) -> None:
    """Run one line. Raises XTenantError; nothing was sent when it is a LineError."""
    cmdlet = find(line.cmdlet)
    await cmdlet.run(host, bind(cmdlet.name, cmdlet.parameters, line))


def _host_url_of(name: str, position: int | None = None, *, mandatory: bool = True) -> Parameter:
    return Parameter(name=name, position=position, mandatory=mandatory)


_ROLES = tuple(role.value for role in PartnerRole)
_SCENARIO = Parameter(
    name="Scenario", kind=Kind.CHOICE, choices=tuple(one.value for one in Scenario), position=0, mandatory=True
)
_ROLE = Parameter(name="PartnerRole", kind=Kind.CHOICE, choices=_ROLES, position=1, mandatory=True)
_RELATIONSHIP = (_SCENARIO, _ROLE, _host_url_of("PartnerCrossTenantHostUrl", 2))
_MOVE_OPTIONS = (
    _host_url_of("TargetCrossTenantHostUrl", 2),
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
            _host_url_of("PartnerCrossTenantHostUrl"),
            Parameter(name="PartnerRole", kind=Kind.CHOICE, choices=_ROLES),
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


def _removal(name: str, what: str, run: Run) -> Cmdlet:
    parameters = (
        Parameter(name="Identity", position=0, mandatory=True, aliases=("Url",)),
        Parameter(name="NoWait", kind=Kind.SWITCH),
        Parameter(name="Confirm", kind=Kind.SWITCH),
        Parameter(name="WhatIf", kind=Kind.SWITCH),
    )
    return Cmdlet(name=name, what=what, run=run, parameters=parameters)


def _field_and_value(fields: tuple[str, ...]) -> tuple[Parameter, Parameter]:
    return (
        Parameter(name="Field", kind=Kind.CHOICE, choices=fields, position=0, mandatory=True),
        Parameter(name="Value", position=1, mandatory=True),
    )


def _names(kinds: type[UserKind] | type[GroupKind]) -> tuple[str, ...]:
    return tuple(kind.value for kind in kinds)


_TABLE: tuple[Cmdlet, ...] = (
    Cmdlet(
        name="Connect-SPOService",
        what="Connect to a tenant by its admin URL; one connection at a time.",
        run=connecting.connect,
        parameters=(
            Parameter(name="Url", position=0, mandatory=True),
            Parameter(name="ClientId", kind=Kind.GUID),
            Parameter(name="Tenant", aliases=("TenantId",)),
            Parameter(name="CertificatePath"),
        ),
    ),
    Cmdlet(name="Disconnect-SPOService", what="Close the connection.", run=connecting.disconnect),
    Cmdlet(name="Get-SPOCrossTenantHostUrl", what="Print this tenant's host URL.", run=trust.host_url),
    Cmdlet(
        name="Set-SPOCrossTenantRelationship",
        what="Request trust: run on both sides, each naming the other and the other's role.",
        run=trust.set_relationship,
        parameters=_RELATIONSHIP,
    ),
    Cmdlet(
        name="Test-SPOCrossTenantRelationship",
        what="Print the status of a trust; only GoodToProceed lets the project go on.",
        run=trust.test_relationship,
        parameters=_RELATIONSHIP,
    ),
    Cmdlet(
        name="Verify-SPOCrossTenantRelationship",
        what="The older name of Test-SPOCrossTenantRelationship.",
        run=trust.test_relationship,
        parameters=_RELATIONSHIP,
    ),
    Cmdlet(
        name="Remove-SPOCrossTenantRelationship",
        what="Remove this side's half of a trust.",
        run=trust.remove_relationship,
        parameters=_RELATIONSHIP,
    ),
    Cmdlet(name="Get-SPOCrossTenantRelationship", what="List this side's trust requests.", run=trust.relationships),
    Cmdlet(
        name="Get-SPOCrossTenantRelationshipByPartner",
        what="List this side's trust requests to one partner.",
        run=trust.relationships_by_partner,
        parameters=(_host_url_of("PartnerCrossTenantHostUrl", 0),),
    ),
    Cmdlet(
        name="Get-SPOCrossTenantRelationshipByScenario",
        what="List this side's trust requests of one scenario and role.",
        run=trust.relationships_by_scenario,
        parameters=(_SCENARIO, _ROLE),
    ),
    Cmdlet(
        name="Get-SPOCrossTenantCompatibilityStatus",
        what="Compare both sides' schema versions: Compatible and Warning go on, Incompatible waits; run on the source.",
        run=trust.compatibility,
        parameters=(_host_url_of("PartnerCrossTenantHostUrl", 0),),
    ),
    Cmdlet(
        name="Add-SPOTenantIdentityMap",
        what="Replace the whole identity map by a CSV file of six columns; run on the target.",
        run=identity_map.replace,
        parameters=(Parameter(name="IdentityMapPath", position=0, mandatory=True),),
    ),
    Cmdlet(
        name="Get-SPOTenantIdentityMappingUser",
        what="Look a user up in the identity map.",
        run=identity_map.user,
        parameters=_field_and_value(identity_map.USER_FIELDS),
    ),
    Cmdlet(
        name="Get-SPOTenantIdentityMappingGroup",
        what="Look a group up in the identity map.",
        run=identity_map.group,
        parameters=_field_and_value(identity_map.GROUP_FIELDS),
    ),
    Cmdlet(
        name="Add-SPOTenantIdentityMappingUser",
        what="Add one user to the identity map, or put the row in place of the one there; run on the target.",
        run=identity_map.set_user,
        parameters=(
            Parameter(name="SourceTenantCompanyId", kind=Kind.GUID, mandatory=True),
            Parameter(name="SourceUserKey", mandatory=True),
            Parameter(name="TargetUserPuid"),
            Parameter(name="TargetUserUpn", mandatory=True),
            Parameter(name="TargetUserEmail", mandatory=True),
            Parameter(name="UserType", kind=Kind.CHOICE, choices=_names(UserKind), mandatory=True),
        ),
    ),
    Cmdlet(
        name="Add-SPOTenantIdentityMappingGroup",
        what="Add one group to the identity map, or put the row in place of the one there; run on the target.",
        run=identity_map.set_group,
        parameters=(
            Parameter(name="SourceTenantCompanyId", kind=Kind.GUID, mandatory=True),
            Parameter(name="SourceGroupObjectId", kind=Kind.GUID, mandatory=True),
            Parameter(name="TargetGroupObjectId", kind=Kind.GUID, mandatory=True),
            Parameter(name="TargetGroupName", mandatory=True),
            Parameter(name="GroupType", kind=Kind.CHOICE, choices=_names(GroupKind), mandatory=True),
        ),
    ),
    Cmdlet(
        name="Remove-SPOTenantIdentityMappingUser",
        what="Remove a user from the identity map; run on the target.",
        run=identity_map.remove_user,
        parameters=_field_and_value(identity_map.USER_FIELDS),
    ),
    Cmdlet(
        name="Remove-SPOTenantIdentityMappingGroup",
        what="Remove a group from the identity map; run on the target.",
        run=identity_map.remove_group,
        parameters=_field_and_value(identity_map.GROUP_FIELDS),
    ),
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
    Cmdlet(
        name="Get-SPOSite",
        what="List sites, or show one; redirects are listed with -Template RedirectSite#0.",
        run=sites.get,
        parameters=(
            Parameter(name="Identity", position=0, aliases=("Url",), mandatory=True, sets=frozenset({"Identity"})),
            Parameter(name="Template", sets=frozenset({"List"})),
            Parameter(name="Limit", kind=Kind.LIMIT),
            Parameter(name="IncludePersonalSite", kind=Kind.FLAG, sets=frozenset({"List"})),
            Parameter(name="Filter", sets=frozenset({"List"})),
        ),
    ),
    _removal("Remove-SPOSite", "Delete a site, or the redirect a move left; it goes to the recycle bin.", sites.remove),
    _removal("Remove-SPODeletedSite", "Delete a site from the recycle bin for good.", sites.remove_deleted),
)

CMDLETS: Mapping[str, Cmdlet] = {cmdlet.name.lower(): cmdlet for cmdlet in _TABLE}
"""Every cmdlet by its name in lower case."""

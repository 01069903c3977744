"""Cmdlets of the trust between tenants, of host URLs and of compatibility."""

from __future__ import annotations

from xtenant.cmdlets import trust
from xtenant.cmdlets.cmdlet import ROLES, Cmdlet, text
from xtenant.cmdlets.parameters import Kind, Parameter
from xtenant.domain.trust import Scenario

SCENARIO = Parameter(
    name="Scenario", kind=Kind.CHOICE, choices=tuple(one.value for one in Scenario), position=0, mandatory=True
)
ROLE = Parameter(name="PartnerRole", kind=Kind.CHOICE, choices=ROLES, position=1, mandatory=True)
RELATIONSHIP = (SCENARIO, ROLE, text("PartnerCrossTenantHostUrl", 2))

ROWS: tuple[Cmdlet, ...] = (
    Cmdlet(name="Get-SPOCrossTenantHostUrl", what="Print this tenant's host URL.", run=trust.host_url),
    Cmdlet(
        name="Set-SPOCrossTenantRelationship",
        what="Request trust: run on both sides, each naming the other and the other's role.",
        run=trust.set_relationship,
        parameters=RELATIONSHIP,
    ),
    Cmdlet(
        name="Test-SPOCrossTenantRelationship",
        what="Print the status of a trust; only GoodToProceed lets the project go on.",
        run=trust.test_relationship,
        parameters=RELATIONSHIP,
    ),
    Cmdlet(
        name="Verify-SPOCrossTenantRelationship",
        what="The older name of Test-SPOCrossTenantRelationship.",
        run=trust.test_relationship,
        parameters=RELATIONSHIP,
    ),
    Cmdlet(
        name="Remove-SPOCrossTenantRelationship",
        what="Remove this side's half of a trust.",
        run=trust.remove_relationship,
        parameters=RELATIONSHIP,
    ),
    Cmdlet(name="Get-SPOCrossTenantRelationship", what="List this side's trust requests.", run=trust.relationships),
    Cmdlet(
        name="Get-SPOCrossTenantRelationshipByPartner",
        what="List this side's trust requests to one partner.",
        run=trust.relationships_by_partner,
        parameters=(text("PartnerCrossTenantHostUrl", 0),),
    ),
    Cmdlet(
        name="Get-SPOCrossTenantRelationshipByScenario",
        what="List this side's trust requests of one scenario and role.",
        run=trust.relationships_by_scenario,
        parameters=(SCENARIO, ROLE),
    ),
    Cmdlet(
        name="Get-SPOCrossTenantCompatibilityStatus",
        what="Compare both sides' schema versions: Compatible and Warning go on, Incompatible waits; run on the source.",
        run=trust.compatibility,
        parameters=(text("PartnerCrossTenantHostUrl", 0),),
    ),
)

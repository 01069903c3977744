"""Trust and licences by CSOM (spo-admin.md 4.1, 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xtenant.protocols.csom.call.queries import call
from xtenant.protocols.csom.codec import enums
from xtenant.protocols.csom.codec.relations import RelationRow, read_relations
from xtenant.protocols.csom.codec.values import EnumNumber, Value
from xtenant.wire.transport import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """Relationships as the tenant's string tells them. `readable` is False when Microsoft's text has another form."""

    raw: str
    rows: Sequence[RelationRow]
    readable: bool


async def host_url(session: Session, admin_url: str) -> str:
    """Get-SPOCrossTenantHostUrl."""
    return str(await call(session, admin_url, "GetMySiteHostUrl", repeatable=True))


async def new_org_relation(session: Session, admin_url: str, scenario: str, role: str, partner: str) -> None:
    """Set-SPOCrossTenantRelationship."""
    three = _three(scenario, role, partner)
    await call(session, admin_url, "NewSPOTenantOrgRelation", *three, subject=partner)


async def verify_org_relation(session: Session, admin_url: str, scenario: str, role: str, partner: str) -> str:
    """Test-SPOCrossTenantRelationship; the status by its name."""
    three = _three(scenario, role, partner)
    found = await call(session, admin_url, "VerifySPOTenantOrgRelation", *three, subject=partner, repeatable=True)
    return enums.VERIFICATION_STATUS.read(found)


async def remove_org_relation(session: Session, admin_url: str, scenario: str, role: str, partner: str) -> None:
    """Remove-SPOCrossTenantRelationship."""
    three = _three(scenario, role, partner)
    await call(session, admin_url, "RemoveSPOTenantOrgRelation", *three, subject=partner)


async def org_relations(session: Session, admin_url: str) -> Relations:
    """Get-SPOCrossTenantRelationship."""
    return _relations(await call(session, admin_url, "GetSPOTenantOrgRelationAll", repeatable=True))


async def org_relations_by_partner(session: Session, admin_url: str, partner: str) -> Relations:
    """Get-SPOCrossTenantRelationshipByPartner; our service adds both sides' statuses (settled A 15)."""
    method = "GetSPOTenantOrgRelationByPartner"
    return _relations(await call(session, admin_url, method, partner, subject=partner, repeatable=True))


async def org_relations_by_scenario(session: Session, admin_url: str, scenario: str, role: str) -> Relations:
    """Get-SPOCrossTenantRelationshipByScenario."""
    method = "GetSPOTenantOrgRelationByScenario"
    return _relations(await call(session, admin_url, method, *_two(scenario, role), repeatable=True))


async def is_flight_enabled(session: Session, admin_url: str) -> bool:
    """Whether moves between tenants are switched on for this one at all."""
    return bool(await call(session, admin_url, "IsMnALicensingFlightEnabled", repeatable=True))


async def is_tenant_licensed(session: Session, admin_url: str, license_type: str, partner: str) -> bool:
    """`license_type` is MnAODMove or MnASiteMove."""
    kind = EnumNumber(enums.LICENSE_TYPE.number_of(license_type))
    method = "IsMnALicensingEnabledForTenant"
    return bool(await call(session, admin_url, method, kind, partner, subject=partner, repeatable=True))


async def is_user_licensed(session: Session, admin_url: str, source_upn: str, target_upn: str, partner: str) -> str:
    """`MnAUserLicenseCheckResult` by its name."""
    method = "IsMnALicensingEnabledForUser"
    found = await call(session, admin_url, method, source_upn, target_upn, partner, subject=partner, repeatable=True)
    return enums.USER_LICENSE_CHECK.read(found)


def _two(scenario: str, role: str) -> tuple[Value, Value]:
    return EnumNumber(enums.SCENARIO.number_of(scenario)), EnumNumber(enums.ROLE.number_of(role))


def _three(scenario: str, role: str, partner: str) -> tuple[Value, Value, Value]:
    return (*_two(scenario, role), partner)


def _relations(found: object) -> Relations:
    raw = found if isinstance(found, str) else ""
    rows = read_relations(raw)
    return Relations(raw=raw, rows=rows or (), readable=rows is not None)

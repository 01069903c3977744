"""Trust as one side's administrator sees it: request, test, remove, list, and who has asked (steps 2, 3 and 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xtenant.domain import errors
from xtenant.domain.tenant import HostUrl, parse_host_url
from xtenant.domain.trust import PartnerRole, Scenario, TrustStatus
from xtenant.protocols.csom import call as csom
from xtenant.protocols.sharepoint_rest import call as rest
from xtenant.wire.transport import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A request this side has made."""

    partner: HostUrl
    partner_role: PartnerRole
    scenario: Scenario
    created_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRequest:
    """A request received: `answer_role` is what to type as -PartnerRole to answer it (R-2.22)."""

    partner: HostUrl
    answer_role: PartnerRole
    scenario: Scenario
    received_at: datetime | None
    repeated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustState:
    """Both sides of one trust. `partner_side` is None where it cannot be told from here, as at Microsoft (settled A 15)."""

    partner: HostUrl
    partner_role: PartnerRole
    scenario: Scenario
    this_side: TrustStatus
    partner_side: TrustStatus | None = None
    earliest_start: datetime | None = None
    created_at: datetime | None = None

    @property
    def start_allowed(self) -> bool | None:
        """One green side is not enough (R-3.25); None when the other side is not known."""
        if self.this_side is not TrustStatus.GOOD_TO_PROCEED:
            return False
        return None if self.partner_side is None else self.partner_side is TrustStatus.GOOD_TO_PROCEED

    @property
    def stands(self) -> bool:
        """Whether this side has made its request, so that sending it again would add nothing."""
        return self.this_side is not TrustStatus.NOT_ESTABLISHED


class TrustClient:
    """The trust calls of one tenant or geo."""

    def __init__(self, session: Session, admin_url: str, *, has_inbox: bool) -> None:
        self._session = session
        self._admin_url = admin_url
        self._has_inbox = has_inbox

    async def request(self, partner: HostUrl, role: PartnerRole, scenario: Scenario = Scenario.MNA) -> None:
        """Set-SPOCrossTenantRelationship (R-2.6, R-2.7): the request also goes to the partner.

        Raises UsageError, FeatureOff, UnknownPartner, PartnerUnreachable or AccessDenied; nothing is recorded then.
        """
        await csom.new_org_relation(self._session, self._admin_url, scenario.value, role.value, str(partner))

    async def status(self, partner: HostUrl, role: PartnerRole, scenario: Scenario = Scenario.MNA) -> TrustStatus:
        """Test-SPOCrossTenantRelationship (R-3.2): the status seen from this side, asked afresh."""
        name = await csom.verify_org_relation(self._session, self._admin_url, scenario.value, role.value, str(partner))
        return TrustStatus(name)

    async def remove(self, partner: HostUrl, role: PartnerRole, scenario: Scenario = Scenario.MNA) -> None:
        """Remove-SPOCrossTenantRelationship (R-7.2): this side only, the partner is not told."""
        await csom.remove_org_relation(self._session, self._admin_url, scenario.value, role.value, str(partner))

    async def list(self) -> list[Relationship]:
        """Get-SPOCrossTenantRelationship."""
        return _relationships(await csom.org_relations(self._session, self._admin_url))

    async def by_partner(self, partner: HostUrl) -> list[Relationship]:
        """Get-SPOCrossTenantRelationshipByPartner."""
        return _relationships(await csom.org_relations_by_partner(self._session, self._admin_url, str(partner)))

    async def by_scenario(self, scenario: Scenario, role: PartnerRole) -> list[Relationship]:
        """Get-SPOCrossTenantRelationshipByScenario."""
        found = await csom.org_relations_by_scenario(self._session, self._admin_url, scenario.value, role.value)
        return _relationships(found)

    async def test(self, partner: HostUrl, role: PartnerRole, scenario: Scenario = Scenario.MNA) -> TrustState:
        """The status, and what else the tenant tells of both sides (settled A 15)."""
        status = await self.status(partner, role, scenario)
        told = await csom.org_relations_by_partner(self._session, self._admin_url, str(partner))
        row = next((one for one in told.rows if (one.partner_role, one.scenario) == (role.value, scenario.value)), None)
        return TrustState(
            partner=partner,
            partner_role=role,
            scenario=scenario,
            this_side=status,
            partner_side=TrustStatus(row.partner_status) if row and row.partner_status else None,
            earliest_start=row.earliest_start if row else None,
            created_at=row.created_at if row else None,
        )

    async def may_move(self, license_type: str, partner: HostUrl) -> bool | None:
        """Whether this tenant has `MnAODMove` or `MnASiteMove` switched on; None where it does not say."""
        try:
            return await csom.is_tenant_licensed(self._session, self._admin_url, license_type, str(partner))
        except (errors.Refused, errors.UsageError, errors.Unexpected):
            return None

    async def inbox(self) -> list[TrustRequest]:
        """Who has asked for trust; empty at Microsoft, which only sends a mail (R-2.25)."""
        if not self._has_inbox:
            return []
        return [
            TrustRequest(
                partner=parse_host_url(row.partner_host_url),
                answer_role=PartnerRole(row.partner_role),
                scenario=Scenario(row.scenario),
                received_at=row.created_at,
                repeated=row.repeated,
            )
            for row in await rest.inbox(self._session, self._admin_url)
        ]


def _relationships(told: csom.Relations) -> list[Relationship]:
    """The rows. Raises Unexpected when the tenant's text has a form nobody has recorded yet, with the text."""
    if not told.readable:
        raise errors.Unexpected(
            f"The tenant lists its relationships in a form that is not known: {told.raw[:500]}",
            remedy="Use `xtenant trust test` for each partner; please report the text.",
        )
    return [
        Relationship(
            partner=parse_host_url(row.partner),
            partner_role=PartnerRole(row.partner_role),
            scenario=Scenario(row.scenario),
            created_at=row.created_at,
        )
        for row in told.rows
    ]

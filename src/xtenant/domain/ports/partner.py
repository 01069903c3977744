"""Port of the partner channel: what one tenant's service asks another's. Its contents are our choice (settled A 14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from xtenant.domain.tenant import Geo, HostUrl, TenantId
from xtenant.domain.trust import PartnerAnswer, PartnerRole, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustQuestion:
    """Both a notice and a question: which scenario, and which role the asker gave the partner it addresses."""

    scenario: Scenario
    partner_role: PartnerRole


class PartnerChannel(Protocol):
    """Each call goes from one of our geos to a partner's host URL.

    Raises PartnerUnreachable when it could not be asked, UnknownPartner when it refused or is no tenant. Nothing is
    cached: each call is a fresh one at the partner (only the partner's key may be cached by the receiver).
    """

    async def tenant_id_of(self, partner: HostUrl) -> TenantId:
        """The tenant behind a host URL, from its 401 challenge (settled A 10)."""
        ...

    async def notify(self, own: Geo, partner: HostUrl, question: TrustQuestion) -> None:
        """OrgRelationNotification: tell the partner that this side has requested trust."""
        ...

    async def verify(self, own: Geo, partner: HostUrl, question: TrustQuestion) -> PartnerAnswer:
        """OrgRelationVerification: whether the partner has requested trust with us, and for how long."""
        ...

    async def schema_version(self, own: Geo, partner: HostUrl) -> str | None:
        """`major.minor` of the partner's schema; None without trust (settled C 9)."""
        ...

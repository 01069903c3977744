"""The nine trust situations of the pair contoso → fabrikam, seen from contoso: the six statuses of Test-SPOCrossTenantRelationship,
reversed roles, trust of another geo, and trust that was removed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from access.estate import CONTOSO, FABRIKAM, Estate
from xtenant.domain.tenant import DAY_SECONDS, GeoCode, HostUrl, StatusSet, TenantSettings
from xtenant.domain.trust import OrganizationRelationship, PartnerRole, RelationKey, TrustStatus
from xtenant.operations import trust
from xtenant.service import TenantService

CONTOSO_URL = HostUrl("https://contoso-my.sharepoint.com/")
CONTOSO_EUR_URL = HostUrl("https://contosoeur-my.sharepoint.com/")
FABRIKAM_URL = HostUrl("https://fabrikam-my.sharepoint.com/")
NORTHWIND_URL = HostUrl("https://northwind-my.sharepoint.com/")
WAITING_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Row:
    """One side's word: which role it gave its partner, how many days ago, for which of contoso's geos."""

    role: PartnerRole
    days: int = 30
    geo: str = "NAM"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`status` is what contoso's Test for fabrikam as Target must say; both tenants wait seven days."""

    name: str
    status: TrustStatus
    ours: Row | None = None
    theirs: Row | None = None
    status_set: StatusSet = StatusSet.CURRENT
    stopped: bool = False
    removed: bool = False

    def __str__(self) -> str:
        return self.name

    def apply(self, estate: Estate) -> None:
        """Make it so, whatever was before; what stands already is left alone."""
        estate.block.stopped.clear()
        settings = TenantSettings(waiting_period=WAITING_DAYS * DAY_SECONDS, status_set=self.status_set)
        contoso, fabrikam = estate.block[CONTOSO], estate.block[FABRIKAM]
        _establish(contoso, self._our_rows(), settings, keep_removed=self.removed)
        _establish(fabrikam, self._their_rows(), dataclasses.replace(settings, status_set=StatusSet.CURRENT))
        if self.removed:
            for key in self._our_rows():
                trust.remove_trust(contoso.units, tenant=contoso.tenant, key=key)
        if self.stopped:
            estate.block.stopped.add(FABRIKAM)

    def _our_rows(self) -> Mapping[RelationKey, int]:
        if self.ours is None:
            return {}
        key = RelationKey(geo=GeoCode(self.ours.geo), partner=FABRIKAM_URL, partner_role=self.ours.role)
        return {key: self.ours.days}

    def _their_rows(self) -> Mapping[RelationKey, int]:
        if self.theirs is None:
            return {}
        partner = CONTOSO_URL if self.theirs.geo == "NAM" else CONTOSO_EUR_URL
        return {RelationKey(geo=GeoCode("NAM"), partner=partner, partner_role=self.theirs.role): self.theirs.days}


def _establish(
    service: TenantService, rows: Mapping[RelationKey, int], settings: TenantSettings, *, keep_removed: bool = False
) -> None:
    now = service.clock.business_now()
    with service.units.read() as uow:
        standing = {row.key: (now - row.requested_at).days for row in uow.relationships.all()}
        if standing == rows and uow.settings.get() == settings:
            return
        if keep_removed and not standing and uow.settings.get() == settings:
            return
    with service.units.write() as uow:
        for key in standing:
            uow.relationships.remove(key)
        for key, days in rows.items():
            uow.relationships.put(
                OrganizationRelationship(
                    key=key,
                    relation_id=UUID(int=days + 1),
                    requested_at=now - timedelta(days=days),
                    requested_by="the other administrator",
                )
            )
        uow.settings.put(settings)


_TO_TARGET, _FROM_SOURCE = Row(role=PartnerRole.TARGET), Row(role=PartnerRole.SOURCE)

SITUATIONS = (
    Situation(name="NotEstablished", status=TrustStatus.NOT_ESTABLISHED),
    Situation(name="NotEstablishedByPartner", status=TrustStatus.NOT_ESTABLISHED_BY_PARTNER, ours=_TO_TARGET),
    Situation(
        name="Dormant",
        status=TrustStatus.DORMANT,
        ours=Row(role=PartnerRole.TARGET, days=1),
        theirs=Row(role=PartnerRole.SOURCE, days=1),
        status_set=StatusSet.PREVIEW,
    ),
    Situation(
        name="DormantByPartner",
        status=TrustStatus.DORMANT_BY_PARTNER,
        ours=_TO_TARGET,
        theirs=Row(role=PartnerRole.SOURCE, days=1),
    ),
    Situation(name="GoodToProceed", status=TrustStatus.GOOD_TO_PROCEED, ours=_TO_TARGET, theirs=_FROM_SOURCE),
    Situation(
        name="CouldNotContactPartner",
        status=TrustStatus.COULD_NOT_CONTACT_PARTNER,
        ours=_TO_TARGET,
        theirs=_FROM_SOURCE,
        stopped=True,
    ),
    Situation(name="reversed roles", status=TrustStatus.NOT_ESTABLISHED, ours=_FROM_SOURCE, theirs=_TO_TARGET),
    Situation(
        name="other geo",
        status=TrustStatus.NOT_ESTABLISHED,
        ours=Row(role=PartnerRole.TARGET, geo="EUR"),
        theirs=Row(role=PartnerRole.SOURCE, geo="EUR"),
    ),
    Situation(
        name="trust removed", status=TrustStatus.NOT_ESTABLISHED, ours=_TO_TARGET, theirs=_FROM_SOURCE, removed=True
    ),
)

GOOD = next(situation for situation in SITUATIONS if situation.name == "GoodToProceed")


def mirrored(situation: Situation) -> Situation:
    """The same with roles exchanged: contoso is asked as the target. Contoso's Test for fabrikam as Target then finds nothing."""
    return dataclasses.replace(
        situation,
        name=f"{situation.name}, contoso as target",
        status=TrustStatus.NOT_ESTABLISHED,
        ours=situation.ours and dataclasses.replace(situation.ours, role=situation.ours.role.complement),
        theirs=situation.theirs and dataclasses.replace(situation.theirs, role=situation.theirs.role.complement),
    )


BOTH_WAYS = (*SITUATIONS, *map(mirrored, SITUATIONS))
"""The nine, and the nine seen from the other end."""

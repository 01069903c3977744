"""Asks for the trust from a worker's thread: the operation and its channel live in the service's event loop."""

from __future__ import annotations

import asyncio

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.partner import PartnerChannel
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, HostUrl, Tenant
from xtenant.domain.trust import PartnerRole, RelationKey, TrustStatus, Verification
from xtenant.operations.trust import verify_trust

ANSWER_SECONDS = 60.0


class TrustFromThreads:
    """`TrustCheck` over the service's own loop, which `bind` names once it runs."""

    def __init__(self, units: Units, partner: PartnerChannel, *, tenant: Tenant, clock: Clock) -> None:
        self._units = units
        self._partner = partner
        self._tenant = tenant
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def good(self, geo: GeoCode, partner: HostUrl, *, partner_is_source: bool) -> bool:
        if self._loop is None:
            raise errors.Unexpected("The engine was started without an event loop.")
        asked = asyncio.run_coroutine_threadsafe(self._verified(geo, partner, partner_is_source), self._loop)
        try:
            verification = asked.result(ANSWER_SECONDS)
        except TimeoutError as error:
            asked.cancel()
            raise errors.PartnerUnreachable(f"{partner.host} did not answer in time.") from error
        if verification.own_status is TrustStatus.COULD_NOT_CONTACT_PARTNER:
            raise errors.PartnerUnreachable(f"{partner.host} could not be asked for the trust.")
        return verification.start_allowed

    async def _verified(self, geo: GeoCode, partner: HostUrl, partner_is_source: bool) -> Verification:
        role = PartnerRole.SOURCE if partner_is_source else PartnerRole.TARGET
        key = RelationKey(geo=geo, partner=partner, partner_role=role)
        return await verify_trust(
            self._units, self._partner, tenant=self._tenant, geo=self._geo(geo), key=key, clock=self._clock
        )

    def _geo(self, code: GeoCode) -> Geo:
        return next(geo for geo in self._tenant.geos if geo.code == code)

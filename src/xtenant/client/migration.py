"""The seven steps over two tenants, for somebody who holds both sign-ins: each call does both halves in the right order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xtenant.client.moves import MoveJob, StartWish
from xtenant.client.tenant import TenantClient
from xtenant.client.trust import TrustState
from xtenant.domain.trust import PartnerRole, TrustStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class BothSides:
    """What each side sees of one trust, each asked in its own tenant (R-3.25)."""

    source: TrustState
    target: TrustState

    @property
    def start_allowed(self) -> bool:
        return all(side.this_side is TrustStatus.GOOD_TO_PROCEED for side in (self.source, self.target))

    @property
    def earliest_start(self) -> datetime | None:
        """The later of what both sides name (R-3.26)."""
        named = [side.earliest_start for side in (self.source, self.target) if side.earliest_start is not None]
        return max(named, default=None)


class Migration:
    """A source and a target tenant (or geo), both signed in to."""

    def __init__(self, source: TenantClient, target: TenantClient) -> None:
        self.source = source
        self.target = target

    async def establish_trust(self, *, resend: bool = False) -> BothSides:
        """Request trust on both sides; a request that stands is not sent again unless `resend`."""
        seen = await self.verify_trust()
        target_url, source_url = seen.source.partner, seen.target.partner
        if resend or not seen.source.stands:
            await self.source.trust.request(target_url, PartnerRole.TARGET)
        if resend or not seen.target.stands:
            await self.target.trust.request(source_url, PartnerRole.SOURCE)
        return await self.verify_trust()

    async def verify_trust(self) -> BothSides:
        """Ask both sides, each in its own tenant."""
        source_url, target_url = await self.source.host_url(), await self.target.host_url()
        return BothSides(
            source=await self.source.trust.test(target_url, PartnerRole.TARGET),
            target=await self.target.trust.test(source_url, PartnerRole.SOURCE),
        )

    async def remove_trust(self) -> None:
        """Remove both halves, the source's first (R-7.1)."""
        source_url, target_url = await self.source.host_url(), await self.target.host_url()
        await self.source.trust.remove(target_url, PartnerRole.TARGET)
        await self.target.trust.remove(source_url, PartnerRole.SOURCE)

    async def move(self, wish: StartWish) -> MoveJob:
        """Start a move; it is a matter of the source alone (R-6.10)."""
        return await self.source.moves.start(wish)

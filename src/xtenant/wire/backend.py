"""What `service.py` hands to every protocol's `mount()`: the tenant, its ports and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xtenant.domain.limits import Limits
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.stop import StopPoint, never_stop
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Tenant

if TYPE_CHECKING:
    from xtenant.domain.ports.content import BlobStore
    from xtenant.domain.ports.partner import PartnerChannel
    from xtenant.domain.ports.partner_moves import MoveChannel
    from xtenant.domain.ports.uploads import UploadStore
    from xtenant.wire.tokens import TokenIssuer


@dataclass(frozen=True, kw_only=True)
class Backend:
    """Handed in once at start; handlers close over it. Protocols pick what they need and nothing else.

    `blobs` holds content, `uploads` what of it is still arriving; `lab` is set for a lab's tenants only;
    `stop` stands at the named places of answers to a partner.
    """

    tenant: Tenant
    units: Units
    clock: Clock
    ids: IdSource
    limits: Limits
    partner: PartnerChannel
    tokens: TokenIssuer
    blobs: BlobStore
    uploads: UploadStore
    lab: bool = False
    moves: MoveChannel | None = None
    stop: StopPoint = never_stop

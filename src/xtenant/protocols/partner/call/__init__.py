"""Calling a partner's service."""

from __future__ import annotations

from xtenant.protocols.partner.call.channel import Channel, tenant_in_challenge
from xtenant.protocols.partner.call.moves import MoveCalls
from xtenant.protocols.partner.call.trust import PartnerCalls

__all__ = ["Channel", "MoveCalls", "PartnerCalls", "tenant_in_challenge"]

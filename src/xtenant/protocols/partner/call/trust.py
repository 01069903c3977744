"""`PartnerChannel` for the trust verbs, and the reading of a partner's keys. Nothing is cached here."""

from __future__ import annotations

import httpx
import msgspec

from xtenant.domain import errors, trust
from xtenant.domain.limits import Limits
from xtenant.domain.ports.partner import TrustQuestion
from xtenant.domain.tenant import Geo, HostUrl, TenantId
from xtenant.domain.trust import PartnerAnswer
from xtenant.protocols.partner import codec
from xtenant.protocols.partner.call.channel import Channel, tenant_in_challenge
from xtenant.wire.partner_tokens import NOTIFY, SCHEMA, VERIFY, KeysDocument, PartnerTokens


class PartnerCalls:
    """Asks partners over a client of `open_http`, with this tenant's signature."""

    def __init__(self, http: httpx.AsyncClient, tokens: PartnerTokens, limits: Limits) -> None:
        self.channel = Channel(http, limits)
        self._tokens = tokens

    async def tenant_id_of(self, partner: HostUrl) -> TenantId:
        """The realm of the 401 challenge at `/_vti_bin/client.svc/` (settled A 10)."""
        answer = await self.channel.send(partner, lambda: "/_vti_bin/client.svc/")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise errors.PartnerUnreachable(f"{partner.host} cannot answer now ({answer.status_code}).")
        return tenant_in_challenge(answer)

    async def notify(self, own: Geo, partner: HostUrl, question: TrustQuestion) -> None:
        body = await self._ask(own, partner, codec.NOTIFICATION_PATH, NOTIFY, question)
        if not codec.decode_notification(body):
            raise trust.UnknownPartner(f"{partner.host} refused the request.")

    async def verify(self, own: Geo, partner: HostUrl, question: TrustQuestion) -> PartnerAnswer:
        return codec.decode_verification(await self._ask(own, partner, codec.VERIFICATION_PATH, VERIFY, question))

    async def schema_version(self, own: Geo, partner: HostUrl) -> str | None:
        return codec.decode_schema(await self._ask(own, partner, codec.SCHEMA_PATH, SCHEMA, None))

    async def fetch_keys(self, host: HostUrl) -> KeysDocument:
        """The keys a host signs with. Raises PartnerUnreachable, UnknownPartner, PrivateAddress."""
        body = await self.channel.ask(host, lambda: codec.KEYS_PATH)
        try:
            return msgspec.json.decode(body, type=KeysDocument)
        except (msgspec.MsgspecError, ValueError) as error:
            raise trust.UnknownPartner(f"{host.host} publishes no keys that can be read.") from error

    async def _ask(self, own: Geo, partner: HostUrl, path: str, op: str, question: TrustQuestion | None) -> bytes:
        def signed_path() -> str:
            token = self._tokens.issue(
                own,
                partner,
                op,
                scenario=question.scenario if question else None,
                role=question.partner_role if question else None,
            )
            return codec.path_with(path, token)

        return await self.channel.ask(partner, signed_path)

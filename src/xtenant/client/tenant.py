"""`TenantClient`: one tenant (or geo of it) as its administrator reaches it by wire; each noun has a client of its own."""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.client.files import FileClient
from xtenant.client.identity_map import MapClient
from xtenant.client.moves import MoveClient
from xtenant.client.people import PeopleClient
from xtenant.client.sites import SiteClient
from xtenant.client.trust import TrustClient
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.tenant import HostUrl, parse_host_url
from xtenant.domain.trust import Compatibility, UnknownPartner
from xtenant.protocols.csom import call as csom
from xtenant.protocols.graph.call import tenants
from xtenant.protocols.partner.call import tenant_in_challenge
from xtenant.protocols.sharepoint_rest import call as rest
from xtenant.wire.transport import Session, TokenFor


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFacts:
    """What the public directory says of a partner; None where it says nothing, or may not be asked."""

    tenant_id: str | None = None
    display_name: str | None = None
    default_domain: str | None = None

    def row(self) -> dict[str, object]:
        return {
            "tenant_id": self.tenant_id,
            "display_name": self.display_name,
            "default_domain": self.default_domain,
        }


class TenantClient:
    """`trust`, `map`, `moves`, `sites`, `files` and `people` group the calls by noun."""

    def __init__(
        self, session: Session, admin_url: str, *, token_for: TokenFor, clock: Clock, ids: IdSource, has_inbox: bool
    ) -> None:
        self.session = session
        self._token_for = token_for
        self.admin_url = admin_url
        self.trust = TrustClient(session, admin_url, has_inbox=has_inbox)
        self.map = MapClient(session, admin_url)
        self.moves = MoveClient(session, admin_url, own_host_url=self.host_url, clock=clock, ids=ids)
        self.sites = SiteClient(session, admin_url, clock=clock)
        self.files = FileClient(session)
        self.people = PeopleClient(session, clock=clock, ids=ids)
        self._host_url: HostUrl | None = None

    async def sign_in(self) -> None:
        """Get a token for the admin host now. Raises NotSignedIn or NetworkError."""
        await self._token_for(self.admin_url)

    async def token(self, resource: str) -> str:
        """An access token for `https://HOST`. Raises NotSignedIn or NetworkError."""
        return await self._token_for(resource)

    async def host_url(self) -> HostUrl:
        """This tenant's own host URL (R-2.2), asked once."""
        if self._host_url is None:
            self._host_url = parse_host_url(await csom.host_url(self.session, self.admin_url))
        return self._host_url

    async def compatibility(self, partner: HostUrl) -> Compatibility:
        """Whether this source's schema fits the target's (R-5.33); asked afresh each time (R-5.37)."""
        return await rest.compatibility(self.session, self.admin_url, str(partner))

    async def partner_facts(self, partner: HostUrl) -> PartnerFacts:
        """Who stands behind a host URL: the id from its challenge, the names from Graph (settled A 10).

        Raises UnknownPartner when the host is no tenant's, PartnerUnreachable when it does not answer.
        """
        try:
            answer = await self.session.request("GET", f"{partner}_vti_bin/client.svc/", bearer=False)
        except errors.UnknownHost as error:
            raise UnknownPartner(f"There is no tenant at {partner.host}; nothing was sent.") from error
        except errors.NetworkError as error:
            raise errors.PartnerUnreachable(error.text) from error
        tenant_id = tenant_in_challenge(answer)
        try:
            found = await tenants.find_tenant_by_id(self.session, tenant_id)
        except (errors.NotFound, errors.AccessDenied):
            return PartnerFacts(tenant_id=str(tenant_id))
        return PartnerFacts(
            tenant_id=str(tenant_id), display_name=found.display_name, default_domain=found.default_domain
        )

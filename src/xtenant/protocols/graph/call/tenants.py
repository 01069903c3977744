"""Who another tenant is: what is shown to an administrator before trust is requested (settled A 10)."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from xtenant.domain.tenant import PublicTenant
from xtenant.protocols.graph.call.answers import BASE, ask
from xtenant.protocols.graph.codec.directory import tenant_from_json
from xtenant.wire.transport import Session

_FIND = f"{BASE}/tenantRelationships/findTenantInformationBy"


async def find_tenant_by_id(session: Session, tenant_id: UUID) -> PublicTenant:
    """Raises NotFound for a tenant nobody knows."""
    return tenant_from_json(await ask(session, "GET", f"{_FIND}TenantId(tenantId='{tenant_id}')"))


async def find_tenant_by_domain(session: Session, domain: str) -> PublicTenant:
    """Raises NotFound for a domain nobody has."""
    literal = quote(domain.replace("'", "''"), safe="")
    return tenant_from_json(await ask(session, "GET", f"{_FIND}DomainName(domainName='{literal}')"))

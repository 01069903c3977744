"""Connect-SPOService and Disconnect-SPOService: which tenant the next cmdlets work on (R-1.2, R-1.4)."""

from __future__ import annotations

from pathlib import Path

from xtenant.client.profiles import parse_admin_url
from xtenant.cmdlets.host import Host, SignInWish
from xtenant.cmdlets.parameters import Bound
from xtenant.domain import errors


async def connect(host: Host, given: Bound) -> None:
    """Sign in to the tenant of an admin URL; prints nothing, as Microsoft's, and says beside it who is connected."""
    certificate = given.maybe_text("CertificatePath")
    wish = SignInWish(
        admin_url=parse_admin_url(given.text("Url")),
        client_id=given.maybe_text("ClientId"),
        tenant=given.maybe_text("Tenant"),
        certificate=Path(certificate) if certificate else None,
    )
    connected = await host.connector.connect(wish)
    host.warn(f"Connected to {connected.name} at {connected.tenant.admin_url}.")


async def connect_graph(host: Host, given: Bound) -> None:
    """Here Graph is reached by the same sign-in; a tenant of another id is refused, and the connection closed.

    Raises NotConnected, Refused.
    """
    wanted, here = given.text("TenantId"), host.here
    if here.profile.tenant_id.lower() != wanted.lower():
        await host.connector.disconnect()
        raise errors.Refused(f"{here.name} is the tenant {here.profile.tenant_id}, not {wanted}; disconnected from it.")


async def disconnect(host: Host, given: Bound) -> None:
    """Close the connection. Raises NotConnected when there is none."""
    name = host.here.name
    await host.connector.disconnect()
    host.warn(f"Disconnected from {name}.")

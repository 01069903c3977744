"""Cmdlets that connect."""

from __future__ import annotations

from xtenant.cmdlets import connecting
from xtenant.cmdlets.cmdlet import Cmdlet
from xtenant.cmdlets.parameters import Kind, Parameter

ROWS: tuple[Cmdlet, ...] = (
    Cmdlet(
        name="Connect-SPOService",
        what="Connect to a tenant by its admin URL; one connection at a time.",
        run=connecting.connect,
        parameters=(
            Parameter(name="Url", position=0, mandatory=True),
            Parameter(name="ClientId", kind=Kind.GUID),
            Parameter(name="Tenant", aliases=("TenantId",)),
            Parameter(name="CertificatePath"),
        ),
    ),
    Cmdlet(name="Disconnect-SPOService", what="Close the connection.", run=connecting.disconnect),
    Cmdlet(
        name="Connect-XtGraph",
        what="Make sure that the connection leads to the tenant of an id; scripts sign in to Graph with it.",
        run=connecting.connect_graph,
        parameters=(Parameter(name="TenantId", kind=Kind.GUID, position=0, mandatory=True),),
    ),
)

"""Identity mappings of a target over Graph beta: the list, which SharePoint's own administration calls do not have."""

from __future__ import annotations

from collections.abc import AsyncIterator

from xtenant.domain.tenant import GRAPH_HOST
from xtenant.protocols.graph.call.answers import rows
from xtenant.protocols.graph.codec.mappings import Columns, columns_of
from xtenant.wire.transport import Session

ROOT = f"https://{GRAPH_HOST}/beta/solutions/sharePoint/migrations"
COLLECTIONS = {False: "crossOrganizationUserMappings", True: "crossOrganizationGroupMappings"}


async def list_mappings(session: Session, *, groups: bool) -> AsyncIterator[Columns]:
    """Every mapping of one kind as the six columns of a file. Raises Refused where the tenant does not list them."""
    async for row in rows(session, f"{ROOT}/{COLLECTIONS[groups]}?$top=999"):
        yield columns_of(row, groups=groups)

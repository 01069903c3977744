"""Brings a database to the present schema. Imports every noun's tables, so that the metadata is complete."""

from __future__ import annotations

from sqlalchemy import Engine, select

from xtenant.domain.tenant import TenantId
from xtenant.storage import unit_of_work
from xtenant.storage.settings import settings
from xtenant.storage.tables import metadata

NOUNS = unit_of_work
"""The unit of work imports each store and with it each table."""


def prepare(engine: Engine, tenant_id: TenantId) -> bool:
    """Make what is missing; a second run changes nothing. Whether this tenant has no settings yet: its first start."""
    metadata.create_all(engine)
    with engine.connect() as connection:
        known = connection.execute(select(settings.c.name).where(settings.c.tenant_id == tenant_id).limit(1)).first()
    return known is None

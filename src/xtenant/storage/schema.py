"""Brings a database to the present schema by its migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, select

from xtenant.domain.tenant import TenantId
from xtenant.storage import unit_of_work
from xtenant.storage.settings import table as settings

NOUNS = unit_of_work
"""The unit of work imports each store and with it each table: importing it completes the metadata."""


def prepare(engine: Engine, tenant_id: TenantId) -> bool:
    """Apply the migrations that are missing. Whether this tenant has no settings yet, which makes it its first start."""
    with engine.begin() as connection:
        command.upgrade(migrations(connection), "head")
    with engine.connect() as connection:
        known = connection.execute(select(settings.c.name).where(settings.c.tenant_id == tenant_id).limit(1)).first()
    return known is None


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for one connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config

"""Alembic's entry: runs on the connection that `storage/schema.py` hands over."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import BigInteger
from sqlalchemy.types import TypeDecorator

from xtenant.storage.tables import metadata


def render_item(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Migrations name plain types, so that they stay what they were when our own types change."""
    if isinstance(item, TypeDecorator):
        return "sa." + repr(item.impl_instance)
    if isinstance(item, BigInteger) and item._variant_mapping:  # pyright: ignore[reportPrivateUsage]
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render_item,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()

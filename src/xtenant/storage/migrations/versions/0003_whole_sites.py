"""Webs, lists, attachments, sharing links, recycle bin, and moves in full. Oldest code that can read the result: 0.1.0."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sites", sa.Column("quota_bytes", sa.BigInteger(), server_default="1099511627776", nullable=False))
    op.add_column("snapshots", sa.Column("counts", sa.String(), server_default="", nullable=False))

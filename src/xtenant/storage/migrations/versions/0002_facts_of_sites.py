"""Facts of sites that a plan looks at. Oldest code that can read the result: 0.1.0."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_facts",
        sa.Column("tenant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_key", sa.BigInteger(), nullable=False),
        sa.Column("item_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(), server_default="", nullable=False),
        sa.Column("user_defined", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("list_template", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("item_key", name=op.f("pk_item_facts")),
    )
    op.create_index("ix_item_facts_site_key", "item_facts", ["tenant_id", "site_key"], unique=False)
    op.add_column("sites", sa.Column("person_id", sa.LargeBinary(length=16), nullable=True))
    op.add_column("sites", sa.Column("status", sa.String(length=16), server_default="Active", nullable=False))
    op.add_column("sites", sa.Column("has_holds", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("sites", sa.Column("label", sa.String(), server_default="", nullable=False))
    op.add_column("sites", sa.Column("stated_bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_sites_person_id", "sites", ["tenant_id", "person_id"], unique=False)

"""Webs, lists, attachments, sharing links, recycle bin, and moves in full. Oldest code that can read the result: 0.1.0."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("tenant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("item_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name_key", sa.String().with_variant(sa.VARCHAR(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("blob", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("quick_xor", sa.LargeBinary(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("editor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("item_key", "name_key", name=op.f("pk_attachments")),
    )
    op.create_index("ix_attachments_blob", "attachments", ["tenant_id", "blob"], unique=False)
    op.create_table(
        "definitions",
        sa.Column("tenant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site_key", "item_key", name=op.f("pk_definitions")),
    )
    op.create_table(
        "recoveries",
        sa.Column("tenant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_recoveries")),
    )
    op.create_table(
        "sharing_link_members",
        sa.Column("tenant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("member", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("site_key", "link_id", "member", name=op.f("pk_sharing_link_members")),
    )
    op.create_table(
        "sharing_links",
        sa.Column("tenant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("item_key", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("site_key", "link_id", name=op.f("pk_sharing_links")),
    )
    op.create_index("ix_sharing_links_item_key", "sharing_links", ["tenant_id", "item_key"], unique=False)
    op.create_index("ix_sharing_links_token_hash", "sharing_links", ["tenant_id", "token_hash"], unique=False)
    op.add_column("items", sa.Column("fields", sa.String(), server_default="", nullable=False))
    op.add_column("items", sa.Column("deleted_by", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("items", sa.Column("deleted_with", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "ix_items_in_bin",
        "items",
        ["tenant_id", "site_key", "deleted_with"],
        unique=False,
        sqlite_where=sa.text("deleted_with > 0"),
        postgresql_where=sa.text("deleted_with > 0"),
    )
    op.add_column("move_jobs", sa.Column("latest_start_at", sa.BigInteger(), nullable=True))
    op.add_column("move_jobs", sa.Column("phase_at", sa.BigInteger(), nullable=True))
    op.add_column("move_jobs", sa.Column("source_template", sa.String(length=64), server_default="", nullable=False))
    op.create_index(
        "ix_move_jobs_fair", "move_jobs", ["tenant_id", "direction", "partner", "state", "next_pass_at"], unique=False
    )
    op.create_index("ix_move_jobs_report", "move_jobs", ["tenant_id", "modified_at", "key"], unique=False)
    op.add_column("sites", sa.Column("quota_bytes", sa.BigInteger(), server_default="1099511627776", nullable=False))
    op.add_column("snapshots", sa.Column("counts", sa.String(), server_default="", nullable=False))
    op.add_column("versions", sa.Column("fields", sa.String(), server_default="", nullable=False))

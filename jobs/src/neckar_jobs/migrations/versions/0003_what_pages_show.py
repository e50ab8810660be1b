"""What pages show: chips, maintenance, saved filters; platforms that take nothing new."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go on."""
    with op.batch_alter_table("platform") as table:
        table.add_column(sa.Column("chips", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("draining", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("platform") as table:
        table.alter_column("chips", server_default=None)
        table.alter_column("draining", server_default=None)
    op.create_table(
        "maintenance",
        sa.Column("id", _ID, nullable=False),
        sa.Column("platform", sa.String(length=100), nullable=False),
        sa.Column("begins_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance")),
    )
    op.create_index(op.f("ix_maintenance_ends_at"), "maintenance", ["ends_at"])
    op.create_table(
        "saved_filter",
        sa.Column("id", _ID, nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
    )
    op.create_index(op.f("ix_saved_filter_owner"), "saved_filter", ["owner"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("saved_filter")
    op.drop_table("maintenance")
    with op.batch_alter_table("platform") as table:
        table.drop_column("draining")
        table.drop_column("chips")

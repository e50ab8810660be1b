"""Who is told when jobs are over."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "subscription",
        sa.Column("id", _ID, nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_index("ix_subscription_owner", "subscription", ["owner"])
    op.create_table(
        "notice",
        sa.Column("id", _ID, nullable=False),
        sa.Column("subscription", _ID, nullable=False),
        sa.Column("job", _ID, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription"],
            ["subscription.id"],
            name=op.f("fk_notice_subscription"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job"], ["job.id"], name=op.f("fk_notice_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_due_at", "notice", ["due_at"])

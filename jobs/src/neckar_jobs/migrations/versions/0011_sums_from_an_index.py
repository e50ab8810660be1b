"""What was used of a quota is summed without a look at the charges themselves."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on."""
    op.create_index("ix_charge_paid", "charge", ["quota", "amount"])
    op.drop_index("ix_charge_quota", "charge")


def downgrade() -> None:
    """Go back."""
    op.create_index("ix_charge_quota", "charge", ["quota"])
    op.drop_index("ix_charge_paid", "charge")

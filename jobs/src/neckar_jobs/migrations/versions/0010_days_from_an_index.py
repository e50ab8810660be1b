"""Statistics of days are counted without a look at the jobs themselves."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on."""
    op.create_index("ix_job_submitted", "job", ["submitted_at", "state", "owner"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_job_submitted", "job")

"""Lists of jobs are read in their order from an index instead of being sorted."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on."""
    columns = ["hidden", "id", "owner", "collab", "platform", "state"]
    op.create_index("ix_job_listed", "job", columns)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_job_listed", "job")

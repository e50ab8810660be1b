"""Waiting, held and ended jobs are found without a look at the others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import TextClause

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDICES: tuple[tuple[str, list[str | TextClause], str], ...] = (
    ("waiting", ["platform", "collab", sa.text("priority DESC"), "id"], "state = 'submitted'"),
    ("held", ["platform", "collab"], "state IN ('claimed', 'running', 'stopping')"),
    ("ended", ["platform", "id"], "ended_at IS NOT NULL"),
)


def upgrade() -> None:
    """Go on."""
    for name, columns, which in INDICES:
        where = sa.text(which)
        op.create_index(
            f"ix_job_{name}", "job", columns, postgresql_where=where, sqlite_where=where
        )
    op.drop_index("ix_job_queue", "job")


def downgrade() -> None:
    """Go back."""
    columns: list[str | TextClause] = [
        "platform",
        "state",
        "collab",
        sa.text("priority DESC"),
        "id",
    ]
    op.create_index("ix_job_queue", "job", columns)
    for name, _, _ in INDICES:
        op.drop_index(f"ix_job_{name}", "job")

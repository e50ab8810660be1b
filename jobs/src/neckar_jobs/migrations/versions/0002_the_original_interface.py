"""What the original's interface needs: files elsewhere, chip sessions, a secret to sign with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go on."""
    _links()
    _sessions()
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )


def _links() -> None:
    op.create_table(
        "link",
        sa.Column("id", _ID, nullable=False),
        sa.Column("job", _ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("digest", sa.Text()),
        sa.Column("content_type", sa.Text()),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("fk_link_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    op.create_index("ix_link_job", "link", ["job", "kind"])


def _sessions() -> None:
    op.create_table(
        "chip_session",
        sa.Column("id", _ID, nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("collab", sa.String(length=200), nullable=False),
        sa.Column("platform", sa.String(length=100), nullable=False),
        sa.Column("hardware", sa.JSON()),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("usage", sa.Double()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chip_session")),
    )
    for name in ("owner", "collab"):
        op.create_index(f"ix_chip_session_{name}", "chip_session", [name])
    op.create_table(
        "chip_session_charge",
        sa.Column("chip_session", _ID, nullable=False),
        sa.Column("quota", _ID, nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chip_session"],
            ["chip_session.id"],
            name=op.f("fk_chip_session_charge_chip_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["quota"], ["quota.id"], name=op.f("fk_chip_session_charge_quota"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chip_session", "quota", name=op.f("pk_chip_session_charge")),
    )
    op.create_index("ix_chip_session_charge_quota", "chip_session_charge", ["quota"])

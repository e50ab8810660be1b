"""What people are told by mail, what they have not been told yet, and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account")
    return sa.ForeignKeyConstraint(["account"], ["account.name"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "mail_wish",
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("matter", sa.String(length=10), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        _of_account("mail_wish"),
        sa.PrimaryKeyConstraint("account", "matter", name=op.f("pk_mail_wish")),
    )
    op.create_table(
        "news",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("matter", sa.String(length=10), nullable=False),
        sa.Column("job", _ID, nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        _of_account("news"),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("fk_news_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    op.create_index("ix_news_account", "news", ["account"])
    op.create_index("ix_news_due_at", "news", ["due_at"])
    op.create_table(
        "mail",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("posted", sa.String(length=10), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        _of_account("mail"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index("ix_mail_account", "mail", ["account"])
    op.create_index("ix_mail_due_at", "mail", ["due_at"])

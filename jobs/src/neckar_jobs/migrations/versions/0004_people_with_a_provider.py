"""People for whom a provider of OpenID Connect vouches."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "oidc_login",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=100), nullable=False),
        sa.Column("verifier", sa.String(length=100), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_oidc_login")),
    )
    op.create_table(
        "subject",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_subject")),
    )
    with op.batch_alter_table("collab") as batch:
        batch.add_column(
            sa.Column("issuer", sa.String(length=300), nullable=False, server_default="")
        )
    with op.batch_alter_table("collab") as batch:
        batch.alter_column("issuer", server_default=None)

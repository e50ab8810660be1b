"""What the migrations lead to is what the service expects."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from neckar_jobs.store.tables import metadata


def test_migrations_lead_to_the_tables(database):
    with database.reading() as c:
        context = MigrationContext.configure(c, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []

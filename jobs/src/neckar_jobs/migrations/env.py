"""What Alembic runs: the connection comes from `Database.migrate`."""

from alembic import context

from neckar_jobs.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

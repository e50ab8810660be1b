"""Connections to the database come to an end."""

from neckar_jobs.store.database import Database


def test_a_connection_that_is_used_while_all_are_given_back_is_closed_afterwards(
    database: Database,
) -> None:
    used = Database(database.engine.url.render_as_string(hide_password=False))
    with used.reading() as connection:
        entry = connection.connection._connection_record
        used.close()
        assert entry.dbapi_connection is not None
    assert entry.dbapi_connection is None

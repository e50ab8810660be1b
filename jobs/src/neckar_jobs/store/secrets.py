"""Secrets of this installation, made when they are first needed."""

from secrets import token_urlsafe

from sqlalchemy import Connection, insert, select

from neckar_jobs.store.tables import secret


def get(connection: Connection, name: str) -> str:
    """The secret of this name; the transaction must be one that writes."""
    query = select(secret.c.value).where(secret.c.name == name)
    found: str | None = connection.execute(query).scalar_one_or_none()
    if found is None:
        found = token_urlsafe(32)
        connection.execute(insert(secret), {"name": name, "value": found})
    return found

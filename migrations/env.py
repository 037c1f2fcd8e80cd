"""Alembic's entry: runs revisions on the connection, and inside the transaction, that `store.schema` hands in.

Never opens a database of its own.
"""

from __future__ import annotations

from alembic import context

from store.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by copying it
    transactional_ddl=True,  # true of both: a revision is made whole or not at all
    compare_type=True,
)
context.run_migrations()

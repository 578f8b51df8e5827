"""Alembic's entrance: it runs on the connection that `publisher.records.database` opened."""

from alembic import context

from publisher.records.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()

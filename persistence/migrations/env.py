"""Alembic's entry: runs the migrations on the connection it is given, or prints them as SQL."""

from __future__ import annotations

from alembic import context

from persistence.tables import metadata


def run() -> None:
    connection = context.config.attributes.get("connection")
    if context.is_offline_mode():
        context.configure(
            dialect_name=context.config.attributes["dialect_name"],
            target_metadata=metadata,
            literal_binds=True,
            output_buffer=context.config.output_buffer,
        )
        # A script has nowhere to put what RETURNING ... INTO gives back.
        context.get_context().dialect.insert_returning = False
    else:
        context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run()

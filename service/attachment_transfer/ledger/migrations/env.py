"""What Alembic runs: the steps, on the caller's connection, or as SQL for a dialect. There is no ini file."""

from __future__ import annotations

from alembic import context

from attachment_transfer.ledger import migrations, tables

_attributes = context.config.attributes

if context.is_offline_mode():
    context.configure(
        dialect_name=_attributes[migrations.DIALECT],
        literal_binds=True,
        target_metadata=tables.metadata,
        transactional_ddl=False,  # the caller writes BEGIN and COMMIT around the whole
        version_table=migrations.VERSION_TABLE,
    )
else:
    # The caller has the lock and the transaction: a failed step is rolled back together with those before it.
    context.configure(
        connection=_attributes[migrations.CONNECTION],
        target_metadata=tables.metadata,
        version_table=migrations.VERSION_TABLE,
    )
context.run_migrations()

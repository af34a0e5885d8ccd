"""Contract: no program reads the audit trail's text any more, so the bridge of step 0002 is removed.

For the release after the one that brought step 0002. Version 2 shuts out the release before that one: it would read
the trail, and treat a result that is missing there as never written back. With this step the line of the
trail becomes free text, for people alone.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DROPS = {
    "sqlite": ["DROP TRIGGER write_back_bridge"],
    "postgresql": ["DROP TRIGGER write_back_bridge ON audit", "DROP FUNCTION write_back_bridge()"],
}


def upgrade() -> None:
    """Drop the bridge, raise the version."""
    for statement in DROPS[op.get_context().dialect.name]:
        op.execute(statement)
    op.execute("UPDATE ledger_schema SET version = 2")

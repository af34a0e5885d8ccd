"""Expand: the write-back's state becomes two columns of ``transfer``.

The release before finds out whether a round's result was written back by reading the audit trail's text. During a
rolling update both releases run, and a round may be taken over either way, so each must see what the other did:

- this release goes on writing the trail's line as it is, which the release before reads;
- a trigger on the trail fills the columns, for lines that the release before writes. The comparison of text that it
  needs is only here and is removed with the trigger: ``prepared/step_0003_write_back_contract.py``.

Rounds that were running are filled in; ended transfers do not need it. So the step touches few rows and its lock
on ``transfer`` is short: an added column without a default rewrites nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: The beginning of the line that both releases write: ``round N, ``.
_OF_THIS_ROUND = "substr({detail}, 1, length('round ' || round_no || ', ')) = 'round ' || round_no || ', '"
_STATE = "CASE {action} WHEN 'written back' THEN 'written' ELSE 'failed' END"
_ACTIONS = "('written back', 'not written back')"

_LATEST = f"""
    SELECT {_STATE.format(action="audit.action")} FROM audit
    WHERE audit.transfer_id = transfer.id AND audit.action IN {_ACTIONS}
      AND {_OF_THIS_ROUND.format(detail="audit.detail")}
    ORDER BY audit.id DESC LIMIT 1
"""  # noqa: S608 - made of this file's constants

_FILL = f"""
    UPDATE transfer SET write_back_state = ({_LATEST}), write_back_round_no = round_no
    WHERE state = 'running' AND EXISTS ({_LATEST})
"""  # noqa: S608 - made of this file's constants

_BRIDGE = f"""
    UPDATE transfer SET write_back_state = {_STATE.format(action="NEW.action")}, write_back_round_no = round_no
    WHERE id = NEW.transfer_id AND {_OF_THIS_ROUND.format(detail="NEW.detail")};
"""  # noqa: S608 - made of this file's constants

BRIDGES = {
    "sqlite": [
        f"""
        CREATE TRIGGER write_back_bridge AFTER INSERT ON audit WHEN NEW.action IN {_ACTIONS}
        BEGIN {_BRIDGE} END
        """
    ],
    "postgresql": [
        f"""
        CREATE OR REPLACE FUNCTION write_back_bridge() RETURNS trigger LANGUAGE plpgsql AS $bridge$
        BEGIN {_BRIDGE} RETURN NULL; END
        $bridge$
        """,
        f"""
        CREATE TRIGGER write_back_bridge AFTER INSERT ON audit FOR EACH ROW
        WHEN (NEW.action IN {_ACTIONS}) EXECUTE FUNCTION write_back_bridge()
        """,
    ],
}


def upgrade() -> None:
    """Add the columns, fill them for what runs, build the bridge."""
    op.add_column("transfer", sa.Column("write_back_round_no", sa.Integer()))
    op.add_column("transfer", sa.Column("write_back_state", sa.String(length=16)))
    op.execute(_FILL)
    for statement in BRIDGES[op.get_context().dialect.name]:
        op.execute(statement)

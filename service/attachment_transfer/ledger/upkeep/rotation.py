"""Rotate sealing keys: wrap every open transfer's key under the current one, so that old keys can be removed."""

from __future__ import annotations

import sqlalchemy as sa

from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.accept import load_transfer, secret_binding
from attachment_transfer.ledger.database import writing
from attachment_transfer.ledger.sealing import KeyRing, Sealed


def rotate(engine: sa.Engine, keys: KeyRing, *, now_s: float, actor: str = audit.OPERATOR) -> int:
    """Rewrap every row that an older key sealed; return how many. Raises ``SealBroken`` if a key is missing."""
    table = tables.sealed_secret
    with writing(engine) as connection:
        old = connection.execute(sa.select(table).where(table.c.key_id != keys.keys[0][0])).mappings().all()
        for row in old:
            binding = secret_binding(load_transfer(connection, row["transfer_id"]))
            box = keys.rewrap(Sealed(row["key_id"], row["wrapped_key"], row["sealed"]), bound_to=binding)
            connection.execute(
                table.update()
                .where(table.c.transfer_id == row["transfer_id"])
                .values(key_id=box.key_id, wrapped_key=box.wrapped_key)
            )
        if old:
            by = ", ".join(sorted({row["key_id"] for row in old}))
            audit.note(
                connection,
                "keys rotated",
                f"{len(old)} transfer(s) from {by} to {keys.keys[0][0]}",
                actor=actor,
                at_s=now_s,
            )
    return len(old)

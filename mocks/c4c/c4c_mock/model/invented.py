"""Rows that nobody stored: what the pages of a list without end are filled with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal

from c4c_mock.model.edm import EntitySet
from c4c_mock.model.rows import Row
from c4c_mock.model.values import Value
from c4c_mock.tenant import C4CTenant

_ATTACHMENT: dict[str, Value] = {"CategoryCode": "2", "TypeCode": "10001", "MimeType": "application/octet-stream"}


def invented(
    tenant: C4CTenant, eset: EntitySet, owner: Row | None, models: Sequence[Row], first: int, count: int
) -> list[Row]:
    """``count`` rows, the ``first``-th and so on of a list: the same number is always the same row.

    ``models``: real rows of the list, the last of which lends parent and values; ``owner``: of a navigated set.
    """
    model = models[-1] if models else None
    return [_row(tenant, eset, owner, model, number) for number in range(first, first + count)]


def _row(tenant: C4CTenant, eset: EntitySet, owner: Row | None, model: Row | None, number: int) -> Row:
    parent_id = owner.object_id if owner is not None else model.parent_id if model is not None else None
    name = hashlib.sha256(f"{eset.name}/{parent_id}/{number}".encode()).hexdigest()[:32].upper()
    at = model.created_at if model is not None else tenant.clock.now()
    return Row(
        eset=eset,
        object_id=name,
        parent_id=parent_id,
        values=_values(eset, model, number),
        created_at=at,
        created_by="" if model is None else model.created_by,
        visible_at=at,
    )


def _values(eset: EntitySet, model: Row | None, number: int) -> dict[str, Value]:
    if not eset.attachment:
        return {} if model is None else dict(model.values)
    return {**_ATTACHMENT, "Name": f"invented-{number}.bin", "SizeInkB": Decimal(number + 1)}

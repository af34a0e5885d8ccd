"""Typed values of properties, and what an unset one reads as.

In the model a String is ``str``, a Guid an upper-case dashed ``str``, a Boolean ``bool``, a Decimal
``decimal.Decimal``, a DateTimeOffset an aware and a DateTime a naive ``datetime``, a Binary a ``Blob``.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from c4c_mock.model.edm import Property
from mock_kit.tenants.spool import Blob

Value: TypeAlias = str | bool | Decimal | datetime | Blob | None

_UNSET: dict[str, Value] = {"String": "", "Boolean": False, "Decimal": Decimal(0)}


def unset(prop: Property) -> Value:
    """What a property reads as when it was never set: ``""`` for text, null for dates and ids.

    Source: recorded payloads of tenants (empty strings, null dates); False and 0 are inferred.
    """
    return _UNSET.get(prop.type)

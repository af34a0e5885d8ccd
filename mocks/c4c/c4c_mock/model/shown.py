"""Values of a request as an error text shows them: as the client wrote them, and short."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

_MOST = 100


def shown(value: object) -> str:
    """Text in single quotes, everything else as JSON has it; at most 100 characters, unprintable ones as U+FFFD."""
    if isinstance(value, str):
        return f"'{_printable(value)}'"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)[:_MOST] if isinstance(value, int | float | Decimal) else "an array"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:_MOST])

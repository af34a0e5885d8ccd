"""The shapes of C4C's JSON: a page of a list, one entity, one attachment."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from attachment_transfer.clients.c4c.metadata import AttachmentNavigation
from attachment_transfer.core.dialect import NeighbourDialect
from attachment_transfer.core.errors import UnexpectedAnswer
from attachment_transfer.core.model import C4cObject

#: Edm.Int64's largest: no file is larger, and ``int(Decimal("1e999999999"))`` would fill the memory.
_MOST_BYTES = 2**63 - 1


def selection(navigation: AttachmentNavigation) -> str:
    """The ``$select`` of an attachment: those properties that its type has, and never the bytes."""
    wanted = ("ObjectID", "Name", "Title", "MimeType", "SizeInkB")
    return ",".join(name for name in wanted if name in navigation.properties)


def page(document: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """Rows and next link, in C4C's shape or in standard V2. Anything else is no list, not an empty one either."""
    data = document.get("d")
    rows = data.get("results") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedAnswer("C4C answered 200 without the list that was requested")
    following = data.get("__next") if isinstance(data, dict) else None
    if following is not None and not isinstance(following, str):
        raise UnexpectedAnswer("C4C's next link is no address")
    return rows, following or None


def single(document: Any) -> dict[str, Any]:
    """One entity, in C4C's shape (``d.results`` is the object) or in standard V2 (``d`` is)."""
    data = document.get("d") if isinstance(document, dict) else None
    inner = data.get("results", data) if isinstance(data, dict) else None
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    if not isinstance(inner, dict):
        raise UnexpectedAnswer("C4C answered without an entity")
    return inner


def object_id(row: dict[str, Any]) -> str | None:
    """The row's ``ObjectID``; None if it has none that can be one."""
    value = row.get("ObjectID")
    return value if isinstance(value, str) and value else None


def stored(row: dict[str, Any], dialect: NeighbourDialect) -> C4cObject:
    """One attachment. Raises :class:`UnexpectedAnswer` if nothing identifies it."""
    identity = object_id(row)
    if identity is None:
        raise UnexpectedAnswer("C4C lists an attachment without ObjectID")
    return C4cObject(
        object_id=identity,
        name=_text(row.get("Name")),
        title=_text(row.get("Title")),
        size_bytes=size_bytes(row.get("SizeInkB")) if dialect.c4c_size_field_holds_bytes else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def size_bytes(value: Any) -> int | None:
    """C4C's ``SizeInkB`` is a number of bytes, as a decimal string (recorded: the developer guide's 37-byte text).

    None, "not known", for all that cannot be a number of bytes: no number, below 0, with a fraction, too large.
    """
    try:
        number = Decimal(str(value))
        if not 0 <= number <= _MOST_BYTES or number != number.to_integral_value():
            return None
    except InvalidOperation:  # no number, or NaN
        return None
    return int(number)

"""What a mock's model refuses, sorted by whose fault it is. Each is a problem that the kit renders.

Refusal
├── MalformedRequest  400  the request cannot be read
├── MissingItem       404  no such item in this tenant
├── Conflict          409  the name is in use, or the item's state does not allow it
├── Invalid           422  readable, but a rule forbids it
└── NotImitated       501  the vendor may do this, the mock does not
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mock_kit.http.problem import FieldError, Problem


@dataclass(frozen=True)
class PlacedError(FieldError):
    """A field error with its position inside a JSON text.

    Attributes:
        line: 1-based.
        column: 1-based, in characters.
    """

    line: int = 1
    column: int = 1

    def to_dict(self) -> dict[str, Any]:
        """The kit's members with line and column."""
        return super().to_dict() | {"line": self.line, "column": self.column}


class Refusal(Problem):
    """Root of what a model refuses; ``status`` is the HTTP status for it, ``usual`` its error where none is given."""

    status = 422
    title = "Refused"
    usual: tuple[FieldError, ...] = ()

    def __init__(self, detail: str, *errors: FieldError) -> None:
        super().__init__(self.status, self.title, detail, errors or self.usual)


class MalformedRequest(Refusal):
    """What came in cannot be read."""

    status = 400
    title = "Malformed request"


class MissingItem(Refusal):
    """This tenant has no such item."""

    status = 404
    title = "Not found"
    usual = (FieldError("path", "an item that exists", "GET the list that it should be in."),)


class Conflict(Refusal):
    """The name is taken, the item is still in use, or its state does not allow this."""

    status = 409
    title = "Conflict"
    usual = (FieldError("status", "a state that allows it", "GET the item: its state shows what is missing."),)


class Invalid(Refusal):
    """Readable, but a rule forbids it."""

    status = 422
    title = "Invalid"


class NotImitated(Refusal):
    """The vendor may do this; the mock does not imitate it."""

    status = 501
    title = "Not imitated"


def described(value: object) -> str:
    """A short, safe description of a wrong value: its type and, when it is small and plain, the value."""
    if isinstance(value, bool | int | float) or value is None:
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 80 else value[:77] + "...")
    return f"a {type(value).__name__}"


def found_value(found: object) -> dict[str, Any]:
    """The argument ``value`` of a field error for what was found, never a secret; empty for None."""
    return {} if found is None else {"value": described(found)}

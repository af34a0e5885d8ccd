"""What the model refuses, sorted by whose fault it is.

Refusal
├── Malformed   400  it cannot be read at all
├── Missing     404  there is no such thing here
├── Taken       409  the name is in use, or the thing is
├── Invalid     422  it can be read, but a rule forbids it
└── Lacking     501  the vendor may do this, the twin does not
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One thing wrong with one field.

    Attributes:
        field: path of the field, such as ``json.request.method``.
        expected: what would have been right.
        remedy: what the reader does next.
        found: what was there, never a secret; None when saying so would show one.
        line: 1-based line inside a JSON text, when the field lies in one.
        column: 1-based column on that line, in characters.
    """

    field: str
    expected: str
    remedy: str
    found: str | None = None
    line: int | None = None
    column: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The member of ``errors`` in a problem reply; absent attributes are left out."""
        pairs = {
            "field": self.field,
            "value": self.found,
            "expected": self.expected,
            "remedy": self.remedy,
            "line": self.line,
            "column": self.column,
        }
        return {name: value for name, value in pairs.items() if value is not None}


class Refusal(Exception):
    """The model says no; ``status`` is the hint for whoever speaks HTTP."""

    status = 422
    title = "Refused"

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class Malformed(Refusal):
    """What came in cannot be read."""

    status = 400
    title = "Malformed request"


class Missing(Refusal):
    """There is no such thing in this tenant."""

    status = 404
    title = "Not found"


class Taken(Refusal):
    """The name is taken, or the thing is still in use."""

    status = 409
    title = "Conflict"


class Invalid(Refusal):
    """It can be read, but a rule forbids it."""

    status = 422
    title = "Invalid"


class Lacking(Refusal):
    """The vendor may well do this; the twin does not imitate it."""

    status = 501
    title = "Not imitated"


def invalid(field: str, expected: str, remedy: str, found: str | None = None) -> Invalid:
    """An ``Invalid`` about a single field."""
    error = FieldError(field=field, expected=expected, remedy=remedy, found=found)
    return Invalid(f"{field}: expected {expected}", (error,))

"""What the model refuses, sorted by whose fault it is.

ModelError
├── NoSuchThing      an id nobody minted
├── NotNow           right request, wrong moment in the chat's life
└── Refused          a value Contact Pro does not take; carries the field
"""

from __future__ import annotations


class ModelError(Exception):
    """Root of what the model refuses; the message is meant for a reader."""


class NoSuchThing(ModelError):
    """An id that nobody minted."""


class NotNow(ModelError):
    """The chat's state does not allow this; the message names the state and what is missing."""


class Refused(ModelError):
    """A value that Contact Pro does not take.

    Attributes:
        field: name of the member or parameter.
        expected: what would have been taken.
        remedy: what to do about it.
    """

    def __init__(self, message: str, *, field: str, expected: str, remedy: str) -> None:
        super().__init__(message)
        self.field = field
        self.expected = expected
        self.remedy = remedy

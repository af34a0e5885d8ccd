"""What the model refuses.

ModelError
├── UnknownId        an id that does not exist
├── WrongState       a step that the state of the chat does not allow
└── InvalidValue     a value that Contact Pro does not accept; names the field
"""

from __future__ import annotations


class ModelError(Exception):
    """Root of what the model refuses; the message is for a person."""


class UnknownId(ModelError):
    """An id that does not exist."""


class WrongState(ModelError):
    """The chat's state does not allow this; the message names the state and what is missing."""


class InvalidValue(ModelError):
    """A value that Contact Pro does not accept.

    Attributes:
        field: name of the member or parameter.
        expected: what would be accepted.
        remedy: what to do about it.
    """

    def __init__(self, message: str, *, field: str, expected: str, remedy: str) -> None:
        super().__init__(message)
        self.field = field
        self.expected = expected
        self.remedy = remedy

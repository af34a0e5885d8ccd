"""What can go wrong in the lab, sorted by whose move is next.

LabError
├── WrongUse            the command line or the call asked for something that cannot be: exit 2
└── LabFailed           the lab or the thing under test failed: exit 1
    ├── StackFailed    a process of the stack did not start, or died
    │   └── PortTaken   somebody else listens where we want to
    ├── Refused         a mock or the service answered with an error
    ├── Unreachable     nobody answered at that address
    └── NotSettled      the chain did not come to rest before the deadline
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class LabError(Exception):
    """Root of the lab's own errors; the message is meant for a person."""

    exit_code = 1


class WrongUse(LabError):
    """The call cannot be carried out as asked; says what would work."""

    exit_code = 2


class LabFailed(LabError):
    """Something that was asked for correctly did not work."""


class StackFailed(LabFailed):
    """A process of the stack did not come up, or went away."""


class StackPortTaken(StackFailed):
    """A port that the stack needs is in use."""

    def __init__(self, message: str, *, port: int) -> None:
        super().__init__(message)
        self.port = port


class RequestRefused(LabFailed):
    """A mock or the service answered, but not with a success; ``problem`` is the answer's JSON object, if any."""

    def __init__(self, message: str, *, status: int, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem = dict(problem or {})


class Unreachable(LabFailed):
    """No answer from a process of the stack."""


class NotSettled(LabFailed):
    """The chain was still moving, or stuck, when the time was up."""

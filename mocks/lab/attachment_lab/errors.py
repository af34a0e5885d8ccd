"""What can go wrong in the lab, sorted by who can fix it.

LabError
├── WrongUse            the command line or the call cannot be carried out as given: exit 2
└── LabFailed           the lab or the thing under test failed: exit 1
    ├── StackFailed     a process of the stack did not start, or died
    │   └── StackPortTaken  another process listens on a port that the stack needs
    ├── RequestRefused  a mock or the service answered with an error
    ├── Unreachable     a process did not answer
    └── NotSettled      the chain was still active at the deadline
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class LabError(Exception):
    """Root of the lab's own errors; its message is shown to the user."""

    exit_code = 1


class WrongUse(LabError):
    """The call cannot be carried out as given; the message says what would work."""

    exit_code = 2


class LabFailed(LabError):
    """A correct call failed."""


class StackFailed(LabFailed):
    """A process of the stack did not start, or ended."""


class StackPortTaken(StackFailed):
    """A port that the stack needs is in use."""

    def __init__(self, message: str, *, port: int) -> None:
        super().__init__(message)
        self.port = port


class RequestRefused(LabFailed):
    """A mock or the service answered with an error; ``problem`` is the answer's JSON object, if any."""

    def __init__(self, message: str, *, status: int, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem = dict(problem or {})


class Unreachable(LabFailed):
    """No answer from a process of the stack."""


class NotSettled(LabFailed):
    """The chain was still active, or stuck, at the deadline."""

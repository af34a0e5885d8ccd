"""What the event engine hands to the outside and what it gets back; who carries it is not its business."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One HTTP request, complete.

    Attributes:
        url: as the vendor would call it; the carrier may map its host elsewhere.
        headers: names as written; values fit Latin-1 and hold secrets.
        timeout_s: for connecting and for each read.
        verify: whether TLS certificates are checked.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    verify: bool = True


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back.

    Attributes:
        body: at most the carrier's limit.
        duration_s: wall time from sending to the end of the body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_s: float


class SendFailed(Exception):
    """No reply. The message is for people and holds no secret."""

    def __init__(self, message: str, *, duration_s: float = 0.0) -> None:
        super().__init__(message)
        self.duration_s = duration_s


def nothing() -> None:
    """What is done when nobody wants to know that a request is out."""


class Sender(Protocol):
    """Carries requests."""

    def send(self, outgoing: Outgoing, sent: Callable[[], None] = nothing) -> Reply:
        """The reply, whatever its status. Raises ``SendFailed`` when there is none.

        ``sent`` is called once the whole request is on the wire, if the carrier can tell.
        """
        ...

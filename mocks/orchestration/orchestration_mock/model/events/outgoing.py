"""The requests of the event engine and their replies; ``wire.outbound`` sends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class OutgoingRequest:
    """One HTTP request, complete.

    Attributes:
        url: as the vendor would call it; the sender may map its host to another address.
        headers: names as written; values fit Latin-1 and contain secrets.
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
class HttpReply:
    """The reply to a request.

    Attributes:
        body: at most the sender's limit.
        duration_s: wall time from sending to the end of the body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_s: float


class SendFailed(Exception):
    """No reply. The message is for people and contains no secret."""

    def __init__(self, message: str, *, duration_s: float = 0.0) -> None:
        super().__init__(message)
        self.duration_s = duration_s


def do_nothing() -> None:
    """The default of ``on_sent``."""


class RequestSender(Protocol):
    """Sends the requests of one tenant."""

    def send(self, outgoing: OutgoingRequest, on_sent: Callable[[], None] = do_nothing) -> HttpReply:
        """The reply, whatever its status. Raises ``SendFailed`` when there is none.

        ``on_sent`` is called once the last byte of the request is written, if the sender can see that.
        """
        ...

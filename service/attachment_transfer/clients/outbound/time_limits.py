"""How long one call may take in all, checked at every piece that is received or sent, whatever its size.

httpx's timeouts bound the wait for one piece: a peer that sends one byte a second never exceeds them. A
:class:`TimeLimit` is such a timeout (a number of seconds, as httpx and httpcore pass it down) that also knows what
remains of the whole; :class:`LimitedStream`, below TLS and HTTP, checks it. Only the time spent waiting for this peer
counts: a download that feeds a slower upload does not run into its own limit.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

#: What is written to a socket at once: a peer that reads slowly is noticed between two of these.
_WRITTEN_AT_ONCE_BYTES = 65_536

#: Timeouts as httpx hands them down to httpcore with a request.
Extensions = dict[str, Any]


class TooSlow(httpcore.ReadTimeout):
    """The peer sent less than it has to in the time that it may take."""


class TooSlowToTake(httpcore.WriteTimeout):
    """The peer did not accept what was sent in the time that it may take."""


class TimeLimit(float):
    """As a number: the longest wait for one piece, in seconds. In addition, a limit for all waits of one call together.

    Args:
        piece_s: the number.
        total_s: what all waits may take together, in seconds.
        least_bytes_per_s: every byte received adds its share of a second to ``total_s``; None: nothing does.
    """

    def __new__(cls, piece_s: float, *, total_s: float, least_bytes_per_s: float | None = None) -> TimeLimit:
        limit = super().__new__(cls, piece_s)
        limit.begin(total_s=total_s, least_bytes_per_s=least_bytes_per_s)
        return limit

    def next_wait_s(self) -> float:
        """How long the next piece may be waited for; 0.0 or less: the whole limit is used up."""
        return min(float(self), self.allowed_s() - self.waited_s)

    def allowed_s(self) -> float:
        """What all waits may take together by now, in seconds."""
        earned_s = self.passed_bytes / self._least_bytes_per_s if self._least_bytes_per_s else 0.0
        return self._total_s + earned_s

    def note(self, waited_s: float, passed_bytes: int) -> None:
        """Record a wait, and the piece that came, if one did."""
        self.waited_s += waited_s
        self.passed_bytes += passed_bytes

    def begin(self, *, total_s: float, least_bytes_per_s: float | None = None) -> None:
        """Begin another part of the call, with a limit of its own: the body after the head."""
        self._total_s, self._least_bytes_per_s = total_s, least_bytes_per_s
        self.waited_s: float = 0.0
        self.passed_bytes: int = 0

    def used_up(self) -> str:
        """The limit as part of an error message."""
        return f"{self.passed_bytes} bytes in {self.waited_s:.0f} s, which is too slow"


class LimitedStream(httpcore.NetworkStream):
    """A network stream that honours :class:`TimeLimit`; other timeouts are passed on as they are."""

    def __init__(self, inner: httpcore.NetworkStream, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._monotonic_s = monotonic_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive one piece. Raises :class:`TooSlow` once the limit is used up."""
        if not isinstance(timeout, TimeLimit):
            return self._inner.read(max_bytes, timeout)
        wait_s = timeout.next_wait_s()
        if wait_s <= 0:
            raise TooSlow(f"it sent {timeout.used_up()}")
        began_s, piece = self._monotonic_s(), b""
        try:
            piece = self._inner.read(max_bytes, wait_s)
        except httpcore.ReadTimeout as exc:
            timeout.note(self._monotonic_s() - began_s, 0)
            raise TooSlow(f"it sent {timeout.used_up()}") from exc
        timeout.note(self._monotonic_s() - began_s, len(piece))
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of ``buffer``. Raises :class:`TooSlowToTake` once the limit is used up."""
        if not isinstance(timeout, TimeLimit):
            self._inner.write(buffer, timeout)
            return
        whole = memoryview(buffer)
        for start in range(0, len(whole), _WRITTEN_AT_ONCE_BYTES):
            self._write_part(whole[start : start + _WRITTEN_AT_ONCE_BYTES], timeout)

    def _write_part(self, part: memoryview, limit: TimeLimit) -> None:
        wait_s = limit.next_wait_s()
        if wait_s <= 0:
            raise TooSlowToTake(f"it took {limit.used_up()}")
        began_s = self._monotonic_s()
        try:
            self._inner.write(part, wait_s)  # type: ignore[arg-type]  # a socket takes any buffer
        except httpcore.WriteTimeout as exc:
            limit.note(self._monotonic_s() - began_s, 0)
            raise TooSlowToTake(f"it took {limit.used_up()}") from exc
        limit.note(self._monotonic_s() - began_s, len(part))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same stream under TLS, with the same limits."""
        inner = self._inner.start_tls(ssl_context, server_hostname, timeout)
        return LimitedStream(inner, self._monotonic_s)

    def get_extra_info(self, info: str) -> Any:
        """Information that httpcore reads from a connection."""
        return self._inner.get_extra_info(info)


@dataclass(frozen=True, kw_only=True)
class CallTimes:
    """The times of a worker's calls to neighbours, in seconds.

    Attributes:
        connect_s: until a connection is established, TLS included.
        piece_s: for the head of an answer, and the longest silence within a body.
        document_s: for all of a document, head and body.
        slow_grace_s: what a file's body may take beyond ``least_bytes_per_s``.
        least_bytes_per_s: a download that is slower in the long run is given up.
    """

    connect_s: float = 10.0
    piece_s: float = 60.0
    document_s: float = 30.0
    slow_grace_s: float = 30.0
    least_bytes_per_s: float = 16_384.0

    def document(self) -> Extensions:
        """For a call whose answer is a document."""
        return self._extensions(read=TimeLimit(self.piece_s, total_s=self.document_s))

    def file(self) -> Extensions:
        """For a call whose answer is a file; :meth:`begin_body` begins its body's own limit."""
        return self._extensions(read=TimeLimit(self.piece_s, total_s=self.piece_s))

    def upload(self, body_s: float) -> Extensions:
        """For a call whose request is a file: ``body_s`` for sending it, ``piece_s`` for the whole answer."""
        return self._extensions(
            read=TimeLimit(self.piece_s, total_s=self.piece_s), write=TimeLimit(self.piece_s, total_s=body_s)
        )

    def begin_body(self, response: httpx.Response) -> None:
        """Begin the limit of a file's body: its head has arrived."""
        limit = response.request.extensions["timeout"].get("read")
        if isinstance(limit, TimeLimit):
            limit.begin(total_s=self.slow_grace_s, least_bytes_per_s=self.least_bytes_per_s)

    def _extensions(self, *, read: TimeLimit, write: TimeLimit | None = None) -> Extensions:
        # A request without a large body is sent within the time of one piece.
        sending = write or TimeLimit(self.piece_s, total_s=self.piece_s)
        return {"timeout": {"connect": self.connect_s, "read": read, "write": sending, "pool": self.connect_s}}


def too_slow(exc: BaseException) -> str | None:
    """The message of a call that exceeded its limit; None for every other error."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, TooSlow | TooSlowToTake):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    return None

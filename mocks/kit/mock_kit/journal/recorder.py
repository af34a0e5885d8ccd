"""Whole exchanges, for whoever judges live traffic against a contract. Off unless somebody attends.

The journal keeps heads, masked with ``***``: enough for a person, too little for a schema. The recorder keeps each
message whole and masks it *in shape*: every character of a secret becomes another of its own class
(``masking.stand_in``), so that a schema still sees length, alphabet, quotes and the word ``Basic``, and nothing that
opens anything. The other way, to judge first and mask then, would need the contract inside the mock, which a mock
never imports.

Two ways to attend: ``with attend() as log`` in this process (unit tests), or ``Mock.witnessing`` (the process was
started with ``--recorder``), which lets ``GET /_mock/recorder?tenant=`` hand the exchanges out.

Memory is bounded, and what the bound costs is stated, never silent: a body beyond ``KEPT_BODY_BYTES`` is marked as not
whole, an exchange beyond ``KEPT_BYTES`` is counted in ``dropped``. A process that is killed takes its log along.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from mock_kit.journal.bodies import Copier, Copy

#: All bodies of one log together, in bytes.
KEPT_BYTES = 64 * 1024 * 1024

_Headers = list[tuple[str, str]]


@dataclass
class CapturedExchange:
    """One whole exchange.

    Attributes:
        mock: the mock's own name.
        tenant: None for a request that belongs to no tenant.
        url: path and query as sent.
        status: as sent to the caller; 0 if no status line left the process.
        fault: ids of the planned faults that struck, joined by ", "; None without.
        failed: whether the mock itself broke down, unplanned.
        id: running number of the log, from 1.
    """

    __test__ = False

    mock: str
    tenant: str | None
    method: str
    url: str
    host: str
    status: int
    request_headers: _Headers = field(default_factory=list)
    request: Copy = field(default_factory=Copy)
    response_headers: _Headers = field(default_factory=list)
    response: Copy = field(default_factory=Copy)
    fault: str | None = None
    failed: bool = False
    id: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @property
    def kept_bytes(self) -> int:
        """What its bodies take in memory."""
        return len(self.request.text or "") + len(self.response.text or "")


def captured_from(told: Mapping[str, Any]) -> CapturedExchange:
    """A captured from the JSON that ``to_dict`` made of it."""
    headers = {side: [(name, value) for name, value in told[side]] for side in ("request_headers", "response_headers")}
    return CapturedExchange(
        **{**told, **headers, "request": Copy(**told["request"]), "response": Copy(**told["response"])}
    )


class RecorderLog:
    """Testimonies, oldest first. Thread-safe."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        """``kept_bytes`` bounds the bodies of all testimonies together."""
        self._kept_bytes = kept_bytes
        self._testimonies: list[CapturedExchange] = []
        self._held_bytes = 0
        self._begun = self._ended = 0
        self.dropped = 0
        self._lock = threading.Lock()

    @property
    def under_way(self) -> int:
        """Requests that have begun and are not over."""
        with self._lock:
            return self._begun - self._ended

    @property
    def last_id(self) -> int:
        """How many exchanges are over, dropped ones included."""
        with self._lock:
            return self._ended

    def begin(self) -> None:
        """A request came in."""
        with self._lock:
            self._begun += 1

    def add(self, captured: CapturedExchange) -> None:
        """An exchange is over. One that does not fit is dropped, and counted."""
        with self._lock:
            self._ended += 1
            captured.id = self._ended
            if self._held_bytes + captured.kept_bytes > self._kept_bytes:
                self.dropped += 1
                return
            self._held_bytes += captured.kept_bytes
            self._testimonies.append(captured)

    def list(self, since_id: int = 0, limit: int | None = None) -> list[CapturedExchange]:
        """At most ``limit`` testimonies that follow ``since_id``."""
        with self._lock:
            return [one for one in self._testimonies if one.id > since_id][:limit]


_attending: list[RecorderLog] = []


@contextmanager
def attend() -> Iterator[RecorderLog]:
    """Hear of every exchange of every mock in this process, while the block lasts."""
    log = RecorderLog()
    _attending.append(log)
    try:
        yield log
    finally:
        _attending.remove(log)


def attending() -> list[RecorderLog]:
    """The logs that hear of every exchange now."""
    return list(_attending)


class Attendance:
    """One exchange and the logs that are to hear of it; without logs it costs nothing."""

    def __init__(self, logs: Iterable[RecorderLog]) -> None:
        self._logs = tuple(logs)
        for log in self._logs:
            log.begin()

    def __bool__(self) -> bool:
        return bool(self._logs)

    def copier(self, content_type: str, encoding: str) -> Copier | None:
        """What copies a body; None if nobody attends."""
        return Copier(content_type, encoding) if self._logs else None

    def tell(self, captured: CapturedExchange) -> None:
        """The exchange is over."""
        for log in self._logs:
            log.add(captured)

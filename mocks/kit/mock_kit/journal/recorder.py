"""Whole exchanges, for the check of live traffic against a contract. Off by default.

The journal keeps heads, masked with ``***``: enough for a person, too little for a schema. The recorder keeps each
message whole and masks it *in shape*: every character of a secret becomes another of its own class
(``masking.stand_in``), so that a schema still sees length, alphabet, quotes and the word ``Basic``, and no secret. To
check first and mask afterwards would need the contract inside the mock, which a mock never imports.

Two ways to switch it on: ``with record_exchanges() as log`` in this process (unit tests), or ``Mock.recording`` (the
process was started with ``--recorder``), which makes ``GET /_mock/recorder?tenant=`` return the exchanges.

Memory is limited, and what the limit costs is stated: a body beyond ``KEPT_BODY_BYTES`` is marked as not
whole, an exchange beyond ``KEPT_BYTES`` is counted in ``dropped``. A process that is killed loses its log.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from mock_kit.journal.bodies import BodyCopier, BodyCopy

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
    request: BodyCopy = field(default_factory=BodyCopy)
    response_headers: _Headers = field(default_factory=list)
    response: BodyCopy = field(default_factory=BodyCopy)
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


def captured_from_json(document: Mapping[str, Any]) -> CapturedExchange:
    """A captured exchange from the JSON that ``to_dict`` made of it."""
    headers = {
        side: [(name, value) for name, value in document[side]] for side in ("request_headers", "response_headers")
    }
    return CapturedExchange(
        **{
            **document,
            **headers,
            "request": BodyCopy(**document["request"]),
            "response": BodyCopy(**document["response"]),
        }
    )


class RecorderLog:
    """Captured exchanges, oldest first. Thread-safe."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        """``kept_bytes`` limits the bodies of all exchanges together."""
        self._kept_bytes = kept_bytes
        self._exchanges: list[CapturedExchange] = []
        self._used_bytes = 0
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
        """A request begins."""
        with self._lock:
            self._begun += 1

    def add(self, captured: CapturedExchange) -> None:
        """An exchange is over. One that does not fit is dropped, and counted."""
        with self._lock:
            self._ended += 1
            captured.id = self._ended
            if self._used_bytes + captured.kept_bytes > self._kept_bytes:
                self.dropped += 1
                return
            self._used_bytes += captured.kept_bytes
            self._exchanges.append(captured)

    def list(self, since_id: int = 0, limit: int | None = None) -> list[CapturedExchange]:
        """At most ``limit`` exchanges that follow ``since_id``."""
        with self._lock:
            return [one for one in self._exchanges if one.id > since_id][:limit]


_logs_of_process: list[RecorderLog] = []


@contextmanager
def record_exchanges() -> Iterator[RecorderLog]:
    """Record every exchange of every mock in this process, while the block lasts."""
    log = RecorderLog()
    _logs_of_process.append(log)
    try:
        yield log
    finally:
        _logs_of_process.remove(log)


def active_logs() -> list[RecorderLog]:
    """The logs that record every exchange now."""
    return list(_logs_of_process)


class ExchangeRecording:
    """One exchange and the logs that get it; without logs it costs nothing."""

    def __init__(self, logs: Iterable[RecorderLog]) -> None:
        self._logs = tuple(logs)
        for log in self._logs:
            log.begin()

    def __bool__(self) -> bool:
        return bool(self._logs)

    def copier(self, content_type: str, encoding: str) -> BodyCopier | None:
        """What copies a body; None without logs."""
        return BodyCopier(content_type, encoding) if self._logs else None

    def add(self, captured: CapturedExchange) -> None:
        """The exchange is over."""
        for log in self._logs:
            log.add(captured)

"""What was refused because no route covers its address: the newest requests, for those who ask why."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from mock_kit.journal.credentials import CredentialLog

KEPT = 200
#: Misdirected Request, RFC 9110, 15.5.20.
REFUSED = 421
_MOST_PATH_CHARS = 2000


@dataclass(frozen=True, kw_only=True)
class RefusedRequest:
    """One request to an address without a route; ``time`` is RFC 3339, ``path`` has no query."""

    time: str
    host: str
    port: int
    path: str
    method: str


class RefusedRequests:
    """The newest ``KEPT``. Written by the listener's thread, read by the control API's.

    Attributes:
        credentials: what they carried, as keyed fingerprints; ``exchange`` is the running number of the refusal.
    """

    def __init__(self) -> None:
        self.credentials = CredentialLog()
        self._lock = threading.Lock()
        self._newest: deque[RefusedRequest] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, *, host: str, port: int, path: str, method: str, head: bytes = b"") -> None:
        """Record one. ``head``: as received; only fingerprints of its credentials are kept."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = RefusedRequest(time=time, host=host, port=port, path=path[:_MOST_PATH_CHARS], method=method)
        with self._lock:
            self._newest.append(entry)
            self._count += 1
            number = self._count
        shared = {"exchange": number, "at": time, "duration_ms": 0.0, "method": method, "host": host}
        address = head.partition(b"\r\n")[0].decode("latin-1")
        self.credentials.add(shared | {"path": entry.path, "status": REFUSED}, _headers(head), address, "")

    @property
    def count(self) -> int:
        """How many there were since the start."""
        return self._count

    def list(self) -> list[dict[str, object]]:
        """As JSON, oldest first."""
        with self._lock:
            return [asdict(entry) for entry in self._newest]


def _headers(head: bytes) -> list[tuple[str, str]]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if ":" in line)
    return [(name.strip(), value.strip()) for name, _, value in pairs]

"""Collects what the instrumentation of a stack's processes reports: in the lab's memory, over loopback, with a key."""

from __future__ import annotations

import json
import secrets
import socketserver
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from attachment_lab.recorder.instrumentation import Digest, Sent, instrument_httpx

#: Text of all captured exchanges together, in characters. What does not fit is counted in ``dropped``.
KEPT_CHARS = 64 * 1024 * 1024


class CollectedRecords:
    """Exchanges that the instrumentation reported since ``forget``. Thread-safe. ``dropped`` counts the rest.

    It is the sink of the lab's own process too, which is reporter 0.
    """

    def __init__(self, kept_chars: int = KEPT_CHARS) -> None:
        self._room = self._kept_chars = kept_chars
        self._under_way: Counter[int] = Counter()
        self._sent: list[Sent] = []
        self._received: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self.dropped = 0

    def begun(self, reporter: int = 0) -> None:
        """An exchange has begun in the process behind that connection."""
        with self._changed:
            self._under_way[reporter] += 1

    def sent(self, record: Sent, reporter: int = 0) -> None:
        """Record the sender's end of an exchange."""
        with self._changed:
            self._sent.append(record)
            self._over(reporter)

    def received(self, captured: dict[str, Any], reporter: int = 0) -> None:
        """Record the receiver's end of an exchange."""
        size = sum(len(captured[side]["text"] or "") for side in ("request", "response"))
        with self._changed:
            if size > self._room:
                self.dropped += 1
            else:
                self._room -= size
                self._received.append(captured)
            self._over(reporter)

    def gone(self, reporter: int) -> None:
        """That process has ended: its unfinished exchanges no longer count."""
        with self._changed:
            self._under_way.pop(reporter, None)
            self._changed.notify_all()

    def _over(self, reporter: int) -> None:
        self._under_way[reporter] -= 1
        self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Whether ``condition`` holds, now or within the time; it is evaluated again with each record."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    @property
    def under_way(self) -> int:
        """Number of exchanges that have begun and not ended."""
        with self._changed:
            return sum(self._under_way.values())

    def snapshot(self) -> tuple[list[Sent], list[dict[str, Any]]]:
        """Everything so far: senders' ends and receivers' ends."""
        with self._changed:
            return list(self._sent), list(self._received)

    def forget(self, but: Callable[[Sent], bool] = lambda _: False) -> None:
        """Remove everything but the senders' ends for which ``but`` is True: another tenant still has to check them."""
        with self._changed:
            self._sent = [one for one in self._sent if but(one)]
            self._received.clear()
            self._room, self.dropped = self._kept_chars, 0


class Collector:
    """Listens on a loopback port until it is closed; instruments the lab's own process as well."""

    def __init__(self) -> None:
        self.records = CollectedRecords()
        self._key = secrets.token_hex(16)
        records, key = self.records, self._key

        class Reporter(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                if secrets.compare_digest(self.rfile.readline().strip().decode("latin-1"), key):
                    _listen(records, self.rfile, id(self))

        self._server = _Server(("127.0.0.1", 0), Reporter)
        threading.Thread(target=self._server.serve_forever, name="recorder-collector", daemon=True).start()
        self._end_instrumentation = instrument_httpx("lab", self.records)

    def address(self, process: str) -> str:
        """The value of ``ATTACHMENT_LAB_INSTRUMENTATION`` for a process of that name."""
        host, port = self._server.server_address[:2]
        return f"{process}={host!s}:{port}:{self._key}"

    def close(self) -> None:
        """Stop listening, and end the instrumentation of the lab's own process."""
        self._end_instrumentation()
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


def _listen(records: CollectedRecords, lines: Any, reporter: int) -> None:
    try:
        for line in lines:
            message = json.loads(line)
            if message["kind"] == "begun":
                records.begun(reporter)
            elif message["kind"] == "sent":
                body = message["record"]
                digests = {side: Digest(**body[side]) for side in ("request", "answer")}
                records.sent(Sent(**{**body, **digests}), reporter)
            else:
                records.received(message["record"], reporter)
    except (OSError, ValueError):
        pass  # a process may be killed in the middle of a line
    finally:
        records.gone(reporter)

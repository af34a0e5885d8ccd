"""Where the taps of all processes of a stack report to: in the lab's own memory, over loopback, with a key."""

from __future__ import annotations

import json
import secrets
import socketserver
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from attachment_lab.recorder.instrumentation import Digest, Sent, instrument_httpx
from mock_kit.journal.recorder import CapturedExchange

#: Text of all testimonies together, in characters. What does not fit is counted in ``dropped``.
KEPT_CHARS = 64 * 1024 * 1024


class CollectedRecords:
    """What the taps have told since it was last taken. Thread-safe. ``dropped`` counts what did not fit."""

    def __init__(self, kept_chars: int = KEPT_CHARS) -> None:
        self._room = self._kept_chars = kept_chars
        self._under_way: Counter[int] = Counter()
        self._sent: list[Sent] = []
        self._received: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self.dropped = 0

    def begun(self, teller: int) -> None:
        """An exchange has begun in the process behind that connection."""
        with self._changed:
            self._under_way[teller] += 1

    def sent(self, record: Sent, teller: int) -> None:
        """The sender's end of an exchange is over."""
        with self._changed:
            self._sent.append(record)
            self._over(teller)

    def received(self, captured: dict[str, Any], teller: int) -> None:
        """The receiver's end of an exchange is over."""
        size = sum(len(captured[side]["text"] or "") for side in ("request", "response"))
        with self._changed:
            if size > self._room:
                self.dropped += 1
            else:
                self._room -= size
                self._received.append(captured)
            self._over(teller)

    def gone(self, teller: int) -> None:
        """That process is gone, and what it had under way with it."""
        with self._changed:
            self._under_way.pop(teller, None)
            self._changed.notify_all()

    def _over(self, teller: int) -> None:
        self._under_way[teller] -= 1
        self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Whether ``condition`` holds, now or within the time; asked again with each record."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    @property
    def under_way(self) -> int:
        """Exchanges that have begun and are not over."""
        with self._changed:
            return sum(self._under_way.values())

    def look(self) -> tuple[list[Sent], list[dict[str, Any]]]:
        """Everything so far; it stays."""
        with self._changed:
            return list(self._sent), list(self._received)

    def forget(self, but: Callable[[Sent], bool] = lambda _: False) -> None:
        """Begin anew, but for the senders' ends that somebody else has still to judge."""
        with self._changed:
            self._sent = [one for one in self._sent if but(one)]
            self._received.clear()
            self._room, self.dropped = self._kept_chars, 0


class OwnSink:
    """The tap of the lab's own process: no socket between it and the records."""

    def __init__(self, records: CollectedRecords) -> None:
        self._records = records

    def begun(self) -> None:
        """See ``Sink``."""
        self._records.begun(0)

    def sent(self, record: Sent) -> None:
        """See ``Sink``."""
        self._records.sent(record, 0)

    def received(self, captured: CapturedExchange) -> None:
        """See ``Sink``."""
        self._records.received(captured.to_dict(), 0)


class Collector:
    """Listens on a loopback port until it is closed; taps the lab's own process as well."""

    def __init__(self) -> None:
        self.records = CollectedRecords()
        self._key = secrets.token_hex(16)
        records, key = self.records, self._key

        class Teller(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                if secrets.compare_digest(self.rfile.readline().strip().decode("latin-1"), key):
                    _listen(records, self.rfile, id(self))

        self._server = _Server(("127.0.0.1", 0), Teller)
        threading.Thread(target=self._server.serve_forever, name="recorder-collector", daemon=True).start()
        self._untap = instrument_httpx("lab", OwnSink(self.records))

    def environment(self, who: str) -> str:
        """The value of ``ATTACHMENT_LAB_TAP`` for a process of that name."""
        host, port = self._server.server_address[:2]
        return f"{who}={host!s}:{port}:{self._key}"

    def close(self) -> None:
        """Stop listening; the lab's own process is tapped no longer."""
        self._untap()
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


def _listen(records: CollectedRecords, lines: Any, teller: int) -> None:
    try:
        for line in lines:
            told = json.loads(line)
            if told["kind"] == "begun":
                records.begun(teller)
            elif told["kind"] == "sent":
                body = told["record"]
                digests = {side: Digest(**body[side]) for side in ("request", "answer")}
                records.sent(Sent(**{**body, **digests}), teller)
            else:
                records.received(told["record"], teller)
    except (OSError, ValueError):
        pass  # a process that is killed in the middle of a line has told what it could
    finally:
        records.gone(teller)

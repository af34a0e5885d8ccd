"""Crash points of the lab: this process kills or stops itself right before or after the effect that a file names.

Production has none: the setting is refused without lab mode, and without it nothing of this module is wired. So no
statement of the service's own paths knows of it; what is wrapped here is what the wiring passes on anyway (the way out,
the store, the two functions that the endpoint calls around its commit).

The file, JSON: ``{"when": "before" | "after", "effect": GLOB, "do": "kill" | "stop"}``. An effect is a request
(``POST /sap/c4c/…``), or ``ledger accept``, ``ledger begin_upload``, ``ledger stored``, ``ledger finish``. The file is
removed by the process that it strikes, so it strikes once.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import httpx
import sqlalchemy as sa

from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import Attachment, Transfer, UploadIntent
from attachment_transfer.core.states import Outcome, TransferState
from attachment_transfer.ledger.accept import Enqueue
from attachment_transfer.ledger.round_store import RoundStore

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
When = Literal["before", "after"]


class CrashPoints:
    """Reads the file at each effect.

    Args:
        send: sends a signal to this process.
    """

    def __init__(
        self, file: Path, *, send: Callable[[int], None] = lambda number: os.kill(os.getpid(), number)
    ) -> None:
        self._file = file
        self._send = send

    def passing(self, when: When, effect: str) -> None:
        """Die or stop here if the file says so; the first process to take the file is the one."""
        try:
            planned = json.loads(self._file.read_text(encoding="utf-8"))
            if planned["when"] != when or not fnmatchcase(effect, planned["effect"]):
                return
            self._file.rename(self._file.with_suffix(f".{os.getpid()}.struck"))
        except (OSError, ValueError, KeyError, TypeError):
            return  # no file, or another process has taken it
        self._send(_SIGNALS[planned["do"]])

    @contextmanager
    def around(self, effect: str) -> Iterator[None]:
        """Both points of one effect."""
        self.passing("before", effect)
        yield
        self.passing("after", effect)


class CrashingTransport(httpx.BaseTransport):
    """The way out with a point before and after each request."""

    def __init__(self, inner: httpx.BaseTransport, points: CrashPoints) -> None:
        self._inner = inner
        self._points = points

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send."""
        with self._points.around(f"{request.method} {request.url.path}"):
            return self._inner.handle_request(request)

    def close(self) -> None:
        """Close what is below."""
        self._inner.close()


class CrashingStore(RoundStore):
    """The ledger with points around the transactions that record an effect."""

    def __init__(self, engine: sa.Engine, points: CrashPoints, **given: Any) -> None:
        super().__init__(engine, **given)
        self._points = points

    def begin_upload(self, attachment_id: str, *, deadline_at_s: float) -> UploadIntent:
        """The intent."""
        with self._points.around("ledger begin_upload"):
            return super().begin_upload(attachment_id, deadline_at_s=deadline_at_s)

    def stored(
        self, attachment: Attachment, *, object_id: str, size_bytes: int | None, sha256: str | None, how: str
    ) -> None:
        """The result of one file."""
        with self._points.around("ledger stored"):
            super().stored(attachment, object_id=object_id, size_bytes=size_bytes, sha256=sha256, how=how)

    def finish(
        self, transfer_id: str, round_no: int, state: TransferState, outcome: Outcome, reason: Reason | None
    ) -> bool:
        """The end of the transfer."""
        with self._points.around("ledger finish"):
            return super().finish(transfer_id, round_no, state, outcome, reason)


def before_commit(enqueue: Enqueue, points: CrashPoints) -> Enqueue:
    """``enqueue``, which runs inside the transaction that accepts, with the point before its commit."""

    def enqueue_and_pass(connection: sa.Connection, transfer: Transfer, delay_s: float) -> None:
        enqueue(connection, transfer, delay_s)
        points.passing("before", "ledger accept")

    return enqueue_and_pass


def after_commit(wake_worker: Callable[[], None], points: CrashPoints) -> Callable[[], None]:
    """``wake_worker``, which runs after the commit and before the answer is sent, with the point before it."""

    def wake() -> None:
        points.passing("after", "ledger accept")
        wake_worker()

    return wake

"""Every step of a round is a span of its transfer's trace, is timed, and names its transfer in the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from attachment_transfer.core.trace import TraceContext
from attachment_transfer.engine.workflow import CarriedOne, Discovered, RoundRunner
from attachment_transfer.telemetry import metrics
from attachment_transfer.telemetry.tracing import Attribute, span


class ObservedRounds:
    """A :class:`RoundRunner` around another one. It decides nothing.

    Args:
        trace_of: the trace that a transfer's newest event belongs to, by transfer id.
    """

    def __init__(
        self,
        inner: RoundRunner,
        *,
        trace_of: Callable[[str], TraceContext | None],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._trace_of = trace_of
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._began_s: dict[tuple[str, int], float] = {}
        metrics.ROUNDS_RUNNING.set_function(lambda: len(self._began_s))

    def discover(self, transfer_id: str, round_no: int) -> Discovered:
        """Begin the round; a round that ends here is timed, too."""
        with self._lock:
            self._began_s[transfer_id, round_no] = self._monotonic_s()
        with self._step("discover", transfer_id, round_no):
            found = self._inner.discover(transfer_id, round_no)
        if not found.go_on:
            self._ended(transfer_id, round_no)
        return found

    def carry_one(self, transfer_id: str, round_no: int, attachment_id: str) -> CarriedOne:
        """Carry one attachment."""
        began_s, result = self._monotonic_s(), "failed"
        try:
            with self._step("carry", transfer_id, round_no, attachment_id=attachment_id):
                carried = self._inner.carry_one(transfer_id, round_no, attachment_id)
            result = "failed" if carried.error else "done"
        finally:
            metrics.ATTACHMENT_SECONDS.labels(result).observe(self._monotonic_s() - began_s)
        return carried

    def settle(self, transfer_id: str, round_no: int) -> None:
        """End the round."""
        with self._step("settle", transfer_id, round_no):
            self._inner.settle(transfer_id, round_no)
        self._ended(transfer_id, round_no)

    def failed(self, transfer_id: str, round_no: int, error_type: str) -> None:
        """Record that a step raised."""
        with self._step("failed", transfer_id, round_no):
            self._inner.failed(transfer_id, round_no, error_type)
        self._ended(transfer_id, round_no)

    @contextmanager
    def _step(self, name: str, transfer_id: str, round_no: int, **more: str) -> Iterator[None]:
        named: dict[str, Attribute] = {"transfer_id": transfer_id, "round": round_no, **more}
        with (
            structlog.contextvars.bound_contextvars(**named),
            span(name, parent=self._trace_of(transfer_id), attributes=named),
        ):
            yield

    def _ended(self, transfer_id: str, round_no: int) -> None:
        """Time the round, if its beginning was ours: one that we took over began in another process."""
        with self._lock:
            began_s = self._began_s.pop((transfer_id, round_no), None)
        if began_s is not None:
            metrics.ROUND_SECONDS.observe(self._monotonic_s() - began_s)

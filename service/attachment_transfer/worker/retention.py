"""Deletes transfers that ended long ago: in small batches, so that accepting and carrying never wait."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from attachment_transfer.ledger.upkeep.purge import Purger
from attachment_transfer.telemetry import metrics

_log = structlog.get_logger(__name__)


class Retention:
    """Purges whenever it is called: one batch, and while batches are full, more of them.

    Args:
        give_back_space: lets the database shrink; called after a batch that deleted something.
        longest_s: no batch begins later than this after the call, in seconds; 0 = one batch.
    """

    def __init__(
        self,
        purger: Purger,
        give_back_space: Callable[[], None],
        *,
        longest_s: float = 0.0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._purger = purger
        self._give_back_space = give_back_space
        self._longest_s = longest_s
        self._monotonic_s = monotonic_s

    def __call__(self) -> None:
        """Purge. The log names each transfer; the audit trail keeps the number."""
        end_s = self._monotonic_s() + self._longest_s
        with self._purger.alone() as is_alone:
            while is_alone and self._purge() == self._purger.batch and self._monotonic_s() < end_s:
                pass

    def _purge(self) -> int:
        gone = self._purger.purge_batch()
        if gone:
            metrics.PURGED.inc(len(gone))
            _log.info("transfers purged", count=len(gone), transfer_ids=gone)
            self._give_back_space()
        return len(gone)

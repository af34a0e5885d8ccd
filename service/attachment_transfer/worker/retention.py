"""The chore that deletes what ended long ago: one small batch at a time, so that accepting and carrying never wait."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from attachment_transfer import meters
from attachment_transfer.ledger.purge import Purger

_log = structlog.get_logger(__name__)


class Retention:
    """Purges one batch whenever it is called.

    Args:
        give_back_space: lets the database shrink; called after a batch that deleted something.
    """

    def __init__(self, purger: Purger, give_back_space: Callable[[], None]) -> None:
        self._purger = purger
        self._give_back_space = give_back_space

    def __call__(self) -> None:
        """Purge one batch. The log names each transfer; the audit trail keeps the number."""
        gone = self._purger.purge_batch()
        if gone:
            meters.PURGED.inc(len(gone))
            _log.info("transfers purged", count=len(gone), transfer_ids=gone)
            self._give_back_space()

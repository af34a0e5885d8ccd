"""Skips the service's waits by moving the stack's clocks: settle time, back-off and Retry-After in no wall time."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.stack.clocks import advance_stack, read_offset
from attachment_lab.tenant.service_api import TransferRecord

#: The clocks are moved this far beyond the time of the next round, in seconds.
BEYOND_S = 0.1


class WaitSkipper:
    """Called with every reading of the transfers; moves the clocks once nothing else can happen.

    Attributes:
        skipped_s: by how much it has moved them, in seconds.
    """

    def __init__(self, to: StackClients, clock_file: Path) -> None:
        self._to = to
        self._clock_file = clock_file
        self._moved_for: set[tuple[str, str]] = set()
        self.skipped_s = 0.0

    def __call__(self, transfers: Iterable[TransferRecord]) -> None:
        """Move the clocks to the earliest next round, if every transfer that is not at rest waits for one."""
        moving = [each for each in transfers if not each.is_at_rest]
        if not moving or any(each.state != "waiting" or each.next_round_at is None for each in moving):
            return
        first = min(moving, key=lambda each: each.next_round_at or "")
        round_ = (first.id, first.next_round_at or "")
        if round_ in self._moved_for:
            return
        self._moved_for.add(round_)
        seconds = seconds_until(first, self._clock_file)
        advance_stack(self._to, self._clock_file, seconds)
        self.skipped_s += seconds


def seconds_until(transfer: TransferRecord, clock_file: Path) -> float:
    """Virtual seconds from now until shortly after the start of the transfer's next round; 1 where none is set."""
    if transfer.next_round_at is None:
        return 1.0
    due_s = datetime.fromisoformat(transfer.next_round_at).timestamp()
    return max(0.0, due_s - (time.time() + read_offset(clock_file))) + BEYOND_S

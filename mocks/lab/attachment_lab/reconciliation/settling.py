"""Wait until the chain is at rest: no delivery pending, every transfer in a final state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from attachment_lab.errors import NotSettled
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import Handover
from attachment_lab.tenant.service_api import TransferRecord

POLL_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Motion:
    """What the chain is doing at this moment."""

    handovers: tuple[Handover, ...] = ()
    transfers: tuple[TransferRecord, ...] = ()

    def unrest(self) -> Iterator[str]:
        """One sentence for each thing that is not at rest yet."""
        known = {each.chat for each in self.transfers}
        for handover in self.handovers:
            if handover.state == "pending":
                yield f"event {handover.event} of chat {handover.chat} is not delivered yet"
            elif handover.state == "delivered" and handover.chat not in known:
                yield f"the service has no transfer for chat {handover.chat} yet"
        for transfer in self.transfers:
            if not transfer.is_at_rest:
                yield _where(transfer)


def look(reconciliation: Reconciliation) -> Motion:
    """One reading. Deliveries first: a transfer may appear in between, never vanish."""
    handovers = reconciliation.handovers()
    return Motion(handovers=tuple(handovers), transfers=tuple(reconciliation.service.transfers()))


def wait_until_settled(
    reconciliation: Reconciliation,
    *,
    timeout_s: float = 60.0,
    each_time: Callable[[Motion], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> Motion:
    """Poll until nothing moves; ``each_time`` sees every reading. Raises NotSettled after the wall time."""
    deadline = time.monotonic() + timeout_s
    while True:
        motion = look(reconciliation)
        each_time(motion)
        unrest = list(motion.unrest())
        if not unrest:
            return motion
        if time.monotonic() > deadline:
            lines = "\n".join(f"  - {line}" for line in unrest)
            raise NotSettled(f"the chain did not come to rest within {timeout_s:g} s:\n{lines}")
        pause(POLL_S)


def _where(transfer: TransferRecord) -> str:
    parts = [f"transfer {transfer.id} is {transfer.state} after {transfer.rounds} round(s)"]
    if transfer.next_round_at:
        parts.append(f"next round at {transfer.next_round_at}")
    if transfer.reason:
        parts.append(transfer.reason)
    return "; ".join(parts)

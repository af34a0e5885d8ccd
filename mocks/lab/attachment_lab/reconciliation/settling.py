"""Waits until the chain is at rest: no delivery pending, every transfer in a final state.

Where the service's own view is not visible, the mocks decide (``quiet``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from attachment_lab.errors import NotSettled
from attachment_lab.reconciliation.quiet import QuietReading, QuietWatch, wait_until_quiet
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import DeliveryRecord
from attachment_lab.tenant.service_api import TransferRecord

POLL_S = 0.1


@dataclass(frozen=True, kw_only=True)
class ChainState:
    """The deliveries and transfers at one moment."""

    deliveries: tuple[DeliveryRecord, ...] = ()
    transfers: tuple[TransferRecord, ...] = ()

    def pending(self) -> Iterator[str]:
        """One sentence for each delivery or transfer that is not at rest yet."""
        known = {each.chat for each in self.transfers}
        for delivery in self.deliveries:
            if delivery.state == "pending":
                yield f"event {delivery.event} of chat {delivery.chat} is not delivered yet"
            elif delivery.state == "delivered" and delivery.chat not in known:
                yield f"the service has no transfer for chat {delivery.chat} yet"
        for transfer in self.transfers:
            if not transfer.is_at_rest:
                yield _where(transfer)


def read_chain(reconciliation: Reconciliation, chat: str | None = None) -> ChainState:
    """One reading, of all or of one chat. Deliveries first: a transfer may appear in between, but none disappears.

    It has no transfers where the service's own view is not visible.
    """
    deliveries = [each for each in reconciliation.deliveries() if chat in {None, each.chat}]
    visible = reconciliation.service_is_visible
    transfers = reconciliation.service.transfers(chat=chat) if visible else ()
    return ChainState(deliveries=tuple(deliveries), transfers=tuple(transfers))


def wait_until(
    reconciliation: Reconciliation,
    reached: Callable[[ChainState], bool],
    *,
    timeout_s: float = 60.0,
    chat: str | None = None,
) -> ChainState:
    """Poll until a reading fulfils ``reached``; returns it. Raises NotSettled after the wall time."""
    deadline = time.monotonic() + timeout_s
    while not reached(state := read_chain(reconciliation, chat)):
        if time.monotonic() > deadline:
            lines = "\n".join(f"  - {line}" for line in state.pending())
            raise NotSettled(f"the chain did not come to rest within {timeout_s:g} s:\n{lines}")
        time.sleep(POLL_S)
    return state


def wait_until_settled(
    reconciliation: Reconciliation,
    *,
    timeout_s: float = 60.0,
    on_state: Callable[[ChainState], None] = lambda _: None,
    chat: str | None = None,
) -> ChainState:
    """Poll until everything, or the chat of that guid, is at rest; ``on_state`` gets every reading.

    Raises NotSettled after the wall time.
    """

    if not reconciliation.service_is_visible:
        return _until_quiet(reconciliation, timeout_s, on_state, chat)

    def settled(state: ChainState) -> bool:
        on_state(state)
        return not any(state.pending())

    return wait_until(reconciliation, settled, timeout_s=timeout_s, chat=chat)


def _until_quiet(
    reconciliation: Reconciliation, timeout_s: float, on_state: Callable[[ChainState], None], chat: str | None
) -> ChainState:
    watch = QuietWatch(reconciliation.to, reconciliation.names.name)

    def read() -> QuietReading:
        on_state(read_chain(reconciliation, chat))
        return watch.read()

    wait_until_quiet(read, quiet_s=reconciliation.quiet_s, timeout_s=timeout_s)
    return read_chain(reconciliation, chat)


def _where(transfer: TransferRecord) -> str:
    parts = [f"transfer {transfer.id} is {transfer.state} after {transfer.rounds} round(s)"]
    if transfer.next_round_at:
        parts.append(f"next round at {transfer.next_round_at}")
    if transfer.reason:
        parts.append(transfer.reason)
    return "; ".join(parts)

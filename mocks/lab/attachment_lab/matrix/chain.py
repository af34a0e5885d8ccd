"""One chat of one cell in a tenant of its own: how it comes to rest, how it ended, and what an operator does then."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from attachment_lab.errors import NotSettled, RequestRefused, Unreachable
from attachment_lab.matrix.pacing import MatrixClock
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import DeliveryRecord
from attachment_lab.tenant.conversation import LabConversation
from attachment_lab.tenant.service_api import TransferRecord

POLL_S = 0.2
#: Real seconds that a round, or a delivery, may take.
BUSY_S = 150.0
#: Real seconds without a transfer after which there is none.
UNSEEN_S = 5.0
#: More rounds than every budget of the retry policy together.
MOST_WAITS = 80
FILES = (
    ("invoice.txt", b"Invoice 4711: one boiler, returned. " * 40),
    ("photo of the boiler.txt", b"A photo, in words: it leaks below. " * 60),
)


@dataclass(frozen=True, kw_only=True)
class Rest:
    """The chain at rest: the last delivery, the transfer if there is one, and how many files the customer has sent."""

    delivery: DeliveryRecord | None
    transfer: TransferRecord | None
    sent: int

    @property
    def is_unseen(self) -> bool:
        """Whether Contact Pro shows the event as delivered, and the service knows nothing."""
        return self.transfer is None and self.delivery is not None and self.delivery.state == "delivered"

    @property
    def has_all(self) -> bool:
        """Whether the service reports every file stored."""
        mine = self.transfer.attachments if self.transfer else ()
        return len(mine) == self.sent and all(each.state == "stored" for each in mine)


class _Seen:
    """How long no transfer has been seen since the delivery ended, in real seconds."""

    def __init__(self) -> None:
        self.unavailable = False
        self._since: float | None = None

    def without_transfer_s(self) -> float:
        """Counted from the first call."""
        self._since = self._since or time.monotonic()
        return time.monotonic() - self._since


class CellChat:
    """A chat with small files, and its transfer."""

    def __init__(
        self,
        reconciliation: Reconciliation,
        clock: MatrixClock | None,
        files: Sequence[tuple[str, bytes]] = FILES,
    ) -> None:
        self.reconciliation = reconciliation
        self._clock = clock
        self.chat = LabConversation.open(reconciliation.to, reconciliation.names, on_sent=reconciliation.customer_sent)
        self.chat.accept()
        self.sent = 0
        for each in files:
            self.send_more(each)

    def send_more(self, file: tuple[str, bytes]) -> None:
        """The customer sends one more file."""
        self.chat.send(file)
        self.sent += 1

    def end(self, *, copies: int = 1) -> None:
        """The chat ends, and its event is fired."""
        self.chat.end(fire=False)
        self.chat.fire("Ended", copies=copies)

    def transfer(self) -> TransferRecord | None:
        """The service's transfer; None before there is one."""
        found = self.reconciliation.service.transfers(chat=self.chat.guid)
        return found[-1] if found else None

    def last_delivery(self) -> DeliveryRecord | None:
        """The newest delivery of the chat's events."""
        found = [each for each in self.reconciliation.deliveries() if each.chat == self.chat.guid]
        return found[-1] if found else None

    def at_rest(self) -> Rest:
        """Wait until nothing more happens by itself. Raises NotSettled.

        An API that does not answer, or answers 503, is waited for: its process or its database is down.
        """
        for _ in range(MOST_WAITS):
            rest, due_s = self._until_idle()
            if due_s is None:
                return rest
            self._wait_until(due_s)
        raise NotSettled(f"not at rest after {MOST_WAITS} waits")

    def _until_idle(self) -> tuple[Rest, float | None]:
        """Poll while something is under way; the state then, and when it goes on (None: by itself never)."""
        deadline, trouble, seen = time.monotonic() + BUSY_S, "", _Seen()
        while time.monotonic() < deadline:
            try:
                idle = self._idle(seen)
            except Unreachable as exc:
                idle, trouble = None, str(exc)
            if idle is not None:
                return idle
            time.sleep(POLL_S)
        raise NotSettled(f"still under way after {BUSY_S:g} s{trouble and ': '}{trouble}")

    def _idle(self, seen: _Seen) -> tuple[Rest, float | None] | None:
        """The state and when it goes on; None while something is under way.

        The service is not asked before the delivery has ended: a fault on the issuer's keys is the event's to meet.
        """
        delivery = self.last_delivery()
        if delivery is None or delivery.state == "pending":
            return None
        transfer = self._transfer_or_none(seen)
        rest = Rest(delivery=delivery, transfer=transfer, sent=self.sent)
        if transfer is None:
            is_sure = seen.without_transfer_s() > (UNSEEN_S if delivery.state == "delivered" or seen.unavailable else 0)
            return (rest, None) if is_sure else None
        if transfer.is_at_rest:
            return rest, None
        if transfer.state != "waiting" or not transfer.next_round_at:
            return None
        due_s = datetime.fromisoformat(transfer.next_round_at).timestamp() + 0.1
        return (rest, due_s) if due_s > self.now_s() else None

    def _transfer_or_none(self, seen: _Seen) -> TransferRecord | None:
        """None also where the service's API answers 503 or 401.

        It cannot check our token, or its database is away; or it refuses tokens of this issuer's kind.
        """
        try:
            seen.unavailable = False
            return self.transfer()
        except RequestRefused as exc:
            if exc.status not in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.UNAUTHORIZED}:
                raise
            seen.unavailable = True
            return None

    def now_s(self) -> float:
        """The service's time, epoch seconds."""
        return self._clock.now_s() if self._clock else time.time()

    def _wait_until(self, due_s: float) -> None:
        if self._clock is None:
            raise NotSettled("the transfer waits, and this cell cannot move the clock")
        self._clock.wait_until(due_s)

    def act_on(self, rest: Rest) -> None:
        """What a person does: redeliver what did not arrive, retry what is parked, or send the next event."""
        if rest.delivery is not None and (rest.delivery.state in {"failed", "not_sent"} or rest.is_unseen):
            self.redeliver(rest.delivery)
        elif rest.transfer is not None and rest.transfer.state == "parked":
            self.retry(rest.transfer)
        else:
            self.chat.fire("Ended")

    def redeliver(self, delivery: DeliveryRecord) -> None:
        """As an administrator does from the event log."""
        reconciliation = self.reconciliation
        path = f"/_mock/deliveries/{delivery.id}/redeliver"
        reconciliation.to.orchestration.post(path, {}, tenant=reconciliation.names.name)

    def retry(self, transfer: TransferRecord) -> None:
        """As an operator does; where the credential must come with a new event, that event."""
        reason = transfer.reason or ""
        if reason.startswith("credential-refused"):
            self.chat.fire("Ended")
            return
        self.reconciliation.service.retry(transfer.id)

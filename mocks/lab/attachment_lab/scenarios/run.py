"""A scenario under way: what its steps can do to the stack, and what must be put right afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import LabError, LabFailed, NotSettled, WrongUse
from attachment_lab.faults.locations import BY_ID
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.stack.clocks import advance_stack, read_offset
from attachment_lab.stack.processes import kill_listener
from attachment_lab.tenant.conversation import LabConversation
from attachment_lab.tenant.service_api import TransferRecord

POLL_S = 0.05
PATIENCE_S = 90.0
#: More rounds than any retry budget allows.
MOST_ROUNDS = 40
_AN_ID = re.compile(r"[0-9A-Fa-f]{32}")


@dataclass(frozen=True, kw_only=True)
class ScenarioContext:
    """The stack that a scenario plays on, in one tenant.

    Attributes:
        clock_file: the service's virtual clock; None = this process cannot move it.
        worker_health_port: by which the worker process is found; None = it runs elsewhere.
        fault_proxy: whether wire faults can take effect.
    """

    reconciliation: Reconciliation
    clock_file: Path | None = None
    worker_health_port: int | None = None
    fault_proxy: bool = False


class ScenarioRun:
    """One run. Its steps call these methods; ``close`` undoes what they changed."""

    def __init__(self, context: ScenarioContext) -> None:
        self.context = context
        self.planned: list[tuple[str, str]] = []
        self.undo: list[Callable[[], None]] = []
        self.kills = 0
        self._applied = 0
        self.virtual_s = 0.0
        self._chat: LabConversation | None = None

    @property
    def chat(self) -> LabConversation:
        """The scenario's one chat. Raises WrongUse before it is opened."""
        if self._chat is None:
            raise WrongUse("this step needs a chat: the scenario must open one first")
        return self._chat

    @property
    def guid(self) -> str | None:
        """The chat's guid, once it is open."""
        return self._chat.guid if self._chat else None

    def open_chat(self, customer: Mapping[str, str]) -> LabConversation:
        """A customer writes, an agent accepts, C4C has its activity."""
        reconciliation = self.context.reconciliation
        sent = reconciliation.customer_sent
        self._chat = LabConversation.open(
            reconciliation.to, reconciliation.names, customer=dict(customer), on_sent=sent
        )
        return self._chat

    def plan(self, location_id: str, kind: str, *, path: str | None = None, **given: Any) -> str:
        """Plan a fault at a location of ``faults.locations``; the other arguments are members of the kit's fault plan.

        ``path`` narrows the location to some of its requests.
        """
        location, reconciliation = BY_ID[location_id], self.context.reconciliation
        if location_id == "token":
            reconciliation.service.token()  # fetched now: otherwise the fault would affect the lab's own request
        match = location.match | ({"path": path} if path else {})
        fault_id = str(reconciliation.control(location.mock).plan(match, kind, **given)["id"])
        self.planned.append((location.mock, fault_id))
        return fault_id

    def faults_applied(self) -> int:
        """Number of requests that this run's faults have affected, removed faults included."""
        return self._applied + sum(int(fault["applied"]) for _, fault in self._mine())

    def remove_faults(self) -> None:
        """Remove this run's faults."""
        for mock, fault in self._mine():
            self._applied += int(fault["applied"])
            self.context.reconciliation.control(mock).remove_fault(str(fault["id"]))
        self.planned.clear()

    def _mine(self) -> list[tuple[str, Mapping[str, Any]]]:
        found: list[tuple[str, Mapping[str, Any]]] = []
        for mock in sorted({mock for mock, _ in self.planned}):
            known = self.context.reconciliation.control(mock).faults()
            found += [(mock, fault) for fault in known if (mock, fault["id"]) in self.planned]
        return found

    def switch(self, mock: str, **dialect: Any) -> None:
        """Set switches of a mock; their former values are restored at the end."""
        reconciliation = self.context.reconciliation
        calls, tenant = reconciliation.to.mock(mock), reconciliation.names.name
        now = calls.get("/_mock/dialect", tenant=tenant)
        before = {name: now["dialect"].get(name, now["defaults"].get(name)) for name in dialect}
        calls.post("/_mock/dialect", dialect, tenant=tenant)
        self.undo.append(lambda: calls.post("/_mock/dialect", before, tenant=tenant))

    def transfer(self) -> TransferRecord | None:
        """The service's transfer for the chat; None before there is one."""
        found = self.context.reconciliation.service.transfers(chat=self.chat.guid)
        return found[-1] if found else None

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        """Poll until ``holds`` is true. Raises NotSettled after ``PATIENCE_S`` wall seconds."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > deadline:
                raise NotSettled(f"not within {PATIENCE_S:g} s: {what}")
            time.sleep(POLL_S)

    def settle(self) -> None:
        """Wait until the chain is at rest. Raises NotSettled."""
        wait_until_settled(self.context.reconciliation, timeout_s=PATIENCE_S)

    def advance(self, seconds: float) -> None:
        """Advance the clocks of the service and of all tenants."""
        clock_file = self.context.clock_file
        if clock_file is None:
            raise WrongUse("this process cannot move the service's clock")
        advance_stack(self.context.reconciliation.to, clock_file, seconds)
        self.virtual_s += seconds

    def skip_waits(self) -> None:
        """Advance the clock to the next round whenever the transfer waits, until it is at rest."""
        self.wait(lambda: self.transfer() is not None, "the event reaches the service")
        for _ in range(MOST_ROUNDS):
            self.wait(lambda: _is_between_rounds(self.transfer()), "the round ends")
            transfer = self.transfer()
            if transfer is None or transfer.is_at_rest:
                return
            self.advance(_until(transfer, self.context.clock_file))
            self.wait(lambda before=transfer: self.transfer() != before, "the next round begins")  # type: ignore[misc]  # default binds
        raise NotSettled(f"not at rest after {MOST_ROUNDS} rounds")

    def kill_worker(self) -> None:
        """kill -9 the worker; the service's supervisor starts another."""
        port = self.context.worker_health_port
        if port is None:
            raise WrongUse("the worker does not run on this machine: it cannot be killed from here")
        kill_listener(port)
        self.kills += 1

    def retry(self) -> None:
        """Do what an operator's "Try again" does. Raises RequestRefused with the service's reason."""
        transfer = self.transfer()
        if transfer is None:
            raise LabFailed("the service has no transfer for this chat: there is nothing to retry")
        self.context.reconciliation.service.retry(transfer.id)

    def redeliver_failed(self) -> None:
        """Redeliver what failed, as an administrator does from the event log."""
        reconciliation = self.context.reconciliation
        failed = [
            each.id for each in reconciliation.deliveries() if each.chat == self.chat.guid and each.state == "failed"
        ]
        for delivery_id in failed:
            reconciliation.to.orchestration.post(
                f"/_mock/deliveries/{delivery_id}/redeliver", {}, tenant=reconciliation.names.name
            )

    def close(self) -> None:
        """Undo what the steps changed; one change that cannot be undone does not prevent the others."""
        troubles = []
        for step in (self.remove_faults, *reversed(self.undo)):
            try:
                step()
            except LabError as exc:
                troubles.append(str(exc))
        self.undo.clear()
        if troubles:
            raise LabFailed("the scenario's changes could not be undone: " + "; ".join(troubles))


def planned_faults(reconciliation: Reconciliation) -> int:
    """Number of planned faults in this tenant that could affect a new chat."""
    return sum(can_affect_a_new_chat(each) for mock in MOCKS for each in reconciliation.control(mock).faults())


def can_affect_a_new_chat(fault: Mapping[str, Any]) -> bool:
    """False for a fault that is used up, and for one whose path has the id of an existing file or object."""
    return fault["remaining"] != 0 and not _AN_ID.search(fault["match"].get("path", ""))


def _is_between_rounds(transfer: TransferRecord | None) -> bool:
    return transfer is not None and transfer.state not in {"queued", "running"}


def _until(transfer: TransferRecord, clock_file: Path | None) -> float:
    """Virtual seconds from now until shortly after the start of the transfer's next round."""
    if transfer.next_round_at is None or clock_file is None:
        return 1.0
    due_s = datetime.fromisoformat(transfer.next_round_at).timestamp()
    return max(0.0, due_s - (time.time() + read_offset(clock_file))) + 0.1

"""A scenario under way: what its steps can do to the stack, and what must be put right afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import LabError, LabFailed, NotSettled, WrongUse
from attachment_lab.faults.locations import BY_ID
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.stack.clocks import advance_stack
from attachment_lab.stack.processes import kill_listener
from attachment_lab.stack.waits import seconds_until
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
        self.chats: list[LabConversation] = []

    @property
    def chat(self) -> LabConversation:
        """The scenario's first chat, most often its only one. Raises WrongUse before it is opened."""
        if not self.chats:
            raise WrongUse("this step needs a chat: the scenario must open one first")
        return self.chats[0]

    @property
    def guid(self) -> str | None:
        """The first chat's guid, once it is open."""
        return self.chats[0].guid if self.chats else None

    def open_chat(self, customer: Mapping[str, str]) -> LabConversation:
        """A customer writes, an agent accepts, C4C has its activity."""
        reconciliation = self.context.reconciliation
        sent = reconciliation.customer_sent
        chat = LabConversation.open(reconciliation.to, reconciliation.names, customer=dict(customer), on_sent=sent)
        self.chats.append(chat)
        return chat

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
        advance_stack(self.context.reconciliation.to, self._clock_file(), seconds)
        self.virtual_s += seconds

    def _clock_file(self) -> Path:
        if self.context.clock_file is None:
            raise WrongUse("this process cannot move the service's clock")
        return self.context.clock_file

    def skip_waits(self) -> None:
        """Advance the clock to the next round whenever the transfer waits, until it is at rest."""
        self.wait(lambda: self.transfer() is not None, "the event reaches the service")
        for _ in range(MOST_ROUNDS):
            self.wait(lambda: _is_between_rounds(self.transfer()), "the round ends")
            transfer = self.transfer()
            if transfer is None or transfer.is_at_rest:
                return
            self.advance(seconds_until(transfer, self._clock_file()))
            self.wait(lambda before=transfer: self.transfer() != before, "the next round begins")  # type: ignore[misc]  # default binds
        raise NotSettled(f"not at rest after {MOST_ROUNDS} rounds")

    def kill_worker(self) -> None:
        """kill -9 the worker; the service's supervisor starts another."""
        port = self.context.worker_health_port
        if port is None:
            raise WrongUse("the worker does not run on this machine: it cannot be killed from here")
        kill_listener(port)
        self.kills += 1

    def kill_api(self) -> None:
        """kill -9 the API; the service's supervisor starts another. Returns once it answers."""
        service = self.context.reconciliation.to.service
        kill_listener(urlsplit(service.base_url).port or 0)
        self.kills += 1
        self.wait(lambda: _answers(service), "the API is started again")

    def change_stored_byte(self, sha256: str) -> None:
        """Change a byte of the object in C4C with this content. Raises LabFailed when there is none."""
        reconciliation = self.context.reconciliation
        found = next((each for each in reconciliation.objects() if each.sha256 == sha256), None)
        if found is None:
            raise LabFailed("C4C has no object with the bytes of this file: there is nothing to change")
        path = f"/_mock/attachments/{found.object_id}/change"
        reconciliation.to.c4c.post(path, {"offset": 20}, tenant=reconciliation.names.name)

    def fire_with_bad_token(self, kind: str) -> None:
        """The event Ended, delivered with bad tokens of this kind of the issuer's; returns once it is answered."""
        reconciliation, chat = self.context.reconciliation, self.chat
        reconciliation.service.token()  # fetched now: otherwise the lab itself would get the bad token
        calls, tenant = reconciliation.to.orchestration, reconciliation.names.name
        # The event engine drops its token and fetches another one after a 401.
        calls.post("/_mock/oauth/failures", {"kind": kind, "times": 2}, tenant=tenant)
        self.undo.append(lambda: calls.delete("/_mock/oauth/failures", tenant=tenant))
        fired = chat.fire("Ended")
        self.wait(lambda: _is_answered(reconciliation, fired.event_id), "the event is answered")
        calls.delete("/_mock/oauth/failures", tenant=tenant)

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


def _answers(service: JsonClient) -> bool:
    try:
        service.get("/healthz")
    except LabError:
        return False
    return True


def _is_answered(reconciliation: Reconciliation, event_id: str) -> bool:
    states = [each.state for each in reconciliation.deliveries(event_id)]
    return bool(states) and "pending" not in states


def _is_between_rounds(transfer: TransferRecord | None) -> bool:
    return transfer is not None and transfer.state not in {"queued", "running"}

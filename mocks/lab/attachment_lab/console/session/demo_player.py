"""What the page's button "Play a chat" does: one conversation in the background, slow enough to watch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.demo import faults as demo_faults
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.tenant.conversation import LabConversation, Sendable
from attachment_lab.tenant.credentials import TenantNames

#: Seconds by which CMI and C4C are slowed down per file, so that people see it travel.
SLOW_S = 0.45
#: What the page offers to break; all without the fault proxy.
OFFERED = {
    "gone": demo_faults.GONE,
    "flip-byte": demo_faults.FAULTS["flip-byte"],
    "c4c-down": demo_faults.FAULTS["c4c-down"],
}


class DemoPlayer:
    """Plays one chat at a time."""

    def __init__(self, to: StackClients, names: TenantNames, files: Callable[[], Sequence[Sendable]]) -> None:
        self._to = to
        self._names = names
        self._files = files
        self._busy = threading.Lock()
        self.last_error: str | None = None

    @property
    def is_playing(self) -> bool:
        """Whether a chat is under way; only then is ``play`` refused."""
        return self._busy.locked()

    def play(self, *, slow: bool, fault: str | None = None) -> str:
        """Open a chat and let it run on, with a fault of OFFERED or none; returns its guid.

        Raises WrongUse while another one is playing.
        """
        if fault is not None and fault not in OFFERED:
            raise WrongUse(f"fault: one of {', '.join(OFFERED)}")
        if not self._busy.acquire(blocking=False):
            raise WrongUse("a chat is playing already; wait until it has ended")
        try:
            chat = LabConversation.open(self._to, self._names)
            chat.say("Hello! The boiler is broken, I am sending photos and the papers.")
            chat.accept()
        except BaseException:
            self._busy.release()
            raise
        threading.Thread(target=self._go_on, args=(chat, slow, fault), daemon=True, name="demo").start()
        return chat.guid

    def _go_on(self, chat: LabConversation, slow: bool, fault: str | None) -> None:
        try:
            self._perform(chat, slow, fault)
            self.last_error = None
        except LabError as exc:
            self.last_error = str(exc)
        finally:
            self._busy.release()

    def _perform(self, chat: LabConversation, slow: bool, fault: str | None) -> None:
        for each in self._files():
            chat.send(each)
            time.sleep(SLOW_S / 3 if slow else 0)
        slowed = demo_faults.slow_down(self._to, self._names.name, SLOW_S, times=None) if slow else []
        if fault:
            demo_faults.plan(self._to, self._names.name, OFFERED[fault], chat.sent[len(chat.sent) // 2])
        chat.say("Thank you, I have everything I need.", "agent")
        chat.end()
        reconciliation = Reconciliation(self._to, self._names)
        try:
            wait_until_settled(reconciliation, timeout_s=120)
        finally:
            for mock, fault_id in slowed:
                self._to.control(mock, self._names.name).remove_fault(fault_id)
        chat.wrap_up()

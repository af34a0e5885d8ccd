"""Makes the tour's story happen in its tenant, and checks how it ended.

Each act happens once per tour, in the table's order: entering a later step runs the acts before it, and going back
repeats nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from attachment_lab.console.tour.steps import step, steps
from attachment_lab.demo import faults as demo_faults
from attachment_lab.errors import NotSettled, WrongUse
from attachment_lab.exchanges.query import Query
from attachment_lab.exchanges.reader import JournalReader
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.tenant.conversation import LabConversation
from attachment_lab.tenant.service_api import TransferRecord

#: Seconds by which each download and each upload is slowed down at speed 1, so that people see it.
SLOW_S = 0.9
#: How long an act waits for what must come before it.
PATIENCE_S = 60.0
#: What Emily sends: the file of the demo's customers, and its name on her phone.
FILES = (
    ("boiler-display", "IMG_2210.jpg"),
    ("rating-plate", "rating plate.jpg"),
    ("manual", "Kompakt 24 manual.pdf"),
    ("pump-voice", "voice message.ogg"),
)
BROKEN_FILES = (("damaged-parcel", "IMG_2291.jpg"), ("wrong-plug", "IMG_2307.jpg"))
CUSTOMER = {"name": "Emily Carter", "email": "emily.carter@example.co.uk"}
AGENT = "Daniel Hughes"


@dataclass
class _Story:
    """One run of the tour: the acts that are done, its two chats, and the planned fault by which a file is gone."""

    done: list[str] = field(default_factory=list)
    chat: LabConversation | None = None
    broken: LabConversation | None = None
    gone: str = ""
    finished: bool = False


class TourRunner:
    """Runs one story at a time. Safe for threads."""

    def __init__(self, reconciliation: Reconciliation, journal: JournalReader) -> None:
        self._reconciliation = reconciliation
        self._journal = journal
        self._story = _Story()
        self._lock = threading.Lock()
        self._acts: Mapping[str, Callable[[float], None]] = {
            "write": self._write,
            "accept": self._accept,
            "files": self._files,
            "end": self._end,
            "break": self._break,
            "redrive": self._redrive,
        }

    def begin(self) -> None:
        """Start a new run; the chats of the last one stay in the tenant."""
        with self._lock:
            self._story = _Story()

    def enter(self, step_id: str, *, speed: float = 1.0) -> None:
        """Run the acts up to this step, at this speed. Raises LookupError, WrongUse, NotSettled."""
        entered = step(step_id)
        if not speed > 0:
            raise WrongUse(f"speed: {speed!r} is not above 0")
        with self._lock:
            for each in steps():
                if each.act and each.act not in self._story.done:
                    self._acts[each.act](speed)
                    self._story.done.append(each.act)
                if each.id == entered.id:
                    break

    def finish(self) -> None:
        """The last caption has been shown."""
        with self._lock:
            self._story.finished = True

    def facts(self) -> dict[str, str]:
        """Values for the steps' addresses: guids of the two chats, and the key of the exchange that failed."""
        story = self._story
        found = {"chat": story.chat.guid if story.chat else "", "broken": story.broken.guid if story.broken else ""}
        if story.broken:
            failed = self._journal.page(Query(about=story.broken.guid, hop="cmi", failed=True, limit=1))["entries"]
            found["exchange"] = failed[0]["key"] if failed else ""
        return found

    def holds(self, until: str) -> bool:
        """Whether a step's condition is true; an empty one always is. Raises LookupError for an unknown word."""
        if not until:
            return True
        if until not in {"stored", "parked", "repaired"}:
            raise LookupError(f"until: {until!r} is none of stored, parked, repaired")
        chat = self._story.chat if until == "stored" else self._story.broken
        transfer = self._transfer(chat)
        if transfer is None or not transfer.is_at_rest:
            return False
        states = [each.state for each in transfer.attachments]
        return (transfer.state == "parked") if until == "parked" else set(states) == {"stored"}

    def verdict(self) -> dict[str, Any]:
        """How the story ended: ``{"finished", "ok", "missing": [sentences]}``; ok only if all of it is true."""
        missing = [
            f"step {each.id} did not happen" for each in steps() if each.act and each.act not in self._story.done
        ]
        if not missing:
            missing += [] if self.holds("stored") else ["the first chat’s files are not all in SAP Service Cloud"]
            missing += [] if self.holds("repaired") else ["the file that was gone did not arrive after the retry"]
            missing += [each.sentence for each in self._reconciliation.verdict().violations]
        finished = self._story.finished
        return {"finished": finished, "ok": finished and not missing, "missing": missing}

    def _transfer(self, chat: LabConversation | None) -> TransferRecord | None:
        found = self._reconciliation.service.transfers(chat=chat.guid) if chat else []
        return found[-1] if found else None

    def _write(self, _speed: float) -> None:
        chat = self._opened()
        chat.say("Hello! Our boiler shows F.28 since last night and there is no hot water.")
        self._story.chat = chat

    def _accept(self, _speed: float) -> None:
        chat = self._chat()
        chat.accept()
        chat.say("Good morning Emily, I am sorry to hear that. Could you send me a photo of the display?", "agent")

    def _files(self, _speed: float) -> None:
        self._send(self._chat(), FILES)

    def _end(self, speed: float) -> None:
        chat = self._chat()
        chat.say("Thank you, I have everything. The engineer comes tomorrow between 8 and 10.", "agent")
        # The plan is used up by these files, so that nothing is left to remove.
        to, names = self._reconciliation.to, self._reconciliation.names
        demo_faults.slow_down(to, names.name, SLOW_S / speed, times=len(chat.sent))
        chat.end()

    def _break(self, _speed: float) -> None:
        self._settled()
        self._chat().wrap_up()
        chat = self._opened()
        chat.say("Hello again, the spare part arrived damaged and with the wrong plug.")
        chat.accept()
        self._send(chat, BROKEN_FILES)
        names = self._reconciliation.names
        self._story.gone = demo_faults.plan(self._reconciliation.to, names.name, demo_faults.GONE, chat.sent[0])
        chat.say("I see, we will send another one.", "agent")
        chat.end()
        self._story.broken = chat

    def _redrive(self, _speed: float) -> None:
        self._settled()
        transfer = self._transfer(self._story.broken)
        if transfer is None:
            raise WrongUse("there is nothing to retry: the second chat has no transfer")
        self._reconciliation.control("cmi").remove_fault(self._story.gone)
        self._reconciliation.service.retry(transfer.id)

    def _opened(self) -> LabConversation:
        to, names = self._reconciliation.to, self._reconciliation.names
        return LabConversation.open(to, names, channel_sub_type="whatsapp", customer=dict(CUSTOMER), agent=AGENT)

    def _chat(self) -> LabConversation:
        if self._story.chat is None:
            raise WrongUse("the tour has not begun: open its first step")
        return self._story.chat

    def _send(self, chat: LabConversation, wanted: tuple[tuple[str, str], ...]) -> None:
        from attachment_lab.demo.seeds.files import seed_files  # noqa: PLC0415 - builds pictures: heavy imports
        from attachment_lab.demo.seeds.load import default_directory  # noqa: PLC0415

        files = seed_files(default_directory())
        for key, name in wanted:
            chat.send(replace(files[key], name=name))

    def _settled(self) -> None:
        try:
            wait_until_settled(self._reconciliation, timeout_s=PATIENCE_S)
        except NotSettled as exc:
            raise NotSettled(f"the tour cannot go on: {exc}") from exc

"""The demo: one chat with realistic files, transferred from CMI to C4C, then reconciled."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import platformdirs

from attachment_lab.demo import faults as demo_faults
from attachment_lab.demo.assumptions import Assumption, assumptions
from attachment_lab.errors import WrongUse
from attachment_lab.names import shown
from attachment_lab.reconciliation.matching import MatchedFile, match
from attachment_lab.reconciliation.no_transfer import why_no_transfer
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ChainRecords, ReconciliationVerdict
from attachment_lab.reconciliation.settling import ChainState, wait_until_settled
from attachment_lab.tenant.conversation import LabConversation, Sendable, SentFile
from attachment_lab.tenant.service_api import TransferRecord

#: Outcomes that the judge finds, whatever the service reports.
JUDGED = {"changed", "misplaced", "missing"}


@dataclass(frozen=True, kw_only=True)
class AttachmentRow:
    """One attachment from end to end. ``cmi_sha256`` is of the customer's bytes, ``c4c_sha256`` of what C4C holds."""

    chat: str
    name: str
    size_bytes: int
    cmi_sha256: str | None
    c4c_sha256: str | None
    c4c_object_id: str | None
    outcome: str
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As ``demo --json`` prints it."""
        return {
            "name": self.name,
            "bytes": self.size_bytes,
            "cmi_sha256": self.cmi_sha256,
            "c4c_sha256": self.c4c_sha256,
            "c4c_object_id": self.c4c_object_id,
            "outcome": self.outcome,
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """The result of the demo.

    Attributes:
        assumptions: the riskiest first.
        took_s: wall seconds from the customer's first message to the verdict.
    """

    rows: tuple[AttachmentRow, ...]
    verdict: ReconciliationVerdict
    assumptions: tuple[Assumption, ...] = ()
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Every invariant holds and every attachment arrived."""
        return self.verdict.ok and all(row.outcome == "stored" for row in self.rows)

    @property
    def identical(self) -> int:
        """Number of files that C4C holds exactly as the customer sent them."""
        return sum(row.outcome == "stored" and row.cmi_sha256 == row.c4c_sha256 for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """The shape that programs outside this project rely on."""
        return {
            "attachments": [row.to_json() for row in self.rows],
            "reconciliation": verdict_json(self.verdict),
        }


@dataclass(frozen=True, kw_only=True)
class DemoOptions:
    """The demo's options.

    Attributes:
        fault: a name from ``demo.faults.FAULTS``, or None.
        on: name of the file that the fault affects; None = the first.
        after_first_stored: called once, when the first file is stored and others are not.
        on_transfers: called with every reading of the transfers, such as ``stack.waits.WaitSkipper``.
    """

    fault: str | None = None
    on: str | None = None
    timeout_s: float = 180.0
    after_first_stored: Callable[[], None] | None = None
    on_transfers: Callable[[Sequence[TransferRecord]], None] = lambda _: None


class DemoCallbacks:
    """Called while the demo runs, to show progress; this one shows none."""

    def sent(self, file: SentFile) -> None:
        """CMI has accepted a file."""

    def state(self, state: ChainState) -> None:
        """One reading of the chain."""

    def message(self, sentence: str) -> None:
        """A sentence for people."""


def play(
    reconciliation: Reconciliation,
    files: Sequence[Sendable],
    options: DemoOptions,
    callbacks: DemoCallbacks | None = None,
) -> DemoResult:
    """Play one chat to its end and reconcile. Raises NotSettled, RequestRefused, WrongUse."""
    callbacks, to, names = callbacks or DemoCallbacks(), reconciliation.to, reconciliation.names
    began_s = time.monotonic()
    chat = LabConversation.open(to, names, on_sent=reconciliation.customer_sent)
    chat.say("Hello, I would like to return the boiler. I am sending the papers.")
    chat.accept()
    callbacks.message(f"chat {chat.guid}: agent accepted, C4C has its activity")
    for each in files:
        callbacks.sent(chat.send(each))
    if options.fault:
        _plan_fault(reconciliation, chat, options, callbacks)
    chat.say("Thank you, I have everything.", "agent")
    chat.end()
    callbacks.message("chat ended: Contact Pro fires its event")
    once = _Once(options.after_first_stored)

    def show(state: ChainState) -> None:
        callbacks.state(state)
        once.check(state)
        options.on_transfers(state.transfers)

    wait_until_settled(reconciliation, timeout_s=options.timeout_s, on_state=show)
    chat.wrap_up()
    callbacks.state(wait_until_settled(reconciliation, timeout_s=options.timeout_s, on_state=show))
    verdict = reconciliation.verdict()
    unsent = why_no_transfer(reconciliation, verdict.records)
    rows = tuple(row for row in rows_of(verdict, unsent) if row.chat == chat.guid)
    took_s = time.monotonic() - began_s
    return DemoResult(rows=rows, verdict=verdict, assumptions=tuple(assumptions(to, names.name)), took_s=took_s)


def rows_of(verdict: ReconciliationVerdict, unsent: Mapping[str, str] | None = None) -> list[AttachmentRow]:
    """The rows of a verdict; one that is not as it should be without the service's reason has the judge's."""
    said: dict[str, list[str]] = defaultdict(list)
    for each in verdict.violations:
        said[each.file].append(f"{each.hop}: {each.fact}")
    rows = rows_from(verdict.records, unsent)
    return [
        replace(row, reason="; ".join(said[shown(row.name)]) or row.reason) if row.outcome in JUDGED else row
        for row in rows
    ]


def rows_from(records: ChainRecords, unsent: Mapping[str, str] | None = None) -> list[AttachmentRow]:
    """One row per source attachment; ``unsent``: why a chat (by guid) has no transfer, from ``why_no_transfer``."""
    transfers = {each.chat: each for each in records.known_transfers}
    matches = match(records).by_source
    return [_row(matches[each.id], transfers.get(each.chat), records, unsent or {}) for each in records.sources]


def _row(
    matched: MatchedFile, transfer: TransferRecord | None, records: ChainRecords, unsent: Mapping[str, str]
) -> AttachmentRow:
    source, mine, stored = matched.source, matched.mine, matched.theirs
    reason = (mine.reason if mine else None) or (transfer.reason if transfer else None)
    if mine is None and transfer is None:
        reason = unsent.get(source.chat)
    return AttachmentRow(
        chat=source.chat,
        name=source.name,
        size_bytes=source.size_bytes,
        cmi_sha256=source.sha256,
        c4c_sha256=stored.sha256 if stored else None,
        c4c_object_id=stored.object_id if stored else (mine.object_id if mine else None),
        outcome=_outcome(matched, transfer, records),
        reason=reason,
    )


def _outcome(matched: MatchedFile, transfer: TransferRecord | None, records: ChainRecords) -> str:
    """Stored, changed, misplaced; else the service's word, or without its view missing or not_visible."""
    if matched.theirs is not None and not matched.is_at_home:
        return "misplaced"
    if matched.theirs is not None and not matched.is_equal:
        return "changed"
    if records.transfers is None:
        if matched.theirs is not None:
            return "stored"
        return "missing" if records.expectation(matched.source).storing == "must" else "not_visible"
    return matched.mine.state if matched.mine else (transfer.outcome if transfer else None) or "no_transfer"


def verdict_json(verdict: ReconciliationVerdict) -> dict[str, Any]:
    """What reconciliation found, as JSON: ``{"ok", "violations": [{invariant, file, hop, fact, message, remedy}]}``."""
    violations = [
        {
            "invariant": each.invariant,
            "file": each.file,
            "hop": each.hop,
            "fact": each.fact,
            "message": each.sentence,
            "remedy": each.remedy,
        }
        for each in verdict.violations
    ]
    return {"ok": verdict.ok, "violations": violations}


def default_files() -> list[Sendable]:
    """The customer's files, built once into the user's cache."""
    from attachment_lab.demo.files import customer_files  # noqa: PLC0415 - builds pictures: heavy imports

    return [*customer_files(platformdirs.user_cache_path("attachment-lab") / "customer-files")]


class _Once:
    """Calls its action once, when some attachments are stored and others are not."""

    def __init__(self, action: Callable[[], None] | None) -> None:
        self._action = action

    def check(self, state: ChainState) -> None:
        states = {each.state for transfer in state.transfers for each in transfer.attachments}
        if self._action and "stored" in states and states != {"stored"}:
            action, self._action = self._action, None
            action()


def _plan_fault(
    reconciliation: Reconciliation, chat: LabConversation, options: DemoOptions, callbacks: DemoCallbacks
) -> None:
    fault = demo_faults.FAULTS[options.fault or ""]
    sent = [number for number, each in enumerate(chat.sent) if options.on in {None, each.name, shown(each.name)}]
    if not sent:
        known = ", ".join(shown(each.name) for each in chat.sent)
        raise WrongUse(f"no file is called {options.on!r}; the chat has {known}")
    on = chat.sent[sent[0]]
    demo_faults.plan(reconciliation.to, reconciliation.names.name, fault, on, uploads_before=sent[0])
    callbacks.message(f"fault {options.fault} on {shown(on.name)}: {fault.expected}")

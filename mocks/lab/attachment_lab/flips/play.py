"""Plays flips against real processes, each in a tenant of its own, side by side on one virtual clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from attachment_lab.errors import LabError, Unreachable
from attachment_lab.evidence.dialect_file import DIALECTS
from attachment_lab.flips.table import Flip, flip_name
from attachment_lab.matrix.chain import FILES, CellChat, Rest
from attachment_lab.matrix.hops import HOP
from attachment_lab.matrix.pacing import MatrixClock
from attachment_lab.matrix.runner import clock_of, stack_options
from attachment_lab.matrix.side_by_side import OWN_TROUBLE, play_side_by_side, tenant_on_clock
from attachment_lab.matrix.wire_plays import outcome_of, repaired
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.stack.running import Stack, open_stack
from attachment_lab.tenant.opening import TenantOptions

#: Ids differ at each run.
_AN_ID = re.compile(r"\b[0-9A-F]{32}\b")
SLOTS = 12
REFERENCES = "ChatActivityBTDReferenceCollection"
#: Flips that wait go on a few at a time: few of them wait for long.
SHARE = 0.3
#: What the customer sends besides, by the word of the table.
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
EXTRA_FILES = {"empty": ("empty.txt", b""), "eicar": ("eicar.txt", _EICAR)}


@dataclass(frozen=True, kw_only=True)
class FlipResult:
    """What the service did.

    Attributes:
        found: as ``flips.toml`` writes outcomes; of several chats the one that went worst.
        reasons: codes of the reasons given for files that were not stored, or for the transfer.
        remedies: what the service, or Contact Pro's event log, tells a person to do.
        stored, sent: files at C4C before the flip was undone, and files sent.
        lost, doubled: files not at C4C, and copies, after the flip was undone and a person acted.
        trouble: why it could not be played to its end.
    """

    of: str
    flipped: str
    declared: str
    found: str = ""
    reasons: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    stored: int = 0
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    trouble: str = ""

    @property
    def name(self) -> str:
        """The flip's."""
        return flip_name(self.of, self.flipped)

    @property
    def ok(self) -> bool:
        """Whether it came as declared, is explained, and nothing was lost or doubled."""
        return not self.why

    @property
    def why(self) -> str:
        """Why it is not ok, in one sentence; empty if it is."""
        if self.trouble:
            return self.trouble
        if self.lost or self.doubled:
            return f"lost {self.lost}, doubled {self.doubled}"
        if self.found != self.declared:
            return f"declared {self.declared}, found {self.found} ({'; '.join(self.reasons) or 'no reason'})"
        if self.found != "stored" and not (self.reasons and self.remedies):
            return "no reason with a remedy is given"
        return ""

    def to_json(self) -> dict[str, Any]:
        """For files and ``--json``."""
        return asdict(self) | {"ok": self.ok, "why": self.why}


def play_flips(jobs: Sequence[Flip], on_result: Callable[[FlipResult], None] = lambda _: None) -> list[FlipResult]:
    """Play them on a stack of their own; the results in the order of ``jobs``. Raises StackFailed."""
    with open_stack(stack_options()) as stack:
        clock = clock_of(stack, share=SHARE)
        return play_side_by_side(jobs, lambda flip: _played(stack, clock, flip), on_result, slots=SLOTS)


def _played(stack: Stack, clock: MatrixClock, flip: Flip) -> FlipResult:
    about = partial(FlipResult, of=flip.of, flipped=flip.flipped, declared=flip.outcome)
    options = TenantOptions(dialects={} if flip.late else flip.set)
    try:
        with tenant_on_clock(stack, clock, options, keys=not flip.outcome.startswith("refused")) as reconciliation:
            return _Play(flip, reconciliation, clock).result(about)
    except Unreachable as exc:
        return about(trouble=f"{OWN_TROUBLE}{exc}")
    except LabError as exc:
        return about(trouble=str(exc))
    except Exception as exc:  # noqa: BLE001 - a defect of the lab in one flip must not end the run
        return about(trouble=f"the lab itself failed: {type(exc).__name__}: {exc}")


class _Play:
    """One flip in its tenant."""

    def __init__(self, flip: Flip, reconciliation: Reconciliation, clock: MatrixClock) -> None:
        self._flip = flip
        self._reconciliation = reconciliation
        self._clock = clock

    def result(self, about: Callable[..., FlipResult]) -> FlipResult:
        """Play it, undo the flip, let a person act, and count."""
        fault_id = self._fault()
        chats = [self._chat(number) for number in range(self._flip.chats)]
        if self._flip.late:
            self._set(self._flip.set)
        for chat in chats:
            chat.end()
        self._wrap_up(chats)
        rests = [chat.at_rest() for chat in chats]
        found = max((self._outcome(rest) for rest in rests), key=_badness)
        stored = sum(_stored(rest) for rest in rests)
        reasons, remedies = self._said(rests)
        self._undo(fault_id, chats)
        last = [repaired(chat, rest, self._clock) for chat, rest in zip(chats, rests, strict=True)]
        return self._counted(last, partial(about, found=found, stored=stored, reasons=reasons, remedies=remedies))

    def _chat(self, number: int) -> CellChat:
        own = [(name, content + b"%d" % number) for name, content in FILES]
        return CellChat(self._reconciliation, self._clock, own + [EXTRA_FILES[each] for each in self._flip.files])

    def _wrap_up(self, chats: Sequence[CellChat]) -> None:
        if self._flip.wrap_up_after_s is None:
            return
        self._clock.wait_until(self._clock.now_s() + self._flip.wrap_up_after_s)
        for chat in chats:
            chat.chat.wrap_up(fire=False)

    def _fault(self) -> str:
        if not self._flip.fault:
            return ""
        hop, fault = HOP[self._flip.fault["hop"]], self._flip.fault
        control = self._reconciliation.control(hop.mock)
        return str(control.plan(hop.match, fault["kind"], times=None, params=dict(fault["params"]))["id"])

    def _outcome(self, rest: Rest) -> str:
        """Stored after retries is stored: when a neighbour was busy is not the table's business."""
        found = outcome_of(rest, self._reconciliation.verdict)
        return "stored" if found == "retried" else found

    def _set(self, dialects: Mapping[str, Mapping[str, Any]]) -> None:
        to, tenant = self._reconciliation.to, self._reconciliation.names.name
        for mock, values in dialects.items():
            to.mock(mock).post("/_mock/dialect", dict(values), tenant=tenant)

    def _undo(self, fault_id: str, chats: Sequence[CellChat]) -> None:
        """The neighbour becomes as assumed, or the way out is gone that the table names."""
        self._set({mock: _defaults(mock, values) for mock, values in self._flip.set.items()})
        if self._flip.undo == "reference":
            for chat in chats:
                self._add_reference(chat)
        if fault_id:
            self._reconciliation.control(HOP[self._flip.fault["hop"]].mock).remove_fault(fault_id)

    def _add_reference(self, chat: CellChat) -> None:
        """As an administrator adds the contact's id to its activity."""
        row = {"set": REFERENCES, "parent": chat.chat.activity, "values": {"ID": chat.chat.guid}}
        to, tenant = self._reconciliation.to, self._reconciliation.names.name
        to.c4c.post("/_mock/seed", {"rows": [row]}, tenant=tenant)

    def _said(self, rests: Sequence[Rest]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Codes of reasons, and remedies: of files and transfers that are not stored, and of failed deliveries."""
        about: list[tuple[str, str]] = []
        for rest in rests:
            transfer = rest.transfer
            if transfer is None:
                refused = rest.delivery
                about.append((_refusal(refused), _IN_THE_EVENT_LOG) if refused is not None else ("", ""))
                continue
            about.append((transfer.reason or "", transfer.remedy or ""))
            about += [(each.reason or "", each.remedy or "") for each in transfer.attachments]
        codes = dict.fromkeys(reason.partition(":")[0] for reason, _ in about if reason)
        remedies = dict.fromkeys(_AN_ID.sub("…", remedy) for _, remedy in about if remedy)
        return tuple(codes), tuple(remedies)

    def _counted(self, last: Sequence[Rest], about: Callable[..., FlipResult]) -> FlipResult:
        records = self._reconciliation.verdict().records
        at_c4c = Counter(each.sha256 for each in records.objects)
        sent = Counter(each.sha256 for each in records.sources)
        return about(
            sent=sum(sent.values()),
            lost=sum((sent - at_c4c).values()),
            doubled=max(0, sum(at_c4c.values()) - sum(sent.values())),
            trouble="" if all(each.has_all for each in last) else _not_all(last),
        )


_IN_THE_EVENT_LOG = "Contact Pro's event log names the answer; send the delivery again from there."
_ORDER = ("stored", "changed", "skipped", "parked", "refused", "unseen")


def _badness(outcome: str) -> int:
    return _ORDER.index(outcome.partition(":")[0])


def _refusal(delivery: Any) -> str:
    return f"delivery answered {delivery.status}" if delivery.status else f"delivery {delivery.state}"


def _stored(rest: Rest) -> int:
    return sum(each.state == "stored" for each in rest.transfer.attachments) if rest.transfer else 0


def _defaults(mock: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: DIALECTS[mock].switches[name].value for name in values}


def _not_all(last: Sequence[Rest]) -> str:
    states = [(each.transfer.state, each.transfer.reason) if each.transfer else "no transfer" for each in last]
    return f"after the flip was undone, not every file was stored: {states}"

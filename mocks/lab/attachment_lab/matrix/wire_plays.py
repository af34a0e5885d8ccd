"""Plays one wire or HTTP cell: a chat, the planned fault, the outcome, the repair, and the judgement."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attachment_lab.matrix.alerts import Reading, raised
from attachment_lab.matrix.cells import Cell
from attachment_lab.matrix.chain import CellChat, Rest
from attachment_lab.matrix.declared import Declaration
from attachment_lab.matrix.hops import HOP
from attachment_lab.matrix.pacing import MatrixClock
from attachment_lab.matrix.results import CellResult
from attachment_lab.matrix.strikes import STRIKE
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ReconciliationVerdict

#: Strikes by attempt; None = until it is removed.
TIMES = {"first": 1, "second": 2, "last": None}
#: A person's tries while the fault lasts, so that the second attempt is struck too.
MOST_TRIES_OF_A_PERSON = 3
#: A person's tries after the repair. A refused credential is not tried again before half an hour has passed.
TRIES_AFTER_REPAIR = 4
LOCK_S = 1900.0


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a cell is played on.

    Attributes:
        read_metrics: one reading of the service's metrics.
    """

    reconciliation: Reconciliation
    clock: MatrixClock
    read_metrics: Callable[[], Reading]


def play_wire(cell: Cell, declared: Declaration, ground: Ground) -> CellResult:
    """Play one cell to its end. Raises LabError where that is impossible."""
    began_s, before = time.monotonic(), ground.read_metrics()
    chat = CellChat(ground.reconciliation, ground.clock)
    hop, strike = HOP[cell.hop], STRIKE[cell.fault]
    control = ground.reconciliation.control(hop.mock)
    times = TIMES[cell.attempt]
    fault_id = str(
        control.plan(hop.match, strike.kind, phase=strike.phase, times=times, params=dict(strike.params))["id"]
    )
    chat.end()
    rest, first = _struck_as_planned(cell, chat, ground, fault_id)
    found = outcome_of(rest, ground.reconciliation.verdict)
    alerts = raised(before, ground.read_metrics(), parked_because=found.partition("parked:")[2])
    strikes = _applied(ground, hop.mock, fault_id)
    recovered_s = recovery_s(rest) if first and found == "retried" else None
    control.remove_fault(fault_id)
    last = repaired(chat, rest, ground.clock)
    verdict = ground.reconciliation.verdict()
    return result_of(
        cell,
        declared,
        verdict,
        last,
        began_s=began_s,
        found=found,
        alerts=alerts,
        strikes=strikes,
        recovery_s=recovered_s,
        trouble="" if strikes >= (times or 1) else f"the fault struck {strikes} request(s), {times or 1} planned",
    )


def _struck_as_planned(cell: Cell, chat: CellChat, ground: Ground, fault_id: str) -> tuple[Rest, bool]:
    """The chain at rest once as many attempts were struck as planned, and whether no person was needed for that."""
    rest, wanted = chat.at_rest(), TIMES[cell.attempt] or 1
    for tried in range(MOST_TRIES_OF_A_PERSON):
        if _applied(ground, HOP[cell.hop].mock, fault_id) >= wanted:
            return rest, tried == 0
        if rest.transfer is not None and _code(rest.transfer.reason) == "credential-refused":
            ground.clock.wait_until(ground.clock.now_s() + LOCK_S)  # before that the service does not try it
        chat.act_on(rest)
        rest = chat.at_rest()
    return rest, False


def _applied(ground: Ground, mock: str, fault_id: str) -> int:
    faults = ground.reconciliation.control(mock).faults()
    return next((int(each["applied"]) for each in faults if each["id"] == fault_id), 0)


def outcome_of(rest: Rest, reconcile: Callable[[], ReconciliationVerdict]) -> str:
    """In the words of the declarations: stored, retried, changed, unseen, skipped:…, parked:… or refused."""
    transfer = rest.transfer
    if transfer is None:
        return "unseen" if rest.is_unseen else "refused"
    if transfer.state == "parked":
        return f"parked:{_code(transfer.reason)}"
    if not rest.has_all:
        return f"skipped:{transfer.outcome}"
    verdict = reconcile()
    if any(each.invariant == "integrity" for each in verdict.violations):
        return "changed"
    # After a 401 the event engine sends the event once more by itself: one delivery, with a refreshed token.
    again = any(each.state != "delivered" or each.was_sent_again for each in verdict.records.deliveries)
    return "retried" if transfer.rounds > 1 or again else "stored"


def _code(reason: str | None) -> str:
    return (reason or "").partition(":")[0]


def recovery_s(rest: Rest) -> float | None:
    transfer = rest.transfer
    if transfer is None or not transfer.created_at or not transfer.updated_at:
        return None
    ended, began = (datetime.fromisoformat(each).timestamp() for each in (transfer.updated_at, transfer.created_at))
    return round(ended - began, 1)


def repaired(chat: CellChat, rest: Rest, clock: MatrixClock | None) -> Rest:
    """The cause is gone: a person acts until every file is stored, at most a few times."""
    for tried in range(TRIES_AFTER_REPAIR):
        if rest.has_all:
            return rest
        if tried and clock is not None:
            clock.wait_until(clock.now_s() + LOCK_S)
        chat.act_on(rest)
        rest = chat.at_rest()
    return rest


def result_of(
    cell: Cell, declared: Declaration, verdict: ReconciliationVerdict, last: Rest, *, began_s: float, **seen: Any
) -> CellResult:
    """The result of a cell that was played to its end.

    Args:
        verdict, last: after the repair. Files lost and copies are counted by what the customer sent and C4C holds.
        began_s: monotonic seconds.
        seen: the other members of the result.
    """
    at_c4c = Counter(each.sha256 for each in verdict.records.objects)
    sent = Counter(each.sha256 for each in verdict.records.sources)
    return CellResult(
        cell=cell.id,
        family=cell.family,
        declared=declared.outcome,
        declared_alert=declared.alert,
        lost=0 if declared.outcome == "changed" and last.has_all else sum((sent - at_c4c).values()),
        doubled=max(0, sum(at_c4c.values()) - last.sent),
        took_s=round(time.monotonic() - began_s, 1),
        **seen,
    )

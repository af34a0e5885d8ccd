"""Plays one event cell: the same chat, its event twice, late, out of order, lost, early, or on two legs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from attachment_lab.matrix.cells import Cell
from attachment_lab.matrix.chain import CellChat, Rest
from attachment_lab.matrix.declared import Declaration
from attachment_lab.matrix.results import CellResult
from attachment_lab.matrix.wire_plays import Ground, outcome_of, recovery_s, repaired, result_of

HOUR_S = 3600.0
LATE_FILE = ("sent after the event.txt", b"One more page, found in the cellar. " * 30)
#: Events of the integration: both that the documentation offers.
EVENTS = ("Ended", "Closed")


def play_event(cell: Cell, declared: Declaration, ground: Ground) -> CellResult:
    """Play one cell to its end. Raises LabError."""
    began_s = time.monotonic()
    chat = CellChat(ground.reconciliation, ground.clock)
    rest = PLAYS[cell.fault](chat, ground)
    found = _without_rounds(outcome_of(rest, ground.reconciliation.verdict), ground)
    last = repaired(chat, rest, ground.clock)
    verdict = ground.reconciliation.verdict()
    transfers = len(verdict.records.known_transfers)
    return result_of(
        cell,
        declared,
        verdict,
        last,
        began_s=began_s,
        found=found,
        strikes=1,
        recovery_s=recovery_s(rest) if rest.has_all else None,
        trouble="" if transfers == 1 else f"{transfers} transfers for one chat",
    )


def _without_rounds(outcome: str, ground: Ground) -> str:
    """Every event may run a round, or is noted by the one that runs: only a delivery that failed is a retry."""
    failed = [each for each in ground.reconciliation.deliveries() if each.state != "delivered"]
    return "stored" if outcome == "retried" and not failed else outcome


def _twice(chat: CellChat, _: Ground) -> Rest:
    chat.end(copies=2)
    return chat.at_rest()


def _twice_later(chat: CellChat, _: Ground) -> Rest:
    chat.end()
    chat.at_rest()
    chat.chat.fire("Ended")
    return chat.at_rest()


def _late(chat: CellChat, ground: Ground) -> Rest:
    chat.chat.end(fire=False)
    chat.chat.wrap_up(fire=False)
    ground.clock.wait_until(ground.clock.now_s() + HOUR_S)
    chat.chat.fire("Ended")
    return chat.at_rest()


def _reordered(chat: CellChat, _: Ground) -> Rest:
    chat.chat.end(fire=False)
    chat.chat.wrap_up(fire=True)
    chat.chat.fire("Ended")
    return chat.at_rest()


def _two_legs(chat: CellChat, _: Ground) -> Rest:
    chat.chat.fire("Ended")
    chat.chat.add_leg()
    chat.chat.accept()
    chat.chat.end()
    return chat.at_rest()


def _early(chat: CellChat, _: Ground) -> Rest:
    chat.chat.fire("Ended")
    chat.at_rest()
    chat.send_more(LATE_FILE)
    chat.end()
    return chat.at_rest()


def _lost(chat: CellChat, ground: Ground) -> Rest:
    control = ground.reconciliation.control("orchestration")
    control.plan({"method": "POST", "path": "/prod/chat-attachments"}, "status", times=1, params={"status": 503})
    chat.end()
    chat.at_rest()
    chat.chat.wrap_up(fire=True)
    return chat.at_rest()


PLAYS: Mapping[str, Callable[[CellChat, Ground], Rest]] = {
    "twice": _twice,
    "twice-later": _twice_later,
    "late": _late,
    "reordered": _reordered,
    "two-legs": _two_legs,
    "early": _early,
    "lost": _lost,
}

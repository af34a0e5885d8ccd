"""A script of steps on one stack: chats, faults, kills, clock moves and redrives together, and how it must end.

A script is JSON, so a failure that was found by chance can be played again: ``attachment-lab matrix replay FILE``.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import LabFailed, RequestRefused, WrongUse
from attachment_lab.matrix.chain import CellChat
from attachment_lab.matrix.hops import HOP
from attachment_lab.matrix.pacing import MatrixClock
from attachment_lab.matrix.runner import clock_of
from attachment_lab.matrix.side_by_side import tenant_on_clock
from attachment_lab.matrix.strikes import STRIKE
from attachment_lab.matrix.wire_plays import repaired
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.shared_files import replace_json
from attachment_lab.stack.processes import kill_listener
from attachment_lab.stack.running import Stack

Step = Mapping[str, Any]
LINE = b"One line of a file that a customer sent. "


@dataclass(frozen=True, kw_only=True)
class ReplayScript:
    """The steps, each ``{"do": name, …}``."""

    steps: tuple[Step, ...]

    def save(self, path: Path) -> None:
        """As JSON."""
        replace_json(path, {"steps": [dict(each) for each in self.steps]})

    @classmethod
    def load(cls, path: Path) -> ReplayScript:
        """From :meth:`save`. Raises WrongUse."""
        try:
            steps = tuple(json.loads(path.read_text(encoding="utf-8"))["steps"])
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise WrongUse(f"{path} is no script ({type(exc).__name__}): JSON with a list of steps") from exc
        if unknown := [each for each in steps if not isinstance(each, dict) or each.get("do") not in STEPS]:
            raise WrongUse(f"{path}: {unknown[0]!r} is no step; there are {', '.join(STEPS)}")
        return cls(steps=steps)


@dataclass
class ScriptPlayer:
    """Plays steps in one tenant."""

    stack: Stack
    reconciliation: Reconciliation
    clock: MatrixClock
    chats: list[CellChat] = field(default_factory=list)
    ended: set[int] = field(default_factory=set)
    played: list[Step] = field(default_factory=list)

    def do(self, step: Step) -> None:
        """Play one step. Raises LabError."""
        self.played.append(step)
        STEPS[step["do"]](self, step)

    def violations(self) -> list[str]:
        """Wait for rest, take every fault away, let a person act; what is wrong then, in sentences."""
        for number in range(len(self.chats)):
            if number not in self.ended:
                self.do({"do": "end", "chat": number})
        for chat in self.chats:
            chat.at_rest()
        for mock in MOCKS:
            self.reconciliation.control(mock).clear_faults()
        for chat in self.chats:
            repaired(chat, chat.at_rest(), self.clock)
        verdict = self.reconciliation.verdict()
        sent = Counter(each.sha256 for each in verdict.records.sources)
        at_c4c = Counter(each.sha256 for each in verdict.records.objects)
        found = [each.sentence for each in verdict.violations if each.invariant != "delivered"]
        found += [f"lost: {count} file(s) with sha256 {digest[:12]}" for digest, count in (sent - at_c4c).items()]
        return found + [f"doubled: {count} more with sha256 {digest[:12]}" for digest, count in (at_c4c - sent).items()]


def _chat(player: ScriptPlayer, step: Step) -> None:
    number = len(player.chats)
    files = [(f"chat {number} file {n}.txt", f"{number}/{n} ".encode() + LINE * 40) for n in range(int(step["files"]))]
    player.chats.append(CellChat(player.reconciliation, player.clock, files))


def _end(player: ScriptPlayer, step: Step) -> None:
    player.ended.add(int(step["chat"]))
    player.chats[int(step["chat"])].end(copies=int(step.get("copies", 1)))


def _event(player: ScriptPlayer, step: Step) -> None:
    player.chats[int(step["chat"])].chat.fire("Ended")


def _fault(player: ScriptPlayer, step: Step) -> None:
    hop, strike = HOP[step["hop"]], STRIKE[step["fault"]]
    player.reconciliation.control(hop.mock).plan(
        hop.match, strike.kind, phase=strike.phase, times=int(step.get("times", 1)), params=dict(strike.params)
    )


def _kill(player: ScriptPlayer, step: Step) -> None:
    """kill -9; a process that is just being restarted cannot be killed once more."""
    ports = {"worker": player.stack.ports.worker_health, "api": player.stack.ports.service}
    with contextlib.suppress(LabFailed):
        kill_listener(ports[step["process"]])


def _clock(player: ScriptPlayer, step: Step) -> None:
    player.clock.wait_until(player.clock.now_s() + float(step["seconds"]))


def _redrive(player: ScriptPlayer, step: Step) -> None:
    """What an operator does; that nothing is parked, or that the API is just starting, is no failure."""
    chat = player.chats[int(step["chat"])]
    with contextlib.suppress(LabFailed, RequestRefused):
        transfer = chat.transfer()
        if transfer is not None:
            chat.retry(transfer)


STEPS: Mapping[str, Callable[[ScriptPlayer, Step], None]] = {
    "chat": _chat,
    "end": _end,
    "event": _event,
    "fault": _fault,
    "kill": _kill,
    "clock": _clock,
    "redrive": _redrive,
}


@contextmanager
def script_player(stack: Stack) -> Iterator[ScriptPlayer]:
    """A player in a tenant of its own on this stack."""
    clock = clock_of(stack)
    with tenant_on_clock(stack, clock, keys=False) as reconciliation:
        yield ScriptPlayer(stack=stack, reconciliation=reconciliation, clock=clock)


def replay(stack: Stack, steps: Sequence[Step]) -> list[str]:
    """Play a script; what is wrong at its end, in sentences."""
    with script_player(stack) as player:
        for step in steps:
            player.do(step)
        return player.violations()

"""Plays one process cell, one after the other on a stack of their own: the service's processes are all its own.

Each fault is a function: it arranges the fault, ends the chat, and returns the chain at rest.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import psutil

from attachment_lab.errors import LabFailed
from attachment_lab.matrix.alerts import Reading, raised
from attachment_lab.matrix.cells import Cell
from attachment_lab.matrix.chain import CellChat, Rest
from attachment_lab.matrix.crash_points import has_struck, plan_crash, stopped, wait_until_struck, withdraw
from attachment_lab.matrix.declared import Declaration
from attachment_lab.matrix.results import CellResult
from attachment_lab.matrix.wire_plays import Ground, outcome_of, recovery_s, repaired, result_of
from attachment_lab.stack.clocks import advance_tenant, read_offset, write_offset
from attachment_lab.stack.processes import listeners
from attachment_lab.stack.running import Stack
from attachment_lab.testing.postgres import Server

#: Real seconds that a pause, a full disk or an outage lasts.
LASTS_S = 2.0
APART_S = 600.0


@dataclass
class ProcessGround:
    """What a process cell is played on.

    Attributes:
        server: the PostgreSQL of the stack; None on SQLite.
        alerts: noted while the fault lasts, by their names.
    """

    ground: Ground
    stack: Stack
    server: Server | None = None
    before: Reading | None = None
    alerts: set[str] = field(default_factory=set)
    strikes: int = 0

    def note_alerts(self) -> None:
        """Read the alerts now, in the middle of the fault."""
        now = self.ground.read_metrics()
        self.alerts |= set(raised(self.before or now, now))


Play = Callable[[Cell, CellChat, ProcessGround], Rest]


def play_process(cell: Cell, declared: Declaration, on: ProcessGround) -> CellResult:
    """Play one cell to its end. Raises LabError."""
    began_s, on.before = time.monotonic(), on.ground.read_metrics()
    chat = CellChat(on.ground.reconciliation, on.ground.clock)
    try:
        rest = PLAYS[cell.fault](cell, chat, on)
    finally:
        withdraw(on.stack)
    found = outcome_of(rest, on.ground.reconciliation.verdict)
    on.note_alerts()
    last = repaired(chat, rest, on.ground.clock)
    verdict = on.ground.reconciliation.verdict()
    wanted = 2 if cell.attempt == "second" else 1
    return result_of(
        cell,
        declared,
        verdict,
        last,
        began_s=began_s,
        found=found,
        alerts=tuple(sorted(on.alerts)),
        strikes=on.strikes,
        recovery_s=recovery_s(rest) if rest.has_all else None,
        trouble="" if on.strikes >= wanted else f"the fault struck {on.strikes} time(s), {wanted} planned",
    )


def _killed(cell: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    """kill -9 at the effect, once or twice; the supervisor starts another process.

    The second kill is planned as soon as the first has struck, so that it meets what the first one left.
    """
    when = "before" if cell.fault == "kill-before" else "after"
    plan_crash(on.stack, when=when, hop=cell.hop, do="kill")
    chat.end()
    wait_until_struck(on.stack)
    on.strikes += 1
    if cell.attempt == "first":
        return chat.at_rest()
    plan_crash(on.stack, when=when, hop=cell.hop, do="kill")
    rest = chat.at_rest()
    if not has_struck(on.stack):  # nothing reaches the effect by itself any more
        chat.act_on(rest)
        wait_until_struck(on.stack)
        rest = chat.at_rest()
    on.strikes += 1
    return rest


def _paused(cell: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    with _at_effect(cell, chat, on):
        time.sleep(LASTS_S)
    return chat.at_rest()


@contextmanager
def _at_effect(cell: Cell, chat: CellChat, on: ProcessGround) -> Iterator[int]:
    """The chat ends, and the process that reaches the cell's effect stands still before it. Its pid."""
    plan_crash(on.stack, when="before", hop=cell.hop, do="stop")
    chat.end()
    with stopped(on.stack) as pid:
        on.strikes += 1
        yield pid


def _disk_full(cell: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    """No write grows a file of the process: the kernel answers EFBIG, as it answers ENOSPC on a full disk."""
    if cell.hop == "accept":
        pid = listeners(on.stack.ports.service)[0]
        with _no_byte_more(pid):
            chat.end()
            on.strikes += 1
            time.sleep(LASTS_S)
            on.note_alerts()
        return chat.at_rest()
    with _at_effect(cell, chat, on) as pid:
        limited = _no_byte_more(pid)
        limited.__enter__()
    time.sleep(LASTS_S)
    limited.__exit__(None, None, None)
    return chat.at_rest()


@contextmanager
def _no_byte_more(pid: int) -> Iterator[None]:
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        if psutil.pid_exists(pid):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def _locked(cell: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    """Another process has SQLite's write lock."""
    with closing(sqlite3.connect(on.stack.run_dir / "service.db", isolation_level=None)) as other:
        if cell.hop == "accept":
            other.execute("BEGIN IMMEDIATE")
            chat.end()
            on.strikes += 1
        else:
            with _at_effect(cell, chat, on):
                other.execute("BEGIN IMMEDIATE")
        time.sleep(LASTS_S)
        other.execute("ROLLBACK")
    return chat.at_rest()


def _gone(cell: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    """PostgreSQL crashes while a file is uploaded."""
    if on.server is None:
        raise LabFailed("this cell needs PostgreSQL")
    with _at_effect(cell, chat, on):
        on.server.crash()
    time.sleep(LASTS_S)
    on.note_alerts()
    on.server.start()
    return chat.at_rest()


def _clock_ahead(_: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    """The service's clock alone moves; the tenant's follow when the chain is at rest."""
    write_offset(on.stack.clock_file, read_offset(on.stack.clock_file) + APART_S)
    on.strikes += 1
    chat.end()
    rest = chat.at_rest()
    advance_tenant(on.stack.clients, on.ground.reconciliation.names.name, APART_S)
    return rest


def _clock_behind(_: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    """The tenant's clocks alone move; the service's follows when the delivery has ended."""
    advance_tenant(on.stack.clients, on.ground.reconciliation.names.name, APART_S)
    on.strikes += 1
    chat.end()
    ended = threading.Event()
    while (delivery := chat.last_delivery()) is None or delivery.state == "pending":
        ended.wait(0.1)
    on.note_alerts()
    write_offset(on.stack.clock_file, read_offset(on.stack.clock_file) + APART_S)
    return chat.at_rest()


def _replaced(cell: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    with _at_effect(cell, chat, on) as pid:
        os.kill(pid, signal.SIGTERM)
    return chat.at_rest()


def _deployed(cell: Cell, chat: CellChat, on: ProcessGround) -> Rest:
    """The whole service stops, drains, and starts again on its database."""
    if cell.hop == "accept":
        on.stack.stop_service()
        on.strikes += 1
        chat.end()
        on.note_alerts()
    else:
        with _at_effect(cell, chat, on):
            pass
        on.stack.stop_service()
        on.note_alerts()
    on.stack.start_service()
    return chat.at_rest()


PLAYS: Mapping[str, Play] = {
    "kill-before": _killed,
    "kill-after": _killed,
    "pause-before": _paused,
    "disk-full": _disk_full,
    "database-locked": _locked,
    "database-gone": _gone,
    "clock-ahead": _clock_ahead,
    "clock-behind": _clock_behind,
    "replaced": _replaced,
    "deploy": _deployed,
}

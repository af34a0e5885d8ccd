"""Plays cells against real processes.

Wire and event cells: in parallel tenants of one stack, on its one virtual clock. Process cells: one after the other, on
a stack of their own (``process_runner``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from attachment_lab.errors import LabError, Unreachable
from attachment_lab.matrix.alerts import Reading
from attachment_lab.matrix.cells import Cell
from attachment_lab.matrix.declared import Declaration
from attachment_lab.matrix.event_plays import EVENTS, play_event
from attachment_lab.matrix.pacing import MatrixClock
from attachment_lab.matrix.results import CellResult
from attachment_lab.matrix.side_by_side import OWN_TROUBLE, play_side_by_side, tenant_on_clock
from attachment_lab.matrix.wire_plays import Ground, play_wire
from attachment_lab.stack.clocks import advance_stack, read_offset
from attachment_lab.stack.running import Stack, StackOptions, open_stack
from attachment_lab.tenant.opening import TenantOptions

#: Production's settings, except for time limits in real seconds (a matrix of minutes cannot wait for 900 s), and for
#: the write-back, which is the hop ``settle``.
SETTINGS = {
    "ATTACHMENT_TRANSFER_SETTLE_S": "30",
    "ATTACHMENT_TRANSFER_VERIFY_DIGEST": "0",
    "ATTACHMENT_TRANSFER_WRITE_BACK": "1",
    "ATTACHMENT_TRANSFER_READ_TIMEOUT_S": "2",
    "ATTACHMENT_TRANSFER_DOCUMENT_TIMEOUT_S": "2",
    "ATTACHMENT_TRANSFER_UPLOAD_TIMEOUT_S": "3",
    "ATTACHMENT_TRANSFER_SLOW_GRACE_S": "2",
    "ATTACHMENT_TRANSFER_ROUNDS_PER_WORKER": "24",
    "ATTACHMENT_TRANSFER_LEASE_TTL_S": "10",
}
#: Cells that are played at the same time.
SLOTS = 24
Job = tuple[Cell, Declaration]
OnResult = Callable[[CellResult], None]


def stack_options() -> StackOptions:
    """A stack for the matrix, without recorder: the cells judge by what the ends hold."""
    return StackOptions(fault_proxy=True, recorder=False, service_environment=SETTINGS)


def play_parallel(
    jobs: Sequence[Job], on_result: OnResult, *, slots: int = SLOTS, share: float = 0.0
) -> list[CellResult]:
    """Play wire and event cells on a stack of their own; ``share``: see ``MatrixClock``. Raises StackFailed."""
    with open_stack(stack_options()) as stack:
        return play_on(stack, clock_of(stack, share=share), jobs, on_result, slots=slots)


def play_on(
    stack: Stack, clock: MatrixClock, jobs: Sequence[Job], on_result: OnResult, *, slots: int = SLOTS
) -> list[CellResult]:
    """Play wire and event cells on a running stack."""
    return play_side_by_side(jobs, lambda job: _played(stack, clock, job), on_result, slots=slots)


def _played(stack: Stack, clock: MatrixClock, job: Job) -> CellResult:
    (cell, declared), began_s = job, time.monotonic()
    events = EVENTS if cell.family == "event" else ("Ended",)
    try:
        with tenant_on_clock(stack, clock, TenantOptions(events=events), keys=cell.hop != "accept") as reconciliation:
            ground = Ground(reconciliation=reconciliation, clock=clock, read_metrics=lambda: reading_of(stack))
            return play_event(cell, declared, ground) if cell.family == "event" else play_wire(cell, declared, ground)
    except Unreachable as exc:
        return not_played(job, f"{OWN_TROUBLE}{exc}", took_s=time.monotonic() - began_s)
    except LabError as exc:
        return not_played(job, str(exc), stuck=1, took_s=time.monotonic() - began_s)
    except Exception as exc:  # noqa: BLE001 - a defect of the lab in one cell must not end the run
        return not_played(job, f"the lab itself failed: {type(exc).__name__}: {exc}", took_s=time.monotonic() - began_s)


def clock_of(stack: Stack, *, share: float = 0.0) -> MatrixClock:
    """The one clock of a stack: of its service and of all its tenants."""
    return MatrixClock(
        lambda seconds: advance_stack(stack.clients, stack.clock_file, seconds),
        lambda: read_offset(stack.clock_file),
        share=share,
    )


def reading_of(stack: Stack) -> Reading:
    """The metrics of the service's two processes."""
    return Reading.of(stack.urls["service"], f"http://127.0.0.1:{stack.ports.worker_health}")


def not_played(job: Job, why: str, *, stuck: int = 0, took_s: float = 0.0) -> CellResult:
    """The result of a cell that could not be played to its end."""
    cell, declared = job
    return CellResult(
        cell=cell.id,
        family=cell.family,
        declared=declared.outcome,
        declared_alert=declared.alert,
        trouble=why,
        stuck=stuck,
        took_s=round(took_s, 1),
    )

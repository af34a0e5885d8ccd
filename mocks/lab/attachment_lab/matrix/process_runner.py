"""Plays process cells one after the other on stacks of their own: on SQLite, and on PostgreSQL where that is needed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from attachment_lab.errors import LabError
from attachment_lab.matrix.pacing import MatrixClock
from attachment_lab.matrix.process_plays import ProcessGround, play_process
from attachment_lab.matrix.results import CellResult
from attachment_lab.matrix.runner import Job, OnResult, clock_of, not_played, reading_of, stack_options
from attachment_lab.matrix.side_by_side import tenant_on_clock
from attachment_lab.matrix.wire_plays import Ground
from attachment_lab.stack.running import Stack, open_stack
from attachment_lab.testing.postgres import NoPostgres, Server, running_server

ON_POSTGRESQL = ("database-gone",)
#: A cell kills a process twice at most, and the service's supervisor gives up after twenty restarts in a minute.
CELLS_PER_STACK = 8
#: A process stands still for two seconds: the time limits are longer than in the parallel runs.
PATIENT = {
    "ATTACHMENT_TRANSFER_READ_TIMEOUT_S": "10",
    "ATTACHMENT_TRANSFER_DOCUMENT_TIMEOUT_S": "10",
    "ATTACHMENT_TRANSFER_UPLOAD_TIMEOUT_S": "10",
    "ATTACHMENT_TRANSFER_DRAIN_S": "3",
}


def play_processes(jobs: Sequence[Job], on_result: OnResult) -> list[CellResult]:
    """Play them. Cells that need PostgreSQL are left out, and so not run, where it is not installed."""
    results: list[CellResult] = []
    embedded = [job for job in jobs if job[0].fault not in ON_POSTGRESQL]
    distributed = [job for job in jobs if job[0].fault in ON_POSTGRESQL]
    batches = [(embedded[at : at + CELLS_PER_STACK], _on_sqlite) for at in range(0, len(embedded), CELLS_PER_STACK)]
    for chosen, opening in [*batches, *([(distributed, _on_postgresql)] if distributed else [])]:
        try:
            with opening() as (stack, server):
                clock = clock_of(stack)
                for job in chosen:
                    results.append(_played(stack, clock, server, job))
                    on_result(results[-1])
        except NoPostgres:
            continue
    return results


@contextmanager
def _on_sqlite() -> Iterator[tuple[Stack, Server | None]]:
    options = stack_options()
    with open_stack(replace(options, service_environment={**options.service_environment, **PATIENT})) as stack:
        yield stack, None


@contextmanager
def _on_postgresql() -> Iterator[tuple[Stack, Server | None]]:
    options = stack_options()
    with running_server() as server:
        environment = {**options.service_environment, **PATIENT, "DATABASE_URL": server.database("transfer")}
        with open_stack(replace(options, service_environment=environment)) as stack:
            yield stack, server


def _played(stack: Stack, clock: MatrixClock, server: Server | None, job: Job) -> CellResult:
    (cell, declared), began_s = job, time.monotonic()
    try:
        with tenant_on_clock(stack, clock) as reconciliation:
            ground = Ground(reconciliation=reconciliation, clock=clock, read_metrics=lambda: reading_of(stack))
            return play_process(cell, declared, ProcessGround(ground=ground, stack=stack, server=server))
    except LabError as exc:
        return not_played(job, str(exc), stuck=1, took_s=time.monotonic() - began_s)
    except Exception as exc:  # noqa: BLE001 - a defect of the lab in one cell must not end the run
        return not_played(job, f"the lab itself failed: {type(exc).__name__}: {exc}", took_s=time.monotonic() - began_s)

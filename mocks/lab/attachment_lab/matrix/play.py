"""A run of the matrix: choose cells, play them on their stacks, keep what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import platformdirs

from attachment_lab.errors import WrongUse
from attachment_lab.matrix.cells import Cell
from attachment_lab.matrix.declared import BadTable, Declaration, declared_cells, gate
from attachment_lab.matrix.process_runner import play_processes
from attachment_lab.matrix.results import CellResult, Figures
from attachment_lab.matrix.runner import SLOTS, Job, play_parallel
from attachment_lab.shared_files import replace_json

#: Cells of the last attempt wait for hours of virtual time, and no recovery is measured: the clock takes large steps.
QUICK, EXACT = 0.75, 0.15
#: The run that is kept with the program: the last full one before a release.
RECORDED = "recorded.json"


@dataclass(frozen=True, kw_only=True)
class MatrixRun:
    """What came of a run.

    Attributes:
        at: day of the run, ISO 8601.
    """

    at: str
    results: tuple[CellResult, ...]

    @property
    def ok(self) -> bool:
        """Whether every cell that was played passed, and one was played at all."""
        return bool(self.results) and all(each.ok for each in self.results)

    @property
    def figures(self) -> Figures:
        """Declared are all cells that exist, also those that were not chosen."""
        return Figures.of(sum(1 for _ in declared_cells()), self.results)

    def to_json(self) -> dict[str, Any]:
        """For files and ``--json``."""
        shown = [each.to_json() for each in sorted(self.results, key=lambda each: each.cell)]
        return {"at": self.at, "ok": self.ok, "figures": self.figures.to_json(), "cells": shown}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> MatrixRun:
        """From :meth:`to_json`."""
        return cls(at=str(found["at"]), results=tuple(CellResult.from_json(each) for each in found["cells"]))


def chosen(patterns: Sequence[str], *, one_in: int = 1) -> list[Job]:
    """The declared cells that a pattern fits (none given: all), every ``one_in``-th of them.

    A pattern is a glob on a cell's id, or a family. Raises WrongUse when none fits, BadTable when the gate fails.
    """
    if complaints := gate():
        raise BadTable("; ".join(complaints))
    fitting = [job for job in declared_cells() if not patterns or any(job[0].fits(each) for each in patterns)]
    if not fitting:
        raise WrongUse(f"no cell fits {', '.join(patterns)}; `attachment-lab matrix list` shows all")
    return fitting[::one_in]


def play_cells(
    jobs: Iterable[Job], on_result: Callable[[CellResult], None] = lambda _: None, *, slots: int = SLOTS
) -> MatrixRun:
    """Play them: wire and event cells side by side, then the process cells. Raises StackFailed."""
    chosen_jobs = list(jobs)
    alone = [job for job in chosen_jobs if job[0].family == "process"]
    parallel = [job for job in chosen_jobs if job[0].family != "process"]
    results: list[CellResult] = []
    for share, is_last in ((QUICK, True), (EXACT, False)):
        part = [job for job in parallel if (job[0].attempt == "last") is is_last]
        results += play_parallel(part, on_result, slots=slots, share=share) if part else []
    results += play_processes(alone, on_result) if alone else []
    return MatrixRun(at=datetime.now(UTC).date().isoformat(), results=tuple(results))


def last_run_path() -> Path:
    """Where ``matrix run`` keeps its result for the console."""
    return platformdirs.user_state_path("attachment-lab") / "matrix.json"


def keep(run: MatrixRun) -> None:
    """For the console's page; a part of the matrix replaces those cells of the run before."""
    path = last_run_path()
    before = _read(path)
    mine = {each.cell for each in run.results}
    others = tuple(each for each in before.results if each.cell not in mine) if before else ()
    replace_json(path, MatrixRun(at=run.at, results=(*others, *run.results)).to_json())


def known_run() -> MatrixRun:
    """This machine's last run if there is one, else the one that is kept with the program."""
    return _read(last_run_path()) or recorded_run()


def recorded_run() -> MatrixRun:
    """The run that is kept with the program, judged by the table as it is now, without cells that no longer exist."""
    found = json.loads(resources.files("attachment_lab.matrix").joinpath(RECORDED).read_text(encoding="utf-8"))
    declared = {cell.id: (cell, declaration) for cell, declaration in declared_cells()}
    return MatrixRun(
        at=str(found["at"]),
        results=tuple(_joined(each, *declared[each["cell"]]) for each in found["cells"] if each["cell"] in declared),
    )


def _joined(recorded: dict[str, Any], cell: Cell, declaration: Declaration) -> CellResult:
    given = {"alerts": (), **recorded}
    joined = {"family": cell.family, "declared": declaration.outcome, "declared_alert": declaration.alert}
    return CellResult.from_json(given | joined)


def record(run: MatrixRun, path: Path) -> None:
    """Write the run as it is kept with the program: one cell a line."""
    lines = [json.dumps(each.to_record()) for each in sorted(run.results, key=lambda each: each.cell)]
    text = ",\n".join(lines)
    path.write_text(f'{{"at": {json.dumps(run.at)}, "cells": [\n{text}\n]}}\n', encoding="utf-8")


def _read(path: Path) -> MatrixRun | None:
    try:
        return MatrixRun.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""A sample of the fault matrix on real processes: one cell of each declared outcome. `make faults` plays all cells."""

from __future__ import annotations

import pytest

from attachment_lab.matrix.play import chosen, play_cells
from attachment_lab.matrix.results import CellResult

SAMPLE = (
    "accept/status-500/first",
    "c4c-list/status-403/first",
    "c4c-lookup/latency/first",
    "c4c-upload/lost-answer/first",
    "cmi-download/flip-byte/first",
    "cmi-list/json-error/first",
    "event/sign-in-page/first",
    "event/status-503/second",
    "event/twice/first",
)

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


def test_a_cell_of_each_declared_outcome_comes_as_declared() -> None:
    jobs = chosen(SAMPLE)
    assert len(jobs) == len(SAMPLE)
    run = play_cells(jobs)
    assert [why_of(each) for each in run.results if not each.ok] == []
    assert len(run.results) == len(SAMPLE)


@pytest.mark.long
def test_a_process_that_dies_at_an_upload_stores_its_file_once() -> None:
    run = play_cells(chosen(["c4c-upload/kill-*/*", "accept/kill-*/first"]))
    assert [why_of(each) for each in run.results if not each.ok] == []


def why_of(result: CellResult) -> str:
    return f"{result.cell}: {result.why}"

"""The parts of the matrix without a stack: results, figures, the report, the shared clock."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from attachment_lab.errors import WrongUse
from attachment_lab.matrix.declared import declared_cells
from attachment_lab.matrix.heat_map import MARKS, heat_map
from attachment_lab.matrix.pacing import MatrixClock
from attachment_lab.matrix.play import MatrixRun, record, recorded_run
from attachment_lab.matrix.report import BEGIN, END, written_into
from attachment_lab.matrix.results import CellResult, Figures
from attachment_lab.matrix.script import ReplayScript

ROOT = Path(__file__).resolve().parents[3]
GOOD = CellResult(
    cell="c4c-upload/status-503/first",
    family="wire",
    declared="retried",
    found="retried",
    strikes=1,
    recovery_s=30.0,
)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"found": "stored"}, "declared retried, found stored"),
        ({"lost": 1}, "lost 1, doubled 0, stuck 0"),
        ({"doubled": 2}, "lost 0, doubled 2, stuck 0"),
        ({"trouble": "the fault struck 0 request(s), 1 planned"}, "the fault struck 0"),
        ({"declared_alert": "AttachmentTransferParked"}, "alert AttachmentTransferParked was not raised"),
    ],
)
def test_a_cell_that_differs_in_anything_fails_and_says_why(changes: dict[str, object], why: str) -> None:
    failed = replace(GOOD, **changes)  # type: ignore[arg-type]  # by the table above
    assert not failed.ok
    assert failed.why.startswith(why)


def test_a_result_is_the_same_after_json() -> None:
    assert GOOD.ok
    assert CellResult.from_json(json.loads(json.dumps(GOOD.to_json()))) == GOOD


def test_a_record_keeps_what_counts_and_takes_the_declaration_from_the_table(tmp_path: Path) -> None:
    parked = replace(GOOD, declared_alert="AttachmentTransferParked", alerts=("AttachmentTransferParked", "Another"))
    assert parked.to_record() == {
        "cell": GOOD.cell,
        "found": "retried",
        "alerts": ["AttachmentTransferParked"],
        "strikes": 1,
        "recovery_s": 30.0,
    }
    record(MatrixRun(at="2026-11-30", results=(parked, GOOD)), tmp_path / "recorded.json")
    found = json.loads((tmp_path / "recorded.json").read_text())
    assert [each["cell"] for each in found["cells"]] == [GOOD.cell, GOOD.cell]


def test_figures_count_and_take_the_median_of_those_that_recovered() -> None:
    results = [GOOD, replace(GOOD, recovery_s=90.0), replace(GOOD, recovery_s=None, found="x", lost=1)]
    found = Figures.of(10, results)
    assert (found.declared, found.run, found.passed, found.lost) == (10, 3, 2, 1)
    assert (found.recovery_median_s, found.recovery_max_s) == (60.0, 90.0)


def test_a_run_without_cells_is_not_green() -> None:
    assert not MatrixRun(at="2026-11-30", results=()).ok


def test_the_heat_map_has_every_declared_cell_once() -> None:
    marks = [mark.cell.id for row in heat_map([GOOD]) for field in row.fields.values() for mark in field]
    assert sorted(marks) == sorted(cell.id for cell, _ in declared_cells())


def test_a_cell_that_failed_is_marked_and_named_in_the_report() -> None:
    failed = replace(GOOD, found="parked:internal")
    page = written_into(f"a\n{BEGIN}\nbefore this run\n{END}\nb\n", MatrixRun(at="2026-11-30", results=(failed,)))
    assert page.startswith("a\n")
    assert page.endswith("\nb\n")
    assert "before this run" not in page
    assert "- `c4c-upload/status-503/first`: declared retried, found parked:internal" in page
    assert MARKS["failed"] in page


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="two lines"):
        written_into("nothing", MatrixRun(at="2026-11-30", results=()))


def test_the_reliability_page_is_what_the_recorded_run_writes() -> None:
    page = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    assert page == written_into(page, recorded_run()), "run `attachment-lab matrix report docs/reliability.md`"


def test_the_recorded_run_is_of_cells_that_exist_and_lost_doubled_and_stranded_nothing() -> None:
    run = recorded_run()
    assert {each.cell for each in run.results} <= {cell.id for cell, _ in declared_cells()}
    assert (run.figures.lost, run.figures.doubled, run.figures.stuck) == (0, 0, 0)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"steps": 5}', '{"steps": [{"do": "pray"}]}', '{"steps": ["chat"]}'])
def test_a_file_that_is_no_script_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "script.json"
    file.write_text(text)
    with pytest.raises(WrongUse):
        ReplayScript.load(file)


def test_a_script_is_the_same_after_a_file(tmp_path: Path) -> None:
    script = ReplayScript(steps=({"do": "chat", "files": 2}, {"do": "end", "chat": 0}))
    script.save(tmp_path / "script.json")
    assert ReplayScript.load(tmp_path / "script.json") == script


def test_the_clock_moves_only_when_every_cell_waits() -> None:
    offset = [0.0]
    moved: list[float] = []

    def advance(seconds: float) -> None:
        moved.append(seconds)
        offset[0] += seconds

    clock = MatrixClock(advance, lambda: offset[0])
    clock.enter()
    clock.enter()
    first = threading.Thread(target=lambda: clock.wait_until(time.time() + 1000))
    first.start()
    first.join(0.3)
    assert (moved, first.is_alive()) == ([], True)
    clock.wait_until(time.time() + 100)
    assert clock.now_s() >= time.time() + 99
    clock.leave()
    first.join(10)
    assert not first.is_alive()
    assert 1000 <= offset[0] <= 1010

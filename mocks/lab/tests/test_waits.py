"""The clocks are moved only while nothing but a next round can happen, and once for each round."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from attachment_lab.demo import faults as demo_faults
from attachment_lab.stack.clocks import read_offset, write_offset
from attachment_lab.stack.waits import WaitSkipper, seconds_until
from attachment_lab.tenant.conversation import SentFile
from attachment_lab.tenant.service_api import TransferRecord


def waiting(seconds: float, id_: str = "T1") -> TransferRecord:
    """A transfer whose next round starts in so many virtual seconds."""
    due = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat()
    return TransferRecord(id=id_, chat="C1", state="waiting", next_round_at=due)


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    """The service's clock, at the wall's time."""
    file = tmp_path / "clock.json"
    write_offset(file, 0.0)
    return file


@pytest.fixture
def skip(clock_file: Path) -> WaitSkipper:
    """Moves the clocks of a stack without tenants."""
    to = MagicMock()
    to.mock.return_value.get.return_value = {"tenants": []}
    return WaitSkipper(to, clock_file)


def test_a_wait_is_skipped_once(skip: WaitSkipper, clock_file: Path) -> None:
    transfer = waiting(30)
    skip([transfer])
    skip([transfer])
    assert read_offset(clock_file) == pytest.approx(30, abs=1)
    assert skip.skipped_s == read_offset(clock_file)


def test_of_several_waits_the_shortest_is_skipped(skip: WaitSkipper, clock_file: Path) -> None:
    skip([waiting(600), waiting(10, "T2")])
    assert read_offset(clock_file) == pytest.approx(10, abs=1)


@pytest.mark.parametrize("state", ["running", "queued"])
def test_nothing_is_skipped_while_a_round_runs(skip: WaitSkipper, clock_file: Path, state: str) -> None:
    skip([waiting(30), TransferRecord(id="T2", chat="C2", state=state)])
    skip([])
    assert read_offset(clock_file) == 0


def test_a_round_that_is_due_already_needs_no_wait(clock_file: Path) -> None:
    assert seconds_until(waiting(-60), clock_file) < 1
    assert seconds_until(TransferRecord(id="T", chat="C", state="waiting"), clock_file) == 1


@pytest.mark.parametrize(("name", "skip"), [("lost-answer", 2), ("flip-byte", 0)])
def test_a_fault_at_c4c_passes_the_uploads_before_its_file(name: str, skip: int) -> None:
    to, on = MagicMock(), SentFile(id="A" * 32, name="n", content_type="text/plain", size_bytes=1, sha256="aa")
    to.control.return_value.plan.return_value = {"id": "f-1"}
    demo_faults.plan(to, "acme", demo_faults.FAULTS[name], on, uploads_before=2)
    assert to.control.return_value.plan.call_args.kwargs["skip"] == skip

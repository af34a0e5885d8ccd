"""The durable engine as it is, in processes of its own: queues, delays, crashes, and what it leaves readable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engine_kit import drive
from ledger_kit import bytes_on_disk

PLANTED = "planted-Word-of-C4C-1618"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def run(folder: Path) -> tuple[dict[str, Any], str]:
    """One worker's life with a round of every kind."""
    printed, logged = drive("all", folder / "all.db")
    assert printed["ended"]
    return printed, logged


def steps(run: tuple[dict[str, Any], str], transfer_id: str) -> list[tuple[str, Any]]:
    return [(step, detail) for step, of, detail in run[0]["calls"] if of == transfer_id]


def carried(numbers: str) -> list[tuple[str, str]]:
    return [("carry_one", number) for number in numbers]


def test_a_round_is_discover_carry_each_and_settle(run: tuple[dict[str, Any], str]) -> None:
    assert steps(run, "good-1") == [("discover", 1), *carried("01234"), ("settle", 1)]


def test_an_enqueue_goes_back_with_its_callers_transaction(run: tuple[dict[str, Any], str]) -> None:
    assert steps(run, "rolled-back") == []


def test_a_round_that_was_enqueued_twice_runs_once(run: tuple[dict[str, Any], str]) -> None:
    assert steps(run, "twice-1") == [("discover", 1), *carried("01234"), ("settle", 1)]


def test_a_delayed_round_waits_until_it_is_pulled_forward(run: tuple[dict[str, Any], str]) -> None:
    assert run[0]["late_before"] is False
    assert run[0]["pulled"] == 1
    assert run[0]["late_after"] is True
    assert steps(run, "late-1")[-1] == ("settle", 1)


def test_three_failures_in_a_row_end_the_round(run: tuple[dict[str, Any], str]) -> None:
    assert steps(run, "fail-1") == [("discover", 1), *carried("012"), ("settle", 1)]


def test_a_file_that_stops_the_round_ends_it_at_once(run: tuple[dict[str, Any], str]) -> None:
    assert steps(run, "stop-1") == [("discover", 1), *carried("0"), ("settle", 1)]


def test_a_stale_round_carries_nothing(run: tuple[dict[str, Any], str]) -> None:
    assert steps(run, "stale-1") == [("discover", 1), ("settle", 0)]


def test_a_step_that_raises_is_booked_by_its_type(run: tuple[dict[str, Any], str]) -> None:
    assert steps(run, "raise-1") == [("discover", 1), ("failed", "RuntimeError")]


def test_a_database_that_is_away_is_waited_for(run: tuple[dict[str, Any], str]) -> None:
    assert steps(run, "away-1") == [("discover", 1), *carried("0"), *carried("01234"), ("settle", 1)]


def test_nothing_of_arguments_results_or_errors_is_readable_on_disk(
    run: tuple[dict[str, Any], str], folder: Path
) -> None:
    on_disk = bytes_on_disk(folder / "all.db")
    assert b"good-1:1" in on_disk  # a round's name is no secret
    assert b"sealed_json_v1" in on_disk
    assert PLANTED.encode() not in on_disk
    assert b"attachment-" not in on_disk.replace(b"attachment-transfer", b"")


def test_no_error_text_is_logged(run: tuple[dict[str, Any], str]) -> None:
    assert "round raise-1:1 failed: RuntimeError" in run[1]
    assert PLANTED not in run[1]
    assert "Traceback" not in run[1]


@pytest.mark.long
def test_a_worker_that_was_killed_is_succeeded_where_it_stood(tmp_path: Path) -> None:
    drive("die", tmp_path / "die.db", exit_code=9)
    printed, _ = drive("recover", tmp_path / "die.db")
    assert printed["left"] == 1
    assert [(step, detail) for step, _, detail in printed["calls"]] == [*carried("234"), ("settle", 1)]


def test_a_round_that_no_key_opens_is_reported_as_dropped(tmp_path: Path) -> None:
    printed, logged = drive("keyless", tmp_path / "keyless.db")
    assert printed["before"] == [["unheard-of", 1]]
    assert printed["after"] == [["keyless-1", 1], ["unheard-of", 1]]
    assert printed["calls"] == []
    assert "no configured sealing key opens this row" in logged


@pytest.mark.long
def test_a_worker_that_is_woken_looks_at_once(tmp_path: Path) -> None:
    """The contract with DBOS's queue thread: were its pause elsewhere, the rounds would be an hour away."""
    printed, _ = drive("wake", tmp_path / "wake.db")
    assert [printed[f"ended_{number}"] for number in range(3)] == [True] * 3


@pytest.mark.long
def test_an_idle_worker_hears_the_ring_and_a_busy_one_looks_by_itself(tmp_path: Path) -> None:
    printed, _ = drive("idle", tmp_path / "idle.db")
    assert (printed["woken"], printed["busy"]) == (True, True)


@pytest.mark.long
def test_a_delayed_round_comes_due_by_the_time_that_the_engine_was_given(tmp_path: Path) -> None:
    """The contract with DBOS: by another clock, when it delays or when it looks, this round would be decades off."""
    printed, _ = drive("time", tmp_path / "time.db")
    assert (printed["before"], printed["after"]) == (False, True)

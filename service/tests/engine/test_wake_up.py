"""The API wakes the worker by a pipe that carries no data, may be missing, and never blocks a sender."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import ENDPOINT, Issuer, a_body, open_endpoint
from ledger_kit import Queue
from process_kit import Program, free_port, signed_headers, trusting, until

from attachment_transfer.engine.polling import PollPauses
from attachment_transfer.engine.wake_up import (
    WAKE_UP_VARIABLE,
    call_on_wake_up,
    send_wake_up,
    wake_up_pipe,
    wake_up_pipe_of,
)
from attachment_transfer.ledger.sealing import KeyRing

PATIENCE_S = 60.0
ROUNDS = "queue-worker-rounds"


@pytest.fixture
def pipe_path() -> Iterator[Path]:
    with wake_up_pipe() as path:
        assert path is not None
        yield path


def test_a_wake_up_is_received(pipe_path: Path) -> None:
    received, stop = threading.Semaphore(0), threading.Event()
    call_on_wake_up(pipe_path, received.release, stop)

    def woken() -> bool:
        send_wake_up(pipe_path)
        return received.acquire(blocking=False)

    for _ in range(3):
        until(woken)
    stop.set()


def test_a_wake_up_without_a_listener_is_no_error(pipe_path: Path, tmp_path: Path) -> None:
    send_wake_up(pipe_path)
    send_wake_up(tmp_path / "missing")


def test_a_full_pipe_blocks_no_sender(pipe_path: Path) -> None:
    pipe = os.open(pipe_path, os.O_RDWR | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while True:
            os.write(pipe, b"!" * 4096)
    send_wake_up(pipe_path)
    os.close(pipe)


def test_what_is_no_pipe_is_not_written_to(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("as it was", encoding="utf-8")
    link.symlink_to(file)
    send_wake_up(file)
    send_wake_up(link)
    assert file.read_text(encoding="utf-8") == "as it was"


def test_the_pipe_goes_with_its_supervisor_and_is_its_own_alone() -> None:
    with wake_up_pipe() as path:
        assert path is not None
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


def test_without_pipes_it_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_here(*_arguments: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "mkfifo", none_here)
    with wake_up_pipe() as path:
        assert path is None
    assert wake_up_pipe_of({}) is None
    assert wake_up_pipe_of({WAKE_UP_VARIABLE: "/x"}) == Path("/x")


def paused(
    pauses: PollPauses, stop: threading.Event, name: str, timeout_s: float
) -> tuple[threading.Thread, list[bool]]:
    """A thread of that name in one pause, and what the pause returned."""
    returned: list[bool] = []
    thread = threading.Thread(target=lambda: returned.append(stop.wait(timeout_s)), name=name, daemon=True)
    thread.start()
    return thread, returned


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def pauses(stop: threading.Event) -> PollPauses:
    pauses = PollPauses(idle_s=None)
    pauses.take_over(stop, ROUNDS)
    return pauses


def test_a_wake_up_ends_the_pause_and_is_no_stop(pauses: PollPauses, stop: threading.Event) -> None:
    thread, returned = paused(pauses, stop, ROUNDS, 3_600.0)
    pauses.end_pause()
    thread.join(PATIENCE_S)
    assert returned == [False]


def test_a_wake_up_between_two_pauses_skips_the_next_one_only(pauses: PollPauses, stop: threading.Event) -> None:
    pauses.end_pause()
    pauses.end_pause()
    thread, returned = paused(pauses, stop, ROUNDS, 3_600.0)
    thread.join(PATIENCE_S)
    assert returned == [False]
    thread, returned = paused(pauses, stop, ROUNDS, 3_600.0)
    thread.join(0.05)
    assert returned == []
    stop.set()
    thread.join(PATIENCE_S)
    assert returned == [True]


def test_other_threads_of_the_engine_are_not_woken(pauses: PollPauses, stop: threading.Event) -> None:
    thread, returned = paused(pauses, stop, "another", 3_600.0)
    pauses.end_pause()
    thread.join(0.05)
    assert returned == []
    stop.set()
    thread.join(PATIENCE_S)
    assert returned == [True]


def test_pauses_are_longer_only_while_nothing_runs_and_has_not_for_a_moment(clock: HandClock) -> None:
    pauses = PollPauses(idle_s=1.0, monotonic_s=clock.now_s)
    clock.advance(1.0)
    assert pauses.length_s(0.1) == 1.0
    with pauses.round():
        clock.advance(60.0)
        assert pauses.length_s(0.1) == 0.1
    clock.advance(0.9)
    assert pauses.length_s(0.1) == 0.1
    clock.advance(0.1)
    assert pauses.length_s(0.1) == 1.0
    assert pauses.length_s(5.0) == 5.0


def test_a_round_that_begins_within_an_idle_pause_makes_it_a_short_one(stop: threading.Event) -> None:
    pauses = PollPauses(idle_s=3_600.0)
    pauses.take_over(stop, ROUNDS)
    until(lambda: pauses.length_s(0.05) > 1.0)
    thread, returned = paused(pauses, stop, ROUNDS, 0.05)
    thread.join(0.1)
    assert returned == []
    with pauses.round():
        thread.join(PATIENCE_S)
        assert returned == [False]


def test_the_endpoint_wakes_the_worker_once_for_what_makes_work(
    engine: sa.Engine, clock: HandClock, keys: KeyRing, queue: Queue, new_id: Callable[[], str]
) -> None:
    woken: list[int] = []
    endpoint = open_endpoint(
        engine, clock=clock, keys=keys, queue=queue, new_id=new_id, wake_worker=lambda: woken.append(1)
    )
    assert endpoint.post().status_code == 202
    assert woken == [1]
    endpoint.get("/transfers")
    assert endpoint.post({"contact_id": ""}).status_code == 400
    assert woken == [1]


@pytest.mark.long
@pytest.mark.stack
def test_the_embedded_pair_wakes_each_other(
    start: Callable[..., Program],
    issuer: tuple[Issuer, int],
) -> None:
    """Polling is an hour away: a round can only begin because the API woke the worker."""
    signer, port = issuer
    worker_port = free_port()
    both = start("both", "run", **trusting(port), POLL_INTERVAL_S="3600", WORKER_PORT=str(worker_port))
    until(both.is_ready)
    until(lambda: both.ask("GET", "/readyz", port=worker_port)[0] == 200)
    headers = signed_headers(signer)
    status, accepted = both.ask("POST", ENDPOINT, body=json.dumps(a_body()), headers=headers)
    assert status == 202
    transfer = f"/transfers/{accepted['transfer_id']}"
    # No C4C answers here: a round that ran leaves its reason.
    until(lambda: both.ask("GET", transfer, headers=headers)[1]["reason"] is not None)
    assert both.end() == 0

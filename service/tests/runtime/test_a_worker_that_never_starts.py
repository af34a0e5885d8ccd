"""``run`` with a worker that cannot begin: the API reports that none runs; the program ends and logs the reason."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import Endpoint, open_endpoint
from ledger_kit import Queue
from process_kit import Program, free_port, until

from attachment_transfer.ledger.leases import Leases
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.worker.lease_keeper import Presence

#: Five starts of a worker on a machine with twenty others.
LONG_S = 300.0
NO_WORKER = "No worker has renewed its lease lately"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    programs: list[Program] = []

    def start(*arguments: str, **env: str) -> Program:
        programs.append(Program(tmp_path, arguments[0], *arguments, **env))
        return programs[-1]

    yield start
    for one in programs:
        if one.process.poll() is None:
            one.process.terminate()
        one.process.wait(LONG_S)


def until_ended(program: Program, read: Callable[[], None]) -> int:
    """Call ``read`` again and again until the program has ended; return its exit code."""
    tick = threading.Event()
    for _ in range(int(LONG_S / 0.2)):
        if (code := program.process.poll()) is not None:
            return code
        read()
        tick.wait(0.2)
    raise AssertionError("it never ended")


@pytest.mark.long
def test_with_the_workers_port_taken_run_is_never_ready_and_ends_with_the_cause_and_the_remedy(
    program: Callable[..., Program],
) -> None:
    seen: list[tuple[int, str]] = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        service = program("run", WORKER_PORT=str(taken))

        def read() -> None:
            status, shown = service.ask("GET", "/readyz")
            if status:
                seen.append((status, shown["detail"]))

        assert until_ended(service, read) == 1
    assert {status for status, _ in seen} == {503}
    assert any(NO_WORKER in detail for _, detail in seen)
    [last] = [line for line in service.log.read_text(encoding="utf-8").splitlines() if "giving up" in line]
    assert f"the worker's port {taken} on 127.0.0.1" in last
    assert "ATTACHMENT_TRANSFER_WORKER_PORT" in last


@pytest.mark.long
def test_with_the_apis_port_taken_run_ends_with_the_cause_and_the_remedy(program: Callable[..., Program]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        service = program("run", PORT=str(taken), WORKER_PORT=str(free_port()))
        assert until_ended(service, lambda: None) == 1
    [last] = [line for line in service.log.read_text(encoding="utf-8").splitlines() if "giving up" in line]
    assert f"the API's port {taken} on 127.0.0.1" in last
    assert "ATTACHMENT_TRANSFER_PORT" in last


def test_run_is_ready_once_its_worker_is_and_says_how_many_there_are(program: Callable[..., Program]) -> None:
    service = program("run", WORKER_PORT=str(free_port()))
    until(service.is_ready)
    assert service.ask("GET", "/readyz") == (200, {"status": "ready", "workers": 1, "reason": None})
    assert service.end() == 0


@pytest.mark.long
def test_an_api_by_itself_is_ready_without_a_worker_and_says_that_no_worker_runs(
    program: Callable[..., Program],
) -> None:
    """Workers elsewhere are replaced at every deployment: the endpoint must not close meanwhile."""
    assert program("migrate").process.wait(LONG_S) == 0
    api = program("serve")
    until(api.is_ready)
    shown = api.ask("GET", "/readyz")[1]
    assert (shown["status"], shown["workers"]) == ("ready", 0)
    assert NO_WORKER in shown["reason"]


@pytest.fixture
def beside(
    engine: sa.Engine, clock: HandClock, keys: KeyRing, queue: Queue, new_id: Callable[[], str]
) -> tuple[Endpoint, Leases]:
    leases = Leases(engine, ttl_s=30.0)
    return open_endpoint(
        engine, clock=clock, keys=keys, queue=queue, new_id=new_id,
        living_workers=leases.count_unexpired, worker_beside=True,
    ), leases  # fmt: skip


def test_an_api_beside_its_worker_is_ready_while_the_workers_lease_lasts(beside: tuple[Endpoint, Leases]) -> None:
    endpoint, leases = beside
    assert endpoint.http.get("/readyz").status_code == 503
    leases.keep("embedded")
    assert endpoint.http.get("/readyz").get_json()["workers"] == 1
    leases.release("embedded")
    answer = endpoint.http.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert NO_WORKER in answer.get_json()["detail"]


def test_a_worker_that_was_killed_is_missed_when_its_lease_has_run_out(engine: sa.Engine) -> None:
    gone = Leases(engine, ttl_s=-1.0)
    gone.keep("embedded")
    assert gone.count_unexpired() == 0
    Leases(engine, ttl_s=30.0).keep("embedded")
    assert gone.count_unexpired() == 1


def test_a_worker_writes_its_lease_four_times_in_its_time_and_not_oftener(clock: HandClock) -> None:
    kept: list[str] = []

    class Noted:
        keep = staticmethod(kept.append)

    presence = Presence(Noted(), "embedded", ttl_s=40.0, monotonic_s=clock.now_s)  # type: ignore[arg-type]
    for _ in range(8):
        presence.keep()
        clock.advance(5.0)
    assert len(kept) == 4


def test_a_lease_that_the_database_does_not_take_ends_nothing_and_is_tried_again(clock: HandClock) -> None:
    answers: list[Exception | None] = [sa.exc.OperationalError("", {}, Exception("locked")), None]

    class Locked:
        def keep(self, _executor_id: str) -> None:
            if error := answers.pop(0):
                raise error

        def release(self, _executor_id: str) -> None:
            raise sa.exc.OperationalError("", {}, Exception("locked"))

    presence = Presence(Locked(), "embedded", ttl_s=40.0, monotonic_s=clock.now_s)  # type: ignore[arg-type]
    presence.keep()
    presence.keep()
    presence.keep()
    assert answers == []
    presence.end()

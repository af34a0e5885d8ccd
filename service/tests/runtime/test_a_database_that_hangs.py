"""A database that answers nothing at all makes processes unready, never dead: ``/healthz`` goes on answering."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from kubernetes_kit import Pod
from process_kit import until
from sqlalchemy import event

from attachment_lab.testing.postgres import NoPostgres, Server, running_server
from attachment_transfer.ingress.bulkhead import Bulkhead, guard
from attachment_transfer.ingress.problems import ApiProblem
from attachment_transfer.ledger.database import open_database
from attachment_transfer.worker import process
from attachment_transfer.worker.health import HealthServer

PATIENCE_S = 60.0


class Database:
    """Answers only when it is let."""

    def __init__(self) -> None:
        self.thawed = threading.Event()
        self.asked = threading.Semaphore(0)

    def answer(self) -> str:
        self.asked.release()
        assert self.thawed.wait(PATIENCE_S)
        return "answered"


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def app(database: Database) -> Flask:
    app = Flask("endpoint")
    guard(app, Bulkhead(places=2, patience_s=0.05), identify=lambda: None)
    app.add_url_rule("/transfers", "transfers", database.answer)
    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    app.register_error_handler(ApiProblem, lambda problem: problem.answer())
    return app


def status(app: Flask, path: str) -> int:
    return int(app.test_client().get(path).status_code)


@contextmanager
def two_that_hang(app: Flask, database: Database) -> Iterator[list[Any]]:
    with ThreadPoolExecutor(2) as pool:
        hanging = [pool.submit(status, app, "/transfers") for _ in range(2)]
        for _ in hanging:
            assert database.asked.acquire(timeout=PATIENCE_S)
        try:
            yield hanging
        finally:
            database.thawed.set()


def test_one_request_more_than_there_are_places_is_refused_and_the_process_is_still_alive(
    app: Flask, database: Database
) -> None:
    with two_that_hang(app, database):
        answer = app.test_client().get("/transfers")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert status(app, "/healthz") == 200


def test_no_request_waits_for_a_database_that_is_known_to_hang() -> None:
    bulkhead = Bulkhead(places=1, patience_s=0.0)
    assert bulkhead.enter()
    assert not bulkhead.enter()
    bulkhead.patience_s = 10 * PATIENCE_S
    assert not bulkhead.enter()  # at once: such a wait would be the test's end


def test_once_it_answers_again_every_request_is_let_in(app: Flask, database: Database) -> None:
    with two_that_hang(app, database) as hanging:
        assert status(app, "/transfers") == 503
        database.thawed.set()
        assert [one.result(PATIENCE_S) for one in hanging] == [200, 200]
        assert [status(app, "/transfers") for _ in range(5)] == [200] * 5


def test_places_are_given_back_by_requests_that_fail(app: Flask) -> None:
    app.add_url_rule("/broken", "broken", lambda: str(1 / 0))
    assert [status(app, "/broken") for _ in range(5)] == [500] * 5


@pytest.mark.long
def test_housekeeping_that_hangs_leaves_the_worker_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, hangs, beats = threading.Event(), threading.Event(), threading.Semaphore(0)
    health = HealthServer("127.0.0.1", 0, metrics=lambda: b"")
    monkeypatch.setattr(health, "beat", beats.release)
    never = threading.Event()

    class Idle:
        def launch(self) -> None:
            """Nothing to do."""

        def drain(self, timeout_s: int) -> None:
            """Nothing runs."""

    def housekeeping() -> None:
        hangs.set()
        never.wait(PATIENCE_S)

    def run() -> None:
        process.work(
            Idle(), health, stop=stop, drain_s=0, after_launch=lambda: None, housekeeping=housekeeping,
            lab_offset_s=None, pull_forward=lambda _: 0, every_s=0.01,
        )  # fmt: skip

    main = threading.Thread(target=run)
    main.start()
    assert hangs.wait(PATIENCE_S)
    for _ in range(20):
        assert beats.acquire(timeout=PATIENCE_S)
    stop.set()
    main.join(PATIENCE_S)
    assert not main.is_alive()
    never.set()


@pytest.mark.parametrize(("url", "connect_timeout"), [("", 10), ("?connect_timeout=3", "3")])
def test_a_server_that_is_gone_is_waited_for_half_a_minute_unless_the_url_says_otherwise(
    url: str, connect_timeout: object
) -> None:
    engine, seen = open_database(f"postgresql://u@db.example/x{url}"), {}

    @event.listens_for(engine, "do_connect")
    def record_arguments(_dialect: object, _record: object, _arguments: object, named: dict[str, Any]) -> None:
        seen.update(named)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        engine.connect()
    assert (seen["connect_timeout"], seen["tcp_user_timeout"]) == (connect_timeout, 30_000)
    assert seen["keepalives_idle"] + seen["keepalives_interval"] * seen["keepalives_count"] == 30


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """Every process of the server stopped, so that it accepts connections and says nothing: a frozen host."""
    parent = int((server._data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8").split()
    family = [parent, *map(int, children)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.long
@pytest.mark.stack
@pytest.mark.xdist_group("postgresql-pods")
def test_both_processes_stay_alive_while_postgresql_is_frozen_and_work_again_afterwards(tmp_path: Path) -> None:
    try:
        with running_server() as server:
            freeze_and_thaw(server, tmp_path)
    except NoPostgres as exc:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(str(exc))


def freeze_and_thaw(server: Server, folder: Path) -> None:
    url = server.database("frozen")
    started: list[Pod] = []

    def start(component: str) -> Pod:
        started.append(Pod(component, folder, url))
        return started[-1]

    try:
        assert start("migrate").process.wait(PATIENCE_S) == 0
        both = [start("api"), start("worker")]
        for one in both:
            until(partial(one.answers, "readiness"))
        with ThreadPoolExecutor(60) as pool:
            warm = [pool.submit(one.probe, "readiness") for one in both for _ in range(30)]
            assert {one.result(PATIENCE_S) for one in warm} == {200}
        with ThreadPoolExecutor(60) as pool, frozen(server):
            # More requests than there are threads, over connections that were good until now.
            for one in both * 30:
                pool.submit(one.probe, "readiness")
            for _ in range(3):
                assert [one.probe("liveness") for one in both] == [200, 200]
            until(lambda: both[0].probe("readiness") == 503)
            assert [one.probe("liveness") for one in both] == [200, 200]
        for one in both:
            until(partial(one.answers, "readiness"))
            assert one.end() == 0
    finally:
        for one in started:
            one.process.kill()
            one.process.wait(PATIENCE_S)

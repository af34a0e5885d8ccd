"""The pods' programs, started as their manifests say, over a PostgreSQL server: in any order, and ended in time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from kubernetes_kit import Pod
from process_kit import WAIT_S, until

from attachment_lab.testing.postgres import NoPostgres, running_server

pytestmark = [pytest.mark.long, pytest.mark.stack, pytest.mark.xdist_group("postgresql-pods")]


@pytest.fixture
def database_url() -> Iterator[str]:
    try:
        with running_server() as server:
            yield server.database("pods")
    except NoPostgres as exc:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(str(exc))


@pytest.fixture
def start(tmp_path: Path, database_url: str) -> Iterator[Callable[[str], Pod]]:
    started: list[Pod] = []

    def start_one(component: str) -> Pod:
        started.append(Pod(component, tmp_path, database_url))
        return started[-1]

    yield start_one
    for one in started:
        one.process.kill()
        one.process.wait(WAIT_S)


def test_pods_that_start_before_the_migration_wait_for_it_and_all_end_in_their_grace_period(
    start: Callable[[str], Pod], tmp_path: Path
) -> None:
    api, early = start("api"), start("worker")
    until(lambda: api.probe("startup") == 200)
    assert (api.probe("liveness"), api.probe("readiness")) == (200, 503)
    assert early.process.wait(WAIT_S) == 1
    assert "run `attachment-transfer migrate`" in early.log.read_text(encoding="utf-8")

    assert [start("migrate").process.wait(WAIT_S) for _ in range(2)] == [0, 0]
    until(lambda: api.probe("readiness") == 200)
    workers = [start("worker"), start("worker")]
    for worker in workers:
        until(partial(worker.answers, "readiness"))
        assert worker.probe("liveness") == 200

    assert [one.end() for one in (*workers, api)] == [0, 0, 0]
    assert not list(tmp_path.rglob("*.db")), "some pod worked on SQLite"

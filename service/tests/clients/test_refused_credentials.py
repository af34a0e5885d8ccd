"""401 once, then silence: nobody's user is locked by us."""

from __future__ import annotations

import threading

import httpx
import pytest
import sqlalchemy as sa
from calls_kit import neighbour_transport
from fakes import HandClock

from attachment_transfer.core.errors import CredentialRefused
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.refusals import Credential, Refusals
from attachment_transfer.worker.calls import CredentialWatch

pytestmark = pytest.mark.off_contract(reason="tests a transport over bare statuses; no neighbour speaks here")

WRONG = Credential(url="https://c4c.example", user="v1user", password="canary-wrong-password")


class Neighbour:
    """Counts calls and answers what it is told."""

    def __init__(self, status: int = 401) -> None:
        self.status = status
        self.calls = 0
        self.inside = 0
        self.most_inside = 0
        self._lock = threading.Lock()

    def __call__(self, _request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.calls += 1
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        try:
            return httpx.Response(self.status)
        finally:
            with self._lock:
                self.inside -= 1


@pytest.fixture
def refusals(engine: sa.Engine, clock: HandClock) -> Refusals:
    return Refusals(engine, key=b"k", now_s=clock.now_s, park_s=1800.0)


def client(refusals: Refusals, neighbour: Neighbour, credential: Credential = WRONG) -> httpx.Client:
    transport = neighbour_transport(neighbour, watch=CredentialWatch(refusals), credential=credential)
    return httpx.Client(transport=transport, auth=(credential.user, credential.password))


def test_a_refused_credential_is_not_sent_a_second_time_not_even_by_another_process(refusals: Refusals) -> None:
    neighbour = Neighbour()
    assert client(refusals, neighbour).get("https://c4c.example/").status_code == 401
    with pytest.raises(CredentialRefused):
        client(refusals, neighbour).get("https://c4c.example/")
    assert neighbour.calls == 1


def test_many_rounds_at_once_send_an_unproven_wrong_password_once(refusals: Refusals) -> None:
    neighbour = Neighbour()
    http = client(refusals, neighbour)
    answers: list[str] = []

    def call() -> None:
        try:
            answers.append(str(http.get("https://c4c.example/").status_code))
        except CredentialRefused:
            answers.append("not sent")

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["401"] + ["not sent"] * 7
    assert neighbour.calls == 1


def test_another_password_of_the_same_user_is_tried(refusals: Refusals) -> None:
    client(refusals, Neighbour()).get("https://c4c.example/")
    right = Credential(url=WRONG.url, user=WRONG.user, password="right")
    assert client(refusals, Neighbour(200), right).get("https://c4c.example/").status_code == 200


def test_a_refusal_ends_after_its_time(refusals: Refusals, clock: HandClock) -> None:
    neighbour = Neighbour()
    client(refusals, neighbour).get("https://c4c.example/")
    clock.advance(1801.0)
    neighbour.status = 200
    assert client(refusals, neighbour).get("https://c4c.example/").status_code == 200


def test_a_password_that_is_changed_while_we_work_is_noticed(refusals: Refusals) -> None:
    neighbour = Neighbour(200)
    http = client(refusals, neighbour)
    http.get("https://c4c.example/")
    neighbour.status = 401
    http.get("https://c4c.example/")
    with pytest.raises(CredentialRefused):
        http.get("https://c4c.example/")
    assert neighbour.calls == 2


def test_the_row_does_not_tell_the_password(refusals: Refusals, engine: sa.Engine) -> None:
    client(refusals, Neighbour()).get("https://c4c.example/")
    with engine.connect() as connection:
        row = connection.execute(sa.select(tables.refused_credential)).one()
    assert WRONG.password not in str(row)


def test_ended_refusals_are_forgotten(refusals: Refusals, engine: sa.Engine, clock: HandClock) -> None:
    client(refusals, Neighbour()).get("https://c4c.example/")
    clock.advance(1801.0)
    refusals.forget_ended()
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.refused_credential)).scalar() == 0

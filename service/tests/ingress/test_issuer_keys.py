"""Keys of issuers under attack: what a token that nobody has verified can cost, and whom it cannot cost anything."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from fakes import HandClock
from ingress_kit import ISSUER, Issuer
from joserfc.jwk import ECKey

from attachment_transfer.core.errors import NeighbourUnavailable
from attachment_transfer.ingress.issuer_keys import IssuerKeys, KeyTimes
from attachment_transfer.ingress.problems import ApiProblem

#: Longer than any request waits here; nothing below comes near it unless something hangs.
PATIENCE_S = 30.0


@dataclass
class Network:
    """Issuers that answer, that are down, and that hang until they are let go."""

    good: Issuer
    asked: Counter[str] = field(default_factory=Counter)
    hanging: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    let_go: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def fetch(self, issuer: str) -> dict[str, Any]:
        with self.changed:
            self.asked[issuer] += 1
            self.changed.notify_all()
        if issuer in self.hanging:
            self.let_go.wait(PATIENCE_S)
        if issuer in self.down or issuer in self.hanging:
            raise NeighbourUnavailable("token issuer: away")
        return self.good.fetch(issuer)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, PATIENCE_S)


@pytest.fixture
def network(clock: HandClock) -> Iterator[Network]:
    network = Network(Issuer(clock))
    yield network
    network.let_go.set()


def status_of(keys: IssuerKeys, issuer: str, key_id: str | None = "key-1") -> int:
    try:
        keys.of(issuer, key_id)
    except ApiProblem as problem:
        return problem.status
    return 200


@contextmanager
def in_threads(*calls: Callable[[], object]) -> Iterator[list[threading.Thread]]:
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_fifty_issuers_that_hang_hold_no_more_than_their_share_of_requests(clock: HandClock, network: Network) -> None:
    made_up = [f"https://made-up-{number}.example" for number in range(50)]
    network.hanging.update(made_up)
    keys = IssuerKeys(network.fetch, clock.now_s, KeyTimes(fetch_s=PATIENCE_S, fetches=3))
    assert status_of(keys, ISSUER) == 200
    statuses: list[int] = []
    with in_threads(*(lambda issuer=issuer: statuses.append(status_of(keys, issuer)) for issuer in made_up)):  # type: ignore[misc]
        network.wait_until(lambda: sum(network.asked[issuer] for issuer in made_up) == 3)
        # 47 were turned away at once; the good issuer's callers wait for no one.
        while len(statuses) < 47:
            assert status_of(keys, ISSUER) == 200
        assert sum(network.asked[issuer] for issuer in made_up) == 3
        network.let_go.set()
    assert statuses == [503] * 50


def test_a_good_issuer_gets_its_new_keys_although_made_up_ones_use_up_their_share(
    clock: HandClock, network: Network
) -> None:
    made_up = [f"https://made-up-{number}.example" for number in range(10)]
    network.hanging.update(made_up)
    keys = IssuerKeys(network.fetch, clock.now_s, KeyTimes(fetch_s=PATIENCE_S, fetches=2))
    assert status_of(keys, ISSUER) == 200
    with in_threads(*(lambda issuer=issuer: status_of(keys, issuer) for issuer in made_up)):  # type: ignore[misc]
        network.wait_until(lambda: sum(network.asked[issuer] for issuer in made_up) == 2)
        clock.advance(301)
        assert status_of(keys, ISSUER) == 200
        assert network.asked[ISSUER] == 2
        network.let_go.set()


def test_one_fetch_is_in_flight_per_issuer_however_many_ask(clock: HandClock, network: Network) -> None:
    network.hanging.add("https://slow.example")
    keys = IssuerKeys(network.fetch, clock.now_s, KeyTimes(fetch_s=PATIENCE_S, fetches=3))
    with in_threads(*(lambda: status_of(keys, "https://slow.example") for _ in range(4))):
        network.wait_until(lambda: network.asked["https://slow.example"] == 1)
        assert status_of(keys, ISSUER) == 200
        network.let_go.set()
    assert network.asked["https://slow.example"] <= 2


def test_a_request_waits_for_a_fetch_no_longer_than_its_limit(clock: HandClock, network: Network) -> None:
    network.hanging.add("https://slow.example")
    keys = IssuerKeys(network.fetch, clock.now_s, KeyTimes(fetch_s=0.05))
    assert status_of(keys, "https://slow.example") == 503


def test_the_last_good_keys_serve_while_a_refresh_fails_and_not_for_ever(clock: HandClock, network: Network) -> None:
    keys = IssuerKeys(network.fetch, clock.now_s)
    assert status_of(keys, ISSUER) == 200
    network.down.add(ISSUER)
    clock.advance(301)
    assert status_of(keys, ISSUER) == 200
    assert keys.oldest_s() == 301.0
    clock.advance(3_200)
    assert status_of(keys, ISSUER) == 200
    clock.advance(100)
    assert status_of(keys, ISSUER) == 503
    assert keys.oldest_s() == 0.0
    network.down.clear()
    clock.advance(61)
    assert status_of(keys, ISSUER) == 200


def test_while_a_refresh_hangs_only_the_request_that_began_it_waits(clock: HandClock, network: Network) -> None:
    keys = IssuerKeys(network.fetch, clock.now_s, KeyTimes(fetch_s=PATIENCE_S))
    assert status_of(keys, ISSUER) == 200
    network.hanging.add(ISSUER)
    clock.advance(301)
    with in_threads(lambda: status_of(keys, ISSUER)) as [first]:
        network.wait_until(lambda: network.asked[ISSUER] == 2)
        for _ in range(20):
            assert status_of(keys, ISSUER) == 200
        assert first.is_alive()
        network.let_go.set()
    assert network.asked[ISSUER] == 2


def test_an_issuer_that_fails_again_and_again_is_asked_less_and_less(clock: HandClock, network: Network) -> None:
    network.down.add("https://away.example")
    keys = IssuerKeys(network.fetch, clock.now_s)
    for _ in range(600):
        assert status_of(keys, "https://away.example") == 503
        clock.advance(1)
    assert 10 <= network.asked["https://away.example"] <= 20


def test_a_key_that_is_new_is_waited_for_by_every_caller_that_brings_it(clock: HandClock, network: Network) -> None:
    keys = IssuerKeys(network.fetch, clock.now_s, KeyTimes(fetch_s=PATIENCE_S))
    assert status_of(keys, ISSUER) == 200
    clock.advance(11)
    network.good.published.append(ECKey.generate_key("P-256", {"kid": "key-2"}))
    found: list[bool] = []

    def ask() -> None:
        found.append(any(key.kid == "key-2" for key in keys.of(ISSUER, "key-2").keys))

    with in_threads(ask, ask, ask):
        pass
    assert found == [True] * 3


def test_made_up_issuers_are_forgotten_one_by_one_and_good_ones_are_not(clock: HandClock, network: Network) -> None:
    keys = IssuerKeys(network.fetch, clock.now_s, KeyTimes(most_unknown=10))
    assert status_of(keys, ISSUER) == 200
    network.down.update(f"https://made-up-{number}.example" for number in range(100))
    for number in range(100):
        assert status_of(keys, f"https://made-up-{number}.example") == 503
    assert status_of(keys, "https://made-up-99.example") == 503
    assert network.asked["https://made-up-99.example"] == 1  # remembered: not asked again
    assert status_of(keys, "https://made-up-0.example") == 503
    assert network.asked["https://made-up-0.example"] == 2  # forgotten
    assert status_of(keys, ISSUER) == 200
    assert network.asked[ISSUER] == 1


def test_trusted_issuers_are_asked_before_their_first_token_comes(clock: HandClock, network: Network) -> None:
    keys = IssuerKeys(network.fetch, clock.now_s, trusted=[ISSUER])
    keys.prepare()
    network.wait_until(lambda: network.asked[ISSUER] == 1)
    assert status_of(keys, ISSUER) == 200
    assert network.asked[ISSUER] == 1

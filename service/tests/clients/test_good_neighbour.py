"""Pace and circuit breaker: how the service treats a neighbour that is slow, or down."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from calls_kit import neighbour_transport
from fakes import HandClock

from attachment_transfer.clients.outbound.governor import Governor, Pace
from attachment_transfer.core.errors import NeighbourBusy, NeighbourUnavailable
from attachment_transfer.core.limits import Breaker, BreakerRule, Bucket

pytestmark = pytest.mark.off_contract(reason="tests a transport over bare statuses; no neighbour speaks here")

RULE = BreakerRule(failures=3, pause_s=10.0, longest_pause_s=40.0)


def governor(clock: HandClock, *, per_s: float = 1000.0, burst: float = 1000.0) -> Governor:
    pace = Pace(per_s=per_s, burst=burst)
    return Governor(pace=pace, now_s=clock.now_s, monotonic_s=clock.now_s, pause_s=clock.advance, rule=RULE)


def client(governed: Governor, answer: Callable[[httpx.Request], httpx.Response], tenant: str = "t") -> httpx.Client:
    return httpx.Client(transport=neighbour_transport(answer, governor=governed, tenant=tenant))


def status(code: int) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(code)


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate() -> None:
    bucket = Bucket.full(per_s=2.0, burst=3.0, now_s=0.0)
    for _ in range(3):
        bucket, wait_s = bucket.take(0.0)
        assert wait_s == 0.0
    bucket, wait_s = bucket.take(0.0)
    assert wait_s == 0.5
    assert bucket.take(0.5)[1] == 0.0


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket.full(per_s=1.0, burst=2.0, now_s=0.0)
    for _ in range(2):
        bucket, wait_s = bucket.take(1000.0)
        assert wait_s == 0.0
    assert bucket.take(1000.0)[1] == 1.0


def test_failures_in_a_row_open_the_breaker_and_one_success_clears_the_row() -> None:
    breaker = Breaker(rule=RULE).failed_at(0.0).failed_at(0.0).succeeded().failed_at(0.0).failed_at(0.0)
    assert breaker.ask(0.0)[1] == 0.0
    assert breaker.failed_at(0.0).ask(0.0)[1] == 10.0


def test_after_the_pause_exactly_one_probe_passes() -> None:
    breaker = Breaker(rule=RULE, failed=3, open_until_s=10.0)
    probing, wait_s = breaker.ask(10.0)
    assert wait_s == 0.0
    assert probing.ask(10.0)[1] > 0


def test_a_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    breaker = Breaker(rule=RULE, failed=3, open_until_s=0.0)
    pauses = []
    for _ in range(4):
        probing, _ = breaker.ask(0.0)
        breaker = probing.failed_at(0.0)
        pauses.append(breaker.open_until_s)
        breaker = Breaker(rule=RULE, failed=breaker.failed, open_until_s=0.0)
    assert pauses == [20.0, 40.0, 40.0, 40.0]


def test_a_neighbour_that_only_fails_is_left_alone_without_a_call() -> None:
    clock, calls = HandClock(), []

    def down(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(503)

    http = client(governor(clock), down)
    for _ in range(3):
        http.get("https://c4c.example/")
    with pytest.raises(NeighbourBusy) as caught:
        http.get("https://c4c.example/")
    assert len(calls) == 3
    assert caught.value.retry_after_s == 10.0


def test_one_tenants_trouble_does_not_stop_another_tenant() -> None:
    governed = governor(HandClock())
    for _ in range(3):
        client(governed, status(500), tenant="sick").get("https://shared.example/")
    assert client(governed, status(200), tenant="well").get("https://shared.example/").status_code == 200


def test_a_well_probe_closes_the_breaker() -> None:
    clock = HandClock()
    governed = governor(clock)
    for _ in range(3):
        client(governed, status(500)).get("https://c4c.example/")
    clock.advance(10.0)
    client(governed, status(200)).get("https://c4c.example/")
    assert governed.open_breakers() == []


def test_a_probe_that_breaks_for_another_reason_leaves_the_next_call_to_probe() -> None:
    clock = HandClock()
    governed = governor(clock)
    for _ in range(3):
        client(governed, status(500)).get("https://c4c.example/")
    clock.advance(10.0)

    def source_broke(_request: httpx.Request) -> httpx.Response:
        raise NeighbourUnavailable("CMI: the other end")

    with pytest.raises(NeighbourUnavailable):
        client(governed, source_broke).get("https://c4c.example/")
    assert client(governed, status(200)).get("https://c4c.example/").status_code == 200


def test_refusals_of_files_say_nothing_against_the_neighbour() -> None:
    governed = governor(HandClock())
    for _ in range(20):
        client(governed, status(400)).get("https://c4c.example/")
    assert governed.open_breakers() == []


def test_a_used_up_pace_is_waited_for_a_moment() -> None:
    clock = HandClock()
    http = client(governor(clock, per_s=2.0, burst=1.0), status(200))
    began_s = clock.now_s()
    for _ in range(3):
        http.get("https://c4c.example/")
    assert clock.now_s() - began_s == pytest.approx(1.0)


def test_a_pace_that_is_used_up_for_long_is_left_to_the_queue() -> None:
    http = client(governor(HandClock(), per_s=0.1, burst=1.0), status(200))
    http.get("https://c4c.example/")
    with pytest.raises(NeighbourBusy, match="pace"):
        http.get("https://c4c.example/")

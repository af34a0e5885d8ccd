"""What the processes count: requests, retries, kept files, rounds that were taken over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import Endpoint
from metrics_kit import Growth
from worker_kit import Stack, a_file

from attachment_transfer.ledger.leases import Leases
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.worker.lease_keeper import LeaseKeeper
from attachment_transfer.worker.observed import ObservedRounds


def test_requests_are_counted_by_route_and_status_and_never_by_path(endpoint: Endpoint, growth: Growth) -> None:
    transfer_id = endpoint.post().get_json()["transfer_id"]
    endpoint.post(b"{")
    endpoint.get(f"/transfers/{transfer_id}")
    endpoint.get("/transfers/" + "0" * 32)
    endpoint.http.get("/no/such/page")
    endpoint.http.open("/transfers", method="BREW")
    post = {"route": "/prod/chat-attachments", "method": "POST"}
    assert growth("requests_total", **post, status="202") == 1
    assert growth("requests_total", **post, status="400") == 1
    one = {"route": "/transfers/<transfer_id>", "method": "GET"}
    assert growth("requests_total", **one, status="200") == 1
    assert growth("requests_total", **one, status="404") == 1
    assert growth("requests_total", route="none", method="GET", status="404") == 1
    assert growth("requests_total", route="none", method="other", status="405") == 1


def test_accepted_requests_are_counted_by_effect_and_timed(endpoint: Endpoint, growth: Growth) -> None:
    endpoint.post()
    endpoint.post()
    assert growth("accepted_total", effect="new") == 1
    assert growth("accepted_total", effect="noted") == 1
    assert growth("accept_seconds_count") == 2


@pytest.fixture
def stack(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> Stack:
    stack = Stack(engine, clock, keys, new_id)
    stack.cmi.files = [a_file(1, content=b"x" * 1000), a_file(2, content=b"y" * 500)]
    return stack


def observed(stack: Stack) -> Stack:
    stack.rounds = ObservedRounds(  # type: ignore[assignment]
        stack.rounds, trace_of=lambda _: None, monotonic_s=stack.clock.now_s
    )
    return stack


def test_kept_attachments_bytes_and_times_are_counted(stack: Stack, growth: Growth) -> None:
    observed(stack).event()
    stack.c4c.on_post = lambda: stack.clock.advance(3)
    stack.run()
    assert growth("attachments_kept_total", how="stored") == 2
    assert growth("kept_bytes_total", how="stored") == 1500
    assert growth("attachment_seconds_count", result="done") == 2
    assert growth("attachment_seconds_sum", result="done") == 6
    assert growth("round_seconds_count") == 1
    assert growth("round_seconds_sum") == 6
    assert growth("neighbour_seconds_count", neighbour="c4c", answer="2xx") == len(stack.c4c.requests)


def test_retries_and_parked_files_are_counted_by_reason(stack: Stack, growth: Growth) -> None:
    stack.c4c.plan("post", 503)
    observed(stack).event()
    stack.run()
    assert growth("upload_retries_total", reason="outcome-unknown") == 1
    assert growth("attachment_seconds_count", result="failed") == 1
    assert growth("neighbour_seconds_count", neighbour="c4c", answer="5xx") == 1


def test_a_neighbour_that_does_not_answer_is_counted_as_none(stack: Stack, growth: Growth) -> None:
    stack.c4c.plan("find", "unreachable")
    observed(stack).event()
    stack.run()
    assert growth("neighbour_seconds_count", neighbour="c4c", answer="none") == 1


def test_rounds_that_were_taken_over_are_counted(engine: sa.Engine, growth: Growth) -> None:
    leases = Leases(engine, ttl_s=30)
    taken: list[list[str]] = []

    def take_over(executors: list[str]) -> int:
        taken.append(executors)
        return 7

    keeper = LeaseKeeper(leases, "me", ttl_s=30, take_over=take_over, owners=lambda: {"dead"})
    leases.take("me")
    keeper.sweep()
    keeper.sweep()
    assert taken == [["dead"]]
    assert growth("takeovers_total") == 7

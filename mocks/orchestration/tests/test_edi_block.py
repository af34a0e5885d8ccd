"""Who waits for an answer: `block`, response handling, and nobody else."""

import threading

import httpx
import pytest

from orchestration_mock.model.events.ordered_jobs import Lanes

HOOK = "https://cc-workflows-x.cc.sinch.com/"
SAVE = {"response": {"save": {"a": "{response.status}"}}}


class Slow:
    """The first endpoint says when it was reached, and answers when it is told to."""

    def __init__(self, tenant):
        self.go_on = threading.Event()
        self.reached = threading.Event()
        self.second = threading.Event()
        tenant.outside.on_call = self.on_call

    def on_call(self, request):
        if request.url.path == "/second":
            self.second.set()
            return
        request.extensions["trace"]("http11.send_request_body.complete", {})  # as a real transport does
        self.reached.set()
        assert self.go_on.wait(30)


def integrate_two(tenant, make, first, **request):
    tenant.integrate(make.request(**request) | first, ordinal=1, endpoint_url=f"{HOOK}first")
    tenant.integrate(make.request(), ordinal=2, endpoint_url=f"{HOOK}second")
    slow = Slow(tenant)
    assert tenant.client.post("/_mock/events", json={"event": "Ended", "contact": make.contact()}).status_code == 202
    return slow


@pytest.mark.parametrize(
    ("first", "request_keys", "always", "waits"),
    [
        ({}, {}, "when_needed", False),
        ({}, {"block": False}, "when_needed", False),
        ({}, {"block": True}, "when_needed", True),
        (SAVE, {}, "when_needed", True),
        ({}, {}, "always", True),
    ],
)
def test_what_follows_waits_for_an_answer_only_when_it_must(tenant, make, first, request_keys, always, waits):
    tenant.state.dialect["wait_for_answer"] = always
    slow = integrate_two(tenant, make, first, **request_keys)
    assert slow.reached.wait(30)
    if waits:
        assert not tenant.state.engine.drain(0)
        assert [call.url.path for call in tenant.outside.endpoint_calls] == ["/first"]
    else:
        assert slow.second.wait(30)
    slow.go_on.set()
    assert tenant.state.engine.drain(30)
    assert [call.url.path for call in tenant.outside.endpoint_calls] == ["/first", "/second"]
    assert [row["state"] for row in tenant.deliveries()] == ["delivered", "delivered"]


def test_requests_still_begin_in_ordinal_order(tenant):
    """The second one does not begin before the first one is on the wire, token and all."""
    for ordinal in (3, 1, 2):
        tenant.integrate(ordinal=ordinal, endpoint_url=f"{HOOK}{ordinal}")
    for _ in range(5):
        tenant.fire()
    assert [call.url.path for call in tenant.outside.endpoint_calls] == ["/1", "/2", "/3"] * 5


def test_a_failure_does_not_keep_the_next_one_from_being_sent(tenant, make):
    tenant.integrate(make.request(block=True), ordinal=1)
    tenant.integrate(ordinal=2)
    tenant.outside.answers = [httpx.ConnectError("refused")]
    tenant.fire()
    assert [row["state"] for row in tenant.deliveries()] == ["failed", "delivered"]


def test_a_lane_is_passed_on_once_however_often_a_job_says_so():
    lanes, done = Lanes(threads=1, name="test"), []

    def eager(pass_on):
        pass_on()
        pass_on()
        done.append("eager")

    lanes.put("a", eager)
    for name in ("second", "third"):
        lanes.put("a", lambda _, name=name: done.append(name))
    assert lanes.drain(10)
    lanes.put("a", lambda _: done.append("fourth"))
    assert lanes.drain(10)
    lanes.close()
    assert done == ["eager", "second", "third", "fourth"]

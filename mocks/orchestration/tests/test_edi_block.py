"""Which deliveries wait for an answer: those after `block` or response handling, and no others."""

import threading
from typing import Any

import httpx
import pytest
from orchestration_caller import GUID, TenantCaller, a_contact, a_request

HOOK = "https://cc-workflows-x.cc.sinch.com/"
SAVE = {"response": {"save": {"a": "{response.status}"}}}


class SlowEndpoint:
    """The first endpoint sets ``reached``, and answers once ``go_on`` is set."""

    def __init__(self, tenant: TenantCaller) -> None:
        self.go_on = threading.Event()
        self.reached = threading.Event()
        self.second = threading.Event()
        tenant.outside.on_call = self.on_call

    def on_call(self, request: httpx.Request) -> None:
        if request.url.path == "/second":
            self.second.set()
            return
        request.extensions["trace"]("http11.send_request_body.complete", {})  # as a real transport does
        self.reached.set()
        assert self.go_on.wait(30)


def integrate_two(tenant: TenantCaller, first: dict[str, Any], **request: Any) -> SlowEndpoint:
    tenant.integrate(a_request(**request) | first, ordinal=1, endpoint_url=f"{HOOK}first")
    tenant.integrate(a_request(), ordinal=2, endpoint_url=f"{HOOK}second")
    slow = SlowEndpoint(tenant)
    tenant.start()
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
def test_what_follows_waits_for_an_answer_only_when_it_must(
    tenant: TenantCaller, first: dict[str, Any], request_keys: dict[str, Any], always: str, waits: bool
) -> None:
    tenant.state.dialect["wait_for_answer"] = always
    slow = integrate_two(tenant, first, **request_keys)
    assert slow.reached.wait(30)
    if waits:
        assert not tenant.state.engine.drain(0)
        assert [call.url.path for call in tenant.outside.endpoint_calls] == ["/first"]
    else:
        assert slow.second.wait(30)
    slow.go_on.set()
    tenant.drain()
    assert [call.url.path for call in tenant.outside.endpoint_calls] == ["/first", "/second"]
    assert [row["state"] for row in tenant.deliveries()] == ["delivered", "delivered"]


def test_requests_still_begin_in_ordinal_order(tenant: TenantCaller) -> None:
    """The second request does not begin before the first one is sent."""
    for ordinal in (3, 1, 2):
        tenant.integrate(ordinal=ordinal, endpoint_url=f"{HOOK}{ordinal}")
    for _ in range(5):
        tenant.fire()
    assert [call.url.path for call in tenant.outside.endpoint_calls] == ["/1", "/2", "/3"] * 5


def test_a_failure_does_not_keep_the_next_one_from_being_sent(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(block=True), ordinal=1)
    tenant.integrate(ordinal=2)
    tenant.outside.answers = [httpx.ConnectError("refused")]
    tenant.fire()
    assert [row["state"] for row in tenant.deliveries()] == ["failed", "delivered"]


def test_configurations_run_in_ordinal_order(tenant: TenantCaller) -> None:
    for ordinal in (3, 1, 2):
        tenant.integrate(
            name=f"n{ordinal}", ordinal=ordinal, endpoint_url=f"https://cc-workflows-x.cc.sinch.com/{ordinal}"
        )
    tenant.fire()
    assert [call.url.path for call in tenant.outside.endpoint_calls] == ["/1", "/2", "/3"]


def test_events_of_one_conversation_keep_their_order(tenant: TenantCaller) -> None:
    """The second event's request is not sent before the first one's reply is there."""
    tenant.integrate(a_request(body={"e": "{event.name}"}), events=["Ended", "Closed"])
    arrived, go_on = threading.Event(), threading.Event()

    def hold_the_first(request: httpx.Request) -> None:
        if b"Ended" in request.content:
            arrived.set()
            assert go_on.wait(30)

    tenant.outside.on_call = hold_the_first
    for event in ("Ended", "Closed"):
        tenant.start(event)
    assert arrived.wait(30)
    assert len(tenant.outside.endpoint_calls) == 1
    go_on.set()
    tenant.drain()
    bodies = [body["e"] for body in tenant.outside.sent]
    assert bodies == ["Ended", "Closed"]


def test_another_conversation_does_not_wait(tenant: TenantCaller) -> None:
    """While one endpoint hangs, the request of another conversation goes out."""
    tenant.integrate(a_request(body={"id": "{contact.guid}"}))
    go_on, other_done = threading.Event(), threading.Event()
    other = "B" * 32

    def hang_for_the_first(request: httpx.Request) -> None:
        if other.encode() in request.content:
            other_done.set()
        else:
            assert go_on.wait(30)

    tenant.outside.on_call = hang_for_the_first
    for guid in (GUID, other):
        tenant.start(contact=a_contact(guid=guid))
    assert other_done.wait(30)
    go_on.set()
    tenant.drain()

"""Every key of `request`, one by one."""

import json
from datetime import datetime
from typing import Any

import httpx
import pytest
from orchestration_caller import TenantCaller, a_form, a_request

from orchestration_mock.wire.egress import read_egress
from orchestration_mock.wire.outbound import HttpSender


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_documented_method_is_sent(tenant: TenantCaller, method: str) -> None:
    tenant.integrate({"request": {"method": method}})
    tenant.fire()
    assert (tenant.outside.endpoint_calls[0].method, tenant.deliveries()[0]["method"]) == (method, method)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "", None, 5])
def test_another_method_is_refused(tenant: TenantCaller, method: str | int | None) -> None:
    text = f'{{"request": {{"method": {"null" if method is None else repr(method).replace(chr(39), chr(34))}}}}}'
    reply = tenant.save(json=text)
    assert (reply.status_code, reply.get_json()["errors"][0]["field"]) == (422, "json.request.method")


@pytest.mark.parametrize(("method", "has_body"), [("POST", 1), ("PUT", 1), ("PATCH", 1), ("GET", 0), ("DELETE", 0)])
def test_only_post_put_and_patch_have_a_body(tenant: TenantCaller, method: str, has_body: int) -> None:
    saved = tenant.integrate({"request": {"method": method, "body": {"a": 1}}})
    tenant.fire()
    assert tenant.outside.endpoint_calls[0].content == (b'{"a": 1}' if has_body else b"")
    assert bool(saved["warnings"]) is not bool(has_body)


def test_headers_are_sent_with_placeholders_filled_in(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(headers={"X-Lang": "{contact.language}", "X-Text": "p{contact.priority}", "X-N": 5}))
    tenant.fire()
    headers = tenant.outside.endpoint_calls[0].headers
    assert (headers["x-lang"], headers["x-text"], headers["x-n"]) == ("EN", "p50", "5")


@pytest.mark.parametrize(("written", "seconds"), [({}, 10.0), ({"timeout": 3}, 3.0), ({"timeout": "2.5"}, 2.5)])
def test_the_timeout_is_ten_seconds_unless_the_configuration_says_otherwise(
    tenant: TenantCaller, written: dict[str, Any], seconds: float
) -> None:
    tenant.integrate(a_request(**written))
    tenant.fire()
    (call,) = tenant.outside.endpoint_calls
    assert call.extensions["timeout"] == {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}


def test_a_reply_that_does_not_come_in_time_fails_the_delivery(tenant: TenantCaller) -> None:
    tenant.integrate()
    tenant.outside.answers = [httpx.ReadTimeout("")]
    tenant.fire()
    row = tenant.delivery()
    assert row["state"] == "failed"
    assert row["error"].startswith("ReadTimeout while speaking to cc-workflows-eu-c1.cc.sinch.com")


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "proxy.example:3128", "socks5://10.0.0.1:1080"])
def test_a_proxy_is_read_checked_and_never_used(tenant: TenantCaller, proxy: str) -> None:
    saved = tenant.integrate(a_request(proxy=proxy))
    assert "this mock uses no proxy" in " ".join(saved["warnings"])
    tenant.fire()
    row = tenant.delivery()
    assert row["state"] == "delivered"
    assert row["notes"] == [f"proxy {proxy} was not used: this mock connects directly"]
    assert {"id": "edi.proxy", "label": "documented"} in row["evidence"]


@pytest.mark.parametrize("proxy", ["auto", "no"])
def test_the_values_for_no_proxy_leave_no_note(tenant: TenantCaller, proxy: str) -> None:
    assert tenant.integrate(a_request(proxy=proxy))["warnings"] == []
    tenant.fire()
    assert tenant.deliveries()[0]["notes"] == []


@pytest.mark.parametrize("proxy", ["", "two words", "ftp://x", 5, None, "http://"])
def test_what_is_no_proxy_is_refused_with_its_place(tenant: TenantCaller, proxy: str | int | None) -> None:
    form = a_form(json=json.dumps(a_request(proxy=proxy)))
    reply = tenant.call("POST", "event-driven-integrations", json=form)
    (error,) = reply.get_json()["errors"]
    assert (reply.status_code, error["field"], error["line"]) == (422, "json.request.proxy", 1)


def test_a_proxys_password_is_nowhere_shown(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(proxy="http://user:proxy-password@proxy.example:3128"))
    tenant.fire()
    assert "proxy-password" not in str(tenant.deliveries())
    assert "proxy-password" not in str(tenant.read("journal"))


@pytest.mark.parametrize(("written", "checked"), [({}, True), ({"verify": True}, True), ({"verify": False}, False)])
def test_verify_decides_whether_certificates_are_checked(
    tenant: TenantCaller, written: dict[str, Any], checked: bool
) -> None:
    checks = []

    def transport(verify: bool) -> httpx.MockTransport:
        checks.append(verify)
        return httpx.MockTransport(lambda _: httpx.Response(202))

    tenant.state.requests = HttpSender(read_egress("cc-*=http://127.0.0.1:1"), transport_for=transport)
    tenant.state.reset()
    tenant.integrate(a_request(**written))
    tenant.fire()
    assert checks == [checked]
    assert tenant.deliveries()[0]["notes"] == (
        [] if checked else ["verify is false: a certificate would not be checked"]
    )


@pytest.mark.parametrize(("key", "wrong"), [("verify", "yes"), ("block", 1), ("delay", -1), ("delayMax", "x")])
def test_a_wrong_value_is_refused_by_its_key(tenant: TenantCaller, key: str, wrong: str | int) -> None:
    reply = tenant.save(json=json.dumps(a_request(**{key: wrong})))
    assert [error["field"] for error in reply.get_json()["errors"]] == [f"json.request.{key}"]


def test_delay_and_delay_max_give_the_ends_of_the_range(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(delay=100, delayMax=200))
    waits = {}
    for pick in ("min", "max", "spread"):
        tenant.state.dialect["delay_pick"] = pick
        tenant.fire()
        row = tenant.deliveries()[-1]
        assert row["state"] == "pending"
        waits[pick] = _seconds(row["due_at"]) - _seconds(row["created_at"])
    assert (waits["min"], waits["max"]) == (100, 200)
    assert 100 <= waits["spread"] <= 200


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
